-- Facts of this installation: the mode it was first started in, keyed-hash secrets.
CREATE TABLE installation (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Work that one node at a time does. Taken by a conditional update, given back by its end.
CREATE TABLE leases (
    name  TEXT   NOT NULL PRIMARY KEY,
    owner TEXT   NOT NULL,
    until BIGINT NOT NULL,
    note  TEXT
);

CREATE TABLE rate_limits (
    subject    TEXT   NOT NULL PRIMARY KEY,
    started_at BIGINT NOT NULL,
    count      BIGINT NOT NULL CHECK (count >= 0)
);
CREATE INDEX rate_limits_started_at ON rate_limits (started_at);

-- One answer per account, method, path and key; `response` is empty while the work is in flight.
CREATE TABLE idempotency_keys (
    user_id      TEXT   NOT NULL,
    endpoint     TEXT   NOT NULL,
    key          TEXT   NOT NULL,
    body_hash    TEXT   NOT NULL,
    subject      TEXT,
    status       BIGINT,
    response     TEXT,
    lease_until  BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (user_id, endpoint, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE audit_log (
    id      TEXT   NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    target  TEXT   NOT NULL,
    before  TEXT,
    after   TEXT,
    reason  TEXT,
    address TEXT
);
CREATE INDEX audit_log_target ON audit_log (target, at);
