//! What an operator puts right where history cannot be: the entries stay as they are, a further one makes up for them. Each
//! takes the caller's transaction, in which it is also noted what was made up for, so that it happens once.

use super::adjust::BY_HAND;
use super::ledger::Lot;
use super::operations::CreditsError;
use super::store::{Locked, Lots, lock};
use super::types::{Actor, EntryKind, Source};
use super::{plans, statement};
use crate::db::Tx;
use crate::ids::{EntryId, JobId, LotId, PeriodId, RechargeId, UserId};
use crate::time::Timestamp;

/// Gives an account what it lacks (above zero), or takes off what it should not have (below). What was used up already is owed
/// then, as with returned money. Nothing is done for zero.
pub async fn correct(
    tx: &mut Tx,
    user: &UserId,
    amount: i64,
    note: &str,
    actor: Actor,
    now: Timestamp,
) -> Result<(), CreditsError> {
    let mut locked = lock(tx, user, Lots::Open, actor, now).await?;
    let kind = match amount {
        0 => return Ok(()),
        1.. => {
            let lot = Lot::new(LotId::new(now), Source::Grant, amount, now);
            locked.ledger.grant(lot, BY_HAND);
            EntryKind::Grant
        }
        _ => {
            locked.ledger.take_off(-amount, BY_HAND);
            EntryKind::TakeBack
        }
    };
    write(locked, tx, kind, note).await
}

/// A purchase whose grant was not what its record says.
#[derive(Clone, Copy, Debug)]
pub struct WrongGrant<'a> {
    pub recharge: &'a RechargeId,
    /// What is missing (above zero), or was too much (below).
    pub amount: i64,
    /// When what is missing lapses.
    pub expires_at: Option<Timestamp>,
}

/// The same for a purchase: from then on its money stands for what the record says, whatever goes back later.
pub async fn correct_purchase(
    tx: &mut Tx,
    user: &UserId,
    wrong: WrongGrant<'_>,
    note: &str,
    actor: Actor,
    now: Timestamp,
) -> Result<(), CreditsError> {
    let WrongGrant {
        recharge,
        amount,
        expires_at,
    } = wrong;
    let mut locked = lock(tx, user, Lots::AndReturnable(recharge), actor, now).await?;
    let kind = match amount {
        0 => return Ok(()),
        1.. => {
            let mut lot = Lot::new(LotId::new(now), Source::Grant, amount, now);
            lot.recharge_id = Some(recharge.clone());
            lot.expires_at = expires_at;
            locked.ledger.grant(lot, BY_HAND);
            EntryKind::Grant
        }
        _ => {
            locked.ledger.take_back(recharge, -amount, BY_HAND);
            EntryKind::TakeBack
        }
    };
    write(locked, tx, kind, note).await
}

async fn write(
    locked: Locked,
    tx: &mut Tx,
    kind: EntryKind,
    note: &str,
) -> Result<(), CreditsError> {
    let told = locked
        .ledger
        .entries
        .iter()
        .rev()
        .find(|entry| entry.kind == kind);
    let entry = told.map(|entry| entry.id.clone());
    locked.write(tx).await?;
    if let Some(id) = entry.as_ref().filter(|_| !note.is_empty()) {
        statement::write_note(tx, id, note).await?;
    }
    Ok(())
}

/// Sets aside again what an entry has let go a second time, in the very lots, so that the hold that is still open there can
/// end. Gives the entry that tells it; `None`, and nothing is done, when those credits are no longer free.
pub async fn hold_again(
    tx: &mut Tx,
    user: &UserId,
    extra_end: &EntryId,
    actor: Actor,
    now: Timestamp,
) -> Result<Option<EntryId>, CreditsError> {
    let mut locked = lock(tx, user, Lots::AndOf(extra_end), actor, now).await?;
    let parts = std::mem::take(&mut locked.held);
    if !locked.ledger.hold_parts(&parts, BY_HAND) {
        return Ok(None);
    }
    let entry = locked.ledger.entries.last().map(|entry| entry.id.clone());
    locked.write(tx).await?;
    Ok(entry)
}

/// Ends of a job beyond the first, oldest first: which entry, whether it captured, and how many credits it moved.
pub async fn extra_ends(tx: &mut Tx, job: &JobId) -> sqlx::Result<Vec<(EntryId, bool, i64)>> {
    let ends: Vec<(EntryId, String, i64)> = sqlx::query_as(
        "SELECT e.id, e.kind, \
         (SELECT CAST(COALESCE(SUM(p.amount), 0) AS BIGINT) FROM entry_lots p WHERE p.entry_id = e.id) \
         FROM entries e WHERE e.job_id = $1 AND e.kind IN ('capture', 'release') ORDER BY e.seq",
    )
    .bind(job)
    .fetch_all(&mut **tx)
    .await?;
    let extra = ends.into_iter().skip(1);
    Ok(extra
        .map(|(id, kind, moved)| (id, kind == EntryKind::Capture.as_str(), moved))
        .collect())
}

/// Takes back a period that nobody paid for: it serves nothing any more. The wallet goes on with the newest of the others. Says
/// whether it was this call that did it.
pub async fn withdraw_period(
    tx: &mut Tx,
    user: &UserId,
    period: &PeriodId,
    actor: Actor,
    now: Timestamp,
) -> Result<bool, CreditsError> {
    let mut locked = lock(tx, user, Lots::Open, actor, now).await?;
    let (own, others): (Vec<_>, Vec<_>) = plans::standing_periods(tx, user)
        .await?
        .into_iter()
        .partition(|row| row.id == *period);
    let Some(mut row) = own.into_iter().next() else {
        return Ok(false);
    };
    row.withdrawn = 1;
    locked.period = others.into_iter().next();
    locked
        .write_with(tx, |batch| plans::update(batch, row))
        .await?;
    Ok(true)
}
