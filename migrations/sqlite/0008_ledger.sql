-- Of `gone`: what refunds, lost disputes and debts took. A refund that fails later puts it back.
ALTER TABLE lots ADD COLUMN taken BIGINT NOT NULL DEFAULT 0 CHECK (taken >= 0 AND taken <= gone);
CREATE INDEX lots_user_id ON lots (user_id);
CREATE INDEX lots_taken ON lots (user_id) WHERE taken > 0;

-- A paid period of a plan. A use belongs to the period that held it, even after its end.
CREATE TABLE plan_periods (
    id              TEXT   NOT NULL PRIMARY KEY,
    user_id         TEXT   NOT NULL REFERENCES wallets (user_id),
    subscription_id TEXT   NOT NULL,
    plan            TEXT   NOT NULL,
    -- Uses a period; empty: unlimited.
    quota           BIGINT CHECK (quota >= 0),
    used            BIGINT NOT NULL CHECK (used >= 0),
    held            BIGINT NOT NULL CHECK (held >= 0),
    renews          BIGINT NOT NULL CHECK (renews IN (0, 1)),
    starts_at       BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    -- Until when it pays for uses: its end, or some days more while its renewal is unpaid.
    serves_until    BIGINT NOT NULL,
    seal            TEXT   NOT NULL,
    CONSTRAINT plan_periods_once UNIQUE (subscription_id, starts_at),
    CONSTRAINT plan_periods_quota CHECK (quota IS NULL OR used + held <= quota),
    CONSTRAINT plan_periods_time CHECK (starts_at < ends_at)
);
CREATE INDEX plan_periods_user_id ON plan_periods (user_id);

-- The period that began last, whether or not it still serves.
ALTER TABLE wallets ADD COLUMN period_id TEXT REFERENCES plan_periods (id);
ALTER TABLE consumption_records ADD COLUMN period_id TEXT REFERENCES plan_periods (id);

-- A checksum over the other columns of a row, written with them: a change from outside shows. Empty in
-- rows older than this column; `sealed_since` says when that was.
ALTER TABLE wallets ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE lots ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE consumption_records ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE recharge_records ADD COLUMN seal TEXT NOT NULL DEFAULT '';
INSERT INTO installation (name, value)
SELECT 'sealed_since', CAST(MAX(changed_at) + 1 AS TEXT) FROM wallets HAVING MAX(changed_at) IS NOT NULL;

-- Disagreements that an operator looked into and took as they are.
CREATE TABLE accepted_findings (
    kind        TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    found       TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (kind, id, found)
);
