CREATE TABLE users (
    id            TEXT   NOT NULL PRIMARY KEY,
    email         TEXT   NOT NULL UNIQUE,
    name          TEXT   NOT NULL,
    role          TEXT   NOT NULL CHECK (role IN ('user', 'admin')),
    password_hash TEXT,
    language      TEXT   CHECK (language IN ('en', 'zh')),
    terms_version TEXT,
    verified_at   BIGINT,
    blocked_at    BIGINT,
    created_at    BIGINT NOT NULL
);

-- Who has had the initial credits and trials: a keyed hash that outlives the account.
CREATE TABLE initial_grants (
    person     TEXT   NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);

-- One-time links sent by e-mail. The token itself is never stored.
CREATE TABLE email_tokens (
    token_hash TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose    TEXT   NOT NULL CHECK (purpose IN ('verify', 'reset')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX email_tokens_user_id ON email_tokens (user_id, purpose);

-- `id` is a hash of the cookie's value. Balances are never kept here.
CREATE TABLE sessions (
    id         TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   REFERENCES users (id) ON DELETE CASCADE,
    data       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE api_tokens (
    id           TEXT   NOT NULL PRIMARY KEY,
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash   TEXT   NOT NULL UNIQUE,
    scopes       TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX api_tokens_user_id ON api_tokens (user_id);

-- Mail to be sent, written in the transaction that causes it. The one-time link is made when it is
-- sent, so no token is ever stored in the clear. A request to reset is a row whether or not the
-- address has an account.
CREATE TABLE outgoing_mail (
    id         TEXT   NOT NULL PRIMARY KEY,
    recipient  TEXT   NOT NULL,
    template   TEXT   NOT NULL CHECK (template IN ('verify', 'reset')),
    language   TEXT   NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    next_at    BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX outgoing_mail_next_at ON outgoing_mail (next_at);
