//! Writes anew what follows from the entries of one account: its wallet's row, its lots, the ends of
//! its uses, the counts of its periods. The entries themselves are only read.

use std::collections::HashMap;

use futures::TryStreamExt;

use super::operations::{CreditsError, capture, release};
use super::recompute::Recomputed;
use super::rows::{
    EntryPart, EntryRow, Gathered, LotRow, PeriodRow, UseRow, WalletRow, WholeEntry,
};
use super::types::{EntryKind, PaidBy};
use super::{days, plans, records, store};
use crate::db::{Change, Database, Tx};
use crate::ids::{ConsumptionId, JobId, LotId, PeriodId, RechargeId, UserId};
use crate::time::Timestamp;

/// Makes what follows from the entries of `user` fit them again, and settles the holds of jobs that
/// have ended. Safe to repeat, and while the site runs.
pub async fn rebuild(db: &Database, user: &UserId, now: Timestamp) -> Result<(), CreditsError> {
    let mut tx = db.begin().await?;
    rebuild_in(&mut tx, user, now).await?;
    tx.commit().await?;
    settle_ended(db, user, now).await
}

/// Lets nobody else change the books of `user` until the transaction ends.
pub async fn lock_books(tx: &mut Tx, user: &UserId) -> sqlx::Result<()> {
    lock_wallet(tx, user).await.map(|_| ())
}

/// In the order in which the end of a job locks them.
async fn lock_wallet(tx: &mut Tx, user: &UserId) -> sqlx::Result<Option<WalletRow>> {
    let uses = tx.locking("SELECT id FROM consumption_records WHERE user_id = $1 ORDER BY id");
    sqlx::query(uses).bind(user).execute(&mut **tx).await?;
    let select = tx.locking("SELECT * FROM wallets WHERE user_id = $1");
    sqlx::query_as(select)
        .bind(user)
        .fetch_optional(&mut **tx)
        .await
}

/// The same in the caller's transaction, without the holds of jobs that have ended.
pub async fn rebuild_in(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<(), CreditsError> {
    let wallet = match lock_wallet(tx, user).await? {
        Some(row) => row,
        // How many trials there were to begin with, only the row itself knew.
        None => {
            let row = WalletRow::empty(user, 0, now);
            store::insert_wallet(tx, row.clone()).await?;
            row
        }
    };
    let (told, ends) = read_entries(tx, user).await?;
    write_lots(tx, user, &told).await?;
    write_days(tx, user, &told).await?;
    let uses = write_uses(tx, user, ends).await?;
    let newest = write_periods(tx, user, &uses).await?;
    write_wallet(tx, wallet, &told, &uses, newest, now).await?;
    tx.changed(Change::Wallet(user.clone()));
    Ok(())
}

/// The hold of each job, and its end if it has one.
type Ends = HashMap<JobId, (EntryRow, Option<EntryRow>)>;

async fn read_entries(tx: &mut Tx, user: &UserId) -> sqlx::Result<(Recomputed, Ends)> {
    let lapsing: Vec<(RechargeId, i64)> = sqlx::query_as(
        "SELECT id, expires_days FROM recharge_records \
         WHERE user_id = $1 AND expires_days IS NOT NULL",
    )
    .bind(user)
    .fetch_all(&mut **tx)
    .await?;
    let mut told = Recomputed::new(user, lapsing.into_iter().collect());
    let mut ends = Ends::new();
    let mut rows = sqlx::query_as::<_, EntryPart>(
        "SELECT e.*, p.lot_id AS part_lot, p.amount AS part_amount \
         FROM entries e LEFT JOIN entry_lots p ON p.entry_id = e.id \
         WHERE e.user_id = $1 ORDER BY e.seq, p.lot_id",
    )
    .bind(user)
    .fetch(&mut **tx);
    let mut gathered = Gathered::default();
    while let Some(row) = rows.try_next().await? {
        if let Some(whole) = gathered.add(row) {
            read_entry(whole, &mut told, &mut ends);
        }
    }
    if let Some(whole) = gathered.finish() {
        read_entry(whole, &mut told, &mut ends);
    }
    Ok((told, ends))
}

/// A flaw of an entry is the business of `verify`.
fn read_entry((row, parts): WholeEntry, told: &mut Recomputed, ends: &mut Ends) {
    let entry = row.entry;
    told.read(&entry, &parts);
    let Some(job) = entry.job_id.clone() else {
        return;
    };
    match entry.kind {
        EntryKind::Hold => {
            ends.insert(job, (entry, None));
        }
        EntryKind::Capture | EntryKind::Release => {
            if let Some((_, end)) = ends.get_mut(&job) {
                *end = Some(entry);
            }
        }
        _ => {}
    }
}

async fn write_lots(tx: &mut Tx, user: &UserId, told: &Recomputed) -> sqlx::Result<()> {
    let known: Vec<(LotId,)> = sqlx::query_as("SELECT id FROM lots WHERE user_id = $1")
        .bind(user)
        .fetch_all(&mut **tx)
        .await?;
    for (id,) in known.iter().filter(|(id,)| !told.lots.contains_key(id)) {
        sqlx::query("DELETE FROM lots WHERE id = $1")
            .bind(id)
            .execute(&mut **tx)
            .await?;
    }
    tx.write(|batch| {
        for lot in told.lots.values() {
            store::put_lot(batch, &LotRow::new(user, lot));
        }
    })
    .await
}

async fn write_days(tx: &mut Tx, user: &UserId, told: &Recomputed) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM wallet_days WHERE user_id = $1")
        .bind(user)
        .execute(&mut **tx)
        .await?;
    tx.write(|batch| {
        for row in told.days.values() {
            days::insert(batch, user, *row);
        }
    })
    .await
}

