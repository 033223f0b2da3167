//! Reading the ledger: the statement of a wallet, and its days.

use serde::Serialize;
use sqlx::FromRow;
use std::collections::HashMap;
use utoipa::ToSchema;

use super::types::{EntryKind, PaidBy, Source};
use crate::db::{Database, Tx};
use crate::ids::{EntryId, JobId, RechargeId, UserId};
use crate::time::Timestamp;

/// A line of the statement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Entry {
    pub id: EntryId,
    /// The wallet's after the operation that wrote it, maybe beside other entries.
    pub version: i64,
    pub kind: EntryKind,
    /// The signed change of the net balance.
    pub amount: i64,
    pub balance_after: i64,
    /// What somebody wrote about it, or the ledger's own word (`initial`, `purchase`, `try_on` …).
    pub reason: String,
    pub actor: String,
    pub job_id: Option<JobId>,
    pub recharge_id: Option<RechargeId>,
    pub lots: Vec<EntryLot>,
    pub created_at: Timestamp,
    /// The ledger's own word for the reason, whatever was written about it.
    #[serde(skip)]
    pub reason_word: String,
    /// Its place in the wallet's order of entries.
    #[serde(skip)]
    pub seq: i64,
    /// What pays for the use this entry is about; none where it is about something else.
    #[serde(skip)]
    pub paid_by: Option<PaidBy>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EntryLot {
    pub source: Source,
    pub amount: i64,
}

/// Which lines to show: the newest first, before `before` (an entry's `seq`) if given.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    pub before: Option<i64>,
    pub kind: Option<EntryKind>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub limit: i64,
}

#[derive(FromRow)]
struct EntryRow {
    id: EntryId,
    seq: i64,
    version: i64,
    #[sqlx(try_from = "String")]
    kind: EntryKind,
    amount: i64,
    balance_after: i64,
    reason: String,
    note: Option<String>,
    actor: String,
    job_id: Option<JobId>,
    recharge_id: Option<RechargeId>,
    paid_by: Option<String>,
    created_at: Timestamp,
}

#[derive(FromRow)]
struct PartRow {
    entry_id: String,
    #[sqlx(try_from = "String")]
    source: Source,
    amount: i64,
}

/// The statement that reads entries.
macro_rules! entries {
    ($which:literal) => {
        concat!(
            "SELECT e.id, e.seq, e.version, e.kind, e.amount, e.balance_after, e.reason, n.note, ",
            "e.actor, e.job_id, e.recharge_id, c.paid_by, e.created_at ",
            "FROM entries e LEFT JOIN entry_notes n ON n.entry_id = e.id ",
            "LEFT JOIN consumption_records c ON c.job_id = e.job_id ",
            $which
        )
    };
}

const STATEMENT: &str = entries!(
    "WHERE e.user_id = $1 AND e.seq < $2 AND ($3 IS NULL OR e.kind = $3) \
       AND e.created_at >= $4 AND e.created_at < $5 ORDER BY e.seq DESC LIMIT $6"
);
const OF_JOB: &str = entries!("WHERE e.job_id = $1 ORDER BY e.seq");
const PARTS_OF_JOB: &str = "SELECT p.entry_id, l.source, p.amount FROM entries e \
     JOIN entry_lots p ON p.entry_id = e.id JOIN lots l ON l.id = p.lot_id \
     WHERE e.job_id = $1 \
     ORDER BY p.entry_id, l.created_at, l.source <> 'bonus' DESC, l.source, p.lot_id";
const PARTS_BETWEEN: &str = "SELECT p.entry_id, l.source, p.amount FROM entries e \
     JOIN entry_lots p ON p.entry_id = e.id JOIN lots l ON l.id = p.lot_id \
     WHERE e.user_id = $1 AND e.seq BETWEEN $2 AND $3 AND ($4 IS NULL OR e.kind = $4) \
     ORDER BY p.entry_id, l.created_at, l.source <> 'bonus' DESC, l.source, p.lot_id";

/// The lines of a wallet that `filter` asks for.
pub async fn statement(
    db: &Database,
    user: &UserId,
    filter: &EntryFilter,
) -> sqlx::Result<Vec<Entry>> {
    let rows: Vec<EntryRow> = sqlx::query_as(STATEMENT)
        .bind(user)
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(filter.kind.map(EntryKind::as_str))
        .bind(filter.from.map_or(i64::MIN, Timestamp::micros))
        .bind(filter.to.map_or(i64::MAX, Timestamp::micros))
        .bind(filter.limit)
        .fetch_all(db.reader())
        .await?;
    let parts = parts_between(db, user, filter.kind, &rows).await?;
    Ok(with_lots(rows, parts))
}

