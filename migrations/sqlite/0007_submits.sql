-- Submits whose answer was lost: the provider may have taken the job each time.
ALTER TABLE jobs ADD COLUMN unsure_submits BIGINT NOT NULL DEFAULT 0 CHECK (unsure_submits >= 0);
