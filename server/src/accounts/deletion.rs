//! The end of an account. One transaction takes it away from everybody: nobody can sign in to it, act for it, find it
//! by its address or give to it from then on, and its row names nobody any more. What lies elsewhere is taken apart
//! after it ([`crate::deletions`]).

use secrecy::{ExposeSecret, SecretString};
use sqlx::FromRow;

use super::limits::Limited;
use super::users::end_access;
use super::{Accounts, Email, SignInError, User};
use crate::catalog::InitialWhen;
use crate::credits::{self, CreditsError};
use crate::db::{Tx, corrupt};
use crate::ids::UserId;
use crate::secret;
use crate::time::Timestamp;

/// Why an account is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    #[error("the password is wrong")]
    WrongPassword,
    #[error("this is not the address of the account")]
    OtherEmail,
    /// Nobody could run the installation any more.
    #[error("the last administrator cannot be deleted")]
    LastAdministrator,
    #[error(transparent)]
    Limited(#[from] Limited),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<SignInError> for DeleteError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::WrongPassword,
            SignInError::Limited(limited) => Self::Limited(limited),
            SignInError::Database(error) => Self::Database(error),
        }
    }
}

#[derive(FromRow)]
struct Leaving {
    email: String,
    external_id: Option<String>,
    verified_at: Option<i64>,
}

impl Accounts {
    /// Deletes the account of somebody who knows its password and typed its address. Cannot be undone.
    ///
    /// # Errors
    /// A wrong password counts as one at the door.
    pub async fn delete(
        &self,
        user: &User,
        typed: &str,
        present: &SecretString,
        address: &str,
    ) -> Result<(), DeleteError> {
        if Email::parse(typed).is_none_or(|typed| typed.as_str() != user.email) {
            return Err(DeleteError::OtherEmail);
        }
        let (user, proven) = self.prove(&user.email, present, address).await?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if user.is_admin() && !has_other_administrators(&mut tx, &user.id).await? {
            return Err(DeleteError::LastAdministrator);
        }
        // Of two at once, or of a new password meanwhile, the second finds another hash.
        let select = tx.locking(
            "SELECT email, external_id, verified_at FROM users WHERE id = $1 AND password_hash = $2",
        );
        let leaving: Option<Leaving> = sqlx::query_as(select)
            .bind(user.id.clone())
            .bind(proven)
            .fetch_optional(&mut *tx)
            .await?;
        let leaving = leaving.ok_or(DeleteError::WrongPassword)?;
        self.remember(&mut tx, &user.id, &leaving, now).await?;
        end_access(&mut tx, &user.id).await?;
        make_nobody(&mut tx, &user.id, &leaving.email, now).await?;
        // Whoever changes the wallet at this moment comes first, and everybody later finds the account deleted.
        match credits::touch(&mut tx, &user.id, now).await {
            Ok(()) => {}
            Err(CreditsError::Database(error)) => return Err(error.into()),
            Err(_) => return Err(corrupt("an account without a wallet").into()),
        }
        tx.commit().await?;
        self.deletion_wake.notify_one();
        Ok(())
    }

    /// What is kept of the person: hashes, so that nothing is given twice and no outside system makes the account
    /// anew; and the address until what names it elsewhere is erased.
    async fn remember(
        &self,
        tx: &mut Tx,
        user: &UserId,
        leaving: &Leaving,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        if let Some(email) = Email::parse(&leaving.email) {
            self.note_trial(tx, &email, now).await?;
            if self.catalog.initial.when == InitialWhen::SignUp || leaving.verified_at.is_some() {
                self.note_welcome(tx, &email, now).await?;
            }
        }
        let outsider = leaving.external_id.as_deref();
        sqlx::query(
            "INSERT INTO account_deletions (user_id, email, outsider, next_at, requested_at) \
             VALUES ($1, $2, $3, $4, $4)",
        )
        .bind(user)
        .bind(&leaving.email)
        .bind(outsider.map(|name| self.outsider_hash(name)))
        .bind(now)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    fn outsider_hash(&self, external_id: &str) -> String {
        let text = format!("outsider {external_id}");
        secret::keyed_hash(self.person_key.expose_secret(), &text)
    }

    /// Whether an outside system's account of this name was deleted here.
    pub(super) async fn outsider_was_deleted(
        &self,
        tx: &mut Tx,
        external_id: &str,
    ) -> sqlx::Result<bool> {
        let deleted: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM account_deletions WHERE outsider = $1")
                .bind(self.outsider_hash(external_id))
                .fetch_one(&mut **tx)
                .await?;
        Ok(deleted > 0)
    }
}

/// Whether somebody else could run the installation; they stay so until this transaction ends. In one order, so that
/// two who leave at once do not wait for each other.
async fn has_other_administrators(tx: &mut Tx, user: &UserId) -> sqlx::Result<bool> {
    let select =
        tx.locking("SELECT id FROM users WHERE role = 'admin' AND blocked_at IS NULL ORDER BY id");
    let admins: Vec<UserId> = sqlx::query_scalar(select).fetch_all(&mut **tx).await?;
    Ok(admins.iter().any(|admin| admin != user))
}

/// Takes the person out of the account's row. Its id, which is no address, stands where the address was.
async fn make_nobody(tx: &mut Tx, user: &UserId, email: &str, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE users SET email = id, name = '', role = 'user', password_hash = NULL, \
         language = NULL, terms_version = NULL, external_id = NULL, signed_up_from = NULL, \
         deleted_at = $2, \
         blocked_at = COALESCE(blocked_at, $2) WHERE id = $1",
    )
    .bind(user)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    for statement in [
        "DELETE FROM email_tokens WHERE user_id = $1",
        // It names from where accounts were made.
        "DELETE FROM anomalies_told WHERE user_id = $1",
    ] {
        sqlx::query(statement).bind(user).execute(&mut **tx).await?;
    }
    forget_mail(tx, user, email).await
}

/// The letters that wait for an account, at its address or at the one it wanted.
pub(crate) async fn forget_mail(tx: &mut Tx, user: &UserId, email: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM outgoing_mail WHERE recipient = $1 OR about LIKE $2")
        .bind(email)
        .bind(format!("{user} %"))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