/// Every use as it is after its end was written; of a use without a record, one is made from its job.
async fn write_uses(tx: &mut Tx, user: &UserId, mut ends: Ends) -> sqlx::Result<Vec<UseRow>> {
    records::delete_strays(tx, user).await?;
    let rows: Vec<UseRow> =
        sqlx::query_as("SELECT * FROM consumption_records WHERE user_id = $1 ORDER BY id")
            .bind(user)
            .fetch_all(&mut **tx)
            .await?;
    let mut uses = Vec::with_capacity(rows.len());
    for mut row in rows {
        // A record that no hold speaks of (doubled, or of another job) is no use.
        let hold = ends.remove(&row.job_id);
        let Some((hold, end)) = hold.filter(|(hold, _)| hold.id == row.hold_entry) else {
            records::delete(tx, &row.id).await?;
            continue;
        };
        tell_use(&mut row, &hold, end.as_ref());
        records::rewrite(tx, &mut row).await?;
        uses.push(row);
    }
    for (job, (hold, end)) in ends {
        let paid_by: Option<String> = sqlx::query_scalar("SELECT paid_by FROM jobs WHERE id = $1")
            .bind(&job)
            .fetch_optional(&mut **tx)
            .await?;
        let period_id: Option<PeriodId> = sqlx::query_scalar(
            "SELECT id FROM plan_periods \
             WHERE user_id = $1 AND starts_at <= $2 AND serves_until > $2 \
             ORDER BY starts_at DESC LIMIT 1",
        )
        .bind(user)
        .bind(hold.created_at)
        .fetch_optional(&mut **tx)
        .await?;
        let mut row = UseRow {
            id: ConsumptionId::new(hold.created_at),
            user_id: user.clone(),
            job_id: job,
            tool: String::new(),
            credits: 0,
            paid_by: paid_by
                .and_then(|word| PaidBy::parse(&word))
                .unwrap_or(PaidBy::Credits),
            period_id,
            description: String::new(),
            status: String::new(),
            hold_entry: hold.id.clone(),
            created_at: hold.created_at,
            settled_at: None,
            refunded_at: None,
            seal: String::new(),
        };
        tell_use(&mut row, &hold, end.as_ref());
        tx.write(|batch| records::insert(batch, row.clone()))
            .await?;
        uses.push(row);
    }
    Ok(uses)
}

