//! The SQL of wallets, lots and entries.

use sqlx::{AnyConnection, AnyPool, FromRow};

use super::ledger::{Ledger, Lot, LotState, NewEntry};
use super::types::{Actor, Figures, Source, Trials, Wallet};
use crate::db::{Change, Database, Tx};
use crate::ids::{EntryId, LotId, RechargeId, UserId};
use crate::time::Timestamp;

/// A row of `wallets`.
#[derive(FromRow)]
pub(super) struct WalletRow {
    pub(super) user_id: UserId,
    pub(super) version: i64,
    pub(super) seq: i64,
    pub(super) total: i64,
    pub(super) remaining: i64,
    pub(super) frozen: i64,
    pub(super) held: i64,
    pub(super) used: i64,
    pub(super) removed: i64,
    pub(super) debt: i64,
    pub(super) bonus: i64,
    pub(super) initial: i64,
    pub(super) trials_limit: i64,
    pub(super) trials_used: i64,
    pub(super) trials_held: i64,
}

impl WalletRow {
    fn figures(&self) -> Figures {
        Figures {
            remaining: self.remaining,
            held: self.held,
            frozen: self.frozen,
            total: self.total,
            used: self.used,
            removed: self.removed,
            bonus: self.bonus,
            initial: self.initial,
            debt: self.debt,
        }
    }

    fn trials(&self) -> Trials {
        Trials {
            limit: self.trials_limit,
            used: self.trials_used,
            held: self.trials_held,
            remaining: self.trials_limit - self.trials_used - self.trials_held,
        }
    }
}

#[derive(FromRow)]
struct ReadRow {
    #[sqlx(flatten)]
    wallet: WalletRow,
    lapsed: i64,
}

/// The wallet as of `now`, in one statement: what lapsed but is not written off yet counts as gone.
///
/// # Errors
/// The database's own; a missing wallet is `None`.
pub async fn find_wallet(
    pool: &AnyPool,
    user: &UserId,
    now: Timestamp,
) -> sqlx::Result<Option<Wallet>> {
    let row: Option<ReadRow> = sqlx::query_as(
        "SELECT w.*, (SELECT COALESCE(CAST(SUM(l.free) AS BIGINT), 0) FROM lots l \
          WHERE l.user_id = w.user_id AND l.free > 0 AND l.expires_at <= $2 AND l.frozen = 0) \
          AS lapsed FROM wallets w WHERE w.user_id = $1",
    )
    .bind(user)
    .bind(now)
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|ReadRow { wallet, lapsed }| {
        let (mut figures, trials) = (wallet.figures(), wallet.trials());
        figures.remaining -= lapsed;
        figures.removed += lapsed;
        Wallet {
            user_id: wallet.user_id,
            version: wallet.version,
            figures,
            trials,
        }
    }))
}

/// The wallet of an account that must have one.
pub async fn read(db: &Database, user: &UserId, now: Timestamp) -> sqlx::Result<Wallet> {
    find_wallet(db.reader(), user, now)
        .await?
        .ok_or(sqlx::Error::RowNotFound)
}

#[derive(FromRow)]
struct LotRow {
    id: LotId,
    #[sqlx(try_from = "String")]
    source: Source,
    granted: i64,
    free: i64,
    held: i64,
    spent: i64,
    gone: i64,
    frozen: i64,
    expires_at: Option<Timestamp>,
    recharge_id: Option<RechargeId>,
    created_at: Timestamp,
}

impl From<LotRow> for Lot {
    fn from(row: LotRow) -> Self {
        Self {
            id: row.id,
            source: row.source,
            granted: row.granted,
            free: row.free,
            held: row.held,
            spent: row.spent,
            gone: row.gone,
            frozen: row.frozen != 0,
            expires_at: row.expires_at,
            recharge_id: row.recharge_id,
            created_at: row.created_at,
            state: LotState::Unchanged,
        }
    }
}

/// A wallet under its lock, from [`lock`] to [`Locked::write`].
pub(super) struct Locked {
    pub user_id: UserId,
    pub version: i64,
    pub seq: i64,
    pub trials: Trials,
    pub ledger: Ledger,
}

/// Locks the wallet by counting its version up, and reads the open lots, beside them those of
/// `hold` (an entry whose credits are about to move).
pub(super) async fn lock(
    tx: &mut Tx,
    user: &UserId,
    hold: Option<&EntryId>,
    actor: Actor,
    now: Timestamp,
) -> sqlx::Result<Locked> {
    let row: WalletRow = sqlx::query_as(
        "UPDATE wallets SET version = version + 1, changed_at = $2 WHERE user_id = $1 RETURNING *",
    )
    .bind(user)
    .bind(now)
    .fetch_one(&mut **tx)
    .await?;
    let lots = open_lots(tx, user, hold).await?;
    Ok(Locked {
        user_id: row.user_id.clone(),
        version: row.version,
        seq: row.seq,
        trials: row.trials(),
        ledger: Ledger::new(row.figures(), lots, actor, now),
    })
}

