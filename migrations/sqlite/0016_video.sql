-- A video is asked for in words, with or without a picture it starts from.
ALTER TABLE jobs ADD COLUMN prompt TEXT;
ALTER TABLE jobs ADD COLUMN aspect TEXT CHECK (aspect IN ('9:16', '16:9', '1:1'));
ALTER TABLE jobs ADD COLUMN seconds BIGINT CHECK (seconds > 0);
ALTER TABLE jobs ADD COLUMN began_with_picture BIGINT NOT NULL DEFAULT 1;
-- What the provider says the job cost us, in thousandths of its own unit.
ALTER TABLE jobs ADD COLUMN provider_cost BIGINT;
ALTER TABLE jobs ADD COLUMN provider_cost_unit TEXT;
-- Who was served last, and who is being served: the queue is fair by it.
CREATE INDEX jobs_waiting ON jobs (provider, user_id) WHERE state = 'queued' AND submitted_at IS NULL;

CREATE TABLE files_next (
    id         TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id),
    job_id     TEXT,
    kind       TEXT   NOT NULL CHECK (kind IN ('person', 'garment', 'picture', 'result')),
    location   TEXT   NOT NULL,
    media_type TEXT   NOT NULL,
    bytes      BIGINT NOT NULL CHECK (bytes > 0),
    width      BIGINT NOT NULL CHECK (width > 0),
    height     BIGINT NOT NULL CHECK (height > 0),
    expires_at BIGINT,
    created_at BIGINT NOT NULL
);
INSERT INTO files_next
SELECT id, user_id, job_id, kind, location, media_type, bytes, width, height, expires_at, created_at FROM files;
DROP TABLE files;
ALTER TABLE files_next RENAME TO files;
CREATE UNIQUE INDEX files_job ON files (job_id, kind) WHERE job_id IS NOT NULL;
CREATE INDEX files_user_id ON files (user_id);
CREATE INDEX files_expires_at ON files (expires_at) WHERE expires_at IS NOT NULL;

-- What somebody wanted and could not pay for, one a tool; its pictures are the account's files without a job.
CREATE TABLE drafts (
    user_id    TEXT   NOT NULL REFERENCES users (id),
    tool       TEXT   NOT NULL CHECK (tool IN ('try_on', 'video')),
    category   TEXT   NOT NULL,
    prompt     TEXT,
    aspect     TEXT,
    seconds    BIGINT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, tool)
);

-- When an account first sent pictures, having read what that means.
CREATE TABLE consents (
    user_id  TEXT   NOT NULL PRIMARY KEY REFERENCES users (id),
    given_at BIGINT NOT NULL
);
INSERT INTO consents SELECT user_id, MIN(created_at) FROM files WHERE kind <> 'result' GROUP BY user_id;

ALTER TABLE sandbox_fashn_runs ADD COLUMN model TEXT NOT NULL DEFAULT 'tryon-v1.6';
ALTER TABLE sandbox_fashn_runs ADD COLUMN prompt TEXT NOT NULL DEFAULT '';
ALTER TABLE sandbox_fashn_runs ADD COLUMN aspect TEXT;
ALTER TABLE sandbox_fashn_runs ADD COLUMN seconds BIGINT NOT NULL DEFAULT 5;
