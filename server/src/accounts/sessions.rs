//! Sessions in the database, for tower-sessions. A record holds who is signed in and little else.
//!
//! Loading a record reads the account's row in the same statement and hands it over under
//! [`ACCOUNT_KEY`], as it is at this moment; it is never written back. So a page knows who asks
//! after one statement, and a blocked account is signed out at once.

use async_trait::async_trait;
use sqlx::FromRow;
use std::collections::HashMap;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::users::{User, UserRow};
use crate::db::{Database, is_unavailable};
use crate::secret;
use crate::time::{Clock, Timestamp};

/// Under this key a record holds the id of the account that is signed in.
pub const USER_KEY: &str = "user_id";
/// Under this key a record holds what the browser called itself when it signed in.
pub const DEVICE_KEY: &str = "device";
/// Under this key a record holds the day on which it was last used.
pub const DAY_KEY: &str = "day";
/// Under this key a record holds the [`User::access_epoch`] it was signed in under.
pub const EPOCH_KEY: &str = "access_epoch";
/// Under this key a loaded record holds the account's row as it is right now.
pub const ACCOUNT_KEY: &str = "account";
/// Under this key stands the version of the account's wallet at the moment the session was loaded: whatever
/// is read after it is at least as new. It is never written back either.
pub const WALLET_VERSION_KEY: &str = "wallet_version";

/// The account that was read with a session record.
pub fn account_of(value: serde_json::Value) -> Option<User> {
    serde_json::from_value::<UserRow>(value)
        .ok()?
        .into_user()
        .filter(|user| !user.blocked)
}

/// The table `sessions` as tower-sessions wants it. Both count in the time of the machine. The id is stored as a hash: whoever reads the
/// table cannot use it.
#[derive(Clone)]
pub struct SessionStore {
    db: Database,
    clock: Clock,
}

impl std::fmt::Debug for SessionStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionStore")
    }
}

#[derive(FromRow)]
struct SessionRow {
    data: String,
    session_expires_at: i64,
    id: Option<String>,
    email: Option<String>,
    name: Option<String>,
    role: Option<String>,
    language: Option<String>,
    verified_at: Option<i64>,
    blocked_at: Option<i64>,
    created_at: Option<i64>,
    access_epoch: Option<i64>,
    wallet_version: Option<i64>,
}

impl SessionRow {
    fn account(&self) -> Option<UserRow> {
        Some(UserRow {
            id: self.id.clone()?,
            email: self.email.clone()?,
            name: self.name.clone()?,
            role: self.role.clone()?,
            language: self.language.clone(),
            verified_at: self.verified_at,
            blocked_at: self.blocked_at,
            created_at: self.created_at?,
            access_epoch: self.access_epoch?,
        })
    }
}

impl SessionStore {
    pub fn new(db: Database, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Forgets sessions whose time is over; called by the sweep.
    pub async fn delete_expired(&self) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(self.clock.machine())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Whether a session still lives, its account not blocked; open streams ask.
    pub async fn lives(&self, id: &Id) -> sqlx::Result<bool> {
        let found: Option<(i64,)> = sqlx::query_as(
            "SELECT s.expires_at FROM sessions s LEFT JOIN users u ON u.id = s.user_id \
             WHERE s.id = $1 AND s.expires_at > $2 AND u.blocked_at IS NULL \
               AND (u.id IS NULL OR u.access_epoch = s.access_epoch)",
        )
        .bind(key(id))
        .bind(self.clock.machine())
        .fetch_optional(self.db.reader())
        .await?;
        Ok(found.is_some())
    }

    /// A session that ended stays so: what a request still wants to keep of it changes no row.
    async fn write(&self, record: &Record, statement: &'static str) -> Result<()> {
        let mut data = record.data.clone();
        data.remove(ACCOUNT_KEY);
        data.remove(WALLET_VERSION_KEY);
        let user = data
            .get(USER_KEY)
            .and_then(|value| value.as_str())
            .map(str::to_owned);
        let epoch = data.get(EPOCH_KEY).and_then(serde_json::Value::as_i64);
        let text = serde_json::to_string(&data).map_err(|e| Error::Encode(e.to_string()))?;
        let expires_at = Timestamp::from_datetime(record.expiry_date);
        let mut tx = self.db.begin().await.map_err(backend)?;
        sqlx::query(statement)
            .bind(key(&record.id))
            .bind(user)
            .bind(text)
            .bind(expires_at)
            .bind(self.clock.machine())
            .bind(epoch.unwrap_or(0))
            .execute(&mut *tx)
            .await
            .map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

pub(super) fn key(id: &Id) -> String {
    secret::hash(&id.to_string())
}

/// `Backend` says that the database does not answer now; what it answers wrongly cannot be decoded.
fn backend(error: sqlx::Error) -> Error {
    if is_unavailable(&error) {
        Error::Backend(error.to_string())
    } else {
        Error::Decode(error.to_string())
    }
}

#[async_trait]
impl tower_sessions::SessionStore for SessionStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // 128 random bits do not collide.
        const INSERT: &str = "INSERT INTO sessions (id, user_id, data, expires_at, created_at, \
                              access_epoch) VALUES ($1, $2, $3, $4, $5, $6)";
        self.write(record, INSERT).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        const UPDATE: &str = "UPDATE sessions SET user_id = $2, data = $3, expires_at = $4, \
                              access_epoch = $6 WHERE id = $1 AND expires_at > $5";
        self.write(record, UPDATE).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row: Option<SessionRow> = sqlx::query_as(
            "SELECT s.data, s.expires_at AS session_expires_at, u.id, u.email, u.name, u.role, \
                    u.language, u.verified_at, u.blocked_at, u.created_at, u.access_epoch, \
                    w.version AS wallet_version \
             FROM sessions s \
             LEFT JOIN users u ON u.id = s.user_id AND u.access_epoch = s.access_epoch \
             LEFT JOIN wallets w ON w.user_id = s.user_id \
             WHERE s.id = $1 AND s.expires_at > $2",
        )
        .bind(key(id))
        .bind(self.clock.machine())
        .fetch_optional(self.db.reader())
        .await
        .map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let mut data: HashMap<String, serde_json::Value> =
            serde_json::from_str(&row.data).map_err(|e| Error::Decode(e.to_string()))?;
        if let Some(account) = row.account() {
            let value = serde_json::to_value(account).map_err(|e| Error::Decode(e.to_string()))?;
            data.insert(ACCOUNT_KEY.to_owned(), value);
            data.insert(WALLET_VERSION_KEY.to_owned(), row.wallet_version.into());
        }
        let expiry_date = Timestamp::from_micros(row.session_expires_at).to_datetime();
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.db.begin().await.map_err(backend)?;
        sqlx::query("DELETE FROM sessions WHERE id = $1")
            .bind(key(id))
            .execute(&mut *tx)
            .await
            .map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}
