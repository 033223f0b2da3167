-- The operator's lists of purchases and subscriptions, each by an index, newest first.
CREATE INDEX recharge_records_buyer ON recharge_records (user_id, id);
CREATE INDEX recharge_records_status ON recharge_records (status, id);
CREATE INDEX recharge_records_provider ON recharge_records (provider, id);
CREATE INDEX recharge_records_held_back ON recharge_records (id) WHERE held_back IS NOT NULL;
CREATE INDEX recharge_records_returned ON recharge_records (id) WHERE returned_minor > 0;
CREATE INDEX recharge_records_disputed ON recharge_records (id) WHERE disputed = 1;
CREATE INDEX subscriptions_newest ON subscriptions (created_at, id);
CREATE INDEX subscriptions_status ON subscriptions (status, created_at, id);
-- What the inbox has about a purchase. Anybody's text may stand there, longer than an ordered index takes.
CREATE INDEX webhook_events_object ON webhook_events USING hash (object_id);