async fn open_lots(
    connection: &mut AnyConnection,
    user: &UserId,
    hold: Option<&EntryId>,
) -> sqlx::Result<Vec<Lot>> {
    let rows: Vec<LotRow> = sqlx::query_as(
        "SELECT id, source, granted, free, held, spent, gone, frozen, expires_at, recharge_id, \
                created_at FROM lots WHERE user_id = $1 AND free > 0 \
         UNION \
         SELECT l.id, l.source, l.granted, l.free, l.held, l.spent, l.gone, l.frozen, \
                l.expires_at, l.recharge_id, l.created_at \
         FROM entry_lots e JOIN lots l ON l.id = e.lot_id WHERE e.entry_id = $2",
    )
    .bind(user)
    .bind(hold)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Lot::from).collect())
}

/// The lots and amounts of one entry.
pub(super) async fn parts_of(
    connection: &mut AnyConnection,
    entry: &EntryId,
) -> sqlx::Result<Vec<(LotId, i64)>> {
    sqlx::query_as("SELECT lot_id, amount FROM entry_lots WHERE entry_id = $1 ORDER BY lot_id")
        .bind(entry)
        .fetch_all(connection)
        .await
}

impl Locked {
    pub fn wallet(&self) -> Wallet {
        Wallet {
            user_id: self.user_id.clone(),
            version: self.version,
            figures: self.ledger.figures.clone(),
            trials: self.trials.clone(),
        }
    }

    /// Writes lots, entries and the row, and notes the change for open pages.
    pub async fn write(mut self, tx: &mut Tx) -> sqlx::Result<Wallet> {
        let wallet = self.wallet();
        self.write_lots(tx).await?;
        for entry in std::mem::take(&mut self.ledger.entries) {
            self.seq += 1;
            write_entry(tx, &self, &entry).await?;
        }
        self.write_row(tx).await?;
        tx.changed(Change::Wallet(self.user_id));
        Ok(wallet)
    }

    async fn write_lots(&self, tx: &mut Tx) -> sqlx::Result<()> {
        for lot in &self.ledger.lots {
            match lot.state {
                LotState::Unchanged => {}
                LotState::New => insert_lot(tx, &self.user_id, lot).await?,
                LotState::Changed => update_lot(tx, lot).await?,
            }
        }
        Ok(())
    }

    async fn write_row(&self, tx: &mut Tx) -> sqlx::Result<()> {
        let figures = &self.ledger.figures;
        sqlx::query(
            "UPDATE wallets SET seq = $2, total = $3, remaining = $4, frozen = $5, held = $6, \
             used = $7, removed = $8, debt = $9, bonus = $10, initial = $11, trials_limit = $12, \
             trials_used = $13, trials_held = $14 WHERE user_id = $1",
        )
        .bind(&self.user_id)
        .bind(self.seq)
        .bind(figures.total)
        .bind(figures.remaining)
        .bind(figures.frozen)
        .bind(figures.held)
        .bind(figures.used)
        .bind(figures.removed)
        .bind(figures.debt)
        .bind(figures.bonus)
        .bind(figures.initial)
        .bind(self.trials.limit)
        .bind(self.trials.used)
        .bind(self.trials.held)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

async fn insert_lot(tx: &mut Tx, user: &UserId, lot: &Lot) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO lots (id, user_id, source, granted, free, held, spent, gone, frozen, \
         expires_at, recharge_id, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&lot.id)
    .bind(user)
    .bind(lot.source.as_str())
    .bind(lot.granted)
    .bind(lot.free)
    .bind(lot.held)
    .bind(lot.spent)
    .bind(lot.gone)
    .bind(i64::from(lot.frozen))
    .bind(lot.expires_at)
    .bind(lot.recharge_id.as_ref())
    .bind(lot.created_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn update_lot(tx: &mut Tx, lot: &Lot) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE lots SET free = $2, held = $3, spent = $4, gone = $5, frozen = $6, \
         expires_at = $7 WHERE id = $1",
    )
    .bind(&lot.id)
    .bind(lot.free)
    .bind(lot.held)
    .bind(lot.spent)
    .bind(lot.gone)
    .bind(i64::from(lot.frozen))
    .bind(lot.expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn write_entry(tx: &mut Tx, wallet: &Locked, entry: &NewEntry) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO entries (id, user_id, seq, kind, amount, balance_after, reason, actor, \
         job_id, recharge_id, created_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&entry.id)
    .bind(&wallet.user_id)
    .bind(wallet.seq)
    .bind(entry.kind.as_str())
    .bind(entry.amount)
    .bind(entry.balance_after)
    .bind(entry.reason)
    .bind(wallet.ledger.actor.to_string())
    .bind(entry.job_id.as_ref())
    .bind(entry.recharge_id.as_ref())
    .bind(entry.at)
    .bind(wallet.version)
    .execute(&mut **tx)
    .await?;
    for (lot, amount) in &entry.lots {
        sqlx::query("INSERT INTO entry_lots (entry_id, lot_id, amount) VALUES ($1, $2, $3)")
            .bind(&entry.id)
            .bind(lot)
            .bind(*amount)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
