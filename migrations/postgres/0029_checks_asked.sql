-- A check of the reconciliation that an operator asked for and that is not made yet: one at a time, made by whichever node comes
-- first. It carries what the audit log says of it.
CREATE TABLE reconciliation_asked (
    one      BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    asked_at BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    address  TEXT,
    reason   TEXT   NOT NULL
);

-- What administrators were told of the day's report, until it is found no more; the kind is `not_asked` where a provider could not
-- be asked. `user_id` is empty where it is no account's.
CREATE TABLE findings_told (
    kind    TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    user_id TEXT   NOT NULL,
    day     BIGINT NOT NULL REFERENCES anomaly_days (day),
    PRIMARY KEY (kind, id, user_id)
);
