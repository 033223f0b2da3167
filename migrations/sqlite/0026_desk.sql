-- The operator's list of jobs, newest first: each of its filters by an index.
CREATE INDEX jobs_state_id ON jobs (state, id);
CREATE INDEX jobs_tool_id ON jobs (tool, id);
CREATE INDEX jobs_provider_id ON jobs (provider, id);
CREATE INDEX jobs_user_id_id ON jobs (user_id, id);
CREATE INDEX jobs_error_code_id ON jobs (error_code, id) WHERE error_code IS NOT NULL;
CREATE INDEX jobs_external_id ON jobs (external_id, id) WHERE external_id IS NOT NULL;
CREATE INDEX jobs_unfinished_id ON jobs (id) WHERE finished_at IS NULL;
-- When the provider last told of a job by itself.
ALTER TABLE jobs ADD COLUMN called_back_at BIGINT;

-- A batch as an operator gave it: what its rows say, whether that makes sense or not. A row may be erased by an account's end.
CREATE TABLE bulk_sheets (
    batch_id   TEXT   NOT NULL PRIMARY KEY,
    rows_hash  TEXT   NOT NULL,
    row_count  BIGINT NOT NULL CHECK (row_count > 0),
    actor      TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE bulk_lines (
    batch_id  TEXT   NOT NULL REFERENCES bulk_sheets (batch_id),
    row_index BIGINT NOT NULL CHECK (row_index >= 0),
    email     TEXT   NOT NULL,
    action    TEXT   NOT NULL,
    amount    TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    PRIMARY KEY (batch_id, row_index)
);
CREATE INDEX bulk_lines_email ON bulk_lines (email);
CREATE INDEX bulk_batches_created_at ON bulk_batches (created_at, batch_id);
CREATE INDEX bulk_rows_user_id ON bulk_rows (user_id);
