//! The periods of a plan, as far as spending goes. A period pays for uses before anything else;
//! credits are never touched by it. What a period belongs to (a subscription, its invoices) is the
//! business of `payments`.

use sqlx::AnyConnection;

use super::operations::CreditsError;
use super::rows::PeriodRow;
use super::store::{Locked, Lots, lock};
use super::types::{Actor, Wallet};
use crate::db::{Batch, Tx};
use crate::ids::{PeriodId, RechargeId, UserId};
use crate::time::Timestamp;

/// A period that was paid.
#[derive(Clone, Debug)]
pub struct NewPeriod<'a> {
    pub subscription_id: &'a str,
    /// The purchase that paid for it.
    pub recharge: Option<&'a RechargeId>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodChange<'a> {
    pub plan: &'a str,
    /// No less than what is used and held already.
    pub quota: Option<i64>,
    pub ends_at: Timestamp,
    pub serves_until: Timestamp,
    pub renews: bool,
    /// The bill of the next one is unpaid.
    pub unpaid: bool,
    pub provider: &'static str,
}

/// Opens a period. The database lets one subscription open one period for each start: a second call
/// fails with a duplicate and leaves no trace. One that was withdrawn because nobody had paid opens again, with what was used of it.
/// A period older than the wallet's newest is kept for the records and changes nothing else.
pub async fn open_period(
    tx: &mut Tx,
    user: &UserId,
    period: &NewPeriod<'_>,
    now: Timestamp,
) -> Result<Wallet, CreditsError> {
    let mut locked = locked(tx, user, period.provider, now).await?;
    let withdrawn: Option<PeriodRow> = sqlx::query_as(
        "SELECT * FROM plan_periods WHERE subscription_id = $1 AND starts_at = $2 AND withdrawn = 1",
    )
    .bind(period.subscription_id)
    .bind(period.starts_at)
    .fetch_optional(&mut **tx)
    .await?;
    let again = withdrawn.is_some();
    let (id, used, held) = match withdrawn {
        Some(row) => (row.id, row.used, row.held),
        None => (PeriodId::new(now), 0, 0),
    };
    let mut row = PeriodRow {
        id,
        user_id: user.clone(),
        subscription_id: period.subscription_id.to_owned(),
        plan: period.plan.to_owned(),
        quota: period.quota.map(|quota| quota.max(used + held)),
        used,
        held,
        renews: i64::from(period.renews),
        starts_at: period.starts_at,
        ends_at: period.ends_at,
        serves_until: period.serves_until,
        recharge_id: period.recharge.cloned(),
        unpaid: 0,
        withdrawn: 0,
        seal: String::new(),
    };
    row.seal = row.seal();
    let newest = locked.period.as_ref().map(|known| known.starts_at);
    if newest.is_none_or(|newest| newest < row.starts_at) {
        locked.period = Some(row.clone());
    }
    let write = |batch: &mut Batch| {
        if again {
            update(batch, row);
        } else {
            insert(batch, &row);
        }
    };
    Ok(locked.write_with(tx, write).await?)
}

/// Changes the period of a subscription, if it is the wallet's newest. One that is so already is left
/// alone.
pub async fn change_period(
    tx: &mut Tx,
    user: &UserId,
    subscription_id: &str,
    change: &PeriodChange<'_>,
    now: Timestamp,
) -> Result<Wallet, CreditsError> {
    let mut locked = locked(tx, user, change.provider, now).await?;
    let newest = locked.period.as_mut();
    let Some(row) = newest.filter(|row| row.subscription_id == subscription_id) else {
        return Ok(locked.wallet());
    };
    let before = row.clone();
    row.plan = change.plan.to_owned();
    row.quota = change.quota.map(|quota| quota.max(row.used + row.held));
    row.ends_at = change.ends_at;
    row.serves_until = change.serves_until;
    row.renews = i64::from(change.renews);
    row.unpaid = i64::from(change.unpaid);
    if *row == before {
        return Ok(locked.wallet());
    }
    let row = row.clone();
    let write = |batch: &mut Batch| update(batch, row);
    Ok(locked.write_with(tx, write).await?)
}

