//! The end of a job: one terminal transition, together with what becomes of its hold.

use std::time::Duration;

use super::files::{self, StoredFile};
use super::jobs::{Job, JobRow, JobState};
use super::provider::Cost;
use super::{Failure, Studio};
use crate::credits::{self, CreditsError};
use crate::db::{Change, Tx, corrupt};
use crate::failpoint;
use crate::idempotency::{self, Answer, Claim, KeyRefused, Scope};
use crate::ids::{JobId, UserId};
use crate::time::Timestamp;

#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    #[error("the job has ended already")]
    Ended,
    #[error("the job has not ended yet")]
    NotEnded,
    #[error(transparent)]
    Key(#[from] KeyRefused),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// How a job ends.
pub(super) enum End<'a> {
    /// With what was made, and what it cost us.
    Succeeded(&'a StoredFile, Option<Cost>),
    Failed(Failure),
    /// Before it was submitted.
    Cancelled,
    /// By its provider, which was asked to.
    Stopped,
}

impl End<'_> {
    fn state(&self) -> JobState {
        match self {
            Self::Succeeded(..) => JobState::Succeeded,
            Self::Failed(_) => JobState::Failed,
            Self::Cancelled | Self::Stopped => JobState::Cancelled,
        }
    }
}

impl Studio {
    /// Ends a job and settles its hold, in one transaction. Says whether it was this call that
    /// ended it: of a worker, a callback and a deadline at the same time, one does.
    pub(super) async fn end(&self, job: &JobRow, end: End<'_>) -> sqlx::Result<bool> {
        let mut tx = self.db.begin().await?;
        let won = self.end_in(&mut tx, job, &end).await?;
        if won {
            failpoint::reach(failpoint::VERDICT_HEARD).await;
            tx.commit().await?;
            tracing::info!(job = %job.id, state = end.state().as_str(), "job ended");
        }
        Ok(won)
    }

    pub(super) async fn end_in(
        &self,
        tx: &mut Tx,
        job: &JobRow,
        end: &End<'_>,
    ) -> sqlx::Result<bool> {
        let now = self.clock.now();
        let won = transition(tx, &job.id, end, now).await?;
        if !won {
            return Ok(false);
        }
        let settled = match end {
            End::Succeeded(file, cost) => {
                note_cost(tx, &job.id, *cost).await?;
                files::insert(tx, file, Some(&job.id), None, now).await?;
                credits::capture(tx, &job.id, now).await
            }
            End::Failed(_) | End::Cancelled | End::Stopped => {
                credits::release(tx, &job.id, now).await
            }
        };
        match settled {
            Ok(true) => {}
            Ok(false) => tracing::error!(job = %job.id, "a job ended without a hold"),
            Err(CreditsError::Database(error)) => return Err(error),
            Err(_) => return Err(corrupt("a job of an account without a wallet")),
        }
        self.let_originals_go(tx, &job.id, now).await?;
        tx.changed(Change::Job(job.user_id.clone(), job.id.clone()));
        Ok(true)
    }

    /// The pictures somebody sent are kept for a while after the job ended.
    async fn let_originals_go(
        &self,
        tx: &mut Tx,
        job: &JobId,
        ended: Timestamp,
    ) -> sqlx::Result<()> {
        sqlx::query("UPDATE files SET expires_at = $2 WHERE job_id = $1 AND kind <> 'result'")
            .bind(job)
            .bind(ended.plus(self.settings.originals_kept))
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// Cancels a job. One that was never submitted ends at once; for one that was, it is a wish,
    /// and the job ends as the provider says. Answers the job as it is then.
    pub async fn cancel(&self, job: &Job, key: Option<&Scope>) -> Result<Answer, CancelError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if let Some(scope) = key {
            match idempotency::claim(&mut tx, scope, now).await? {
                Claim::New | Claim::Resume(_) => {}
                Claim::Done(answer) => return Ok(answer),
                Claim::Refused(refused) => return Err(refused.into()),
            }
        }
        if !self.cancel_in(&mut tx, &job.id, now).await? {
            return Err(CancelError::Ended);
        }
        let cancelled: JobRow = sqlx::query_as("SELECT * FROM jobs WHERE id = $1")
            .bind(&job.id)
            .fetch_one(&mut *tx)
            .await?;
        let answer = Answer {
            status: 200,
            body: serde_json::to_string(&Job::from(cancelled)).unwrap_or_default(),
            replayed: false,
        };
        if let Some(scope) = key {
            idempotency::keep(&mut tx, scope, now, &answer).await?;
        }
        tx.commit().await?;
        self.wake.notify_one();
        Ok(answer)
    }

