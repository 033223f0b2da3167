-- An account that an outside identity system keeps, by its name there.
ALTER TABLE users ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX users_external_id ON users (external_id);

-- What its owner calls a token.
ALTER TABLE api_tokens ADD COLUMN name TEXT NOT NULL DEFAULT '';
