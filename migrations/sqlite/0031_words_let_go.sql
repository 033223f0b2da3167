-- The words of jobs that their owners deleted go a while later, as their files do.
CREATE INDEX jobs_words_left ON jobs (deleted_at) WHERE deleted_at IS NOT NULL AND prompt IS NOT NULL;
