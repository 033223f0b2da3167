-- Submits whose answer was lost: the provider may have taken the job each time.
ALTER TABLE jobs ADD COLUMN unsure_submits BIGINT NOT NULL DEFAULT 0 CHECK (unsure_submits >= 0);

-- The wallet's version after the operation an entry belongs to; 0 for entries older than this column.
ALTER TABLE entries ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
