//! Another address for an account: asked for with the password, changed once a link that went to the new address
//! is opened and confirmed there.
//!
//! Sessions and tokens stay as they are. Whoever asks has just shown the password, which is what they rest on; and if
//! it was somebody else, the sessions of the owner, who is told at the old address, are the way back.

use secrecy::SecretString;
use sqlx::FromRow;

use super::limits::{LETTERS_FROM_ADDRESS, LETTERS_OF_ACCOUNT, LETTERS_TO_ADDRESS, Limited};
use super::links::{Purpose, put_link, use_link};
use super::{Accounts, Email, Language, LinkError, SignInError, User};
use crate::catalog::InitialWhen;
use crate::db::{self, Tx};
use crate::ids::UserId;
use crate::mail::{Template, outbox};
use crate::secret;
use crate::time::Timestamp;

/// Why a change of address is not begun. Whether the new address has an account is no reason: nobody is told.
#[derive(Debug, thiserror::Error)]
pub enum EmailChangeError {
    #[error("this is the address already")]
    Same,
    /// It would be changed back from there.
    #[error("an outside system keeps this address")]
    KeptElsewhere,
    #[error("the password is wrong")]
    WrongPassword,
    #[error(transparent)]
    Limited(#[from] Limited),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<SignInError> for EmailChangeError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::WrongPassword,
            SignInError::Limited(limited) => Self::Limited(limited),
            SignInError::Database(error) => Self::Database(error),
        }
    }
}

/// Why a change of address is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// Unknown, used, too old or overtaken: one answer for all.
    #[error("this link is not valid any more")]
    Dead,
    #[error("this address has an account by now")]
    Taken,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<LinkError> for ConfirmError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Dead => Self::Dead,
            LinkError::Database(error) => Self::Database(error),
        }
    }
}

/// Where a link to a new address stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// It waits to be confirmed.
    Open {
        email: String,
    },
    /// It was, and the account has this address.
    Done,
    Dead,
}

/// What a letter to a new address says.
pub(crate) enum ChangeLetter {
    /// The token that confirms it.
    Confirm(String),
    /// It has an account of its own: its owner is told that nothing changed.
    Taken,
}

/// How an account proves itself, and who keeps its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    pub has_password: bool,
    /// An outside identity system.
    pub kept_elsewhere: bool,
}

#[derive(FromRow)]
struct LinkRow {
    user_id: UserId,
    email: String,
    now_email: String,
    used_at: Option<Timestamp>,
    expires_at: Timestamp,
}

#[derive(FromRow)]
struct Owner {
    email: String,
    language: Option<String>,
    verified_at: Option<i64>,
}

impl Accounts {
    /// How `user` proves themselves.
    ///
    /// # Errors
    /// The database's own.
    pub async fn ways(&self, user: &UserId) -> sqlx::Result<Ways> {
        let row: Option<(Option<String>, Option<String>)> =
            sqlx::query_as("SELECT password_hash, external_id FROM users WHERE id = $1")
                .bind(user)
                .fetch_optional(self.db.reader())
                .await?;
        let (password, outside) = row.unwrap_or_default();
        Ok(Ways {
            has_password: password.is_some(),
            kept_elsewhere: outside.is_some(),
        })
    }

    /// Sends a link to `new`. The same work, and the same answer, whether or not that address has an account: then
    /// its owner is told instead. `address` is where the request comes from.
    ///
    /// # Errors
    /// A wrong password counts as one at the door.
    pub async fn ask_email_change(
        &self,
        user: &User,
        new: &Email,
        present: &SecretString,
        language: Language,
        address: &str,
    ) -> Result<(), EmailChangeError> {
        let (user, _) = self.prove(&user.email, present, address).await?;
        if self.ways(&user.id).await?.kept_elsewhere {
            return Err(EmailChangeError::KeptElsewhere);
        }
        if user.email == new.as_str() {
            return Err(EmailChangeError::Same);
        }
        let limits = &self.limits;
        limits.take(LETTERS_OF_ACCOUNT, user.id.as_str()).await??;
        limits.take(LETTERS_FROM_ADDRESS, address).await??;
        // How many letters somebody else's address had is not told.
        if limits
            .take(LETTERS_TO_ADDRESS, new.as_str())
            .await?
            .is_err()
        {
            return Ok(());
        }
        let about = asked_by(&user);
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        outbox::to_address(
            &mut tx,
            new,
            Template::ChangeEmail,
            language,
            Some(&about),
            now,
        )
        .await?;
        tx.commit().await?;
        self.mail_wake.notify_one();
        Ok(())
    }

