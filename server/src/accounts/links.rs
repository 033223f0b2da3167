//! One-time links sent by e-mail: verify an address, reset a password, change the address. Only a hash of the token is
//! stored; a link works once and for a limited time.

use std::time::Duration;

use sqlx::FromRow;

use super::limits::{LETTERS_FROM_ADDRESS, LETTERS_TO_ADDRESS};
use super::users::end_access;
use super::{Accounts, Email, Language, Password, User};
use crate::catalog::InitialWhen;
use crate::db::Tx;
use crate::ids::UserId;
use crate::mail::{Template, outbox};
use crate::secret;
use crate::time::Timestamp;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Verify,
    Reset,
    /// Of the address, to the one the link is sent to.
    Change,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::Change => "change",
        }
    }

    const fn life(self) -> Duration {
        match self {
            Self::Verify => VERIFY_LIFE,
            Self::Reset => RESET_LIFE,
            Self::Change => CHANGE_LIFE,
        }
    }
}

const RESET_LIFE: Duration = Duration::from_secs(30 * 60);
const VERIFY_LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);
const CHANGE_LIFE: Duration = Duration::from_secs(24 * 3_600);

#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Unknown, used or too old: one answer for all.
    #[error("this link is not valid any more")]
    Dead,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Used {
    user_id: UserId,
}

impl Accounts {
    /// Asks for a letter with a link to reset the password. Does the same work, and so takes the
    /// same time, whether or not the address has an account.
    ///
    /// `address` is where the request comes from. Whoever asks too often is answered the same.
    pub async fn forgot(
        &self,
        email: &Email,
        language: Language,
        address: &str,
    ) -> sqlx::Result<()> {
        if self
            .limits
            .take(LETTERS_FROM_ADDRESS, address)
            .await?
            .is_err()
        {
            return Ok(());
        }
        self.post_letter(email, Template::Reset, language).await
    }

    /// Forgets rate limits whose time is over; called by the sweep.
    pub async fn forget_old_limits(&self) -> sqlx::Result<()> {
        self.limits.forget_old().await
    }

    /// Sends the letter that verifies the address once more.
    pub async fn resend_verification(&self, user: &User, language: Language) -> sqlx::Result<()> {
        let Some(email) = Email::parse(&user.email).filter(|_| !user.verified) else {
            return Ok(());
        };
        self.post_letter(&email, Template::Verify, language).await
    }

    /// Puts a letter into the outbox, unless the address has had its share for now.
    async fn post_letter(
        &self,
        email: &Email,
        template: Template,
        language: Language,
    ) -> sqlx::Result<()> {
        let allowed = self.limits.take(LETTERS_TO_ADDRESS, email.as_str());
        if allowed.await?.is_err() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        outbox::to_address(&mut tx, email, template, language, None, now).await?;
        tx.commit().await?;
        self.mail_wake.notify_one();
        Ok(())
    }

    /// Makes the token of a link for the account behind `email`; `None` when there is none.
    pub(crate) async fn make_link(
        &self,
        email: &str,
        purpose: Purpose,
    ) -> sqlx::Result<Option<String>> {
        let now = self.clock.now();
        let token = secret::token();
        let mut tx = self.db.begin().await?;
        // Locked, so that whatever ends the links of an account ends this one too.
        let select = tx.locking("SELECT id FROM users WHERE email = $1 AND blocked_at IS NULL");
        let user: Option<UserId> = sqlx::query_scalar(select)
            .bind(email.to_owned())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(user) = user else { return Ok(None) };
        put_link(&mut tx, &token, &user, purpose, None, now).await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// Verifies the address a link was sent to, and gives what the catalogue kept back for that.
    pub async fn verify_email(&self, token: &str) -> Result<(), LinkError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let user = use_link(&mut tx, token, Purpose::Verify, now).await?;
        let first_time: Option<(String,)> = sqlx::query_as(
            "UPDATE users SET verified_at = $2 WHERE id = $1 AND verified_at IS NULL \
             RETURNING email",
        )
        .bind(&user)
        .bind(now)
        .fetch_optional(&mut *tx)
        .await?;
        let waited = self.catalog.initial.when == InitialWhen::Verified;
        if let Some((email,)) = first_time
            && waited
            && let Some(email) = Email::parse(&email)
        {
            self.welcome_once(&mut tx, &user, &email, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whether a link verified an address before: whoever opens it again finds it done.
    pub async fn verify_link_was_used(&self, token: &str) -> sqlx::Result<bool> {
        let found: Option<(String,)> = sqlx::query_as(
            "SELECT user_id FROM email_tokens \
             WHERE token_hash = $1 AND purpose = 'verify' AND used_at IS NOT NULL",
        )
        .bind(secret::hash(token))
        .fetch_optional(self.db.reader())
        .await?;
        Ok(found.is_some())
    }

    /// Whether a reset link would still work; looking does not use it up.
    pub async fn reset_link_lives(&self, token: &str) -> sqlx::Result<bool> {
        let found: Option<(String,)> = sqlx::query_as(
            "SELECT user_id FROM email_tokens \
             WHERE token_hash = $1 AND purpose = 'reset' AND used_at IS NULL AND expires_at > $2",
        )
        .bind(secret::hash(token))
        .bind(self.clock.now())
        .fetch_optional(self.db.reader())
        .await?;
        Ok(found.is_some())
    }

    /// Sets a new password by a link. Every session, token and other link of the account ends.
    pub async fn reset_password(&self, token: &str, password: &Password) -> Result<(), LinkError> {
        if !self.reset_link_lives(token).await? {
            return Err(LinkError::Dead);
        }
        let hash = self.passwords.hash(password).await;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let user = use_link(&mut tx, token, Purpose::Reset, now).await?;
        sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1")
            .bind(&user)
            .bind(hash)
            .execute(&mut *tx)
            .await?;
        end_access(&mut tx, &user).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Writes a link of `user`; one that changes the address says to which.
pub(super) async fn put_link(
    tx: &mut Tx,
    token: &str,
    user: &UserId,
    purpose: Purpose,
    email: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO email_tokens (token_hash, user_id, purpose, email, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(secret::hash(token))
    .bind(user)
    .bind(purpose.as_str())
    .bind(email)
    .bind(now)
    .bind(now.plus(purpose.life()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Uses a link up and says whose it was.
pub(super) async fn use_link(
    tx: &mut Tx,
    token: &str,
    purpose: Purpose,
    now: Timestamp,
) -> Result<UserId, LinkError> {
    // The account before its link, as everything that ends links does.
    let select = tx.locking(
        "SELECT id FROM users WHERE id = (SELECT user_id FROM email_tokens WHERE token_hash = $1)",
    );
    sqlx::query(select)
        .bind(secret::hash(token))
        .execute(&mut **tx)
        .await?;
    let used: Option<Used> = sqlx::query_as(
        "UPDATE email_tokens SET used_at = $3 \
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 \
         RETURNING user_id",
    )
    .bind(secret::hash(token))
    .bind(purpose.as_str())
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    used.map(|used| used.user_id).ok_or(LinkError::Dead)
}
