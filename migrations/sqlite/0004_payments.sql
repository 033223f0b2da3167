-- What somebody set out to buy, frozen when the checkout was made.
CREATE TABLE recharge_records (
    id             TEXT   NOT NULL PRIMARY KEY,
    user_id        TEXT   NOT NULL REFERENCES users (id),
    provider       TEXT   NOT NULL CHECK (provider IN ('stripe', 'creem')),
    item           TEXT   NOT NULL,
    amount_minor   BIGINT NOT NULL CHECK (amount_minor > 0),
    currency       TEXT   NOT NULL,
    credits        BIGINT NOT NULL CHECK (credits >= 0),
    bonus          BIGINT NOT NULL CHECK (bonus >= 0),
    expires_days   BIGINT CHECK (expires_days > 0),
    status         TEXT   NOT NULL CHECK (status IN ('pending', 'completed', 'failed', 'cancelled')),
    payment_method TEXT,
    payment_id     TEXT,
    session_id     TEXT   UNIQUE,
    checkout_url   TEXT,
    receipt_url    TEXT,
    -- Why a payment that arrived was not granted: for the operator.
    held_back      TEXT,
    terms_version  TEXT,
    checks         BIGINT NOT NULL DEFAULT 0,
    next_check_at  BIGINT,
    created_at     BIGINT NOT NULL,
    completed_at   BIGINT
);
CREATE INDEX recharge_records_user_id ON recharge_records (user_id, created_at);
CREATE INDEX recharge_records_due ON recharge_records (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX recharge_records_payment_id ON recharge_records (payment_id) WHERE payment_id IS NOT NULL;

-- Everything a payment provider told us, kept before it is acted on.
CREATE TABLE webhook_events (
    id           TEXT   NOT NULL PRIMARY KEY,
    provider     TEXT   NOT NULL,
    event_id     TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    object_id    TEXT,
    payload      TEXT   NOT NULL,
    origin       TEXT   NOT NULL CHECK (origin IN ('webhook', 'catch_up')),
    state        TEXT   NOT NULL CHECK (state IN ('received', 'processed', 'ignored', 'unparsed', 'failed')),
    reason       TEXT,
    attempts     BIGINT NOT NULL DEFAULT 0,
    next_at      BIGINT,
    received_at  BIGINT NOT NULL,
    processed_at BIGINT,
    CONSTRAINT webhook_events_once UNIQUE (provider, event_id)
);
CREATE INDEX webhook_events_due ON webhook_events (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_events_state ON webhook_events (state, received_at);
