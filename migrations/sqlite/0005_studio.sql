CREATE TABLE jobs (
    id               TEXT   NOT NULL PRIMARY KEY,
    user_id          TEXT   NOT NULL REFERENCES users (id),
    tool             TEXT   NOT NULL CHECK (tool IN ('try_on', 'video')),
    state            TEXT   NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    progress         BIGINT NOT NULL CHECK (progress BETWEEN 0 AND 100),
    cancel_requested BIGINT NOT NULL CHECK (cancel_requested IN (0, 1)),
    paid_by          TEXT   NOT NULL CHECK (paid_by IN ('credits', 'trial', 'plan')),
    cost             BIGINT NOT NULL CHECK (cost >= 0),
    category         TEXT   NOT NULL,
    provider         TEXT   NOT NULL,
    external_id      TEXT,
    callback_hash    TEXT   NOT NULL UNIQUE,
    attempts         BIGINT NOT NULL DEFAULT 0,
    fetch_attempts   BIGINT NOT NULL DEFAULT 0,
    error_code       TEXT,
    lease_owner      TEXT,
    lease_until      BIGINT NOT NULL DEFAULT 0,
    -- When a worker should look at this job again; empty once it has ended.
    next_at          BIGINT,
    submitted_at     BIGINT,
    deadline_at      BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    started_at       BIGINT,
    finished_at      BIGINT,
    deleted_at       BIGINT,
    CONSTRAINT jobs_ended CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL))
);
CREATE INDEX jobs_user_id ON jobs (user_id, created_at);
CREATE INDEX jobs_due ON jobs (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX jobs_unfinished ON jobs (user_id) WHERE finished_at IS NULL;

CREATE TABLE files (
    id         TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id),
    job_id     TEXT,
    kind       TEXT   NOT NULL CHECK (kind IN ('person', 'garment', 'result')),
    location   TEXT   NOT NULL,
    media_type TEXT   NOT NULL,
    bytes      BIGINT NOT NULL CHECK (bytes > 0),
    width      BIGINT NOT NULL CHECK (width > 0),
    height     BIGINT NOT NULL CHECK (height > 0),
    -- A private draft kept for a purchase, or an original past its time, is deleted from here on.
    expires_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX files_job ON files (job_id, kind) WHERE job_id IS NOT NULL;
CREATE INDEX files_user_id ON files (user_id);
CREATE INDEX files_expires_at ON files (expires_at) WHERE expires_at IS NOT NULL;
