//! The periods of a plan, as far as spending goes. A period pays for uses before anything else;
//! credits are never touched by it. What a period belongs to (a subscription, its invoices) is the
//! business of `payments`.

use super::operations::CreditsError;
use super::rows::PeriodRow;
use super::store::{Locked, Lots, lock};
use super::types::{Actor, Wallet};
use crate::db::{Batch, Tx};
use crate::ids::{PeriodId, UserId};
use crate::time::Timestamp;

/// A period that was paid.
#[derive(Clone, Debug)]
pub struct NewPeriod<'a> {
    pub subscription_id: &'a str,
    pub plan: &'a str,
    /// Uses in it; `None` is unlimited.
    pub quota: Option<i64>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// How long it goes on to serve while its renewal is unpaid; its end when none is to come.
    pub serves_until: Timestamp,
    pub renews: bool,
    pub provider: &'static str,
}

/// What changes within a period: an upgrade, a cancellation, its early end. Used uses stay used.
#[derive(Clone, Debug)]
pub struct PeriodChange<'a> {
    pub plan: &'a str,
    pub quota: Option<i64>,
    pub serves_until: Timestamp,
    pub renews: bool,
    pub provider: &'static str,
}

/// Opens a period. The database lets one subscription open one period for each start: a second call
/// fails with a duplicate and leaves no trace. A period older than the wallet's newest is kept for the
/// records and changes nothing else.
pub async fn open_period(
    tx: &mut Tx,
    user: &UserId,
    period: &NewPeriod<'_>,
    now: Timestamp,
) -> Result<Wallet, CreditsError> {
    let mut locked = locked(tx, user, period.provider, now).await?;
    let mut row = PeriodRow {
        id: PeriodId::new(now),
        user_id: user.clone(),
        subscription_id: period.subscription_id.to_owned(),
        plan: period.plan.to_owned(),
        quota: period.quota,
        used: 0,
        held: 0,
        renews: i64::from(period.renews),
        starts_at: period.starts_at,
        ends_at: period.ends_at,
        serves_until: period.serves_until,
        seal: String::new(),
    };
    row.seal = row.seal();
    let newest = locked.period.as_ref().map(|known| known.starts_at);
    if newest.is_none_or(|newest| newest < row.starts_at) {
        locked.period = Some(row.clone());
    }
    let write = |batch: &mut Batch| insert(batch, &row);
    Ok(locked.write_with(tx, write).await?)
}

/// Changes the period of a subscription that began last. Without one nothing happens.
///
/// # Errors
/// A quota below what is used and held already breaks the period's check.
pub async fn change_period(
    tx: &mut Tx,
    user: &UserId,
    subscription_id: &str,
    change: &PeriodChange<'_>,
    now: Timestamp,
) -> Result<Wallet, CreditsError> {
    let mut locked = locked(tx, user, change.provider, now).await?;
    let Some(row) = &mut locked.period else {
        return Ok(locked.wallet());
    };
    if row.subscription_id != subscription_id {
        return Ok(locked.wallet());
    }
    row.plan = change.plan.to_owned();
    row.quota = change.quota;
    row.serves_until = change.serves_until;
    row.renews = i64::from(change.renews);
    let row = row.clone();
    let write = |batch: &mut Batch| update(batch, row);
    Ok(locked.write_with(tx, write).await?)
}

async fn locked(
    tx: &mut Tx,
    user: &UserId,
    provider: &'static str,
    now: Timestamp,
) -> sqlx::Result<Locked> {
    lock(tx, user, Lots::Open, Actor::Provider(provider), now).await
}

/// Counts a use of the period `id`, which may have ended, and keeps the wallet's own copy in step.
/// Gives the row that has to be written with the wallet.
pub(super) async fn count(
    tx: &mut Tx,
    locked: &mut Locked,
    id: &PeriodId,
    held: i64,
    used: i64,
) -> sqlx::Result<PeriodRow> {
    let of_wallet = locked.period.as_mut().filter(|newest| newest.id == *id);
    if let Some(row) = of_wallet {
        row.held += held;
        row.used += used;
        return Ok(row.clone());
    }
    let mut row = period(tx, id).await?;
    row.held += held;
    row.used += used;
    Ok(row)
}

pub(super) async fn period(tx: &mut Tx, id: &PeriodId) -> sqlx::Result<PeriodRow> {
    sqlx::query_as("SELECT * FROM plan_periods WHERE id = $1")
        .bind(id)
        .fetch_one(&mut **tx)
        .await
}

fn insert(batch: &mut Batch, row: &PeriodRow) {
    batch.add(
        "INSERT INTO plan_periods (id, user_id, subscription_id, plan, quota, used, held, renews, \
         starts_at, ends_at, serves_until, seal) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&row.id)
    .bind(&row.user_id)
    .bind(&row.subscription_id)
    .bind(&row.plan)
    .bind(row.quota)
    .bind(row.used)
    .bind(row.held)
    .bind(row.renews)
    .bind(row.starts_at)
    .bind(row.ends_at)
    .bind(row.serves_until)
    .bind(&row.seal);
}

/// Seals the row anew and writes what may change.
pub(super) fn update(batch: &mut Batch, mut row: PeriodRow) {
    row.seal = row.seal();
    batch
        .add(
            "UPDATE plan_periods SET plan = $2, quota = $3, used = $4, held = $5, renews = $6, \
         serves_until = $7, seal = $8 WHERE id = $1",
        )
        .bind(&row.id)
        .bind(&row.plan)
        .bind(row.quota)
        .bind(row.used)
        .bind(row.held)
        .bind(row.renews)
        .bind(row.serves_until)
        .bind(&row.seal);
}
