-- The operator's purchases whose money went back, whole or in part: each walks its own, however many there are of the other.
DROP INDEX recharge_records_returned;
CREATE INDEX recharge_records_refunded ON recharge_records (id)
WHERE returned_minor > 0 AND returned_minor >= COALESCE(paid_minor, amount_minor);
CREATE INDEX recharge_records_partly_refunded ON recharge_records (id)
WHERE returned_minor > 0 AND returned_minor < COALESCE(paid_minor, amount_minor);
