-- What is looked at for anomalies, each by an index that nothing else is found by: with the primary key at hand a planner takes that,
-- and reads the rows themselves.
DROP INDEX users_signed_up;
CREATE INDEX users_signed_up ON users ((created_at / 86400000000), signed_up_from) WHERE signed_up_from IS NOT NULL;
DROP INDEX lots_bought;
CREATE INDEX lots_bought ON lots (created_at, recharge_id) WHERE COALESCE(recharge_id, '') <> '';
