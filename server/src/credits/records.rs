//! Consumption records: one row for each use of a tool, from hold to capture or release.

use sqlx::FromRow;

use super::types::PaidBy;
use crate::db::Tx;
use crate::ids::{ConsumptionId, EntryId, JobId, UserId};
use crate::time::Timestamp;

/// A held use about to end.
#[derive(FromRow)]
pub(super) struct Ending {
    pub user_id: UserId,
    #[sqlx(try_from = "String")]
    pub paid_by: PaidBy,
    pub tool: String,
    pub hold_entry: EntryId,
}

pub(super) struct NewRecord<'a> {
    pub user: &'a UserId,
    pub job: &'a JobId,
    pub tool: &'static str,
    pub credits: i64,
    pub paid_by: PaidBy,
    pub hold_entry: &'a EntryId,
    pub at: Timestamp,
}

pub(super) async fn insert(tx: &mut Tx, record: NewRecord<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO consumption_records (id, user_id, job_id, tool, credits, paid_by, \
         description, status, hold_entry, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $4, 'held', $7, $8)",
    )
    .bind(ConsumptionId::new(record.at))
    .bind(record.user)
    .bind(record.job)
    .bind(record.tool)
    .bind(record.credits)
    .bind(record.paid_by.as_str())
    .bind(record.hold_entry)
    .bind(record.at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Moves the held use of `job` to its end; `None` when it has ended before, or never was.
pub(super) async fn end(
    tx: &mut Tx,
    job: &JobId,
    status: &'static str,
    refunded_at: Option<Timestamp>,
    now: Timestamp,
) -> sqlx::Result<Option<Ending>> {
    sqlx::query_as(
        "UPDATE consumption_records SET status = $2, settled_at = $3, refunded_at = $4 \
         WHERE job_id = $1 AND status = 'held' RETURNING user_id, paid_by, tool, hold_entry",
    )
    .bind(job)
    .bind(status)
    .bind(now)
    .bind(refunded_at)
    .fetch_optional(&mut **tx)
    .await
}
