-- Creem, played on loopback. `state` holds each object as JSON in Creem's shape, `notes` what Creem
-- knows but does not show. `owner_id` is whose an object is: a customer's id, or of a customer the
-- shop's own id of the person. `facet` is what its kind is looked up by: a customer's e-mail address,
-- a transaction's order. At `due_at` something happens to it by itself. `revision + 1` is its lock.
CREATE TABLE sandbox_creem_objects (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    parent_id  TEXT,
    owner_id   TEXT,
    product_id TEXT,
    facet      TEXT,
    state      TEXT   NOT NULL,
    notes      TEXT   NOT NULL,
    due_at     BIGINT,
    revision   BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX sandbox_creem_objects_kind ON sandbox_creem_objects (kind, created_at, id);
CREATE INDEX sandbox_creem_objects_parent ON sandbox_creem_objects (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX sandbox_creem_objects_owner ON sandbox_creem_objects (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX sandbox_creem_objects_due ON sandbox_creem_objects (due_at) WHERE due_at IS NOT NULL;
-- Creem: one customer an address, and one for each of the shop's own ids.
CREATE UNIQUE INDEX sandbox_creem_objects_email ON sandbox_creem_objects (facet) WHERE kind = 'customer';
CREATE UNIQUE INDEX sandbox_creem_objects_external ON sandbox_creem_objects (owner_id) WHERE kind = 'customer';

CREATE TABLE sandbox_creem_deliveries (
    id           TEXT   NOT NULL PRIMARY KEY,
    event_id     TEXT   NOT NULL,
    due_at       BIGINT,
    attempts     BIGINT NOT NULL DEFAULT 0,
    delivered_at BIGINT,
    last_status  BIGINT
);
CREATE INDEX sandbox_creem_deliveries_due ON sandbox_creem_deliveries (due_at) WHERE due_at IS NOT NULL;

-- What was really paid: the independent record that tests compare the ledger with.
CREATE TABLE sandbox_creem_book (
    transaction_id TEXT   NOT NULL PRIMARY KEY,
    checkout_id    TEXT   NOT NULL,
    request_id     TEXT,
    amount_minor   BIGINT NOT NULL,
    currency       TEXT   NOT NULL,
    refunded       BIGINT NOT NULL DEFAULT 0,
    disputed       BIGINT NOT NULL DEFAULT 0 CHECK (disputed IN (0, 1)),
    created_at     BIGINT NOT NULL
);
