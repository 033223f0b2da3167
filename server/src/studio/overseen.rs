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
    /// The statement, and the texts it asks with; behind them come the moment, if it asks for one, and the limit.
    fn statement(&self) -> (String, Vec<String>) {
        let search = self.search.trim();
        if search.is_empty() && self.is_narrowed() {
            return self.by_cells();
        }
        let mut conditions = Vec::new();
        let mut values: Vec<String> = Vec::new();
        if let Some(id) = JobId::parse(search) {
            // Providers' ids are of the same shape.
            values.extend([id.to_string(), search.to_owned()]);
            let either = "j.id IN (SELECT a.id FROM jobs a WHERE a.id = $1 \
                          UNION SELECT b.id FROM jobs b WHERE b.external_id = $2)";
            conditions.push(either.to_owned());
        } else if let Some(email) = Email::parse(search) {
            values.push(email.as_str().to_owned());
            conditions.push("j.user_id = (SELECT id FROM users WHERE email = $1)".to_owned());
        } else if !search.is_empty() {
            values.push(search.to_owned());
            conditions.push("j.external_id = $1".to_owned());
        }
        if let Some(before) = &self.before {
            values.push(before.to_string());
            conditions.push(format!("j.id < ${}", values.len()));
        }
        // Of the few that a search finds, whatever index there may be for the rest of them.
        let words = [
            ("state", self.state.map(JobState::as_str)),
            ("tool", self.tool.map(Tool::as_str)),
            ("provider", self.provider.map(ProviderId::as_str)),
            ("error_code", self.failure.map(Failure::as_str)),
        ];
        for (column, word) in words {
            if let Some(word) = word {
                values.push(word.to_owned());
                conditions.push(format!("j.{column} || '' = ${}", values.len()));
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

    fn is_narrowed(&self) -> bool {
        let words = [
            self.state.is_some(),
            self.tool.is_some(),
            self.provider.is_some(),
            self.failure.is_some(),
        ];
        self.stuck || words.contains(&true)
    }

    /// The newest of each tool, provider and state that are wanted, and of these the newest: one index answers all
    /// filters and whatever they make together, however many jobs there are and however few of them match. Late ones are
    /// found among those that have not ended, which are few.
    fn by_cells(&self) -> (String, Vec<String>) {
        let mut values = Vec::new();
        let mut rest = String::new();
        if let Some(failure) = self.failure {
            values.push(failure.as_str().to_owned());
            rest.push_str(" AND error_code = $1");
        }
        if let Some(before) = &self.before {
            values.push(before.to_string());
            rest.push_str(&format!(" AND id < ${}", values.len()));
        }
        let mut place = values.len() + 1;
        if self.stuck {
            rest.push_str(&format!(" AND deadline_at < ${place}"));
            place += 1;
        }
        let is_wanted = |state: &JobState| {
            self.state.is_none_or(|wanted| wanted == *state) && !(self.stuck && state.is_end())
        };
        let mut cells = Vec::new();
        for tool in wanted(self.tool, Tool::ALL) {
            for provider in wanted(self.provider, ProviderId::ALL) {
                for state in JobState::ALL.iter().filter(|state| is_wanted(state)) {
                    let (tool, provider, state) =
                        (tool.as_str(), provider.as_str(), state.as_str());
                    cells.push(format!(
                        "SELECT * FROM (SELECT id FROM jobs WHERE tool = '{tool}' \
                         AND provider = '{provider}' AND state = '{state}'{rest} \
                         ORDER BY id DESC LIMIT ${place}) c"
                    ));
                }
            }
        }
        let cells = cells.join(" UNION ALL ");
        let newest = format!("SELECT id FROM ({cells}) cells ORDER BY id DESC LIMIT ${place}");
        let select = format!(
            "SELECT j.*, u.email FROM ({newest}) n JOIN jobs j ON j.id = n.id \
             JOIN users u ON u.id = j.user_id ORDER BY j.id DESC"
        );
        (select, values)
    }
}

/// The one that is asked for, or all.
fn wanted<T: Copy>(one: Option<T>, all: &[T]) -> Vec<T> {
    one.map_or_else(|| all.to_vec(), |one| vec![one])
}

impl Studio {
    /// Jobs of all accounts, newest first, those that their owners deleted included.
    ///
    /// # Errors
    /// The database's own.
    pub async fn overseen_jobs(&self, filter: &OverseenFilter) -> sqlx::Result<Vec<OverseenJob>> {
        if filter.stuck && filter.state.is_some_and(JobState::is_end) {
            return Ok(Vec::new());
        }
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
            let set = "SET LOCAL enable_seqscan = off";
            sqlx::query(set).execute(&mut *tx).await?;
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
            let before = JobId::new(ground.clock.now());
            let all = OverseenFilter { limit: 50, ..OverseenFilter::default() };
            let search = |text: &str| OverseenFilter { search: text.to_owned(), ..all.clone() };
            let mut filters = vec![
                ("jobs_user_id_id", search("ann@example.com")),
                ("jobs_user_id_id", OverseenFilter {
                    tool: Some(Tool::Video), state: Some(JobState::Failed), ..search("ann@example.com")
                }),
                ("jobs_external_id", search("run-1")),
                ("jobs_external_id", search(before.as_str())),
            ];
            for state in [None, Some(JobState::Running), Some(JobState::Failed)] {
                for (tool, provider) in [
                    (None, None), (Some(Tool::Video), None), (None, Some(ProviderId::Replicate)),
                    (Some(Tool::TryOn), Some(ProviderId::Fashn)),
                ] {
                    let some = OverseenFilter { state, tool, provider, ..all.clone() };
                    filters.push(("jobs_failure_cell", OverseenFilter { failure: Some(Failure::Timeout), ..some.clone() }));
                    if state != Some(JobState::Failed) {
                        filters.push(("jobs_cell", OverseenFilter { stuck: true, ..some.clone() }));
                    }
                    if some.is_narrowed() {
                        filters.push(("jobs_cell", some));
                    }
                }
            }
            for (index, filter) in filters {
                for filter in [filter.clone(), OverseenFilter { before: Some(before.clone()), ..filter }] {
                    let plan = plan(&ground.db, &filter).await.unwrap();
                    // Cells are read without a name of their own; what they found is read as `j`.
                    let of_cell = |line: &&str| {
                        let names = ["SEARCH jobs ", "SCAN jobs", "on jobs jobs", "on jobs  "];
                        names.iter().any(|name| line.contains(name))
                    };
                    assert!(plan.contains(index), "{filter:?}: {plan}");
                    assert!(plan.lines().filter(of_cell).all(|line| line.contains(index)), "{filter:?}: {plan}");
                    assert_eq!(plan.lines().any(|line| of_cell(&line)), filter.search.is_empty(), "{filter:?}: {plan}");
                    for whole in ["Seq Scan", "SCAN j", "SCAN u"] {
                        assert!(!plan.contains(whole), "{filter:?}: {plan}");
                    }
                }
            }
            let plan = plan(&ground.db, &all).await.unwrap();
            assert!(plan.contains("INDEX") || plan.contains("Index"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort Key"), "{plan}");
        }
    }
}
