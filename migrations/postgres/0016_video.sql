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

ALTER TABLE files DROP CONSTRAINT files_kind_check;
ALTER TABLE files ADD CONSTRAINT files_kind_check
    CHECK (kind IN ('person', 'garment', 'picture', 'result'));

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
