//! Jobs as an operator sees them: of all accounts, and with how they are made.

use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};
use utoipa::ToSchema;

use super::jobs::{Job, JobRow, JobState};
use super::{Failure, FileKind, ProviderId, Studio, Tool};
use crate::accounts::Email;
use crate::ids::{JobId, UserId};
use crate::time::Timestamp;

/// A job with what its owner is not told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OverseenJob {
    #[serde(flatten)]
    pub job: Job,
    pub user_id: UserId,
    /// The account's address.
    pub email: String,
    pub provider: ProviderId,
    /// What the provider calls it.
    pub external_id: Option<String>,
    /// How often the provider was asked to make it.
    pub attempts: i64,
    /// How often its result was asked for in vain.
    pub fetch_attempts: i64,
    pub submitted_at: Option<Timestamp>,
    /// When the provider took it.
    pub started_at: Option<Timestamp>,
    /// When the provider last told of it by itself.
    pub called_back_at: Option<Timestamp>,
    pub deadline_at: Timestamp,
    /// When it is looked at again; empty once it has ended.
    pub next_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
}

impl OverseenJob {
    /// Whether it should have ended by now.
    pub fn is_stuck(&self, now: Timestamp) -> bool {
        !self.job.state.is_end() && self.deadline_at < now
    }
}

#[derive(FromRow)]
struct OverseenRow {
    #[sqlx(flatten)]
    job: JobRow,
    email: String,
    started_at: Option<Timestamp>,
    called_back_at: Option<Timestamp>,
    next_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
}

impl From<OverseenRow> for OverseenJob {
    fn from(row: OverseenRow) -> Self {
        let job = row.job;
        Self {
            user_id: job.user_id.clone(),
            email: row.email,
            provider: job.provider,
            external_id: job.external_id.clone(),
            attempts: job.attempts,
            fetch_attempts: job.fetch_attempts,
            submitted_at: job.submitted_at,
            started_at: row.started_at,
            called_back_at: row.called_back_at,
            deadline_at: job.deadline_at,
            next_at: row.next_at,
            deleted_at: row.deleted_at,
            job: job.into(),
        }
    }
}

/// Which jobs of all accounts are wanted; nothing set means all.
#[derive(Clone, Debug, Default)]
pub struct OverseenFilter {
    /// A job's id, its provider's id of it, or the address of an account.
    pub search: String,
    pub state: Option<JobState>,
    pub tool: Option<Tool>,
    pub provider: Option<ProviderId>,
    pub failure: Option<Failure>,
    /// Only those that should have ended by now.
    pub stuck: bool,
    /// Older than this one.
    pub before: Option<JobId>,
    pub limit: i64,
}

const SELECT: &str = "SELECT j.*, u.email FROM jobs j JOIN users u ON u.id = j.user_id";

impl OverseenFilter {
    /// The statement, and the texts it asks with; behind them come the moment, if it asks for one, and the limit. What
    /// is not asked for is left out, so that the indexes of the others serve.
    fn statement(&self) -> (String, Vec<String>) {
        let mut conditions = Vec::new();
        let mut values: Vec<String> = Vec::new();
        let search = self.search.trim();
        if let Some(id) = JobId::parse(search) {
            // Providers' ids are of the same shape.
            values.extend([id.to_string(), search.to_owned()]);
            conditions.push("(j.id = $1 OR j.external_id = $2)".to_owned());
        } else if let Some(email) = Email::parse(search) {
            values.push(email.as_str().to_owned());
            conditions.push("j.user_id = (SELECT id FROM users WHERE email = $1)".to_owned());
        } else if !search.is_empty() {
            values.push(search.to_owned());
            conditions.push("j.external_id = $1".to_owned());
        }
        let words = [
            ("state =", self.state.map(JobState::as_str)),
            ("tool =", self.tool.map(Tool::as_str)),
            ("provider =", self.provider.map(ProviderId::as_str)),
            ("error_code =", self.failure.map(Failure::as_str)),
            ("id <", self.before.as_ref().map(JobId::as_str)),
        ];
        for (condition, word) in words {
            if let Some(word) = word {
                values.push(word.to_owned());
                conditions.push(format!("j.{condition} ${}", values.len()));
            }
        }
        let mut place = values.len() + 1;
        if self.stuck {
            conditions.push(format!(
                "j.finished_at IS NULL AND j.deadline_at < ${place}"
            ));
            place += 1;
        }
        let wanted = match conditions.is_empty() {
            true => String::new(),
            false => format!("WHERE {}", conditions.join(" AND ")),
        };
        (
            format!("{SELECT} {wanted} ORDER BY j.id DESC LIMIT ${place}"),
            values,
        )
    }
}

