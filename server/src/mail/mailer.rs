//! Sends what waits in the outbox.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use sqlx::FromRow;
use tokio_util::sync::CancellationToken;

use super::{Matter, Template, kept};
use crate::accounts::{Accounts, Language};
use crate::time::Timestamp;

/// A letter in words, to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    /// The same as a page.
    pub html: String,
}

/// How letters leave.
#[derive(Clone)]
pub enum Transport {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    /// Written as `.eml` files into this folder.
    Folder(PathBuf),
}

/// Puts into words what is to be told.
pub type Wording = Arc<dyn Fn(&Matter, Language) -> Letter + Send + Sync>;

#[derive(Clone)]
pub struct MailSettings {
    pub from: Mailbox,
    pub transport: Transport,
    pub wording: Wording,
}

/// Sends what is in the outbox.
pub struct Mailer {
    accounts: Accounts,
    settings: MailSettings,
}

#[derive(FromRow)]
struct Waiting {
    id: String,
    recipient: String,
    #[sqlx(try_from = "String")]
    template: Template,
    #[sqlx(try_from = "String")]
    language: Language,
    about: Option<String>,
    attempts: i64,
}

#[derive(Debug, thiserror::Error)]
enum MailError {
    #[error("the letter cannot be written: {0}")]
    Compose(#[from] lettre::error::Error),
    #[error("the address cannot be written to: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// What the server says may name the recipient; its code does not.
    #[error("the mail server refused or could not be reached (status {:?})", .0.status())]
    Smtp(#[from] lettre::transport::smtp::Error),
    #[error("the mail server took too long")]
    Timeout,
    #[error("the letter cannot be kept: {0}")]
    Folder(#[from] std::io::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Letters somebody waits for wake the mailer; others, such as receipts, it finds by looking.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a letter belongs to the node that took it.
const TAKEN_FOR: Duration = Duration::from_secs(60);
/// Shorter, so that a slow server's letter is not sent by two nodes.
const SEND_TIMEOUT: Duration = Duration::from_secs(45);
const MOST_ATTEMPTS: i64 = 8;

impl Mailer {
    pub fn new(accounts: Accounts, settings: MailSettings) -> Self {
        Self { accounts, settings }
    }

    /// Sends until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let wake = self.accounts.mail_wake.clone();
        while !stop.is_cancelled() {
            if let Err(error) = self.send_all().await {
                tracing::error!(%error, "outgoing mail could not be read");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Sends every letter that is due. Says how many were tried.
    pub async fn send_all(&self) -> sqlx::Result<usize> {
        let mut tried = 0;
        while let Some(waiting) = self.take_one().await? {
            tried += 1;
            let sent = tokio::time::timeout(SEND_TIMEOUT, self.send(&waiting)).await;
            match sent.unwrap_or(Err(MailError::Timeout)) {
                Ok(()) => self.forget(&waiting.id).await?,
                Err(error) => self.put_back(&waiting, &error).await?,
            }
        }
        Ok(tried)
    }

    /// Takes the letter that has been due longest. What another node takes at the same moment is
    /// its own.
    async fn take_one(&self) -> sqlx::Result<Option<Waiting>> {
        loop {
            let now = self.accounts.clock.now();
            let due: Option<(String,)> = sqlx::query_as(
                "SELECT id FROM outgoing_mail WHERE next_at <= $1 ORDER BY next_at, id LIMIT 1",
            )
            .bind(now)
            .fetch_optional(self.accounts.db.reader())
            .await?;
            let Some((id,)) = due else { return Ok(None) };
            let taken = self.take(&id, now).await?;
            if taken.is_some() {
                return Ok(taken);
            }
        }
    }

    async fn take(&self, id: &str, now: Timestamp) -> sqlx::Result<Option<Waiting>> {
        let mut tx = self.accounts.db.begin().await?;
        let waiting = sqlx::query_as(
            "UPDATE outgoing_mail SET attempts = attempts + 1, next_at = $3 \
             WHERE id = $1 AND next_at <= $2 \
             RETURNING id, recipient, template, language, about, attempts",
        )
        .bind(id)
        .bind(now)
        .bind(now.plus(TAKEN_FOR))
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(waiting)
    }

    async fn send(&self, waiting: &Waiting) -> Result<(), MailError> {
        let about = waiting.about.as_deref().unwrap_or_default();
        let matter = Matter::read(&self.accounts, waiting.template, &waiting.recipient, about);
        let Some(matter) = matter.await? else {
            return Ok(());
        };
        let letter = (self.settings.wording)(&matter, waiting.language);
        let from = &self.settings.from;
        match &self.settings.transport {
            Transport::Smtp(smtp) => {
                let message = Message::builder()
                    .from(from.clone())
                    .to(Mailbox::new(None, waiting.recipient.parse()?))
                    .subject(letter.subject)
                    .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))?;
                smtp.send(message).await?;
            }
            Transport::Folder(folder) => {
                let message = kept::written(&from.to_string(), &waiting.recipient, &letter);
                kept::keep(folder, &waiting.id, &message).await?;
            }
        }
        Ok(())
    }

    async fn forget(&self, id: &str) -> sqlx::Result<()> {
        let mut tx = self.accounts.db.begin().await?;
        sqlx::query("DELETE FROM outgoing_mail WHERE id = $1")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    async fn put_back(&self, waiting: &Waiting, error: &MailError) -> sqlx::Result<()> {
        if waiting.attempts >= MOST_ATTEMPTS {
            tracing::error!(mail = waiting.id, %error, "a letter was given up");
            return self.forget(&waiting.id).await;
        }
        tracing::warn!(mail = waiting.id, %error, attempts = waiting.attempts, "a letter waits");
        let exponent = u32::try_from(waiting.attempts).unwrap_or(0);
        let wait = Duration::from_secs(30 * 2_u64.pow(exponent.min(8)));
        let mut tx = self.accounts.db.begin().await?;
        // Unless another node has taken it meanwhile.
        sqlx::query("UPDATE outgoing_mail SET next_at = $3 WHERE id = $1 AND attempts = $2")
            .bind(&waiting.id)
            .bind(waiting.attempts)
            .bind(self.accounts.clock.now().plus(wait))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}