/// Takes back what a subscription should not have got: its periods have never served. The wallet
/// goes on with the newest of the others.
pub async fn withdraw_periods(
    tx: &mut Tx,
    user: &UserId,
    subscription_id: &str,
    provider: &'static str,
    now: Timestamp,
) -> Result<Wallet, CreditsError> {
    let mut locked = locked(tx, user, provider, now).await?;
    let (own, others): (Vec<PeriodRow>, Vec<PeriodRow>) = standing_periods(tx, user)
        .await?
        .into_iter()
        .partition(|row| row.subscription_id == subscription_id);
    if own.is_empty() {
        return Ok(locked.wallet());
    }
    locked.period = others.into_iter().next();
    let write = |batch: &mut Batch| {
        for mut row in own {
            row.withdrawn = 1;
            update(batch, row);
        }
    };
    Ok(locked.write_with(tx, write).await?)
}

/// Those that were not withdrawn, newest first; of two that began at once, the one that was there
/// first.
pub(super) async fn standing_periods(tx: &mut Tx, user: &UserId) -> sqlx::Result<Vec<PeriodRow>> {
    let rows = sqlx::query_as(
        "SELECT * FROM plan_periods WHERE user_id = $1 AND withdrawn = 0 \
         ORDER BY starts_at DESC, id",
    );
    rows.bind(user).fetch_all(&mut **tx).await
}

/// The period of a subscription that began last.
pub async fn newest_period(
    connection: &mut AnyConnection,
    subscription_id: &str,
) -> sqlx::Result<Option<PaidPeriod>> {
    let row: Option<PeriodRow> = sqlx::query_as(
        "SELECT * FROM plan_periods WHERE subscription_id = $1 AND withdrawn = 0 \
         ORDER BY starts_at DESC LIMIT 1",
    )
    .bind(subscription_id)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| PaidPeriod {
        plan: row.plan,
        quota: row.quota,
        recharge: row.recharge_id,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        serves_until: row.serves_until,
    }))
}

/// Whether a subscription has a period that begins then and stands.
pub async fn has_period(
    tx: &mut Tx,
    subscription_id: &str,
    starts_at: Timestamp,
) -> sqlx::Result<bool> {
    let known: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM plan_periods WHERE subscription_id = $1 AND starts_at = $2 AND withdrawn = 0",
    )
    .bind(subscription_id)
    .bind(starts_at)
    .fetch_one(&mut **tx)
    .await?;
    Ok(known > 0)
}

/// The periods that purchases of an account paid for: which, from when, to when.
pub async fn periods_paid(
    connection: &mut AnyConnection,
    user: &UserId,
) -> sqlx::Result<Vec<(RechargeId, Timestamp, Timestamp)>> {
    let select = sqlx::query_as(
        "SELECT recharge_id, starts_at, ends_at FROM plan_periods \
         WHERE user_id = $1 AND recharge_id IS NOT NULL",
    );
    select.bind(user).fetch_all(connection).await
}

/// What was opened and paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidPeriod {
    pub plan: String,
    pub quota: Option<i64>,
    pub recharge: Option<RechargeId>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub serves_until: Timestamp,
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
         starts_at, ends_at, serves_until, recharge_id, seal) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
    .bind(row.recharge_id.as_ref())
    .bind(&row.seal);
}

/// Seals the row anew and writes what may change.
pub(super) fn update(batch: &mut Batch, mut row: PeriodRow) {
    row.seal = row.seal();
    batch
        .add(
            "UPDATE plan_periods SET plan = $2, quota = $3, used = $4, held = $5, renews = $6, \
         ends_at = $7, serves_until = $8, unpaid = $9, withdrawn = $10, recharge_id = $11, \
         seal = $12 WHERE id = $1",
        )
        .bind(&row.id)
        .bind(&row.plan)
        .bind(row.quota)
        .bind(row.used)
        .bind(row.held)
        .bind(row.renews)
        .bind(row.ends_at)
        .bind(row.serves_until)
        .bind(row.unpaid)
        .bind(row.withdrawn)
        .bind(row.recharge_id.as_ref())
        .bind(&row.seal);
}
