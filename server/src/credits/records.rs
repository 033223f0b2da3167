//! Consumption records: one row for each use of a tool, from hold to capture or release.

use super::rows::UseRow;
use crate::db::{Batch, Tx};
use crate::ids::{ConsumptionId, JobId, UserId};

/// Writes a held use. The database lets one job have one.
pub(super) fn insert(batch: &mut Batch, mut row: UseRow) {
    row.seal = row.seal();
    batch.add(
        "INSERT INTO consumption_records (id, user_id, job_id, tool, credits, paid_by, period_id, \
         description, status, hold_entry, created_at, settled_at, refunded_at, seal) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(&row.id)
    .bind(&row.user_id)
    .bind(&row.job_id)
    .bind(&row.tool)
    .bind(row.credits)
    .bind(row.paid_by.as_str())
    .bind(row.period_id.as_ref())
    .bind(&row.description)
    .bind(&row.status)
    .bind(&row.hold_entry)
    .bind(row.created_at)
    .bind(row.settled_at)
    .bind(row.refunded_at)
    .bind(&row.seal);
}

/// Locks the held use of `job`; `None` when it has ended before, or never was.
pub(super) async fn lock_held(tx: &mut Tx, job: &JobId) -> sqlx::Result<Option<UseRow>> {
    let select =
        tx.locking("SELECT * FROM consumption_records WHERE job_id = $1 AND status = 'held'");
    sqlx::query_as(select)
        .bind(job)
        .fetch_optional(&mut **tx)
        .await
}

/// Writes the end of a use that is locked.
pub(super) fn end(batch: &mut Batch, mut row: UseRow) {
    row.seal = row.seal();
    batch.add(
        "UPDATE consumption_records SET status = $2, settled_at = $3, refunded_at = $4, seal = $5 \
         WHERE id = $1",
    )
    .bind(&row.id)
    .bind(&row.status)
    .bind(row.settled_at)
    .bind(row.refunded_at)
    .bind(&row.seal);
}

/// Writes every column of a use that may be wrong, for `rebuild`.
pub(super) async fn rewrite(tx: &mut Tx, row: &mut UseRow) -> sqlx::Result<()> {
    row.seal = row.seal();
    sqlx::query(
        "UPDATE consumption_records SET tool = $2, credits = $3, paid_by = $4, description = $5, \
         status = $6, created_at = $7, settled_at = $8, refunded_at = $9, seal = $10 WHERE id = $1",
    )
    .bind(&row.id)
    .bind(&row.tool)
    .bind(row.credits)
    .bind(row.paid_by.as_str())
    .bind(&row.description)
    .bind(&row.status)
    .bind(row.created_at)
    .bind(row.settled_at)
    .bind(row.refunded_at)
    .bind(&row.seal)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes a record that belongs to no hold, for `rebuild`.
pub(super) async fn delete(tx: &mut Tx, id: &ConsumptionId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM consumption_records WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes records of this account's holds that stand under another account, for `rebuild`.
pub(super) async fn delete_strays(tx: &mut Tx, user: &UserId) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM consumption_records WHERE user_id <> $1 \
         AND job_id IN (SELECT job_id FROM entries WHERE user_id = $1 AND kind = 'hold')",
    )
    .bind(user)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
