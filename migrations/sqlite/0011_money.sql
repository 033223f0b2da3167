-- Of a plan's record: how long a period is (empty: something bought once), and its uses (empty: unlimited).
ALTER TABLE recharge_records ADD COLUMN plan_interval TEXT CHECK (plan_interval IN ('month', 'year'));
ALTER TABLE recharge_records ADD COLUMN plan_quota BIGINT CHECK (plan_quota > 0);
ALTER TABLE recharge_records ADD COLUMN subscription_id TEXT;
-- What refunds and disputes name; for what was bought once the same as `payment_id`.
ALTER TABLE recharge_records ADD COLUMN transaction_id TEXT;
-- The money that came, tax included, and what of it went back: refunds that did not fail, lost disputes.
ALTER TABLE recharge_records ADD COLUMN paid_minor BIGINT CHECK (paid_minor >= 0);
ALTER TABLE recharge_records ADD COLUMN returned_minor BIGINT NOT NULL DEFAULT 0 CHECK (returned_minor >= 0);
ALTER TABLE recharge_records ADD COLUMN disputed BIGINT NOT NULL DEFAULT 0 CHECK (disputed IN (0, 1));
-- When the buyer asked to begin at once, before the time to withdraw is over.
ALTER TABLE recharge_records ADD COLUMN immediate_at BIGINT;
CREATE UNIQUE INDEX recharge_records_invoice ON recharge_records (provider, payment_id)
    WHERE plan_interval IS NOT NULL AND payment_id IS NOT NULL;
CREATE INDEX recharge_records_transaction_id ON recharge_records (transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX recharge_records_subscription_id ON recharge_records (subscription_id) WHERE subscription_id IS NOT NULL;

-- Money that went back, or is on its way, as the provider last said.
CREATE TABLE refunds (
    id           TEXT   NOT NULL PRIMARY KEY,
    recharge_id  TEXT   NOT NULL REFERENCES recharge_records (id),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    status       TEXT   NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    created_at   BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL
);
CREATE INDEX refunds_recharge_id ON refunds (recharge_id);

CREATE TABLE disputes (
    id           TEXT   NOT NULL PRIMARY KEY,
    recharge_id  TEXT   NOT NULL REFERENCES recharge_records (id),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    status       TEXT   NOT NULL CHECK (status IN ('open', 'won', 'lost')),
    created_at   BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL
);
CREATE INDEX disputes_recharge_id ON disputes (recharge_id);

-- A buyer as a provider knows them.
CREATE TABLE payment_customers (
    provider    TEXT NOT NULL,
    user_id     TEXT NOT NULL REFERENCES users (id),
    customer_id TEXT NOT NULL,
    PRIMARY KEY (provider, user_id)
);

CREATE TABLE subscriptions (
    id            TEXT   NOT NULL PRIMARY KEY,
    user_id       TEXT   NOT NULL REFERENCES users (id),
    provider      TEXT   NOT NULL CHECK (provider IN ('stripe', 'creem')),
    customer_id   TEXT,
    -- The plan it stands on at the provider, which the next period will have.
    plan          TEXT   NOT NULL,
    status        TEXT   NOT NULL CHECK (status IN ('incomplete', 'active', 'past_due', 'ended')),
    renews        BIGINT NOT NULL CHECK (renews IN (0, 1)),
    -- Begun while another one lived: it gives nothing, is ended and paid back.
    surplus       BIGINT NOT NULL CHECK (surplus IN (0, 1)),
    -- What the provider still has to be told: to end it, or to end it and give its money back.
    errand        TEXT   CHECK (errand IN ('end', 'end_and_refund')),
    -- It was ended because its money went back, not by its owner.
    ended_by_us   BIGINT NOT NULL DEFAULT 0 CHECK (ended_by_us IN (0, 1)),
    period_start  BIGINT NOT NULL,
    period_end    BIGINT NOT NULL,
    ended_at      BIGINT,
    next_check_at BIGINT,
    created_at    BIGINT NOT NULL
);
CREATE INDEX subscriptions_user_id ON subscriptions (user_id);
CREATE INDEX subscriptions_due ON subscriptions (next_check_at) WHERE next_check_at IS NOT NULL;

-- The purchase that paid for a period.
ALTER TABLE plan_periods ADD COLUMN recharge_id TEXT REFERENCES recharge_records (id);
-- The provider says that the bill of the next one is unpaid.
ALTER TABLE plan_periods ADD COLUMN unpaid BIGINT NOT NULL DEFAULT 0 CHECK (unpaid IN (0, 1));
-- It should not have been opened: the account had another plan. It serves nothing and never did.
ALTER TABLE plan_periods ADD COLUMN withdrawn BIGINT NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));
CREATE UNIQUE INDEX plan_periods_recharge ON plan_periods (recharge_id) WHERE recharge_id IS NOT NULL;

-- Who reads an object at a provider takes the next number before, and writes only if no later reading
-- was written: what was read first never overwrites what was read last.
CREATE TABLE readings (
    object_id TEXT   NOT NULL PRIMARY KEY,
    started   BIGINT NOT NULL,
    applied   BIGINT NOT NULL
);

-- Came before anybody acted on their kinds.
UPDATE webhook_events SET state = 'received', reason = NULL, next_at = received_at
WHERE state = 'ignored' AND reason = 'kind not used'
  AND (kind LIKE 'charge.%' OR kind LIKE 'refund.%' OR kind LIKE 'invoice.%' OR kind LIKE 'customer.subscription.%');
