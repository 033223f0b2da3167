-- The present day is counted bit by bit: up to when a day's figures are kept. A day that is over is kept as a whole.
ALTER TABLE site_days ADD COLUMN counted_until BIGINT NOT NULL DEFAULT 0;
UPDATE site_days SET counted_until = (day + 1) * 86400000000;

-- The operator's list of jobs takes the newest of each cell that its filters leave, whatever they are together.
DROP INDEX jobs_state_id;
DROP INDEX jobs_tool_id;
DROP INDEX jobs_provider_id;
DROP INDEX jobs_error_code_id;
DROP INDEX jobs_unfinished_id;
CREATE INDEX jobs_cell ON jobs (tool, provider, state, id);
CREATE INDEX jobs_failure_cell ON jobs (error_code, tool, provider, state, id) WHERE error_code IS NOT NULL;

-- What was not done of a batch is kept for some days: whole batches that were never applied go, and rows that were refused are
-- erased.
ALTER TABLE bulk_sheets ADD COLUMN let_go_at BIGINT;
CREATE INDEX bulk_sheets_kept ON bulk_sheets (created_at) WHERE let_go_at IS NULL;
CREATE INDEX bulk_sheets_rows_hash ON bulk_sheets (rows_hash);

-- From where the accounts of the last days were made.
CREATE INDEX users_signed_up ON users (id, signed_up_from) WHERE signed_up_from IS NOT NULL;

-- What operators gave, in the order of time.
DROP INDEX lots_given;
CREATE INDEX lots_given ON lots (id, user_id, created_at, granted) WHERE source = 'grant';
-- What purchases brought, in the order of time. Said so that it is chosen for that alone.
CREATE INDEX lots_bought ON lots (id, recharge_id) WHERE COALESCE(recharge_id, '') <> '';
