//! What an operator does with one job that has not ended. Each way is one the studio goes by itself, taken now.

use super::jobs::JobRow;
use super::settle::End;
use super::{Failure, Studio};
use crate::db::Tx;
use crate::idempotency::{self, Answer, Claim, KeyRefused, Scope};
use crate::ids::JobId;
use crate::oversight::{Deed, Operator};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// What can be done with a job by hand.
    JobAct {
        // It is looked at now, not when its turn comes.
        Retry = "retry",
        // As its owner's wish.
        Cancel = "cancel",
        // It ends as one whose provider never said how.
        Release = "release",
    }
}

impl JobAct {
    /// What the audit log calls it.
    const fn action(self) -> Deed {
        match self {
            Self::Retry => Deed::JobRetry,
            Self::Cancel => Deed::JobCancel,
            Self::Release => Deed::JobRelease,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum JobActError {
    #[error("there is no such job")]
    Unknown,
    #[error("the job has ended already")]
    Ended,
    #[error(transparent)]
    Key(#[from] KeyRefused),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Studio {
    /// Does something with a job that has not ended, and writes it into the audit log: one transaction. Whoever is at
    /// the job meanwhile keeps it; of an end by hand and a verdict at the same time, one is.
    ///
    /// # Errors
    /// [`JobActError::Ended`] when it has ended, whatever is asked.
    pub async fn act(
        &self,
        id: &JobId,
        act: JobAct,
        by: &Operator,
        key: Option<&Scope>,
    ) -> Result<(), JobActError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if let Some(scope) = key {
            match idempotency::claim(&mut tx, scope, now).await? {
                Claim::New | Claim::Resume(_) => {}
                Claim::Done(_) => return Ok(()),
                Claim::Refused(refused) => return Err(refused.into()),
            }
        }
        let before = lock(&mut tx, id).await?.ok_or(JobActError::Unknown)?;
        if before.state.is_end() {
            return Err(JobActError::Ended);
        }
        match act {
            JobAct::Retry => self.bring_forward(&mut tx, id, now).await?,
            JobAct::Cancel => {
                self.cancel_in(&mut tx, id, now).await?;
            }
            JobAct::Release => {
                let end = End::Failed(Failure::NoVerdict);
                self.end_in(&mut tx, &before, &end).await?;
            }
        }
        let after = lock(&mut tx, id).await?.ok_or(JobActError::Unknown)?;
        let was = told(&before);
        let is = match act {
            JobAct::Retry => format!("{}, to be looked at now", told(&after)),
            JobAct::Cancel | JobAct::Release => told(&after),
        };
        // A wish that is known already is no other one.
        if was != is {
            by.records(&mut tx, act.action(), id.as_str(), &was, &is, now)
                .await?;
        }
        if let Some(scope) = key {
            let done = Answer {
                status: 200,
                body: String::new(),
                replayed: false,
            };
            idempotency::keep(&mut tx, scope, now, &done).await?;
        }
        tx.commit().await?;
        self.wake.notify_one();
        Ok(())
    }

    /// A job that waits is due now. Its lease is left alone: whoever has one is at it already.
    pub(super) async fn bring_forward(
        &self,
        tx: &mut Tx,
        id: &JobId,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        sqlx::query("UPDATE jobs SET next_at = $2 WHERE id = $1 AND finished_at IS NULL")
            .bind(id)
            .bind(now)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

/// The job as it is, and stays until this transaction ends.
async fn lock(tx: &mut Tx, id: &JobId) -> sqlx::Result<Option<JobRow>> {
    let select = tx.locking("SELECT * FROM jobs WHERE id = $1");
    sqlx::query_as(select)
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
}

/// How far a job has come, as the audit log says it.
fn told(job: &JobRow) -> String {
    match (&job.error_code, job.cancel_requested != 0) {
        (Some(code), _) => format!("{}: {code}", job.state.as_str()),
        (None, true) if !job.state.is_end() => format!("{}, to be cancelled", job.state.as_str()),
        (None, _) => job.state.as_str().to_owned(),
    }
}
