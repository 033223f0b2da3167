//! The operations on a wallet. Each takes the caller's transaction, so that what it belongs to
//! (a job, a recharge record, an answer kept under an idempotency key) commits with it.

use super::ledger::Lot;
use super::rows::{UseRow, WalletRow};
use super::store::{self, Locked, Lots, lock};
use super::types::{Actor, EntryKind, Insufficient, PaidBy, Price, Source, Wallet};
use super::{plans, records};
use crate::db::{Batch, Change, Tx};
use crate::ids::{ConsumptionId, EntryId, JobId, LotId, RechargeId, UserId};
use crate::time::Timestamp;

/// Why an operation was refused. The caller drops its transaction; nothing has happened.
#[derive(Debug, thiserror::Error)]
pub enum CreditsError {
    #[error(transparent)]
    Insufficient(#[from] Insufficient),
    #[error("this account has no wallet")]
    NoWallet,
    /// Nothing is given to it or taken from it any more; what was held before still ends.
    #[error("this account was deleted")]
    Deleted,
    /// Nothing new is spent from it or bought for it until it is lifted.
    #[error("an operator has stopped the spending of this account")]
    Stopped,
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for CreditsError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NoWallet,
            other => Self::Database(other),
        }
    }
}

/// Makes the empty wallet of a new account.
pub async fn open(tx: &mut Tx, user: &UserId, trials: i64, now: Timestamp) -> sqlx::Result<()> {
    store::insert_wallet(tx, WalletRow::empty(user, trials, now)).await
}

/// Gives the initial credits and raises the free trials to `trials`. Credits come once per wallet;
/// once per person is the business of `accounts`.
pub async fn welcome(
    tx: &mut Tx,
    user: &UserId,
    credits: i64,
    trials: i64,
    now: Timestamp,
) -> Result<Wallet, CreditsError> {
    let mut locked = lock(tx, user, Lots::Open, Actor::System, now).await?;
    locked.trials.limit = locked.trials.limit.max(trials);
    locked.trials.remaining = locked.trials.limit - locked.trials.used - locked.trials.held;
    if credits > 0 {
        locked.ledger.grant(
            Lot::new(LotId::new(now), Source::Initial, credits, now),
            "initial",
        );
    }
    Ok(locked.write(tx).await?)
}

/// Moves a wallet to its next version without an entry: what its account sees beside it has changed. A
/// wallet that moved in this transaction already is left alone.
pub async fn touch(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<(), CreditsError> {
    if !tx.has_changed(&Change::Wallet(user.clone())) {
        let locked = lock(tx, user, Lots::Open, Actor::System, now).await?;
        locked.write(tx).await?;
    }
    Ok(())
}

/// What a purchase brings.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    pub recharge: &'a RechargeId,
    /// Bought credits, not counting the bonus.
    pub credits: i64,
    pub bonus: i64,
    pub expires_at: Option<Timestamp>,
    pub provider: &'static str,
}

/// Grants a purchase. The database lets one recharge record grant each source once: a second call
/// fails with a duplicate and leaves no trace.
pub async fn grant(
    tx: &mut Tx,
    user: &UserId,
    grant: Grant<'_>,
    now: Timestamp,
) -> Result<Wallet, CreditsError> {
    let mut locked = lock(tx, user, Lots::Open, Actor::Provider(grant.provider), now).await?;
    refuse_deleted(tx, user).await?;
    for (source, amount) in [
        (Source::Purchase, grant.credits),
        (Source::Bonus, grant.bonus),
    ] {
        if amount > 0 {
            let mut lot = Lot::new(LotId::new(now), source, amount, now);
            lot.recharge_id = Some(grant.recharge.clone());
            lot.expires_at = grant.expires_at;
            locked.ledger.grant(lot, source.as_str());
        }
    }
    Ok(locked.write(tx).await?)
}

/// Refuses what is new for an account that was deleted. Called with its wallet locked, as a deletion locks it too:
/// nothing slips in beside one.
pub async fn refuse_deleted(tx: &mut Tx, user: &UserId) -> Result<(), CreditsError> {
    let deleted: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE id = $1 AND deleted_at IS NOT NULL")
            .bind(user)
            .fetch_one(&mut **tx)
            .await?;
    if deleted > 0 {
        return Err(CreditsError::Deleted);
    }
    Ok(())
}

/// Whether a purchase has been granted before.
pub async fn is_granted(tx: &mut Tx, recharge: &RechargeId) -> sqlx::Result<bool> {
    let lots: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM lots WHERE recharge_id = $1")
        .bind(recharge)
        .fetch_one(&mut **tx)
        .await?;
    Ok(lots > 0)
}

/// Which job wants to be paid for.
#[derive(Clone, Copy, Debug)]
pub struct HoldRequest<'a> {
    pub job: &'a JobId,
    pub tool: &'static str,
    pub price: Price,
}

/// What pays, and how many credits are set aside for it (0 for a trial).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    pub paid_by: PaidBy,
    pub credits: i64,
}

