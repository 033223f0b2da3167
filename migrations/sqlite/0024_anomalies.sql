-- From where an account was made: a keyed hash of the address, until the account is deleted.
ALTER TABLE users ADD COLUMN signed_up_from TEXT;
CREATE INDEX users_signed_up_from ON users (signed_up_from, id) WHERE signed_up_from IS NOT NULL;

-- From then on an operator has stopped spending; empty: nobody has.
ALTER TABLE wallets ADD COLUMN stopped_at BIGINT;
CREATE INDEX wallets_stopped ON wallets (user_id) WHERE stopped_at IS NOT NULL;

-- What anomalies are found by.
CREATE INDEX lots_given ON lots (id) WHERE source = 'grant';
CREATE INDEX consumption_records_held ON consumption_records (created_at) WHERE status = 'held';

-- The days on which administrators were told of anomalies: once a day, however many nodes there are.
CREATE TABLE anomaly_days (
    day     BIGINT NOT NULL PRIMARY KEY,
    told_at BIGINT NOT NULL
);
-- What they were told, until it is found no more. `user_id` is empty where it is no account's.
CREATE TABLE anomalies_told (
    kind    TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    user_id TEXT   NOT NULL,
    day     BIGINT NOT NULL REFERENCES anomaly_days (day),
    PRIMARY KEY (kind, id, user_id)
);

CREATE TABLE outgoing_mail_next (
    id         TEXT   NOT NULL PRIMARY KEY,
    recipient  TEXT   NOT NULL,
    template   TEXT   NOT NULL CHECK (template IN ('verify', 'reset', 'receipt', 'refund', 'renewal_failed',
                      'change_email', 'email_changed', 'anomalies', 'spending_stopped', 'spending_lifted')),
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
