-- The operator's list of jobs, newest first: each of its filters by an index.
CREATE INDEX jobs_state_id ON jobs (state, id);
CREATE INDEX jobs_tool_id ON jobs (tool, id);
CREATE INDEX jobs_provider_id ON jobs (provider, id);
CREATE INDEX jobs_user_id_id ON jobs (user_id, id);
CREATE INDEX jobs_error_code_id ON jobs (error_code, id) WHERE error_code IS NOT NULL;
CREATE INDEX jobs_external_id ON jobs (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX jobs_unfinished_id ON jobs (id) WHERE finished_at IS NULL;
-- When the provider last told of a job by itself.
ALTER TABLE jobs ADD COLUMN called_back_at BIGINT;
