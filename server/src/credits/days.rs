//! What the entries of a wallet come to per day: written with them, read by charts.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::ledger::NewEntry;
use super::types::{Actor, EntryKind};
use crate::db::{Batch, Database};
use crate::ids::UserId;
use crate::time::Timestamp;

/// One day of a wallet in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayTotals {
    pub date: String,
    /// Credits used: captured on that day, or deducted by the account itself.
    pub used: i64,
    /// Credits that came in: granted.
    pub received: i64,
    /// What was there, less what is owed, at the end of the day.
    #[serde(skip)]
    pub balance: i64,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub(crate) struct DayRow {
    /// Since 1970.
    pub day: i64,
    pub used: i64,
    pub received: i64,
    pub balance: i64,
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The day in UTC, counted from 1970.
pub fn day_of(at: Timestamp) -> i64 {
    at.micros().div_euclid(MICROS_PER_DAY)
}

/// What new entries add to their days.
pub(super) fn added(user: &UserId, actor: &Actor, entries: &[NewEntry]) -> BTreeMap<i64, DayRow> {
    let by_owner = *actor == Actor::User(user.clone());
    let mut days: BTreeMap<i64, DayRow> = BTreeMap::new();
    for entry in entries {
        let day = day_of(entry.at);
        let row = days.entry(day).or_default();
        row.day = day;
        match entry.kind {
            EntryKind::Grant => row.received += entry.amount,
            EntryKind::Capture => {
                row.used += entry.lots.iter().map(|(_, part)| part).sum::<i64>();
            }
            EntryKind::Deduct if by_owner => row.used -= entry.amount,
            _ => {}
        }
        row.balance = entry.balance_after;
    }
    days
}

/// Adds to a day; its balance is the newest.
pub(super) fn add(batch: &mut Batch, user: &UserId, row: DayRow) {
    write(
        batch,
        user,
        row,
        "INSERT INTO wallet_days (user_id, day, used, received, balance) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, day) DO UPDATE SET \
         used = wallet_days.used + excluded.used, \
         received = wallet_days.received + excluded.received, balance = excluded.balance",
    );
}

/// Writes a day that is not there.
pub(super) fn insert(batch: &mut Batch, user: &UserId, row: DayRow) {
    write(
        batch,
        user,
        row,
        "INSERT INTO wallet_days (user_id, day, used, received, balance) \
         VALUES ($1, $2, $3, $4, $5)",
    );
}

fn write(batch: &mut Batch, user: &UserId, row: DayRow, statement: &'static str) {
    batch
        .add(statement)
        .bind(user)
        .bind(row.day)
        .bind(row.used)
        .bind(row.received)
        .bind(row.balance);
}

/// The last `days` days of a wallet up to `now`, oldest first, days without entries included.
///
/// # Errors
/// The database's own.
pub async fn daily_totals(
    db: &Database,
    user: &UserId,
    days: i64,
    now: Timestamp,
) -> sqlx::Result<Vec<DayTotals>> {
    let today = day_of(now);
    let first = today - days + 1;
    // The newest row before the first day tells what it began with.
    let rows: Vec<DayRow> = sqlx::query_as(
        "SELECT day, used, received, balance FROM wallet_days WHERE user_id = $1 AND day >= \
         COALESCE((SELECT MAX(day) FROM wallet_days WHERE user_id = $1 AND day < $2), $2)",
    )
    .bind(user)
    .bind(first)
    .fetch_all(db.reader())
    .await?;
    let before = rows.iter().find(|row| row.day < first);
    let mut balance = before.map_or(0, |row| row.balance);
    let by_day: HashMap<i64, DayRow> = rows.iter().map(|row| (row.day, *row)).collect();
    let each = (first..=today).map(|day| {
        let row = by_day.get(&day).copied().unwrap_or(DayRow {
            balance,
            ..DayRow::default()
        });
        balance = row.balance;
        DayTotals {
            date: Timestamp::from_micros(day * MICROS_PER_DAY).day(),
            used: row.used,
            received: row.received,
            balance,
        }
    });
    Ok(each.collect())
}
