//! The SQL of wallets, lots and entries.

use sqlx::{AnyPool, AssertSqlSafe, FromRow};

use super::ledger::{Ledger, Lot, LotState, NewEntry};
use super::rows::{EntryRow, LotRow, PeriodRow, WalletRow, is_past_due, rests};
use super::types::{Actor, Period, Trials, Wallet};
use super::{days, plans};
use crate::db::{self, Batch, Change, Database, Tx};
use crate::ids::{EntryId, LotId, RechargeId, UserId};
use crate::time::Timestamp;

#[derive(FromRow)]
struct ReadRow {
    #[sqlx(flatten)]
    wallet: WalletRow,
    lapsed: i64,
    plan: Option<String>,
    plan_quota: Option<i64>,
    plan_used: Option<i64>,
    plan_held: Option<i64>,
    plan_renews: Option<i64>,
    plan_unpaid: Option<i64>,
    plan_ends_at: Option<Timestamp>,
    plan_serves_until: Option<Timestamp>,
}

impl ReadRow {
    fn into_wallet(self, now: Timestamp) -> Wallet {
        let (unpaid, renews) = (self.plan_unpaid == Some(1), self.plan_renews == Some(1));
        let serves = self.plan_serves_until.is_some_and(|until| until > now);
        let unpaid_plan = self.plan.clone().filter(|_| rests(serves, unpaid, renews));
        let period = self
            .plan
            .zip(self.plan_ends_at)
            .filter(|_| serves)
            .map(|(plan, ends_at)| Period {
                plan,
                quota: self.plan_quota,
                used: self.plan_used.unwrap_or(0),
                held: self.plan_held.unwrap_or(0),
                ends_at,
                renews,
                past_due: is_past_due(unpaid, ends_at, now),
            });
        let (mut figures, trials) = (self.wallet.figures(), self.wallet.trials());
        figures.remaining -= self.lapsed;
        figures.removed += self.lapsed;
        Wallet {
            user_id: self.wallet.user_id,
            version: self.wallet.version,
            figures,
            trials,
            period,
            unpaid_plan,
            is_stopped: self.wallet.stopped_at.is_some(),
        }
    }
}

/// What is read of a wallet as of the moment `$1`, up to the account.
macro_rules! read_wallets {
    () => {
        "SELECT w.*, (SELECT COALESCE(CAST(SUM(l.free) AS BIGINT), 0) FROM lots l \
          WHERE l.user_id = w.user_id AND l.free > 0 AND l.expires_at <= $1 AND l.frozen = 0) \
          AS lapsed, p.plan, p.quota AS plan_quota, p.used AS plan_used, p.held AS plan_held, \
          p.renews AS plan_renews, p.unpaid AS plan_unpaid, p.ends_at AS plan_ends_at, \
          p.serves_until AS plan_serves_until \
         FROM wallets w LEFT JOIN plan_periods p ON p.id = w.period_id AND p.starts_at <= $1 \
         WHERE w.user_id"
    };
}

const READ_ONE: &str = concat!(read_wallets!(), " = $2");

/// The wallet as of `now`, in one statement: what lapsed but is not written off yet counts as gone.
///
/// # Errors
/// The database's own; a missing wallet is `None`.
pub async fn find_wallet(
    pool: &AnyPool,
    user: &UserId,
    now: Timestamp,
) -> sqlx::Result<Option<Wallet>> {
    let row: Option<ReadRow> = sqlx::query_as(READ_ONE)
        .bind(now)
        .bind(user)
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|row| row.into_wallet(now)))
}

/// The same of several accounts, in no order.
///
/// # Errors
/// The database's own.
pub async fn find_wallets(
    pool: &AnyPool,
    users: &[UserId],
    now: Timestamp,
) -> sqlx::Result<Vec<Wallet>> {
    let mut wallets = Vec::with_capacity(users.len());
    for some in users.chunks(db::AT_ONCE) {
        let places = db::places(2, some.len());
        let select = format!(concat!(read_wallets!(), " IN ({})"), places);
        let mut query = sqlx::query_as(AssertSqlSafe(select)).bind(now);
        for user in some {
            query = query.bind(user.clone());
        }
        let rows: Vec<ReadRow> = query.fetch_all(pool).await?;
        wallets.extend(rows.into_iter().map(|row| row.into_wallet(now)));
    }
    Ok(wallets)
}