    /// The same in the caller's transaction. Says whether the job had not ended.
    pub(super) async fn cancel_in(
        &self,
        tx: &mut Tx,
        id: &JobId,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        // The wish locks the row, so that what is read of it stays.
        let row: Option<JobRow> = sqlx::query_as(
            "UPDATE jobs SET cancel_requested = 1, next_at = $2 \
             WHERE id = $1 AND finished_at IS NULL RETURNING *",
        )
        .bind(id)
        .bind(now)
        .fetch_optional(&mut **tx)
        .await?;
        let Some(row) = row else { return Ok(false) };
        if row.submitted_at.is_none() {
            self.end_in(tx, &row, &End::Cancelled).await?;
        }
        tx.changed(Change::Job(row.user_id, row.id));
        Ok(true)
    }

    /// Hides an ended job and lets its files go: at once, or after a while in which
    /// [`Studio::restore`] can bring it back.
    pub async fn delete(&self, job: &Job, deletion: Deletion) -> Result<(), CancelError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let deleted = sqlx::query(
            "UPDATE jobs SET deleted_at = $2 \
             WHERE id = $1 AND finished_at IS NOT NULL AND deleted_at IS NULL",
        )
        .bind(&job.id)
        .bind(now)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if deleted == 0 {
            return Err(CancelError::NotEnded);
        }
        let until = match deletion {
            Deletion::ForGood => now.minus(Duration::from_secs(1)),
            Deletion::Undoable => now.plus(UNDO),
        };
        sqlx::query(
            "UPDATE files SET expires_at = $2 \
             WHERE job_id = $1 AND (expires_at IS NULL OR expires_at > $2)",
        )
        .bind(&job.id)
        .bind(until)
        .execute(&mut *tx)
        .await?;
        tx.changed(Change::Job(job.user_id.clone(), job.id.clone()));
        tx.commit().await?;
        Ok(())
    }

    /// Brings back a job that was deleted just now, with its files. Says whether it could.
    pub async fn restore(&self, job: &Job) -> sqlx::Result<bool> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let restored =
            sqlx::query("UPDATE jobs SET deleted_at = NULL WHERE id = $1 AND deleted_at > $2")
                .bind(&job.id)
                .bind(now.minus(UNDO))
                .execute(&mut *tx)
                .await?
                .rows_affected();
        if restored == 0 {
            return Ok(false);
        }
        sqlx::query("UPDATE files SET expires_at = NULL WHERE job_id = $1 AND kind = 'result'")
            .bind(&job.id)
            .execute(&mut *tx)
            .await?;
        self.let_originals_go(&mut tx, &job.id, job.finished_at.unwrap_or(now))
            .await?;
        tx.changed(Change::Job(job.user_id.clone(), job.id.clone()));
        tx.commit().await?;
        Ok(true)
    }
}

/// How long a deletion can be undone.
pub(super) const UNDO: Duration = Duration::from_secs(5 * 60);

/// Whether a deletion can be undone for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    ForGood,
    Undoable,
}

async fn note_cost(tx: &mut Tx, job: &JobId, cost: Option<Cost>) -> sqlx::Result<()> {
    let Some(cost) = cost else { return Ok(()) };
    sqlx::query("UPDATE jobs SET provider_cost = $2, provider_cost_unit = $3 WHERE id = $1")
        .bind(job)
        .bind(cost.thousandths)
        .bind(cost.unit.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends a job that goes on although nothing pays for it any more. Says whether it was this call that ended it.
///
/// # Errors
/// The database's own.
pub async fn stop(tx: &mut Tx, job: &JobId, now: Timestamp) -> sqlx::Result<bool> {
    let stopped = transition(tx, job, &End::Stopped, now).await?;
    if stopped {
        let owner: UserId = sqlx::query_scalar("SELECT user_id FROM jobs WHERE id = $1")
            .bind(job)
            .fetch_one(&mut **tx)
            .await?;
        tx.changed(Change::Job(owner, job.clone()));
    }
    Ok(stopped)
}

/// The compare-and-set. Unless its provider stopped it, a job is cancelled only as long as it was never
/// submitted.
async fn transition(tx: &mut Tx, id: &JobId, end: &End<'_>, now: Timestamp) -> sqlx::Result<bool> {
    let (code, progress) = match end {
        End::Succeeded(..) => (None, 100),
        End::Failed(failure) => (Some(failure.as_str()), 0),
        End::Cancelled | End::Stopped => (None, 0),
    };
    let only_unsubmitted = i64::from(matches!(end, End::Cancelled));
    let ended = sqlx::query(
        "UPDATE jobs SET state = $2, error_code = $3, progress = CASE WHEN $4 > progress THEN $4 \
         ELSE progress END, finished_at = $5, next_at = NULL, lease_until = 0 \
         WHERE id = $1 AND state IN ('queued', 'running') AND ($6 = 0 OR submitted_at IS NULL)",
    )
    .bind(id)
    .bind(end.state().as_str())
    .bind(code)
    .bind(progress)
    .bind(now)
    .bind(only_unsubmitted)
    .execute(&mut **tx)
    .await?
    .rows_affected();
    Ok(ended == 1)
}
