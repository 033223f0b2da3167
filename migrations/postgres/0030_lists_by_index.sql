-- The operator's lists of the log go by ids: those of one target, and those of one kind that somebody did, said so that it is
-- chosen for that alone.
DROP INDEX audit_log_target;
CREATE INDEX audit_log_target ON audit_log (target, id);
CREATE INDEX audit_log_deed ON audit_log ((actor || ' ' || action), id);

-- The operator's list of subscriptions by provider.
CREATE INDEX subscriptions_provider ON subscriptions (provider, created_at, id);
CREATE INDEX subscriptions_provider_status ON subscriptions (provider, status, created_at, id);
