-- What the reconciliation of payments, jobs and figures found, kept for a while. The daily ones have their day, so that there is
-- one a day however many nodes there are.
CREATE TABLE reconciliation_reports (
    id         TEXT   NOT NULL PRIMARY KEY,
    day        BIGINT UNIQUE,
    checked_at BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    -- All of them; of very many only the first are kept.
    findings   BIGINT NOT NULL CHECK (findings >= 0),
    -- What could not be asked, and why.
    problem    TEXT
);
CREATE INDEX reconciliation_reports_checked_at ON reconciliation_reports (checked_at);
CREATE TABLE reconciliation_items (
    report_id TEXT   NOT NULL REFERENCES reconciliation_reports (id),
    position  BIGINT NOT NULL,
    kind      TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    user_id   TEXT,
    expected  TEXT   NOT NULL,
    found     TEXT   NOT NULL,
    mend      TEXT   NOT NULL,
    -- When it was found to be right again, after a click.
    mended_at BIGINT,
    PRIMARY KEY (report_id, position)
);
CREATE INDEX reconciliation_items_id ON reconciliation_items (id, kind);