/// A hold and the wallet after it.
#[derive(Clone, Debug)]
pub struct Held {
    pub hold: Hold,
    pub wallet: Wallet,
}

/// Sets aside what pays for one job: a use of the plan, else credits, else a free trial.
///
/// # Errors
/// [`Insufficient`] when nothing pays for it, [`CreditsError::Stopped`] when spending is stopped.
pub async fn hold(
    tx: &mut Tx,
    user: &UserId,
    request: HoldRequest<'_>,
    now: Timestamp,
) -> Result<Held, CreditsError> {
    let mut locked = lock(tx, user, Lots::Open, Actor::User(user.clone()), now).await?;
    let wallet = locked.wallet();
    wallet.refuse_stopped()?;
    let paid_by = wallet.payer(request.price)?;
    let mut credits = 0;
    let mut period = None;
    match paid_by {
        PaidBy::Credits => {
            credits = request.price.credits;
            locked.ledger.hold(credits, request.tool)?;
        }
        PaidBy::Trial => {
            locked.trials.held += 1;
            locked.trials.remaining -= 1;
            locked.ledger.tell(EntryKind::Hold, request.tool);
        }
        PaidBy::Plan => {
            locked.ledger.tell(EntryKind::Hold, request.tool);
            if let Some(id) = locked.period.as_ref().map(|period| period.id.clone()) {
                period = Some(plans::count(tx, &mut locked, &id, 1, 0).await?);
            }
        }
    }
    let hold_entry = name_job(&mut locked, EntryKind::Hold, request.job);
    let record = UseRow {
        id: ConsumptionId::new(now),
        user_id: user.clone(),
        job_id: request.job.clone(),
        tool: request.tool.to_owned(),
        credits,
        paid_by,
        period_id: period.as_ref().map(|period| period.id.clone()),
        description: request.tool.to_owned(),
        status: "held".to_owned(),
        hold_entry,
        created_at: now,
        settled_at: None,
        refunded_at: None,
        seal: String::new(),
    };
    let write = |batch: &mut Batch| {
        records::insert(batch, record);
        if let Some(period) = period {
            plans::update(batch, period);
        }
    };
    let wallet = locked.write_with(tx, write).await?;
    Ok(Held {
        hold: Hold { paid_by, credits },
        wallet,
    })
}

/// Names the job in the entry of this kind, and says which entry that is.
fn name_job(locked: &mut Locked, kind: EntryKind, job: &JobId) -> EntryId {
    let entries = &mut locked.ledger.entries;
    match entries.iter_mut().find(|entry| entry.kind == kind) {
        Some(entry) => {
            entry.job_id = Some(job.clone());
            entry.id.clone()
        }
        None => unreachable!("the operation has told its entry"),
    }
}

/// Ends the hold of a job that delivered: what was held is spent. Says whether it was this call
/// that ended it.
pub async fn capture(tx: &mut Tx, job: &JobId, now: Timestamp) -> Result<bool, CreditsError> {
    settle(tx, job, EntryKind::Capture, now).await
}

/// Ends the hold of a job that failed: what was held goes back to where it came from. Says whether
/// it was this call that ended it.
pub async fn release(tx: &mut Tx, job: &JobId, now: Timestamp) -> Result<bool, CreditsError> {
    settle(tx, job, EntryKind::Release, now).await
}

async fn settle(
    tx: &mut Tx,
    job: &JobId,
    kind: EntryKind,
    now: Timestamp,
) -> Result<bool, CreditsError> {
    let delivered = kind == EntryKind::Capture;
    let Some(mut record) = records::lock_held(tx, job).await? else {
        return Ok(false);
    };
    let held_by = Lots::AndOf(&record.hold_entry);
    let mut locked = lock(tx, &record.user_id, held_by, Actor::System, now).await?;
    let mut period = None;
    let reason = if record.tool == "video" {
        "video"
    } else {
        "try_on"
    };
    match record.paid_by {
        PaidBy::Credits => {
            let parts = std::mem::take(&mut locked.held);
            if delivered {
                locked.ledger.capture(parts, reason);
            } else {
                locked.ledger.release(parts, reason);
            }
        }
        PaidBy::Trial => {
            locked.trials.held -= 1;
            if delivered {
                locked.trials.used += 1;
            } else {
                locked.trials.remaining += 1;
            }
            locked.ledger.tell(kind, reason);
        }
        PaidBy::Plan => {
            // Without one it was rebuilt, and no period is known that served then.
            if let Some(id) = &record.period_id {
                period = Some(plans::count(tx, &mut locked, id, -1, i64::from(delivered)).await?);
            }
            locked.ledger.tell(kind, reason);
        }
    }
    name_job(&mut locked, kind, job);
    record.settled_at = Some(now);
    if delivered {
        record.status = "completed".to_owned();
    } else {
        record.status = "refunded".to_owned();
        record.refunded_at = Some(now);
    }
    let write = |batch: &mut Batch| {
        records::end(batch, record);
        if let Some(period) = period {
            plans::update(batch, period);
        }
    };
    locked.write_with(tx, write).await?;
    Ok(true)
}