    /// What the letter to `new` says that `asked` was written for; nothing once all access of that account was ended,
    /// as by a new password.
    pub(crate) async fn change_letter(
        &self,
        new: &str,
        asked: &str,
    ) -> sqlx::Result<Option<ChangeLetter>> {
        let Some((user, epoch)) = read_asked(asked) else {
            return Ok(None);
        };
        let mut tx = self.db.begin().await?;
        let select =
            tx.locking("SELECT access_epoch FROM users WHERE id = $1 AND blocked_at IS NULL");
        let found: Option<i64> = sqlx::query_scalar(select)
            .bind(user.clone())
            .fetch_optional(&mut *tx)
            .await?;
        if found != Some(epoch) {
            return Ok(None);
        }
        let owner: Option<UserId> = sqlx::query_scalar("SELECT id FROM users WHERE email = $1")
            .bind(new)
            .fetch_optional(&mut *tx)
            .await?;
        match owner {
            Some(owner) if owner == user => return Ok(None),
            Some(_) => return Ok(Some(ChangeLetter::Taken)),
            None => {}
        }
        let token = secret::token();
        put_link(
            &mut tx,
            &token,
            &user,
            Purpose::Change,
            Some(new),
            self.clock.now(),
        )
        .await?;
        tx.commit().await?;
        Ok(Some(ChangeLetter::Confirm(token)))
    }

    /// Where a link stands; looking changes nothing.
    ///
    /// # Errors
    /// The database's own.
    pub async fn email_change(&self, token: &str) -> sqlx::Result<EmailChange> {
        Ok(match self.change_link(token).await? {
            Some(link) if link.used_at.is_some() && link.email == link.now_email => {
                EmailChange::Done
            }
            Some(link) if link.used_at.is_none() && link.expires_at > self.clock.now() => {
                EmailChange::Open { email: link.email }
            }
            _ => EmailChange::Dead,
        })
    }

    /// Gives the account of a link the address it was sent to, which is proven by it. Links that went to the old
    /// address end, and whoever reads there is told. Twice is once.
    ///
    /// # Errors
    /// [`ConfirmError::Taken`] when the address has got an account meanwhile.
    pub async fn confirm_email_change(&self, token: &str) -> Result<(), ConfirmError> {
        let link = self.change_link(token).await?.ok_or(ConfirmError::Dead)?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        // Under its lock: the link is used below.
        let select = tx.locking(
            "SELECT email, language, verified_at FROM users WHERE id = $1 AND blocked_at IS NULL",
        );
        let owner: Option<Owner> = sqlx::query_as(select)
            .bind(&link.user_id)
            .fetch_optional(&mut *tx)
            .await?;
        let owner = owner.ok_or(ConfirmError::Dead)?;
        let used = use_link(&mut tx, token, Purpose::Change, now).await;
        match used {
            Ok(_) => {}
            Err(LinkError::Dead) if link.used_at.is_some() && link.email == owner.email => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        let new = Email::parse(&link.email).ok_or(ConfirmError::Dead)?;
        move_to(&mut tx, &link.user_id, &new, now).await?;
        self.greet_at(
            &mut tx,
            &link.user_id,
            &new,
            owner.verified_at.is_some(),
            now,
        )
        .await?;
        if let Some(old) = Email::parse(&owner.email) {
            let language = owner.language.as_deref().and_then(Language::parse);
            let language = language.unwrap_or(Language::En);
            outbox::to_address(&mut tx, &old, Template::EmailChanged, language, None, now).await?;
        }
        tx.commit().await?;
        self.mail_wake.notify_one();
        Ok(())
    }

    /// What the catalogue gives once an address is proven, to an account that never had one proven. Whose account
    /// has had it, has had it under every address it ever had: they are noted, so that none of them brings it again.
    async fn greet_at(
        &self,
        tx: &mut Tx,
        user: &UserId,
        new: &Email,
        was_verified: bool,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        self.note_trial(tx, new, now).await?;
        if self.catalog.initial.when == InitialWhen::Verified && !was_verified {
            return self.welcome_once(tx, user, new, now).await;
        }
        self.note_welcome(tx, new, now).await.map(|_| ())
    }

    async fn change_link(&self, token: &str) -> sqlx::Result<Option<LinkRow>> {
        sqlx::query_as(
            "SELECT t.user_id, t.email, u.email AS now_email, t.used_at, t.expires_at \
             FROM email_tokens t JOIN users u ON u.id = t.user_id \
             WHERE t.token_hash = $1 AND t.purpose = 'change'",
        )
        .bind(secret::hash(token))
        .fetch_optional(self.db.reader())
        .await
    }
}

async fn move_to(
    tx: &mut Tx,
    user: &UserId,
    new: &Email,
    now: Timestamp,
) -> Result<(), ConfirmError> {
    let moved = sqlx::query("UPDATE users SET email = $2, verified_at = $3 WHERE id = $1")
        .bind(user)
        .bind(new.as_str())
        .bind(now)
        .execute(&mut **tx)
        .await;
    match moved {
        Ok(_) => {}
        Err(error) if db::is_duplicate(&error) => return Err(ConfirmError::Taken),
        Err(error) => return Err(error.into()),
    }
    sqlx::query("DELETE FROM email_tokens WHERE user_id = $1 AND used_at IS NULL")
        .bind(user)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Who asks, and under which [`User::access_epoch`].
fn asked_by(user: &User) -> String {
    format!("{} {}", user.id, user.access_epoch)
}

fn read_asked(about: &str) -> Option<(UserId, i64)> {
    let (user, epoch) = about.split_once(' ')?;
    Some((UserId::parse(user)?, epoch.parse().ok()?))
}
