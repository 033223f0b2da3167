use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;

use super::{Accounts, Email};
use crate::db::{Change, Tx};
use crate::ids::UserId;
use crate::time::Timestamp;
use crate::words::words;

words! {
    Role { User = "user", Admin = "admin" }
}

words! {
    /// The languages of the product.
    Language { En = "en", Zh = "zh" }
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: Option<Language>,
    pub verified: bool,
    pub blocked: bool,
    pub created_at: Timestamp,
    /// How often all access was ended; what was opened under an earlier number opens nothing.
    #[serde(skip)]
    pub access_epoch: i64,
}

impl User {
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

/// An account's row, and the same as it travels with a session record.
#[derive(Clone, Debug, FromRow, Serialize, Deserialize)]
pub(crate) struct UserRow {
    pub id: String,
    pub email: String,
    pub name: String,
    pub role: String,
    pub language: Option<String>,
    pub verified_at: Option<i64>,
    pub blocked_at: Option<i64>,
    pub created_at: i64,
    pub access_epoch: i64,
}

impl UserRow {
    pub fn into_user(self) -> Option<User> {
        Some(User {
            id: UserId::parse(&self.id)?,
            email: self.email,
            name: self.name,
            role: Role::parse(&self.role)?,
            language: self.language.as_deref().and_then(Language::parse),
            verified: self.verified_at.is_some(),
            blocked: self.blocked_at.is_some(),
            created_at: Timestamp::from_micros(self.created_at),
            access_epoch: self.access_epoch,
        })
    }
}

impl Accounts {
    pub async fn find_by_email(&self, email: &Email) -> sqlx::Result<Option<User>> {
        let row: Option<UserRow> = sqlx::query_as(
            "SELECT id, email, name, role, language, verified_at, blocked_at, created_at, \
             access_epoch \
             FROM users WHERE email = $1",
        )
        .bind(email.as_str())
        .fetch_optional(self.db.reader())
        .await?;
        Ok(row.and_then(UserRow::into_user))
    }

    pub async fn set_name(&self, user: &UserId, name: &str) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query("UPDATE users SET name = $2 WHERE id = $1 AND deleted_at IS NULL")
            .bind(user)
            .bind(name)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Tells open streams of an account to look whether their session still lives.
    pub async fn signed_out(&self, user: &User) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        tx.changed(Change::SignedOut(user.id.clone()));
        tx.commit().await
    }

    /// Keeps the language a person chose.
    pub async fn set_language(&self, user: &UserId, language: Language) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query("UPDATE users SET language = $2 WHERE id = $1 AND deleted_at IS NULL")
            .bind(user)
            .bind(language.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}

/// Ends every session, token and link that resets or changes something of `user`, and with them the open streams; also those that are being
/// opened at this moment. Answers the new [`User::access_epoch`].
pub(crate) async fn end_access(tx: &mut Tx, user: &UserId) -> sqlx::Result<i64> {
    let epoch: i64 = sqlx::query_scalar(
        "UPDATE users SET access_epoch = access_epoch + 1 WHERE id = $1 RETURNING access_epoch",
    )
    .bind(user.clone())
    .fetch_one(&mut **tx)
    .await?;
    for statement in [
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM api_tokens WHERE user_id = $1",
        "DELETE FROM email_tokens WHERE user_id = $1 AND purpose <> 'verify'",
    ] {
        sqlx::query(statement).bind(user).execute(&mut **tx).await?;
    }
    tx.changed(Change::SignedOut(user.clone()));
    Ok(epoch)
}