/// What became of what pays for a job, oldest first.
///
/// # Errors
/// The database's own.
pub async fn entries_of_job(db: &Database, job: &JobId) -> sqlx::Result<Vec<Entry>> {
    let rows: Vec<EntryRow> = sqlx::query_as(OF_JOB)
        .bind(job)
        .fetch_all(db.reader())
        .await?;
    let parts: Vec<PartRow> = sqlx::query_as(PARTS_OF_JOB)
        .bind(job)
        .fetch_all(db.reader())
        .await?;
    Ok(with_lots(rows, by_entry(parts)))
}

/// One entry, read inside the transaction that wrote it.
pub(crate) async fn entry(tx: &mut Tx, id: &EntryId) -> sqlx::Result<Entry> {
    let row: EntryRow = sqlx::query_as(entries!("WHERE e.id = $1"))
        .bind(id)
        .fetch_one(&mut **tx)
        .await?;
    let parts: Vec<PartRow> = sqlx::query_as(
        "SELECT p.entry_id, l.source, p.amount FROM entry_lots p \
         JOIN lots l ON l.id = p.lot_id WHERE p.entry_id = $1 \
         ORDER BY l.created_at, l.source <> 'bonus' DESC, l.source, p.lot_id",
    )
    .bind(id)
    .fetch_all(&mut **tx)
    .await?;
    let lots = parts.into_iter().map(PartRow::into_lot).collect();
    Ok(row.into_entry(lots))
}

/// The lots of every entry of this kind between the oldest and the newest of `rows`, by entry.
async fn parts_between(
    db: &Database,
    user: &UserId,
    kind: Option<EntryKind>,
    rows: &[EntryRow],
) -> sqlx::Result<HashMap<String, Vec<EntryLot>>> {
    let (Some(newest), Some(oldest)) = (rows.first(), rows.last()) else {
        return Ok(HashMap::new());
    };
    let parts: Vec<PartRow> = sqlx::query_as(PARTS_BETWEEN)
        .bind(user)
        .bind(oldest.seq)
        .bind(newest.seq)
        .bind(kind.map(EntryKind::as_str))
        .fetch_all(db.reader())
        .await?;
    Ok(by_entry(parts))
}

fn with_lots(rows: Vec<EntryRow>, mut lots: HashMap<String, Vec<EntryLot>>) -> Vec<Entry> {
    let entries = rows.into_iter().map(|row| {
        let lots = lots.remove(row.id.as_str()).unwrap_or_default();
        row.into_entry(lots)
    });
    entries.collect()
}

fn by_entry(parts: Vec<PartRow>) -> HashMap<String, Vec<EntryLot>> {
    let mut by_entry: HashMap<String, Vec<EntryLot>> = HashMap::new();
    for part in parts {
        let entry = part.entry_id.clone();
        by_entry.entry(entry).or_default().push(part.into_lot());
    }
    by_entry
}

impl PartRow {
    fn into_lot(self) -> EntryLot {
        EntryLot {
            source: self.source,
            amount: self.amount,
        }
    }
}

impl EntryRow {
    fn into_entry(self, lots: Vec<EntryLot>) -> Entry {
        Entry {
            id: self.id,
            version: if self.version == 0 {
                self.seq
            } else {
                self.version
            },
            seq: self.seq,
            kind: self.kind,
            amount: self.amount,
            balance_after: self.balance_after,
            reason: self.note.unwrap_or_else(|| self.reason.clone()),
            reason_word: self.reason,
            actor: self.actor,
            job_id: self.job_id,
            recharge_id: self.recharge_id,
            paid_by: self.paid_by.as_deref().and_then(PaidBy::parse),
            lots,
            created_at: self.created_at,
        }
    }
}

/// Erases what was written about the entries of a wallet; the entries themselves have words of the ledger only.
pub(crate) async fn forget_notes(tx: &mut Tx, user: &UserId) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM entry_notes WHERE entry_id IN (SELECT id FROM entries WHERE user_id = $1)",
    )
    .bind(user)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps the free text of an entry beside the ledger, where it can be erased.
pub(super) async fn write_note(tx: &mut Tx, entry: &EntryId, note: &str) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO entry_notes (entry_id, note) VALUES ($1, $2)")
        .bind(entry)
        .bind(note)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    on_both_databases! {
        async fn every_statement_goes_by_an_index(ground: TestGround) {
            let db = &ground.db;
            Course::in_order(db, STATEMENT, &["u", "9", "hold", "0", "9", "26"], "sqlite_autoindex_entries_2 (user_id=? AND seq<?").await;
            // Those of a job are few, and so are the lots of an entry.
            Course::by_index(db, OF_JOB, &["j"], "entries_job_id").await;
            Course::by_index(db, PARTS_BETWEEN, &["u", "1", "9", "hold"], "(user_id=? AND seq>? AND seq<?)").await;
            Course::by_index(db, PARTS_OF_JOB, &["j"], "entries_job_id").await;
        }
    }
}
