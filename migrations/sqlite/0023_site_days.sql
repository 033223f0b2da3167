-- What a day of the whole site comes to, written once the day is over: counted from 1970 in UTC. `figure` says what is
-- counted, `part` of what: a currency, or a provider and its tool.
CREATE TABLE site_days (
    day       BIGINT NOT NULL PRIMARY KEY,
    closed_at BIGINT NOT NULL
);
CREATE TABLE site_figures (
    day    BIGINT NOT NULL REFERENCES site_days (day),
    figure TEXT   NOT NULL,
    part   TEXT   NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (day, figure, part)
);
CREATE INDEX jobs_finished_at ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX recharge_records_completed_at ON recharge_records (completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX refunds_changed_at ON refunds (changed_at);
CREATE INDEX disputes_changed_at ON disputes (changed_at);
