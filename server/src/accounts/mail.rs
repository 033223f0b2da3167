//! The outbox of letters. A letter is a row, written with what causes it; [`Mailer`] sends it by
//! SMTP, or writes it as a file where no server is set. Its words come from outside.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use sqlx::FromRow;
use tokio_util::sync::CancellationToken;

use super::{Accounts, Email, Language};
use crate::db::Tx;
use crate::ids::uuid_v7;
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// The letters there are.
    Template { Verify = "verify", Reset = "reset" }
}

/// A letter in words, to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub body: String,
}

/// How letters leave.
#[derive(Clone)]
pub enum Transport {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    /// Written as `.eml` files into this folder.
    Folder(PathBuf),
}

/// Puts a template into words: template, language, token of the link.
pub type Wording = Arc<dyn Fn(Template, Language, &str) -> Letter + Send + Sync>;

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

pub(super) async fn enqueue(
    tx: &mut Tx,
    to: &Email,
    template: Template,
    language: Language,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO outgoing_mail (id, recipient, template, language, next_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(uuid_v7(now))
    .bind(to.as_str())
    .bind(template.as_str())
    .bind(language.as_str())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

const LOOK_EVERY: Duration = Duration::from_secs(15);
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
             RETURNING id, recipient, template, language, attempts",
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
        let Some(token) = self
            .accounts
            .make_link(&waiting.recipient, waiting.template)
            .await?
        else {
            return Ok(());
        };
        let letter = (self.settings.wording)(waiting.template, waiting.language, &token);
        let from = &self.settings.from;
        match &self.settings.transport {
            Transport::Smtp(smtp) => {
                let message = Message::builder()
                    .from(from.clone())
                    .to(Mailbox::new(None, waiting.recipient.parse()?))
                    .subject(letter.subject)
                    .body(letter.body)?;
                smtp.send(message).await?;
            }
            Transport::Folder(folder) => {
                keep(
                    folder,
                    &waiting.id,
                    &readable(from, &waiting.recipient, &letter),
                )
                .await?;
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

/// A message anybody can read in an editor: UTF-8 as it is (RFC 6532), nothing encoded.
fn readable(from: &Mailbox, to: &str, letter: &Letter) -> String {
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
        letter.subject, letter.body
    )
}

async fn keep(folder: &Path, id: &str, message: &str) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    tokio::fs::write(folder.join(format!("{id}.eml")), message).await
}

/// The letters kept in `folder`, newest first: file name and decoded text.
pub async fn kept_mail(folder: &Path, most: usize) -> std::io::Result<Vec<(String, String)>> {
    let mut names = Vec::new();
    let mut entries = match tokio::fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    while let Some(entry) = entries.next_entry().await? {
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    let mut letters = Vec::new();
    for name in names
        .into_iter()
        .filter(|name| name.ends_with(".eml"))
        .take(most)
    {
        let text = tokio::fs::read_to_string(folder.join(&name)).await?;
        letters.push((name, text));
    }
    Ok(letters)
}
