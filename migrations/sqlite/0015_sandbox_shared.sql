-- The sandboxes of the payment providers keep alike things in one place: each row says whose it is.
CREATE TABLE sandbox_objects (
    provider   TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    parent_id  TEXT,
    facet      TEXT,
    labels     TEXT,
    state      TEXT   NOT NULL,
    notes      TEXT   NOT NULL,
    due_at     BIGINT,
    revision   BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (provider, id)
);
INSERT INTO sandbox_objects
SELECT 'stripe', id, kind, parent_id, facet, labels, state, notes, due_at, revision, created_at
FROM sandbox_stripe_objects;
INSERT INTO sandbox_objects
SELECT 'creem', id, kind, CASE kind WHEN 'customer' THEN owner_id ELSE parent_id END,
       CASE kind WHEN 'customer' THEN facet END,
       CASE WHEN kind IN ('subscription', 'transaction') THEN
           COALESCE('<customer=' || owner_id || '>', '')
           || CASE kind WHEN 'transaction' THEN COALESCE('<order=' || facet || '>', '')
                   || COALESCE('<product=' || product_id || '>', '') ELSE '' END
       END,
       state, notes, due_at, revision, created_at
FROM sandbox_creem_objects;
DROP TABLE sandbox_stripe_objects;
DROP TABLE sandbox_creem_objects;
CREATE INDEX sandbox_objects_kind ON sandbox_objects (provider, kind, created_at, id);
CREATE INDEX sandbox_objects_parent ON sandbox_objects (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX sandbox_objects_due ON sandbox_objects (provider, due_at) WHERE due_at IS NOT NULL;
-- Creem: one customer an address, and one for each of the shop's own ids.
CREATE UNIQUE INDEX sandbox_objects_email ON sandbox_objects (facet)
    WHERE provider = 'creem' AND kind = 'customer';
CREATE UNIQUE INDEX sandbox_objects_external ON sandbox_objects (parent_id)
    WHERE provider = 'creem' AND kind = 'customer';

CREATE TABLE sandbox_deliveries (
    id           TEXT   NOT NULL PRIMARY KEY,
    provider     TEXT   NOT NULL,
    event_id     TEXT   NOT NULL,
    endpoint_id  TEXT,
    due_at       BIGINT,
    attempts     BIGINT NOT NULL DEFAULT 0,
    delivered_at BIGINT,
    last_status  BIGINT
);
INSERT INTO sandbox_deliveries
SELECT id, 'stripe', event_id, endpoint_id, due_at, attempts, delivered_at, last_status
FROM sandbox_stripe_deliveries;
INSERT INTO sandbox_deliveries
SELECT id, 'creem', event_id, NULL, due_at, attempts, delivered_at, last_status
FROM sandbox_creem_deliveries;
DROP TABLE sandbox_stripe_deliveries;
DROP TABLE sandbox_creem_deliveries;
CREATE INDEX sandbox_deliveries_due ON sandbox_deliveries (provider, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX sandbox_deliveries_event ON sandbox_deliveries (event_id);

-- What was really paid: the independent record that tests compare the ledger with.
CREATE TABLE sandbox_book (
    payment_id   TEXT   NOT NULL PRIMARY KEY,
    provider     TEXT   NOT NULL,
    session_id  TEXT,
    reference    TEXT,
    invoice      TEXT,
    amount_minor BIGINT NOT NULL,
    currency     TEXT   NOT NULL,
    paid         BIGINT NOT NULL CHECK (paid IN (0, 1)),
    refunded     BIGINT NOT NULL DEFAULT 0,
    disputed     BIGINT NOT NULL DEFAULT 0 CHECK (disputed IN (0, 1)),
    created_at   BIGINT NOT NULL
);
INSERT INTO sandbox_book
SELECT payment_intent, 'stripe', session_id, client_reference_id, invoice, amount_minor, currency,
       paid, refunded, disputed, created_at
FROM sandbox_stripe_book;
INSERT INTO sandbox_book
SELECT transaction_id, 'creem', checkout_id, request_id, NULL, amount_minor, currency,
       1, refunded, disputed, created_at
FROM sandbox_creem_book;
DROP TABLE sandbox_stripe_book;
DROP TABLE sandbox_creem_book;
-- Stripe: a session is paid once; at Creem renewals name the checkout they began with.
CREATE UNIQUE INDEX sandbox_book_session ON sandbox_book (session_id) WHERE provider = 'stripe';

-- What a person at a provider has set, such as how webhooks are sent.
CREATE TABLE sandbox_settings (
    provider TEXT NOT NULL,
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (provider, name)
);
INSERT INTO sandbox_settings SELECT 'stripe', name, value FROM sandbox_stripe_settings;
DROP TABLE sandbox_stripe_settings;
