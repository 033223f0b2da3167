-- Links to a new address say which one. An account's address changes only once such a link is confirmed.
ALTER TABLE email_tokens ADD COLUMN email TEXT;
ALTER TABLE email_tokens DROP CONSTRAINT email_tokens_purpose_check;
ALTER TABLE email_tokens ADD CONSTRAINT email_tokens_purpose_check CHECK (purpose IN ('verify', 'reset', 'change'));
ALTER TABLE email_tokens ADD CONSTRAINT email_tokens_change CHECK ((purpose = 'change') = (email IS NOT NULL));

ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_template_check;
ALTER TABLE outgoing_mail ADD CONSTRAINT outgoing_mail_template_check
    CHECK (template IN ('verify', 'reset', 'receipt', 'refund', 'renewal_failed', 'change_email', 'email_changed'));

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
