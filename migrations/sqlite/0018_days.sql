-- What the entries of a wallet come to per day (in UTC, counted from 1970), for charts: credits used (captured, or
-- deducted by the account itself), credits that came in, and the net balance behind the day's last entry. Written
-- with the entries; a day without any has no row.
CREATE TABLE wallet_days (
    user_id  TEXT   NOT NULL REFERENCES users (id),
    day      BIGINT NOT NULL,
    used     BIGINT NOT NULL CHECK (used >= 0),
    received BIGINT NOT NULL CHECK (received >= 0),
    balance  BIGINT NOT NULL,
    PRIMARY KEY (user_id, day)
);
INSERT INTO wallet_days (user_id, day, used, received, balance)
SELECT d.user_id, d.day, d.used, d.received, l.balance_after
FROM (SELECT e.user_id, e.created_at / 86400000000 AS day, MAX(e.seq) AS seq,
             SUM(CASE WHEN e.kind = 'grant' THEN e.amount ELSE 0 END) AS received,
             SUM(CASE WHEN e.kind = 'capture'
                      THEN (SELECT COALESCE(SUM(p.amount), 0) FROM entry_lots p WHERE p.entry_id = e.id)
                      WHEN e.kind = 'deduct' AND e.actor = 'user:' || e.user_id THEN -e.amount
                      ELSE 0 END) AS used
      FROM entries e GROUP BY e.user_id, e.created_at / 86400000000) d
JOIN entries l ON l.user_id = d.user_id AND l.seq = d.seq;