fn tell_use(row: &mut UseRow, hold: &EntryRow, end: Option<&EntryRow>) {
    let end_kind = end.map(|end| end.kind);
    row.tool = hold.reason.clone();
    row.description = hold.reason.clone();
    row.credits = -hold.amount;
    row.paid_by = match (hold.amount < 0, row.paid_by) {
        (true, _) => PaidBy::Credits,
        (false, PaidBy::Credits) if row.period_id.is_some() => PaidBy::Plan,
        (false, PaidBy::Credits) => PaidBy::Trial,
        (false, told) => told,
    };
    row.created_at = hold.created_at;
    row.status = match end_kind {
        Some(EntryKind::Capture) => "completed",
        Some(_) => "refunded",
        None => "held",
    }
    .to_owned();
    row.settled_at = end.map(|end| end.created_at);
    row.refunded_at = row
        .settled_at
        .filter(|_| end_kind == Some(EntryKind::Release));
}

fn count(uses: &[UseRow], status: &str, is: impl Fn(&UseRow) -> bool) -> i64 {
    let counted = uses.iter().filter(|row| row.status == status && is(row));
    i64::try_from(counted.count()).unwrap_or(i64::MAX)
}

/// Writes the counts of each period, and says which began last.
async fn write_periods(
    tx: &mut Tx,
    user: &UserId,
    uses: &[UseRow],
) -> sqlx::Result<Option<PeriodId>> {
    let rows: Vec<PeriodRow> =
        sqlx::query_as("SELECT * FROM plan_periods WHERE user_id = $1 ORDER BY starts_at, id DESC")
            .bind(user)
            .fetch_all(&mut **tx)
            .await?;
    let mut newest = None;
    for mut row in rows {
        let of_it = |used: &UseRow| used.period_id.as_ref() == Some(&row.id);
        (row.used, row.held) = (count(uses, "completed", of_it), count(uses, "held", of_it));
        if row.withdrawn == 0 {
            newest = Some(row.id.clone());
        }
        tx.write(|batch| plans::update(batch, row)).await?;
    }
    Ok(newest)
}

async fn write_wallet(
    tx: &mut Tx,
    mut row: WalletRow,
    told: &Recomputed,
    uses: &[UseRow],
    newest: Option<PeriodId>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let by_trial = |row: &UseRow| row.paid_by == PaidBy::Trial;
    row.set_figures(&told.figures());
    row.version = row.version.max(told.version) + 1;
    row.seq = told.seq;
    row.trials_used = count(uses, "completed", by_trial);
    row.trials_held = count(uses, "held", by_trial);
    row.trials_limit = row.trials_limit.max(row.trials_used + row.trials_held);
    row.period_id = newest;
    row.changed_at = now;
    row.seal = row.seal();
    tx.write(|batch| store::update_wallet(batch, &row)).await
}

/// Ends, by the usual path, the holds of jobs that have ended.
pub async fn settle_ended(
    db: &Database,
    user: &UserId,
    now: Timestamp,
) -> Result<(), CreditsError> {
    let ended: Vec<(JobId, String)> = sqlx::query_as(
        "SELECT j.id, j.state FROM jobs j JOIN consumption_records c ON c.job_id = j.id \
         WHERE c.user_id = $1 AND c.status = 'held' AND j.finished_at IS NOT NULL",
    )
    .bind(user)
    .fetch_all(db.reader())
    .await?;
    for (job, state) in ended {
        let mut tx = db.begin().await?;
        if state == "succeeded" {
            capture(&mut tx, &job, now).await?;
        } else {
            release(&mut tx, &job, now).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
