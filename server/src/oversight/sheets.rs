//! Batches as an operator gave them on a page: kept with all their rows, whether these make sense or not, so that what was
//! looked at is what is applied, and what became of each row can be read at any time.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::bulk::{Batch, BatchRow, Bulk, BulkError, RowFault, RowProblem};
use crate::accounts::Email;
use crate::db::{AT_ONCE, Database, Tx, many_rows};
use crate::idempotency;
use crate::ids::{UserId, uuid_v7};
use crate::secret;
use crate::time::Timestamp;
use crate::words::words;

/// A row as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow, Serialize)]
pub struct TypedRow {
    pub email: String,
    pub action: String,
    pub amount: String,
    pub reason: String,
}

words! {
    /// How far a batch has come.
    BatchState { Kept = "kept", Applied = "applied", Undone = "undone" }
}

words! {
    /// What became of a row.
    RowState {
        // It makes no sense.
        Wrong = "wrong",
        // It could not be done, or could not now.
        Refused = "refused",
        Waits = "waits", Done = "done", Undone = "undone", UndoneInPart = "undone_in_part",
    }
}

/// A batch of the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchLine {
    pub batch_id: String,
    pub rows: i64,
    /// `admin:ID`.
    pub actor: String,
    pub created_at: Timestamp,
    pub undone_at: Option<Timestamp>,
}

/// A row of a batch, with what became of it.
#[derive(Clone, Debug)]
pub struct SheetRow {
    pub typed: TypedRow,
    pub state: RowState,
    pub fault: Option<RowFault>,
    pub problem: Option<RowProblem>,
    /// Of the credits that remain: what it would leave, as long as it waits.
    pub before: Option<i64>,
    pub after: Option<i64>,
    /// Credits it would give, or take (below zero), whatever they pay for.
    pub moved: i64,
    /// What it changed, and what of that was undone.
    pub changed: i64,
    pub undone: i64,
    pub entry_id: Option<String>,
}

/// A batch of which something was done and not taken back.
#[derive(Clone, Debug, FromRow)]
pub struct AppliedBatch {
    pub batch_id: String,
    pub created_at: Timestamp,
}

/// A whole batch.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub batch_id: String,
    pub state: BatchState,
    pub created_at: Timestamp,
    pub rows: Vec<SheetRow>,
    /// What can still be applied of it; nothing where its rows came from a program.
    pub batch: Option<Batch>,
    /// Another one of the same rows.
    pub twin: Option<AppliedBatch>,
}

impl Sheet {
    pub fn count(&self, state: RowState) -> i64 {
        let rows = self.rows.iter().filter(|row| row.state == state);
        i64::try_from(rows.count()).unwrap_or(i64::MAX)
    }

    /// The credits that the rows that wait give, and those that they take.
    pub fn sums(&self) -> (i64, i64) {
        let waiting = self.rows.iter().filter(|row| row.state == RowState::Waits);
        waiting.fold((0, 0), |(given, taken), row| {
            (given + row.moved.max(0), taken - row.moved.min(0))
        })
    }

    /// How many credits it would move.
    pub fn total(&self) -> i64 {
        let (given, taken) = self.sums();
        given + taken
    }
}

