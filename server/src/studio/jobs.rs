use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::settle::UNDO;
use super::work::{Work, WorkRow};
use super::{Failure, FileKind, ProviderId, Studio, Tool};
use crate::credits::PaidBy;
use crate::ids::{JobId, UserId};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// How far a job has come. The last three are ends.
    JobState {
        Queued = "queued", Running = "running", Succeeded = "succeeded", Failed = "failed",
        Cancelled = "cancelled",
    }
}

impl JobState {
    pub fn is_end(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// A job as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Job {
    pub id: JobId,
    #[serde(skip)]
    pub user_id: UserId,
    #[serde(flatten)]
    pub work: Work,
    /// Every try-on, and a video that was not made from words alone.
    #[serde(skip)]
    pub began_with_picture: bool,
    pub state: JobState,
    /// 0 to 100.
    pub progress: i64,
    pub cancel_requested: bool,
    pub paid_by: PaidBy,
    /// Credits held for it; 0 when a trial or a plan pays.
    pub cost: i64,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub result_url: Option<String>,
    pub error: Option<JobError>,
}

impl Job {
    pub const fn tool(&self) -> Tool {
        self.work.tool()
    }

    /// Whether these are all the pictures it was made from. What began with a picture that is gone would
    /// be another video without it.
    pub fn is_made_from(&self, kept: &[FileKind]) -> bool {
        match &self.work {
            Work::TryOn { .. } => kept.len() == self.tool().originals().len(),
            Work::Video(_) => self.began_with_picture != kept.is_empty(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobError {
    pub code: Failure,
    pub message: &'static str,
}

/// The whole row, as the worker needs it.
#[derive(Clone, Debug, FromRow)]
pub(super) struct JobRow {
    pub id: JobId,
    pub user_id: UserId,
    #[sqlx(flatten)]
    pub work: WorkRow,
    pub began_with_picture: i64,
    #[sqlx(try_from = "String")]
    pub state: JobState,
    pub progress: i64,
    pub cancel_requested: i64,
    #[sqlx(try_from = "String")]
    pub paid_by: PaidBy,
    pub cost: i64,
    #[sqlx(try_from = "String")]
    pub provider: ProviderId,
    pub external_id: Option<String>,
    pub attempts: i64,
    pub fetch_attempts: i64,
    pub unsure_submits: i64,
    pub error_code: Option<String>,
    pub submitted_at: Option<Timestamp>,
    pub deadline_at: Timestamp,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        let succeeded = row.state == JobState::Succeeded;
        let error = row.error_code.as_deref().and_then(Failure::parse);
        Self {
            result_url: succeeded.then(|| format!("/api/jobs/{}/result", row.id)),
            id: row.id,
            user_id: row.user_id,
            work: row.work.into(),
            began_with_picture: row.began_with_picture != 0,
            state: row.state,
            progress: row.progress,
            cancel_requested: row.cancel_requested != 0,
            paid_by: row.paid_by,
            cost: row.cost,
            created_at: row.created_at,
            finished_at: row.finished_at,
            error: error.map(|code| JobError {
                code,
                message: message(code),
            }),
        }
    }
}

/// The English words of a failure, for programs; pages have their own in each language.
fn message(failure: Failure) -> &'static str {
    match failure {
        Failure::Moderation => "The provider's moderation refused what it was given.",
        Failure::BadImage => "The provider could not read one of the pictures.",
        Failure::NoPose => "No person was found in the photo.",
        Failure::InvalidInput => "The provider could not work with what it was given.",
        Failure::ProviderInternal => "The provider failed.",
        Failure::ProviderRefused => "The provider did not take the job.",
        Failure::Timeout => "The job took too long.",
        Failure::NoVerdict => "The provider never said how the job ended.",
        Failure::ResultUnavailable => "The result could not be fetched.",
    }
}

/// Which jobs of an account are wanted; nothing set means all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    pub tool: Option<Tool>,
    pub state: Option<JobState>,
}

/// How many jobs of an account are in which state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobCounts {
    pub queued: i64,
    pub running: i64,
    pub succeeded: i64,
    pub failed: i64,
    pub cancelled: i64,
}

const JOBS_OF: &str = "SELECT * FROM jobs WHERE user_id = $1 AND deleted_at IS NULL \
     AND ($2 IS NULL OR id < $2) AND ($4 IS NULL OR tool = $4) \
     AND ($5 IS NULL OR state = $5) ORDER BY id DESC LIMIT $3";

impl Studio {
    pub async fn job(&self, id: &JobId) -> sqlx::Result<Option<Job>> {
        let row: Option<JobRow> =
            sqlx::query_as("SELECT * FROM jobs WHERE id = $1 AND deleted_at IS NULL")
                .bind(id)
                .fetch_optional(self.db.reader())
                .await?;
        Ok(row.map(Job::from))
    }

    /// A job that its owner deleted, as long as that can be undone.
    pub async fn deleted_job(&self, id: &JobId) -> sqlx::Result<Option<Job>> {
        let row: Option<JobRow> = sqlx::query_as(
            "SELECT * FROM jobs WHERE id = $1 AND deleted_at IS NOT NULL AND deleted_at > $2",
        )
        .bind(id)
        .bind(self.clock.now().minus(UNDO))
        .fetch_optional(self.db.reader())
        .await?;
        Ok(row.map(Job::from))
    }

    /// The jobs of an account, newest first, older than `before` if given.
    pub async fn jobs_of(
        &self,
        user: &UserId,
        filter: JobFilter,
        before: Option<&JobId>,
        limit: i64,
    ) -> sqlx::Result<Vec<Job>> {
        let rows: Vec<JobRow> = sqlx::query_as(JOBS_OF)
            .bind(user)
            .bind(before)
            .bind(limit)
            .bind(filter.tool.map(Tool::as_str))
            .bind(filter.state.map(JobState::as_str))
            .fetch_all(self.db.reader())
            .await?;
        Ok(rows.into_iter().map(Job::from).collect())
    }

    /// The jobs of an account that have not ended.
    pub async fn open_jobs(&self, user: &UserId) -> sqlx::Result<Vec<Job>> {
        let rows: Vec<JobRow> = sqlx::query_as(
            "SELECT * FROM jobs WHERE user_id = $1 AND finished_at IS NULL ORDER BY created_at",
        )
        .bind(user)
        .fetch_all(self.db.reader())
        .await?;
        Ok(rows.into_iter().map(Job::from).collect())
    }

    pub async fn count_jobs(&self, user: &UserId) -> sqlx::Result<JobCounts> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT state, COUNT(*) FROM jobs WHERE user_id = $1 GROUP BY state")
                .bind(user)
                .fetch_all(self.db.reader())
                .await?;
        let mut counts = JobCounts::default();
        for (state, count) in rows {
            match JobState::parse(&state) {
                Some(JobState::Queued) => counts.queued = count,
                Some(JobState::Running) => counts.running = count,
                Some(JobState::Succeeded) => counts.succeeded = count,
                Some(JobState::Failed) => counts.failed = count,
                Some(JobState::Cancelled) => counts.cancelled = count,
                None => {}
            }
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    on_both_databases! {
        async fn those_of_an_account_go_by_an_index(ground: TestGround) {
            let values = ["u", "j", "9", "video", "failed"];
            Course::in_order(&ground.db, JOBS_OF, &values, "jobs_user_id_id (user_id=?").await;
        }
    }
}
