-- Rows from before the seals have none. Records of purchases may be younger than the last change of any wallet.
UPDATE installation
SET value = CAST(MAX(
    CAST(value AS BIGINT),
    (SELECT COALESCE(MAX(created_at) + 1, 0) FROM recharge_records WHERE seal = '')
) AS TEXT)
WHERE name = 'sealed_since';
