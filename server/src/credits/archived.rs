//! What is kept of an account beside its entries, for the archive that its owner takes away.

use serde::Serialize;
use sqlx::FromRow;

use super::{PaidBy, Source};
use crate::db::Database;
use crate::ids::{ConsumptionId, JobId, LotId, PeriodId, RechargeId, UserId};
use crate::time::Timestamp;

/// One use of a tool, from hold to capture or release.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct ArchivedUse {
    pub id: ConsumptionId,
    pub job_id: JobId,
    pub tool: String,
    pub credits: i64,
    #[sqlx(try_from = "String")]
    pub paid_by: PaidBy,
    pub period_id: Option<PeriodId>,
    pub description: String,
    /// `held`, `completed` or `refunded`.
    pub status: String,
    pub created_at: Timestamp,
    pub settled_at: Option<Timestamp>,
    pub refunded_at: Option<Timestamp>,
}

/// Credits that came in together, with one source and one fate.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct ArchivedLot {
    pub id: LotId,
    #[sqlx(try_from = "String")]
    pub source: Source,
    pub granted: i64,
    pub free: i64,
    pub held: i64,
    pub spent: i64,
    /// Lapsed, taken off or taken back.
    pub gone: i64,
    /// Of the free ones those that are frozen while their payment is in dispute.
    pub frozen: i64,
    pub expires_at: Option<Timestamp>,
    pub recharge_id: Option<RechargeId>,
    pub created_at: Timestamp,
}

/// A paid period of a plan.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct ArchivedPeriod {
    pub id: PeriodId,
    pub subscription_id: String,
    pub plan: String,
    /// Uses in it; without one, as many as one likes.
    pub quota: Option<i64>,
    pub used: i64,
    pub held: i64,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub recharge_id: Option<RechargeId>,
}

/// Uses of an account, newest first: those behind one of a moment and an id.
///
/// # Errors
/// The database's own.
pub async fn archived_uses(
    db: &Database,
    user: &UserId,
    before: Option<(Timestamp, &ConsumptionId)>,
    limit: i64,
) -> sqlx::Result<Vec<ArchivedUse>> {
    sqlx::query_as(
        "SELECT id, job_id, tool, credits, paid_by, period_id, description, status, created_at, settled_at, refunded_at \
         FROM consumption_records WHERE user_id = $1 AND (created_at, id) < ($2, $3) \
         ORDER BY created_at DESC, id DESC LIMIT $4",
    )
    .bind(user)
    .bind(before.map_or(i64::MAX, |(at, _)| at.micros()))
    .bind(before.map_or("", |(_, id)| id.as_str()).to_owned())
    .bind(limit)
    .fetch_all(db.reader())
    .await
}

/// Lots of an account, newest first: those older than `before`, if given.
///
/// # Errors
/// The database's own.
pub async fn archived_lots(
    db: &Database,
    user: &UserId,
    before: Option<&LotId>,
    limit: i64,
) -> sqlx::Result<Vec<ArchivedLot>> {
    sqlx::query_as(
        "SELECT id, source, granted, free, held, spent, gone, free * frozen AS frozen, expires_at, \
         recharge_id, created_at FROM lots WHERE user_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
    )
    .bind(user)
    .bind(before)
    .bind(limit)
    .fetch_all(db.reader())
    .await
}

/// All plan periods of an account, oldest first: one a month, so there are few.
///
/// # Errors
/// The database's own.
pub async fn archived_periods(db: &Database, user: &UserId) -> sqlx::Result<Vec<ArchivedPeriod>> {
    sqlx::query_as(
        "SELECT id, subscription_id, plan, quota, used, held, starts_at, ends_at, recharge_id \
         FROM plan_periods WHERE user_id = $1 ORDER BY starts_at, id",
    )
    .bind(user)
    .fetch_all(db.reader())
    .await
}
