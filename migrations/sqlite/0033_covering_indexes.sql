-- What is looked at for anomalies, each by an index that nothing else is found by: with the primary key at hand a planner takes that,
-- and reads the rows themselves.
DROP INDEX users_signed_up;
-- Counted in the order of the index, which has the expression itself.
CREATE INDEX users_signed_up ON users ((created_at / 86400000000), signed_up_from, created_at) WHERE signed_up_from IS NOT NULL;
DROP INDEX lots_bought;
CREATE INDEX lots_bought ON lots (created_at, recharge_id, user_id, granted) WHERE COALESCE(recharge_id, '') <> '';
DROP INDEX wallet_days_received;
CREATE INDEX wallet_days_received ON wallet_days (day, received, user_id) WHERE received > 0;

-- The money of the present day, counted from its index alone.
DROP INDEX recharge_records_completed_at;
CREATE INDEX recharge_records_completed_at ON recharge_records (completed_at, user_id, currency, credits, amount_minor, paid_minor)
WHERE completed_at IS NOT NULL;
