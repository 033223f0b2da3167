use secrecy::SecretString;
use sqlx::FromRow;

use super::limits::{Limited, WRONG_PASSWORDS_FROM_ADDRESS, WRONG_PASSWORDS_OF_ACCOUNT};
use super::users::{UserRow, end_access};
use super::{Accounts, Email, Password, Role, User};
use crate::credits::Actor;
use crate::oversight::{Deed, Operator};

#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The address is unknown, the password wrong or the account blocked: one answer for all.
    #[error("e-mail or password is wrong")]
    Wrong,
    #[error(transparent)]
    Limited(#[from] Limited),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Credentials {
    #[sqlx(flatten)]
    user: UserRow,
    password_hash: Option<String>,
}

impl Accounts {
    /// Checks a password. `address` is where the attempt comes from.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &SecretString,
        address: &str,
    ) -> Result<User, SignInError> {
        let (user, _) = self.prove(email, password, address).await?;
        Ok(user)
    }

    /// The same, with the hash that the password was held against.
    pub(super) async fn prove(
        &self,
        email: &str,
        password: &SecretString,
        address: &str,
    ) -> Result<(User, String), SignInError> {
        let name = email.trim().to_lowercase();
        // Checked with a place taken, so that a burst cannot pass the check before it is counted.
        let _place = self.passwords.place().await;
        self.limits
            .check(WRONG_PASSWORDS_OF_ACCOUNT, &name)
            .await??;
        self.limits
            .check(WRONG_PASSWORDS_FROM_ADDRESS, address)
            .await??;

        let found = self.credentials(&name).await?;
        let hash = found.as_ref().and_then(|found| found.password_hash.clone());
        let fits = self.passwords.verify(password, hash.clone()).await;
        let user = found
            .filter(|_| fits)
            .and_then(|found| found.user.into_user());
        match user.filter(|user| !user.blocked).zip(hash) {
            Some(proven) => Ok(proven),
            None => {
                self.limits.count(WRONG_PASSWORDS_OF_ACCOUNT, &name).await?;
                self.limits
                    .count(WRONG_PASSWORDS_FROM_ADDRESS, address)
                    .await?;
                Err(SignInError::Wrong)
            }
        }
    }

    async fn credentials(&self, email: &str) -> sqlx::Result<Option<Credentials>> {
        sqlx::query_as(
            "SELECT id, email, name, role, language, verified_at, blocked_at, created_at, \
             access_epoch, password_hash FROM users WHERE email = $1",
        )
        .bind(email)
        .fetch_optional(self.db.reader())
        .await
    }

    /// Makes or updates the administrator named by the settings. What that changes is in the audit log.
    pub async fn ensure_admin(
        &self,
        email: &Email,
        password: &Password,
    ) -> Result<(), super::SignUpError> {
        if self.find_by_email(email).await?.is_none() {
            let new = super::NewAccount {
                email: email.clone(),
                password: password.clone(),
                name: "Administrator".to_owned(),
                role: Role::Admin,
                language: None,
                verified: true,
            };
            match self.create_by(new, &by_the_settings()).await {
                // Another node was faster.
                Err(super::SignUpError::EmailTaken) => {}
                made => return made.map(|_| ()),
            }
        }
        self.update_admin(email, password)
            .await
            .map_err(super::SignUpError::Database)
    }

    /// Gives the role and, where it differs, the password; only a new password ends access. Whoever the settings name is let in,
    /// also where another operator has blocked them. Nodes that start together do it once.
    async fn update_admin(&self, email: &Email, password: &Password) -> sqlx::Result<()> {
        while let Some(found) = self.credentials(email.as_str()).await? {
            if self.update_found_admin(found, email, password).await? {
                break;
            }
        }
        Ok(())
    }

    /// Says whether the account was still as it was found; else nothing is done.
    async fn update_found_admin(
        &self,
        found: Credentials,
        email: &Email,
        password: &Password,
    ) -> sqlx::Result<bool> {
        let same = {
            let _place = self.passwords.place().await;
            self.passwords
                .verify(password.secret(), found.password_hash.clone())
                .await
        };
        let hash = if same {
            None
        } else {
            Some(self.passwords.hash(password).await)
        };
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let select =
            tx.locking("SELECT role, blocked_at, password_hash FROM users WHERE email = $1");
        let locked: Option<(String, Option<i64>, Option<String>)> = sqlx::query_as(select)
            .bind(email.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        let was = &found.user;
        if locked != Some((was.role.clone(), was.blocked_at, found.password_hash)) {
            return Ok(false);
        }
        sqlx::query(
            "UPDATE users SET role = 'admin', password_hash = COALESCE($2, password_hash), \
             blocked_at = NULL WHERE email = $1",
        )
        .bind(email.as_str())
        .bind(&hash)
        .execute(&mut *tx)
        .await?;
        let Some(user) = found.user.into_user() else {
            tx.commit().await?;
            return Ok(true);
        };
        if hash.is_some() {
            end_access(&mut tx, &user.id).await?;
        }
        if hash.is_some() || user.blocked || !user.is_admin() {
            let open = if user.blocked { "blocked" } else { "open" };
            let before = format!("{}, {open}", user.role.as_str());
            let word = if hash.is_some() { "new" } else { "same" };
            let after = format!("admin, open, {word} password");
            let id = user.id.as_str();
            by_the_settings()
                .records(&mut tx, Deed::UserAdmin, id, &before, &after, now)
                .await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Whoever keeps the settings acts through them.
fn by_the_settings() -> Operator {
    Operator {
        actor: Actor::System.to_string(),
        address: None,
        reason: "by the settings".to_owned(),
    }
}