/// The wallet of an account that must have one.
pub async fn read(db: &Database, user: &UserId, now: Timestamp) -> sqlx::Result<Wallet> {
    find_wallet(db.reader(), user, now)
        .await?
        .ok_or(sqlx::Error::RowNotFound)
}

/// The version of an account's wallet right now: whatever is read after it is at least as new.
///
/// # Errors
/// The database's own.
pub async fn read_version(db: &Database, user: &UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT version FROM wallets WHERE user_id = $1")
        .bind(user.clone())
        .fetch_one(db.reader())
        .await
}

/// A wallet under its lock, from [`lock`] to [`Locked::write`]. Dropped without, nothing changes.
pub(super) struct Locked {
    row: WalletRow,
    pub trials: Trials,
    /// The period that began last, whether or not it still serves.
    pub period: Option<PeriodRow>,
    pub ledger: Ledger,
    /// Of which lots the hold that was asked for took how much.
    pub held: Vec<(LotId, i64)>,
    pub now: Timestamp,
}

#[derive(FromRow)]
struct LockedLot {
    #[sqlx(flatten)]
    lot: LotRow,
    /// What the hold that was asked for took of it.
    part: i64,
}

/// Which lots an operation needs beside those with free credits.
#[derive(Clone, Copy)]
pub(super) enum Lots<'a> {
    Open,
    /// Those an entry, a hold, took from.
    AndOf(&'a EntryId),
    /// Those of a purchase, and all that gave for returned money or debt.
    AndReturnable(&'a RechargeId),
}

const OPEN: &str = "SELECT *, 0 AS part FROM lots WHERE user_id = $1 AND free > 0";
const AND_OF: &str = "SELECT l.*, e.amount AS part FROM entry_lots e JOIN lots l ON l.id = e.lot_id \
       WHERE e.entry_id = $2 \
     UNION ALL SELECT *, 0 FROM lots WHERE user_id = $1 AND free > 0 \
       AND id NOT IN (SELECT lot_id FROM entry_lots WHERE entry_id = $2)";
const AND_RETURNABLE: &str = "SELECT *, 0 AS part FROM lots WHERE user_id = $1 AND free > 0 \
     UNION SELECT *, 0 FROM lots WHERE user_id = $1 AND taken > 0 \
     UNION SELECT *, 0 FROM lots WHERE user_id = $1 AND recharge_id = $2";

/// Locks the wallet's row until the transaction ends, and reads the lots. Everything that changes
/// a wallet comes through here, so the changes of one wallet stand in one order.
pub(super) async fn lock(
    tx: &mut Tx,
    user: &UserId,
    lots: Lots<'_>,
    actor: Actor,
    now: Timestamp,
) -> sqlx::Result<Locked> {
    let select = tx.locking("SELECT * FROM wallets WHERE user_id = $1");
    let row: WalletRow = sqlx::query_as(select)
        .bind(user)
        .fetch_one(&mut **tx)
        .await?;
    let rows: Vec<LockedLot> = match lots {
        Lots::Open => sqlx::query_as(OPEN).bind(user).fetch_all(&mut **tx).await?,
        Lots::AndOf(entry) => {
            let select = sqlx::query_as(AND_OF).bind(user).bind(entry);
            select.fetch_all(&mut **tx).await?
        }
        Lots::AndReturnable(recharge) => {
            let select = sqlx::query_as(AND_RETURNABLE).bind(user).bind(recharge);
            select.fetch_all(&mut **tx).await?
        }
    };
    let period = match &row.period_id {
        Some(id) => Some(plans::period(tx, id).await?),
        None => None,
    };
    let mut held = Vec::new();
    let mut lots = Vec::with_capacity(rows.len());
    for LockedLot { lot, part } in rows {
        if part > 0 {
            held.push((lot.id.clone(), part));
        }
        lots.push(Lot::from(lot));
    }
    Ok(Locked {
        trials: row.trials(),
        ledger: Ledger::new(row.figures(), lots, actor, now),
        held,
        row,
        period,
        now,
    })
}

impl Locked {
    /// The wallet as it is so far.
    pub fn wallet(&self) -> Wallet {
        Wallet {
            user_id: self.row.user_id.clone(),
            version: self.row.version,
            figures: self.ledger.figures.clone(),
            trials: self.trials.clone(),
            period: self.period.as_ref().and_then(|period| period.at(self.now)),
            unpaid_plan: self
                .period
                .as_ref()
                .and_then(|period| period.rests_at(self.now)),
            is_stopped: self.row.stopped_at.is_some(),
        }
    }

    /// Stops spending from now on, or lifts that; says whether this changes anything.
    pub fn set_stopped(&mut self, stopped: bool) -> bool {
        let changes = self.row.stopped_at.is_some() != stopped;
        if changes {
            self.row.stopped_at = stopped.then_some(self.now);
        }
        changes
    }

    /// Whether time has changed how the plan looks since the wallet was written.
    pub fn has_turned(&self) -> bool {
        let turns = self.period.iter().flat_map(PeriodRow::turns);
        let mut past = turns.filter(|turn| *turn <= self.now);
        past.any(|turn| turn > self.row.changed_at)
    }

    /// Writes lots, entries and the row under the wallet's next version, and notes the change for
    /// open pages.
    pub async fn write(self, tx: &mut Tx) -> sqlx::Result<Wallet> {
        self.write_with(tx, |_| {}).await
    }

    /// The same, with what belongs to its entries.
    pub async fn write_with(
        mut self,
        tx: &mut Tx,
        more: impl FnOnce(&mut Batch),
    ) -> sqlx::Result<Wallet> {
        self.row.version += 1;
        self.row.changed_at = self.now;
        tx.write(|batch| {
            self.write_lots(batch);
            let entries = &self.ledger.entries;
            for day in days::added(&self.row.user_id, &self.ledger.actor, entries).into_values() {
                days::add(batch, &self.row.user_id, day);
            }
            for entry in std::mem::take(&mut self.ledger.entries) {
                self.row.seq += 1;
                self.write_entry(batch, entry);
            }
            more(batch);
            self.write_row(batch);
        })
        .await?;
        tx.changed(Change::Wallet(self.row.user_id.clone()));
        Ok(self.wallet())
    }

    /// The same, unless the operation found everything as it should be.
    pub async fn write_if_changed(self, tx: &mut Tx) -> sqlx::Result<Wallet> {
        if self.ledger.entries.is_empty() {
            Ok(self.wallet())
        } else {
            self.write(tx).await
        }
    }

    fn write_lots(&self, batch: &mut Batch) {
        for lot in &self.ledger.lots {
            let row = || LotRow::new(&self.row.user_id, lot);
            match lot.state {
                LotState::Unchanged => {}
                LotState::New => insert_lot(batch, &row()),
                LotState::Changed => update_lot(batch, &row()),
            }
        }
    }

    fn write_entry(&self, batch: &mut Batch, entry: NewEntry) {
        let actor = if entry.by_itself {
            &Actor::System
        } else {
            &self.ledger.actor
        };
        let mut parts = entry.lots;
        parts.sort();
        let mut row = EntryRow {
            id: entry.id,
            user_id: self.row.user_id.clone(),
            seq: self.row.seq,
            version: self.row.version,
            kind: entry.kind,
            amount: entry.amount,
            balance_after: entry.balance_after,
            reason: entry.reason.to_owned(),
            actor: actor.to_string(),
            job_id: entry.job_id,
            recharge_id: entry.recharge_id,
            created_at: entry.at,
            seal: String::new(),
        };
        row.seal = row.seal(&parts);
        insert_entry(batch, &row);
        for (lot, amount) in &parts {
            batch
                .add("INSERT INTO entry_lots (entry_id, lot_id, amount) VALUES ($1, $2, $3)")
                .bind(&row.id)
                .bind(lot)
                .bind(*amount);
        }
    }

    fn write_row(&mut self, batch: &mut Batch) {
        self.row.set_figures(&self.ledger.figures);
        self.row.trials_limit = self.trials.limit;
        self.row.trials_used = self.trials.used;
        self.row.trials_held = self.trials.held;
        self.row.period_id = self.period.as_ref().map(|period| period.id.clone());
        self.row.seal = self.row.seal();
        update_wallet(batch, &self.row);
    }
}

/// Writes a wallet that holds nothing yet.
pub(super) async fn insert_wallet(tx: &mut Tx, row: WalletRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO wallets (user_id, version, seq, total, remaining, frozen, held, used, \
         removed, debt, bonus, initial, trials_limit, trials_used, trials_held, changed_at, seal) \
         VALUES ($1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $2, 0, 0, $3, $4)",
    )
    .bind(&row.user_id)
    .bind(row.trials_limit)
    .bind(row.changed_at)
    .bind(row.seal())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) fn update_wallet(batch: &mut Batch, row: &WalletRow) {
    batch
        .add(
            "UPDATE wallets SET version = $2, seq = $3, total = $4, remaining = $5, frozen = $6, \
             held = $7, used = $8, removed = $9, debt = $10, bonus = $11, initial = $12, \
             trials_limit = $13, trials_used = $14, trials_held = $15, period_id = $16, \
             changed_at = $17, seal = $18, stopped_at = $19 WHERE user_id = $1",
        )
        .bind(&row.user_id)
        .bind(row.version)
        .bind(row.seq)
        .bind(row.total)
        .bind(row.remaining)
        .bind(row.frozen)
        .bind(row.held)
        .bind(row.used)
        .bind(row.removed)
        .bind(row.debt)
        .bind(row.bonus)
        .bind(row.initial)
        .bind(row.trials_limit)
        .bind(row.trials_used)
        .bind(row.trials_held)
        .bind(row.period_id.as_ref())
        .bind(row.changed_at)
        .bind(&row.seal)
        .bind(row.stopped_at);
}

