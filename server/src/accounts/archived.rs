//! What is kept of an account beside what its pages show, for the archive that its owner takes away.

use serde::Serialize;
use sqlx::FromRow;

use super::Accounts;
use crate::ids::UserId;
use crate::time::Timestamp;

/// What an account's row says of it.
#[derive(Debug, FromRow, Serialize)]
pub struct ArchivedAccount {
    /// What an outside identity system calls it.
    pub external_id: Option<String>,
    /// Which terms were agreed to.
    pub terms_version: Option<String>,
    pub verified_at: Option<Timestamp>,
    pub blocked_at: Option<Timestamp>,
}

/// A link that was sent by letter.
#[derive(Debug, FromRow, Serialize)]
pub struct ArchivedLink {
    /// `verify`, `reset` or `change`.
    pub purpose: String,
    /// The address that was wanted.
    pub email: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

impl Accounts {
    /// What the row of an account says.
    ///
    /// # Errors
    /// The database's own.
    pub async fn archived(&self, user: &UserId) -> sqlx::Result<ArchivedAccount> {
        sqlx::query_as(
            "SELECT external_id, terms_version, verified_at, blocked_at FROM users WHERE id = $1",
        )
        .bind(user)
        .fetch_one(self.db.reader())
        .await
    }

    /// Its links, oldest first.
    ///
    /// # Errors
    /// The database's own.
    pub async fn archived_links(&self, user: &UserId) -> sqlx::Result<Vec<ArchivedLink>> {
        sqlx::query_as(
            "SELECT purpose, email, created_at, expires_at, used_at FROM email_tokens \
             WHERE user_id = $1 ORDER BY created_at",
        )
        .bind(user)
        .fetch_all(self.db.reader())
        .await
    }
}
