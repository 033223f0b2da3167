//! Long histories for benches, written set by set but row by row as the ledger would.

use super::days::DayRow;
use super::ledger::Lot;
use super::rows::{EntryRow, LotRow, WalletRow};
use super::types::{Actor, EntryKind, Source};
use super::{days, store};
use crate::db::{Database, Tx, many_rows};
use crate::ids::{EntryId, LotId, UserId};
use crate::time::Timestamp;

/// Entries in one statement. SQLite looks each parameter's name up in a list, so more are slower.
const SET: i64 = 40;
/// Those of one transaction.
const COMMIT_EVERY: i64 = 100_000;

/// Grants `deductions` credits to an account and lets it deduct them one by one: so many entries.
pub async fn seed_history(
    db: &Database,
    user: &UserId,
    deductions: i64,
    now: Timestamp,
) -> sqlx::Result<()> {
    let mut done = 0;
    while done < deductions {
        let part = COMMIT_EVERY.min(deductions - done);
        seed_part(db, user, part, now).await?;
        done += part;
    }
    Ok(())
}

/// Lets a copied wallet point at its period, which could not be written before it.
pub async fn point_at_period(tx: &mut Tx, user: &str, period: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE wallets SET period_id = $2 WHERE user_id = $1")
        .bind(user)
        .bind(period)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn seed_part(db: &Database, user: &UserId, credits: i64, now: Timestamp) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let select = tx.locking("SELECT * FROM wallets WHERE user_id = $1");
    let mut wallet: WalletRow = sqlx::query_as(select)
        .bind(user)
        .fetch_one(&mut *tx)
        .await?;
    let mut lot = Lot::new(LotId::new(now), Source::Grant, credits, now);
    (lot.free, lot.spent) = (0, credits);
    tx.write(|batch| store::insert_lot(batch, &LotRow::new(user, &lot)))
        .await?;
    let mut balance = wallet.figures().net();
    let mut rows = Vec::new();
    for number in 0..=credits {
        let (kind, amount) = if number == 0 {
            (EntryKind::Grant, credits)
        } else {
            (EntryKind::Deduct, -1)
        };
        balance += amount;
        wallet.seq += 1;
        wallet.version += 1;
        let mut row = EntryRow {
            id: EntryId::new(now),
            user_id: user.clone(),
            seq: wallet.seq,
            version: wallet.version,
            kind,
            amount,
            balance_after: balance,
            reason: "adjustment".to_owned(),
            actor: Actor::User(user.clone()).to_string(),
            job_id: None,
            recharge_id: None,
            created_at: now,
            seal: String::new(),
        };
        row.seal = row.seal(&[(lot.id.clone(), amount.abs())]);
        rows.push(row);
        if rows.len() as i64 == SET || number == credits {
            write_set(&mut tx, &rows, &lot.id).await?;
            rows.clear();
        }
    }
    let day = DayRow {
        day: days::day_of(now),
        used: credits,
        received: credits,
        balance,
    };
    tx.write(|batch| days::add(batch, user, day)).await?;
    wallet.total += credits;
    wallet.bonus += credits;
    wallet.used += credits;
    wallet.changed_at = now;
    wallet.seal = wallet.seal();
    tx.write(|batch| store::update_wallet(batch, &wallet))
        .await?;
    tx.commit().await
}

async fn write_set(tx: &mut Tx, rows: &[EntryRow], lot: &LotId) -> sqlx::Result<()> {
    let columns = "id, user_id, seq, version, kind, amount, balance_after, reason, actor, \
                   created_at, seal";
    let statement = many_rows("entries", columns, rows.len());
    let entries = rows.iter().fold(sqlx::query(statement), |query, row| {
        query
            .bind(row.id.as_str())
            .bind(row.user_id.as_str())
            .bind(row.seq)
            .bind(row.version)
            .bind(row.kind.as_str())
            .bind(row.amount)
            .bind(row.balance_after)
            .bind(row.reason.as_str())
            .bind(row.actor.as_str())
            .bind(row.created_at.micros())
            .bind(row.seal.as_str())
    });
    entries.execute(&mut **tx).await?;
    let statement = many_rows("entry_lots", "entry_id, lot_id, amount", rows.len());
    let parts = rows.iter().fold(sqlx::query(statement), |query, row| {
        let query = query.bind(row.id.as_str()).bind(lot.as_str());
        query.bind(row.amount.abs())
    });
    parts.execute(&mut **tx).await?;
    Ok(())
}
