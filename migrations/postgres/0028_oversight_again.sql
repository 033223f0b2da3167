-- From days on which an account received much to what operators gave it.
DROP INDEX lots_given;
CREATE INDEX wallet_days_received ON wallet_days (day, received) WHERE received > 0;

-- Purchases that were returned, in the order of time.
CREATE INDEX recharge_records_sent_back ON recharge_records (completed_at, user_id, returned_minor, disputed)
WHERE returned_minor > 0 OR disputed = 1;

-- For how much credits were sold is kept of each day now, so days are counted anew.
DELETE FROM site_figures;
DELETE FROM site_days;
