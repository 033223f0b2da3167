-- Letters about what happened to an account: receipts, refunds, renewals that failed. `about` is the id of what
-- is told.
CREATE TABLE outgoing_mail_new (
    id         TEXT   NOT NULL PRIMARY KEY,
    recipient  TEXT   NOT NULL,
    template   TEXT   NOT NULL CHECK (template IN ('verify', 'reset', 'receipt', 'refund', 'renewal_failed')),
    language   TEXT   NOT NULL,
    about      TEXT,
    attempts   BIGINT NOT NULL DEFAULT 0,
    next_at    BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
INSERT INTO outgoing_mail_new (id, recipient, template, language, attempts, next_at, created_at)
SELECT id, recipient, template, language, attempts, next_at, created_at FROM outgoing_mail;
DROP TABLE outgoing_mail;
ALTER TABLE outgoing_mail_new RENAME TO outgoing_mail;
CREATE INDEX outgoing_mail_next_at ON outgoing_mail (next_at);
