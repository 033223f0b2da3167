-- What lists are filtered by beside `facet`, as `<name=value>` one after the other.
ALTER TABLE sandbox_stripe_objects ADD COLUMN labels TEXT;

-- A renewal is paid without a session: the book names the invoice then.
ALTER TABLE sandbox_stripe_book ALTER COLUMN session_id DROP NOT NULL;
ALTER TABLE sandbox_stripe_book ADD COLUMN invoice TEXT;

-- Deliveries are looked for by their event.
CREATE INDEX sandbox_stripe_deliveries_event ON sandbox_stripe_deliveries (event_id);

-- What a person at Stripe has set, such as how webhooks are sent.
CREATE TABLE sandbox_stripe_settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
