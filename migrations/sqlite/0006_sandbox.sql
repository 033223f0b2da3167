-- The sandboxes' own books: other people's servers, played on loopback.
-- `state` holds each object as JSON in the provider's shape, `notes` what the provider knows but
-- does not show, `facet` what its lists are filtered by (a session's status, an event's type).
-- At `due_at` something happens to it by itself. `revision + 1` is its lock.
CREATE TABLE sandbox_stripe_objects (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    parent_id  TEXT,
    facet      TEXT,
    state      TEXT   NOT NULL,
    notes      TEXT   NOT NULL,
    due_at     BIGINT,
    revision   BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX sandbox_stripe_objects_kind ON sandbox_stripe_objects (kind, created_at, id);
CREATE INDEX sandbox_stripe_objects_parent ON sandbox_stripe_objects (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX sandbox_stripe_objects_due ON sandbox_stripe_objects (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE sandbox_stripe_idempotency (
    key         TEXT   NOT NULL PRIMARY KEY,
    parameters  TEXT   NOT NULL,
    status      BIGINT NOT NULL,
    response    TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE sandbox_stripe_deliveries (
    id           TEXT   NOT NULL PRIMARY KEY,
    event_id     TEXT   NOT NULL,
    due_at       BIGINT,
    attempts     BIGINT NOT NULL DEFAULT 0,
    delivered_at BIGINT,
    last_status  BIGINT
);
CREATE INDEX sandbox_stripe_deliveries_due ON sandbox_stripe_deliveries (due_at) WHERE due_at IS NOT NULL;

-- What was really paid: the independent record that tests compare the ledger with.
CREATE TABLE sandbox_stripe_book (
    payment_intent      TEXT   NOT NULL PRIMARY KEY,
    session_id          TEXT   NOT NULL UNIQUE,
    client_reference_id TEXT,
    amount_minor        BIGINT NOT NULL,
    currency            TEXT   NOT NULL,
    paid                BIGINT NOT NULL CHECK (paid IN (0, 1)),
    refunded            BIGINT NOT NULL DEFAULT 0,
    disputed            BIGINT NOT NULL DEFAULT 0 CHECK (disputed IN (0, 1)),
    created_at          BIGINT NOT NULL
);

CREATE TABLE sandbox_fashn_runs (
    id          TEXT   NOT NULL PRIMARY KEY,
    outcome     TEXT   NOT NULL,
    category    TEXT   NOT NULL,
    status      TEXT   NOT NULL CHECK (status IN ('in_queue', 'processing', 'completed', 'failed')),
    error_name  TEXT,
    webhook_url TEXT,
    lease_until BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
);

-- Scripted outcomes of the next runs, taken in the order of their ids.
CREATE TABLE sandbox_fashn_script (
    id      TEXT NOT NULL PRIMARY KEY,
    outcome TEXT NOT NULL
);
