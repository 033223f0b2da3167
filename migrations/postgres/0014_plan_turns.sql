-- Which periods of plans still serve, and so may fall due or end by themselves.
CREATE INDEX plan_periods_serves_until ON plan_periods (serves_until);
