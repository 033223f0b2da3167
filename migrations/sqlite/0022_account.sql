-- Links to a new address say which one. An account's address changes only once such a link is confirmed.
CREATE TABLE email_tokens_next (
    token_hash TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose    TEXT   NOT NULL CHECK (purpose IN ('verify', 'reset', 'change')),
    email      TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    CONSTRAINT email_tokens_change CHECK ((purpose = 'change') = (email IS NOT NULL))
);
INSERT INTO email_tokens_next (token_hash, user_id, purpose, created_at, expires_at, used_at)
SELECT token_hash, user_id, purpose, created_at, expires_at, used_at FROM email_tokens;
DROP TABLE email_tokens;
ALTER TABLE email_tokens_next RENAME TO email_tokens;
CREATE INDEX email_tokens_user_id ON email_tokens (user_id, purpose);

CREATE TABLE outgoing_mail_next (
    id         TEXT   NOT NULL PRIMARY KEY,
    recipient  TEXT   NOT NULL,
    template   TEXT   NOT NULL CHECK (template IN ('verify', 'reset', 'receipt', 'refund', 'renewal_failed',
                      'change_email', 'email_changed')),
    language   TEXT   NOT NULL,
    about      TEXT,
    attempts   BIGINT NOT NULL DEFAULT 0,
    next_at    BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
INSERT INTO outgoing_mail_next (id, recipient, template, language, about, attempts, next_at, created_at)
SELECT id, recipient, template, language, about, attempts, next_at, created_at FROM outgoing_mail;
DROP TABLE outgoing_mail;
ALTER TABLE outgoing_mail_next RENAME TO outgoing_mail;
CREATE INDEX outgoing_mail_next_at ON outgoing_mail (next_at);

-- The row of a deleted account stays, because the ledger names its id; it then names nobody. Its address is its id.
ALTER TABLE users ADD COLUMN deleted_at BIGINT;

-- What a deletion still has to do, done again until it is done: `next_at` is empty then.
CREATE TABLE account_deletions (
    user_id      TEXT   NOT NULL PRIMARY KEY REFERENCES users (id),
    -- The address, until what names it elsewhere is erased.
    email        TEXT,
    -- A keyed hash of what an outside identity system calls the account: it is not made again from there.
    outsider     TEXT,
    attempts     BIGINT NOT NULL DEFAULT 0,
    next_at      BIGINT,
    requested_at BIGINT NOT NULL,
    done_at      BIGINT
);
CREATE INDEX account_deletions_due ON account_deletions (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX account_deletions_outsider ON account_deletions (outsider) WHERE outsider IS NOT NULL;
