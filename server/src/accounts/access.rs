//! What is open in an account's name: its sessions, to be seen and ended, and the password that ends them all.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use tower_sessions::session::Id;

use super::limits::{EXPORTS_OF_ACCOUNT, Limited};
use super::sessions::key;
use super::users::end_access;
use super::{Accounts, Password, SignInError, User};
use crate::db::{Change, Tx};
use crate::ids::UserId;
use crate::time::Timestamp;

/// A session as its account sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenSession {
    /// Names the session and opens nothing.
    pub id: String,
    /// What the browser called itself when it signed in.
    pub device: String,
    pub created_at: Timestamp,
    /// The last day it was used.
    pub last_day: String,
    pub expires_at: Timestamp,
}

#[derive(FromRow)]
struct SessionRow {
    id: String,
    data: String,
    created_at: Timestamp,
    expires_at: Timestamp,
}

/// What of a session record is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    device: String,
    day: String,
}

impl SessionRow {
    fn into_session(self) -> OpenSession {
        let shown: Shown = serde_json::from_str(&self.data).unwrap_or_default();
        OpenSession {
            id: self.id,
            device: shown.device,
            created_at: self.created_at,
            last_day: shown.day,
            expires_at: self.expires_at,
        }
    }
}

/// The name of a session in [`OpenSession::id`].
pub fn session_name(id: &Id) -> String {
    key(id)
}

/// Ends one session of `user` by its name, and with it its streams; says whether there was one.
pub(crate) async fn end_session(tx: &mut Tx, user: &UserId, name: &str) -> sqlx::Result<bool> {
    let ended = sqlx::query("DELETE FROM sessions WHERE id = $1 AND user_id = $2")
        .bind(name)
        .bind(user)
        .execute(&mut **tx)
        .await?
        .rows_affected();
    tx.changed(Change::SignedOut(user.clone()));
    Ok(ended == 1)
}

const SESSIONS: &str = "SELECT id, data, created_at, expires_at FROM sessions \
                        WHERE user_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id";

impl Accounts {
    /// The living sessions of an account, newest first.
    pub async fn sessions(&self, user: &UserId) -> sqlx::Result<Vec<OpenSession>> {
        let rows: Vec<SessionRow> = sqlx::query_as(SESSIONS)
            .bind(user)
            .bind(self.clock.machine())
            .fetch_all(self.db.reader())
            .await?;
        Ok(rows.into_iter().map(SessionRow::into_session).collect())
    }

    /// Ends one session of `user` by its name, and with it its streams; says whether it lived.
    pub async fn end_session(&self, user: &UserId, name: &str) -> sqlx::Result<bool> {
        let mut tx = self.db.begin().await?;
        let ended = end_session(&mut tx, user, name).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends every session of `user` but one; says how many.
    pub async fn end_other_sessions(&self, user: &UserId, kept: &str) -> sqlx::Result<u64> {
        let mut tx = self.db.begin().await?;
        let ended = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND id <> $2")
            .bind(user)
            .bind(kept)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.changed(Change::SignedOut(user.clone()));
        tx.commit().await?;
        Ok(ended)
    }

    /// Counts an export of everything an account has, and says whether it is within the limit.
    ///
    /// # Errors
    /// The database's own.
    pub async fn count_export(&self, user: &User) -> sqlx::Result<Result<(), Limited>> {
        self.limits.take(EXPORTS_OF_ACCOUNT, user.id.as_str()).await
    }

    /// Sets a new password for somebody who knows the present one. Every session and token ends, also the one that
    /// asks: it is the caller's to sign in anew whom this answers.
    ///
    /// # Errors
    /// As of [`Accounts::sign_in`]: a wrong password counts as one at the door.
    pub async fn change_password(
        &self,
        user: &User,
        present: &SecretString,
        new: &Password,
        address: &str,
    ) -> Result<User, SignInError> {
        let (user, old) = self.prove(&user.email, present, address).await?;
        let hash = self.passwords.hash(new).await;
        let mut tx = self.db.begin().await?;
        // Another change meanwhile has made the present password an old one.
        let changed =
            sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3")
                .bind(&user.id)
                .bind(hash)
                .bind(old)
                .execute(&mut *tx)
                .await?
                .rows_affected();
        if changed == 0 {
            return Err(SignInError::Wrong);
        }
        let access_epoch = end_access(&mut tx, &user.id).await?;
        tx.commit().await?;
        Ok(User {
            access_epoch,
            ..user
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    on_both_databases! {
        async fn the_sessions_of_an_account_go_by_an_index(ground: TestGround) {
            // They are few.
            Course::by_index(&ground.db, SESSIONS, &["u", "9"], "sessions_user_id (user_id=?").await;
        }
    }
}