#[derive(FromRow)]
struct BegunRow {
    batch_id: String,
    row_count: i64,
    actor: String,
    created_at: Timestamp,
    undone_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct KeptRow {
    rows_hash: String,
    created_at: Timestamp,
    let_go_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct DoneRow {
    row_index: i64,
    email: String,
    entry_id: Option<String>,
    changed: i64,
    undone: i64,
}

const TYPED: &str = "SELECT email, action, amount, reason FROM bulk_lines WHERE batch_id = $1 \
                     ORDER BY row_index";
const DONE: &str = "SELECT b.row_index, u.email, b.entry_id, b.changed, b.undone \
                    FROM bulk_rows b JOIN users u ON u.id = b.user_id \
                    WHERE b.batch_id = $1 ORDER BY b.row_index";
const TWIN: &str = "SELECT b.batch_id, b.created_at FROM bulk_sheets s \
                    JOIN bulk_batches b ON b.batch_id = s.batch_id \
                    WHERE s.rows_hash = $1 AND s.batch_id <> $2 AND EXISTS \
                    (SELECT 1 FROM bulk_rows r WHERE r.batch_id = b.batch_id AND r.changed <> r.undone) \
                    ORDER BY b.created_at DESC LIMIT 1";
// One statement for each, so that both go by the index.
const NEWEST: &str = "SELECT batch_id, row_count, actor, created_at, undone_at \
                      FROM bulk_batches ORDER BY created_at DESC, batch_id DESC LIMIT $1";
const BEHIND: &str = "SELECT batch_id, row_count, actor, created_at, undone_at \
                      FROM bulk_batches WHERE (created_at, batch_id) < \
                      ((SELECT created_at FROM bulk_batches WHERE batch_id = $1), $1) \
                      ORDER BY created_at DESC, batch_id DESC LIMIT $2";
const OLD: &str = "SELECT s.batch_id FROM bulk_sheets s WHERE s.let_go_at IS NULL AND s.created_at < $1 \
                   AND NOT EXISTS (SELECT 1 FROM bulk_batches b \
                                   WHERE b.batch_id = s.batch_id AND b.created_at >= $1) \
                   ORDER BY s.created_at LIMIT $2";

/// What was not done is let go after so long.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);

impl Bulk {
    /// Keeps rows under a new name, which is answered. Nothing else is changed.
    ///
    /// # Errors
    /// The database's own.
    pub async fn keep(&self, rows: &[TypedRow]) -> sqlx::Result<String> {
        let now = self.clock.now();
        let batch_id = uuid_v7(now);
        let rows: Vec<TypedRow> = rows.iter().map(TypedRow::known).collect();
        let hash = secret::hash(&serde_json::to_string(&rows).unwrap_or_default());
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "INSERT INTO bulk_sheets (batch_id, rows_hash, row_count, actor, created_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&batch_id)
        .bind(hash)
        .bind(i64::try_from(rows.len()).unwrap_or(i64::MAX))
        .bind(&self.operator.actor)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        let numbered: Vec<(i64, &TypedRow)> = (0..).zip(&rows).collect();
        for some in numbered.chunks(AT_ONCE) {
            let columns = "batch_id, row_index, email, action, amount, reason";
            let mut insert = sqlx::query(many_rows("bulk_lines", columns, some.len()));
            for (at, row) in some {
                insert = insert
                    .bind(batch_id.clone())
                    .bind(*at)
                    .bind(row.email.clone())
                    .bind(row.action.clone())
                    .bind(row.amount.clone())
                    .bind(row.reason.clone());
            }
            insert.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(batch_id)
    }

    /// A batch with what became of each of its rows, or would.
    ///
    /// # Errors
    /// The database's own; [`BulkError::OtherRows`] where a program began another batch of this name.
    pub async fn sheet(&self, batch_id: &str) -> Result<Option<Sheet>, BulkError> {
        let reader = self.db.reader();
        let kept: Option<KeptRow> = sqlx::query_as(
            "SELECT rows_hash, created_at, let_go_at FROM bulk_sheets WHERE batch_id = $1",
        )
        .bind(batch_id.to_owned())
        .fetch_optional(reader)
        .await?;
        let begun: Option<BegunRow> = sqlx::query_as(
            "SELECT batch_id, row_count, actor, created_at, undone_at FROM bulk_batches \
             WHERE batch_id = $1",
        )
        .bind(batch_id.to_owned())
        .fetch_optional(reader)
        .await?;
        let state = match &begun {
            None => BatchState::Kept,
            Some(begun) if begun.undone_at.is_some() => BatchState::Undone,
            Some(_) => BatchState::Applied,
        };
        let done = self.done_rows(batch_id).await?;
        let begun_at = begun.map(|begun| begun.created_at);
        let (batch, rows) = match &kept {
            None if begun_at.is_none() => return Ok(None),
            None => (None, done.into_iter().map(DoneRow::alone).collect()),
            Some(kept) => self.rows_of(batch_id, kept, state, done).await?,
        };
        let twin = match &kept {
            Some(kept) => self.twin_of(batch_id, &kept.rows_hash).await?,
            None => None,
        };
        let created_at = begun_at.or(kept.map(|kept| kept.created_at));
        Ok(Some(Sheet {
            twin,
            batch_id: batch_id.to_owned(),
            state,
            created_at: created_at.unwrap_or_else(|| self.clock.now()),
            rows,
            batch,
        }))
    }

    /// The last other batch of the same rows of which something stands.
    async fn twin_of(&self, batch_id: &str, hash: &str) -> sqlx::Result<Option<AppliedBatch>> {
        sqlx::query_as(TWIN)
            .bind(hash.to_owned())
            .bind(batch_id.to_owned())
            .fetch_optional(self.db.reader())
            .await
    }

    async fn rows_of(
        &self,
        batch_id: &str,
        kept: &KeptRow,
        state: BatchState,
        done: Vec<DoneRow>,
    ) -> Result<(Option<Batch>, Vec<SheetRow>), BulkError> {
        let typed: Vec<TypedRow> = sqlx::query_as(TYPED)
            .bind(batch_id.to_owned())
            .fetch_all(self.db.reader())
            .await?;
        let mut batch = Batch {
            id: batch_id.to_owned(),
            hash: kept.rows_hash.clone(),
            count: typed.len(),
            rows: Vec::new(),
        };
        let mut faults = HashMap::new();
        for (at, row) in typed.iter().enumerate() {
            match row.read(at) {
                Ok(row) => batch.rows.push(row),
                Err(fault) => {
                    faults.insert(at, fault);
                }
            }
        }
        let mut results: HashMap<usize, _> = self
            .preview(&batch)
            .await?
            .into_iter()
            .map(|result| (result.row, result))
            .collect();
        let mut done: HashMap<usize, DoneRow> = done
            .into_iter()
            .filter_map(|row| Some((usize::try_from(row.row_index).ok()?, row)))
            .collect();
        let rows = typed.into_iter().enumerate().map(|(at, typed)| {
            if let Some(done) = done.remove(&at) {
                return done.of(typed);
            }
            if kept.let_go_at.is_some() && typed.email.is_empty() {
                return SheetRow::erased(typed);
            }
            let result = results.remove(&at);
            let fault = faults.get(&at).copied();
            let ok = result.as_ref().is_some_and(|result| result.ok);
            SheetRow {
                typed,
                state: match (fault, ok, state) {
                    (Some(_), _, _) => RowState::Wrong,
                    (None, true, BatchState::Kept | BatchState::Applied) => RowState::Waits,
                    _ => RowState::Refused,
                },
                fault,
                before: result.as_ref().and_then(|result| result.before),
                after: result.as_ref().and_then(|result| result.after),
                moved: result.as_ref().map_or(0, |result| result.moved),
                problem: result.and_then(|result| result.problem),
                changed: 0,
                undone: 0,
                entry_id: None,
            }
        });
        let rows = rows.collect();
        Ok((Some(batch), rows))
    }

    async fn done_rows(&self, batch_id: &str) -> sqlx::Result<Vec<DoneRow>> {
        sqlx::query_as(DONE)
            .bind(batch_id.to_owned())
            .fetch_all(self.db.reader())
            .await
    }
}

impl SheetRow {
    fn erased(typed: TypedRow) -> Self {
        Self {
            typed,
            state: RowState::Refused,
            fault: None,
            problem: Some(RowProblem::Erased),
            before: None,
            after: None,
            moved: 0,
            changed: 0,
            undone: 0,
            entry_id: None,
        }
    }
}

impl TypedRow {
    /// The row with its address as accounts have it, if it is one.
    fn known(&self) -> Self {
        let email = Email::parse(&self.email).map(|email| email.as_str().to_owned());
        Self {
            email: email.unwrap_or_else(|| self.email.clone()),
            ..self.clone()
        }
    }

    /// A row that makes sense, or what is wrong with it first.
    fn read(&self, at: usize) -> Result<BatchRow, RowFault> {
        let amount = self.amount.trim().parse().ok();
        let action = self.action.trim().to_lowercase();
        BatchRow::read(at, &self.email, &action, amount, &self.reason)
    }
}

impl DoneRow {
    /// A row that a program sent, of which only this is known.
    fn alone(self) -> SheetRow {
        let typed = TypedRow {
            email: self.email.clone(),
            ..TypedRow::default()
        };
        self.of(typed)
    }

    fn of(self, typed: TypedRow) -> SheetRow {
        let rest = self.changed - self.undone;
        SheetRow {
            typed,
            state: match (self.undone, rest) {
                (0, _) => RowState::Done,
                (_, 0) => RowState::Undone,
                _ => RowState::UndoneInPart,
            },
            fault: None,
            problem: None,
            before: None,
            after: None,
            moved: 0,
            changed: self.changed,
            undone: self.undone,
            entry_id: self.entry_id,
        }
    }
}

/// Batches that were begun, newest first, behind `before` if given.
///
/// # Errors
/// The database's own.
pub async fn batches(
    db: &Database,
    before: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<BatchLine>> {
    let rows: Vec<BegunRow> = match before {
        None => {
            sqlx::query_as(NEWEST)
                .bind(limit)
                .fetch_all(db.reader())
                .await?
        }
        Some(before) => {
            sqlx::query_as(BEHIND)
                .bind(before.to_owned())
                .bind(limit)
                .fetch_all(db.reader())
                .await?
        }
    };
    let lines = rows.into_iter().map(|row| BatchLine {
        batch_id: row.batch_id,
        rows: row.row_count,
        actor: row.actor,
        created_at: row.created_at,
        undone_at: row.undone_at,
    });
    Ok(lines.collect())
}

/// Erases the rows that name somebody, and what was answered for batches under keys: a batch that is sent again is known by its
/// rows.
pub(crate) async fn forget_rows(
    tx: &mut Tx,
    user: &UserId,
    email: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE bulk_lines SET email = '', reason = '' \
         WHERE (batch_id, row_index) IN (SELECT batch_id, row_index FROM bulk_rows WHERE user_id = $1)",
    )
    .bind(user)
    .execute(&mut **tx)
    .await?;
    idempotency::forget_at(tx, "POST /api/admin/credits/bulk").await?;
    // Without an address there is nobody's row: one that has none is somebody else's mistake.
    let Some(email) = email else {
        return Ok(());
    };
    // Of rows that were not done every column may be a mistake.
    sqlx::query(
        "UPDATE bulk_lines SET email = '', reason = '', action = '', amount = '' WHERE email = $1",
    )
    .bind(email.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whoever applies a batch and whoever lets it go wait for each other.
pub(super) async fn lock(tx: &mut Tx, batch_id: &str) -> sqlx::Result<()> {
    let select = tx.locking("SELECT batch_id FROM bulk_sheets WHERE batch_id = $1");
    sqlx::query(select)
        .bind(batch_id.to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(())
}

/// Batches that are let go by one run.
const GO_AT_ONCE: i64 = 50;

/// Lets go what was kept for long enough and not done: batches that were never applied, and of those that were, whom the
/// rows name that were refused. Says how many batches it went through.
///
/// # Errors
/// The database's own.
pub async fn let_go(db: &Database, now: Timestamp) -> sqlx::Result<usize> {
    let old: Vec<String> = sqlx::query_scalar(OLD)
        .bind(now.minus(KEPT))
        .bind(GO_AT_ONCE)
        .fetch_all(db.reader())
        .await?;
    for batch_id in &old {
        let mut tx = db.begin().await?;
        lock(&mut tx, batch_id).await?;
        let begun: Option<String> =
            sqlx::query_scalar("SELECT batch_id FROM bulk_batches WHERE batch_id = $1")
                .bind(batch_id.clone())
                .fetch_optional(&mut *tx)
                .await?;
        let statements: &[&'static str] = match begun {
            Some(_) => &[
                "UPDATE bulk_lines SET email = '', reason = '', action = '', amount = '' \
                 WHERE batch_id = $1 AND NOT EXISTS \
                 (SELECT 1 FROM bulk_rows r WHERE r.batch_id = bulk_lines.batch_id \
                  AND r.row_index = bulk_lines.row_index)",
            ],
            None => &[
                "DELETE FROM bulk_lines WHERE batch_id = $1",
                "DELETE FROM bulk_sheets WHERE batch_id = $1",
            ],
        };
        for statement in statements {
            sqlx::query(*statement)
                .bind(batch_id.clone())
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query("UPDATE bulk_sheets SET let_go_at = $2 WHERE batch_id = $1")
            .bind(batch_id.clone())
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    }
    Ok(old.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    on_both_databases! {
        async fn every_list_goes_by_an_index(ground: TestGround) {
            let db = &ground.db;
            Course::in_order(db, NEWEST, &["51"], "bulk_batches_created_at").await;
            Course::in_order(db, BEHIND, &["b", "51"], "bulk_batches_created_at").await;
            Course::in_order(db, TYPED, &["b"], "(batch_id=?").await;
            Course::in_order(db, DONE, &["b"], "(batch_id=?").await;
            Course::in_order(db, OLD, &["9", "50"], "bulk_sheets_kept").await;
            // Batches of the same rows are few.
            Course::by_index(db, TWIN, &["hash", "b"], "bulk_sheets_rows_hash").await;
        }
    }
}