pub(super) fn insert_lot(batch: &mut Batch, row: &LotRow) {
    write_lot(batch, INSERT_LOT, row);
}

/// Writes a whole lot whether or not it is there, for `rebuild`.
pub(super) fn put_lot(batch: &mut Batch, row: &LotRow) {
    write_lot(batch, &format!("{INSERT_LOT} {OR_REPLACE}"), row);
}

const INSERT_LOT: &str = "INSERT INTO lots (id, user_id, source, granted, free, held, spent, gone, \
     taken, frozen, expires_at, recharge_id, created_at, seal) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
const OR_REPLACE: &str = "ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, source = excluded.source, \
     granted = excluded.granted, free = excluded.free, held = excluded.held, \
     spent = excluded.spent, gone = excluded.gone, taken = excluded.taken, \
     frozen = excluded.frozen, expires_at = excluded.expires_at, \
     recharge_id = excluded.recharge_id, created_at = excluded.created_at, seal = excluded.seal";

fn write_lot(batch: &mut Batch, statement: &str, row: &LotRow) {
    batch
        .add(statement)
        .bind(&row.id)
        .bind(&row.user_id)
        .bind(row.source.as_str())
        .bind(row.granted)
        .bind(row.free)
        .bind(row.held)
        .bind(row.spent)
        .bind(row.gone)
        .bind(row.taken)
        .bind(row.frozen)
        .bind(row.expires_at)
        .bind(row.recharge_id.as_ref())
        .bind(row.created_at)
        .bind(&row.seal);
}

