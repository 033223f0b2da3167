-- The row of one person's credits. Every operation adds one to `version` first: that is the lock.
-- The sums repeat what the entries say, so that a page reads one row; the checks hold the line of
-- the arithmetic at every commit.
CREATE TABLE wallets (
    user_id       TEXT   NOT NULL PRIMARY KEY REFERENCES users (id),
    version       BIGINT NOT NULL CHECK (version >= 0),
    seq           BIGINT NOT NULL CHECK (seq >= 0),
    total         BIGINT NOT NULL CHECK (total >= 0),
    remaining     BIGINT NOT NULL CHECK (remaining >= 0),
    frozen        BIGINT NOT NULL CHECK (frozen >= 0),
    held          BIGINT NOT NULL CHECK (held >= 0),
    used          BIGINT NOT NULL CHECK (used >= 0),
    removed       BIGINT NOT NULL CHECK (removed >= 0),
    debt          BIGINT NOT NULL CHECK (debt >= 0),
    bonus         BIGINT NOT NULL CHECK (bonus >= 0),
    initial       BIGINT NOT NULL CHECK (initial >= 0),
    trials_limit  BIGINT NOT NULL CHECK (trials_limit >= 0),
    trials_used   BIGINT NOT NULL CHECK (trials_used >= 0),
    trials_held   BIGINT NOT NULL CHECK (trials_held >= 0),
    changed_at    BIGINT NOT NULL,
    CONSTRAINT wallets_line CHECK (total = remaining + frozen + held + used + removed - debt),
    CONSTRAINT wallets_debt CHECK (debt = 0 OR remaining = 0),
    CONSTRAINT wallets_trials CHECK (trials_used + trials_held <= trials_limit)
);
CREATE INDEX wallets_changed_at ON wallets (changed_at);

-- Credits that came in together, with one source and one fate.
CREATE TABLE lots (
    id          TEXT   NOT NULL PRIMARY KEY,
    user_id     TEXT   NOT NULL REFERENCES wallets (user_id),
    source      TEXT   NOT NULL CHECK (source IN ('initial', 'purchase', 'bonus', 'grant')),
    granted     BIGINT NOT NULL CHECK (granted > 0),
    free        BIGINT NOT NULL CHECK (free >= 0),
    held        BIGINT NOT NULL CHECK (held >= 0),
    spent       BIGINT NOT NULL CHECK (spent >= 0),
    gone        BIGINT NOT NULL CHECK (gone >= 0),
    frozen      BIGINT NOT NULL CHECK (frozen IN (0, 1)),
    expires_at  BIGINT,
    recharge_id TEXT,
    created_at  BIGINT NOT NULL,
    CONSTRAINT lots_line CHECK (granted = free + held + spent + gone)
);
-- One payment grants once; initial credits come once.
CREATE UNIQUE INDEX lots_recharge ON lots (recharge_id, source) WHERE recharge_id IS NOT NULL;
CREATE UNIQUE INDEX lots_initial ON lots (user_id) WHERE source = 'initial';
CREATE INDEX lots_open ON lots (user_id) WHERE free > 0;
CREATE INDEX lots_lapsing ON lots (expires_at) WHERE free > 0 AND expires_at IS NOT NULL;

-- Append-only. `amount` is the signed change of the net balance, `balance_after` the net itself.
CREATE TABLE entries (
    id            TEXT   NOT NULL PRIMARY KEY,
    user_id       TEXT   NOT NULL REFERENCES wallets (user_id),
    seq           BIGINT NOT NULL CHECK (seq > 0),
    kind          TEXT   NOT NULL CHECK (kind IN ('grant', 'hold', 'capture', 'release', 'deduct',
                         'take_back', 'expire', 'freeze', 'unfreeze', 'debt', 'debt_paid')),
    amount        BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    reason        TEXT   NOT NULL,
    actor         TEXT   NOT NULL,
    job_id        TEXT,
    recharge_id   TEXT,
    created_at    BIGINT NOT NULL,
    CONSTRAINT entries_order UNIQUE (user_id, seq)
);
CREATE INDEX entries_job_id ON entries (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX entries_recharge_id ON entries (recharge_id) WHERE recharge_id IS NOT NULL;

CREATE TABLE entry_lots (
    entry_id TEXT   NOT NULL REFERENCES entries (id),
    lot_id   TEXT   NOT NULL REFERENCES lots (id),
    amount   BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (entry_id, lot_id)
);

-- Free text an operator or user wrote about an entry: erasable, so not in the ledger itself.
CREATE TABLE entry_notes (
    entry_id TEXT NOT NULL PRIMARY KEY,
    note     TEXT NOT NULL
);

-- One use of a tool, from its hold to its end.
CREATE TABLE consumption_records (
    id          TEXT   NOT NULL PRIMARY KEY,
    user_id     TEXT   NOT NULL REFERENCES wallets (user_id),
    job_id      TEXT   NOT NULL UNIQUE,
    tool        TEXT   NOT NULL,
    credits     BIGINT NOT NULL CHECK (credits >= 0),
    paid_by     TEXT   NOT NULL CHECK (paid_by IN ('credits', 'trial', 'plan')),
    description TEXT   NOT NULL,
    status      TEXT   NOT NULL CHECK (status IN ('held', 'completed', 'refunded')),
    hold_entry  TEXT   NOT NULL REFERENCES entries (id),
    created_at  BIGINT NOT NULL,
    settled_at  BIGINT,
    refunded_at BIGINT,
    CONSTRAINT consumption_paid CHECK ((paid_by = 'credits') = (credits > 0))
);
CREATE INDEX consumption_records_user_id ON consumption_records (user_id, created_at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries are append-only' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER entries_no_change BEFORE UPDATE OR DELETE ON entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_lots_no_change BEFORE UPDATE OR DELETE ON entry_lots
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
