//! Deleted accounts, taken apart. A deletion is a row: what it still has to do is done again, by whichever node comes,
//! until all of it is done, so that a crash half way or a provider that does not answer loses nothing.
//!
//! Each step may be repeated, and each looks for what is left instead of remembering how far it came:
//!
//! - the studio cancels what was not submitted, waits for what was, and erases files, drafts and words;
//! - payments end the plan at its provider and let open checkouts expire;
//! - what named the person elsewhere is erased: notes of entries, reasons and addresses in the audit log, kept
//!   answers, letters, what providers sent.
//!
//! The ledger keeps its entries, which name ids only.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::FromRow;
use tokio_util::sync::CancellationToken;

use crate::accounts;
use crate::credits;
use crate::failpoint;
use crate::ids::UserId;
use crate::mail;
use crate::oversight;
use crate::payments::FulfilError;
use crate::services::Services;
use crate::studio::ClosingError;
use crate::time::Timestamp;

/// Takes deleted accounts apart.
pub struct Deletions {
    services: Services,
    /// Where letters are kept that are not sent.
    letters: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Payments(#[from] FulfilError),
    #[error(transparent)]
    Studio(#[from] ClosingError),
    #[error("kept letters cannot be erased: {0}")]
    Letters(#[from] std::io::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Due {
    user_id: UserId,
    email: Option<String>,
    attempts: i64,
}

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a deletion belongs to the node that took it.
const TAKEN_FOR: Duration = Duration::from_secs(5 * 60);
/// The longest wait between two looks at what is left: a job may wait a day for its verdict.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

impl Deletions {
    pub fn new(services: Services, letters: Option<PathBuf>) -> Self {
        Self { services, letters }
    }

    /// Works until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let wake = self.services.accounts.deletion_wake.clone();
        while !stop.is_cancelled() {
            if let Err(error) = self.carry_on().await {
                tracing::error!(%error, "deletions could not be read");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Does what is due of each deletion. Says how many were looked at.
    ///
    /// # Errors
    /// The database's own; what fails in a step is tried again later.
    pub async fn carry_on(&self) -> sqlx::Result<usize> {
        let mut looked_at = 0;
        while let Some(due) = self.take_one().await? {
            looked_at += 1;
            if self.take_apart(&due).await {
                self.finish(&due).await?;
            } else {
                self.put_back(&due).await?;
            }
        }
        Ok(looked_at)
    }

    /// Takes the deletion that has been due longest. What another node takes at the same moment is its own.
    async fn take_one(&self) -> sqlx::Result<Option<Due>> {
        let db = &self.services.db;
        loop {
            let now = self.services.clock.now();
            let due: Option<(UserId,)> = sqlx::query_as(
                "SELECT user_id FROM account_deletions WHERE next_at <= $1 \
                 ORDER BY next_at, user_id LIMIT 1",
            )
            .bind(now)
            .fetch_optional(db.reader())
            .await?;
            let Some((user,)) = due else { return Ok(None) };
            let mut tx = db.begin().await?;
            let taken = sqlx::query_as(
                "UPDATE account_deletions SET attempts = attempts + 1, next_at = $3 \
                 WHERE user_id = $1 AND next_at <= $2 RETURNING user_id, email, attempts",
            )
            .bind(&user)
            .bind(now)
            .bind(now.plus(TAKEN_FOR))
            .fetch_optional(&mut *tx)
            .await?;
            tx.commit().await?;
            if taken.is_some() {
                return Ok(taken);
            }
        }
    }

    /// One pass over all steps; says whether nothing is left. A step that fails keeps no other from being done.
    async fn take_apart(&self, due: &Due) -> bool {
        let user = &due.user_id;
        let studio = self.services.studio.close_account(user).await;
        failpoint::reach(failpoint::ACCOUNT_DELETED).await;
        let payments = self.services.payments.close_account(user).await;
        failpoint::reach(failpoint::ACCOUNT_DELETED).await;
        let erased = self.erase(due).await;
        failpoint::reach(failpoint::ACCOUNT_DELETED).await;
        let steps = [
            studio.map_err(StepError::from),
            payments.map_err(StepError::from),
            erased.map(|()| true),
        ];
        let mut is_done = true;
        for step in steps {
            match step {
                Ok(done) => is_done &= done,
                Err(error) => {
                    tracing::warn!(%user, %error, "a deletion waits");
                    is_done = false;
                }
            }
        }
        is_done
    }

    /// What names the person beside what they made and bought.
    async fn erase(&self, due: &Due) -> Result<(), StepError> {
        let user = &due.user_id;
        let email = due.email.as_deref();
        self.services.payments.erase_payloads(user, email).await?;
        let mut tx = self.services.db.begin().await?;
        credits::forget_notes(&mut tx, user).await?;
        oversight::forget(&mut tx, user).await?;
        oversight::forget_rows(&mut tx, user, email).await?;
        // What was on its way in when access ended.
        for statement in [
            "DELETE FROM sessions WHERE user_id = $1",
            "DELETE FROM api_tokens WHERE user_id = $1",
            "DELETE FROM idempotency_keys WHERE user_id = $1",
        ] {
            sqlx::query(statement).bind(user).execute(&mut *tx).await?;
        }
        if let Some(email) = email {
            accounts::forget_mail(&mut tx, user, email).await?;
        }
        tx.commit().await?;
        if let (Some(folder), Some(email)) = (&self.letters, email) {
            mail::erase_kept(folder, email).await?;
        }
        Ok(())
    }

    async fn finish(&self, due: &Due) -> sqlx::Result<()> {
        let mut tx = self.services.db.begin().await?;
        sqlx::query(
            "UPDATE account_deletions SET email = NULL, next_at = NULL, done_at = $2 \
             WHERE user_id = $1 AND done_at IS NULL",
        )
        .bind(&due.user_id)
        .bind(self.services.clock.now())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        tracing::info!(user = %due.user_id, "a deleted account is taken apart");
        Ok(())
    }

    async fn put_back(&self, due: &Due) -> sqlx::Result<()> {
        let next_at = self.next_look(due.attempts);
        let mut tx = self.services.db.begin().await?;
        // Unless another node has taken it meanwhile.
        sqlx::query(
            "UPDATE account_deletions SET next_at = $3 \
             WHERE user_id = $1 AND attempts = $2 AND done_at IS NULL",
        )
        .bind(&due.user_id)
        .bind(due.attempts)
        .bind(next_at)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// After 2, 4, 8 … seconds.
    fn next_look(&self, attempts: i64) -> Timestamp {
        let exponent = u32::try_from(attempts).unwrap_or(0).min(10);
        let wait = Duration::from_secs(2_u64.pow(exponent)).min(LONGEST_WAIT);
        self.services.clock.now().plus(wait)
    }
}
