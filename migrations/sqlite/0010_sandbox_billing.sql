-- What lists are filtered by beside `facet`, as `<name=value>` one after the other.
ALTER TABLE sandbox_stripe_objects ADD COLUMN labels TEXT;

-- A renewal is paid without a session: the book names the invoice then.
CREATE TABLE sandbox_stripe_book_new (
    payment_intent      TEXT   NOT NULL PRIMARY KEY,
    session_id          TEXT   UNIQUE,
    client_reference_id TEXT,
    amount_minor        BIGINT NOT NULL,
    currency            TEXT   NOT NULL,
    paid                BIGINT NOT NULL CHECK (paid IN (0, 1)),
    refunded            BIGINT NOT NULL DEFAULT 0,
    disputed            BIGINT NOT NULL DEFAULT 0 CHECK (disputed IN (0, 1)),
    created_at          BIGINT NOT NULL,
    invoice             TEXT
);
INSERT INTO sandbox_stripe_book_new
SELECT payment_intent, session_id, client_reference_id, amount_minor, currency, paid, refunded,
       disputed, created_at, NULL
FROM sandbox_stripe_book;
DROP TABLE sandbox_stripe_book;
ALTER TABLE sandbox_stripe_book_new RENAME TO sandbox_stripe_book;

-- Deliveries are looked for by their event.
CREATE INDEX sandbox_stripe_deliveries_event ON sandbox_stripe_deliveries (event_id);

-- What a person at Stripe has set, such as how webhooks are sent.
CREATE TABLE sandbox_stripe_settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
