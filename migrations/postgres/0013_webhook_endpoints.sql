-- The sandbox sends its webhooks to every endpoint that asked for them; without one named, to the site's own.
ALTER TABLE sandbox_stripe_deliveries ADD COLUMN endpoint_id TEXT;
