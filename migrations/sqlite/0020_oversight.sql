-- The operator's lists, each by an index.
CREATE INDEX users_admins ON users (id) WHERE role = 'admin';
CREATE INDEX users_blocked ON users (id) WHERE blocked_at IS NOT NULL;
CREATE INDEX users_unverified ON users (id) WHERE verified_at IS NULL;
CREATE INDEX wallets_in_debt ON wallets (user_id) WHERE debt > 0;
CREATE INDEX audit_log_actor ON audit_log (actor, id);
CREATE INDEX audit_log_action ON audit_log (action, id);
CREATE INDEX webhook_events_state_id ON webhook_events (state, id);

-- Changes of many wallets at once: what the rows were, and what each did. A row that is here was done.
CREATE TABLE bulk_batches (
    batch_id   TEXT   NOT NULL PRIMARY KEY,
    rows_hash  TEXT   NOT NULL,
    row_count  BIGINT NOT NULL CHECK (row_count > 0),
    actor      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    -- From then on none of its rows is done any more.
    undone_at  BIGINT
);
CREATE TABLE bulk_rows (
    batch_id  TEXT   NOT NULL REFERENCES bulk_batches (batch_id),
    row_index BIGINT NOT NULL CHECK (row_index >= 0),
    user_id   TEXT   NOT NULL REFERENCES users (id),
    entry_id  TEXT,
    -- Of the credits that remained, and what of their change was undone, as it is signed.
    changed   BIGINT NOT NULL,
    undone    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (batch_id, row_index),
    CONSTRAINT bulk_rows_undone CHECK (undone * changed >= 0 AND ABS(undone) <= ABS(changed))
);

-- Counts how often all access to an account was ended: what was opened before opens nothing after.
ALTER TABLE users ADD COLUMN access_epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN access_epoch BIGINT NOT NULL DEFAULT 0;