fn update_lot(batch: &mut Batch, row: &LotRow) {
    batch
        .add(
            "UPDATE lots SET free = $2, held = $3, spent = $4, gone = $5, taken = $6, frozen = $7, \
             expires_at = $8, seal = $9 WHERE id = $1",
        )
        .bind(&row.id)
        .bind(row.free)
        .bind(row.held)
        .bind(row.spent)
        .bind(row.gone)
        .bind(row.taken)
        .bind(row.frozen)
        .bind(row.expires_at)
        .bind(&row.seal);
}

fn insert_entry(batch: &mut Batch, row: &EntryRow) {
    batch
        .add(
            "INSERT INTO entries (id, user_id, seq, version, kind, amount, balance_after, reason, \
             actor, job_id, recharge_id, created_at, seal) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(&row.id)
        .bind(&row.user_id)
        .bind(row.seq)
        .bind(row.version)
        .bind(row.kind.as_str())
        .bind(row.amount)
        .bind(row.balance_after)
        .bind(&row.reason)
        .bind(&row.actor)
        .bind(row.job_id.as_ref())
        .bind(row.recharge_id.as_ref())
        .bind(row.created_at)
        .bind(&row.seal);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    on_both_databases! {
        async fn wallets_go_by_an_index(ground: TestGround) {
            let many = format!(concat!(read_wallets!(), " IN ({})"), db::places(2, 3));
            for (select, values) in [(READ_ONE, vec!["9", "a"]), (&many, vec!["9", "a", "b", "c"])] {
                Course::by_index(&ground.db, select, &values, "sqlite_autoindex_wallets_1 (user_id=?").await;
            }
        }
    }
}