impl Studio {
    /// Jobs of all accounts, newest first, those that their owners deleted included.
    ///
    /// # Errors
    /// The database's own.
    pub async fn overseen_jobs(&self, filter: &OverseenFilter) -> sqlx::Result<Vec<OverseenJob>> {
        let (select, values) = filter.statement();
        let mut query = sqlx::query_as(AssertSqlSafe(select));
        for value in values {
            query = query.bind(value);
        }
        if filter.stuck {
            query = query.bind(self.clock.now());
        }
        let rows: Vec<OverseenRow> = query.bind(filter.limit).fetch_all(self.db.reader()).await?;
        Ok(rows.into_iter().map(OverseenJob::from).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// The database's own.
    pub async fn overseen_job(&self, id: &JobId) -> sqlx::Result<Option<OverseenJob>> {
        let row: Option<OverseenRow> = sqlx::query_as(
            "SELECT j.*, u.email FROM jobs j JOIN users u ON u.id = j.user_id WHERE j.id = $1",
        )
        .bind(id)
        .fetch_optional(self.db.reader())
        .await?;
        Ok(row.map(OverseenJob::from))
    }

    /// Which files of a job are still kept.
    ///
    /// # Errors
    /// The database's own.
    pub async fn kept_files_of(&self, job: &JobId) -> sqlx::Result<Vec<FileKind>> {
        let mut kept = self.originals_of(job).await?;
        let result = self.file_of(job, FileKind::Result).await?;
        kept.extend(result.map(|file| file.kind));
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::*;
    use crate::db::{self, Database};
    use crate::on_both_databases;

    /// How the database would answer, without a table so small that it is read whole.
    async fn plan(db: &Database, filter: &OverseenFilter) -> db::Result<String> {
        let (select, values) = filter.statement();
        let (explain, place) = match db.kind() {
            db::Kind::Sqlite => ("EXPLAIN QUERY PLAN", 3),
            db::Kind::Postgres => ("EXPLAIN", 0),
        };
        let mut tx = db.begin().await?;
        if db.kind() == db::Kind::Postgres {
            for set in [
                "SET LOCAL enable_seqscan = off",
                "SET LOCAL enable_sort = off",
            ] {
                sqlx::query(set).execute(&mut *tx).await?;
            }
        }
        let mut query = sqlx::query(AssertSqlSafe(format!("{explain} {select}")));
        for value in values {
            query = query.bind(value);
        }
        if filter.stuck {
            query = query.bind(0_i64);
        }
        let rows = query.bind(filter.limit).fetch_all(&mut *tx).await?;
        let lines: db::Result<Vec<String>> = rows.iter().map(|row| row.try_get(place)).collect();
        Ok(lines?.join("\n"))
    }

    on_both_databases! {
        async fn each_filter_is_answered_by_an_index(ground: TestGround) {
            let all = OverseenFilter { limit: 50, ..OverseenFilter::default() };
            let before = JobId::new(ground.clock.now());
            let filters = [
                ("jobs_state_id", OverseenFilter { state: Some(JobState::Failed), ..all.clone() }),
                ("jobs_tool_id", OverseenFilter { tool: Some(Tool::Video), ..all.clone() }),
                ("jobs_provider_id", OverseenFilter { provider: Some(ProviderId::Replicate), ..all.clone() }),
                ("jobs_error_code_id", OverseenFilter { failure: Some(Failure::Timeout), ..all.clone() }),
                ("jobs_unfinished_id", OverseenFilter { stuck: true, ..all.clone() }),
                ("jobs_user_id_id", OverseenFilter { search: "ann@example.com".into(), ..all.clone() }),
                ("jobs_external_id", OverseenFilter { search: "run-1".into(), ..all.clone() }),
                ("jobs", OverseenFilter { search: before.to_string(), ..all.clone() }),
                ("jobs", all),
            ];
            for (index, filter) in filters {
                for filter in [filter.clone(), OverseenFilter { before: Some(before.clone()), ..filter }] {
                    let plan = plan(&ground.db, &filter).await.unwrap();
                    let by_index = plan.lines().any(|line| line.contains("INDEX") || line.contains("Index"));
                    assert!(by_index && plan.contains(index), "{filter:?}: {plan}");
                    for whole in ["Seq Scan", "TEMP B-TREE", "Sort Key"] {
                        let is_one = filter.search.len() > 20;
                        assert!(is_one || !plan.contains(whole), "{filter:?}: {plan}");
                    }
                }
            }
        }
    }
}
