//! The operations on a wallet. Each takes the caller's transaction, so that what it belongs to
//! (a job, a recharge record, an answer kept under an idempotency key) commits with it.

use super::ledger::Lot;
use super::records;
use super::store::{self, Locked, lock};
use super::types::{Actor, EntryKind, Insufficient, PaidBy, Price, Source, Wallet};
use crate::db::{Database, Tx};
use crate::ids::{EntryId, JobId, LotId, RechargeId, UserId};
use crate::time::Timestamp;

/// Why an operation was refused. The caller drops its transaction; nothing has happened.
#[derive(Debug, thiserror::Error)]
pub enum CreditsError {
    #[error(transparent)]
    Insufficient(#[from] Insufficient),
    #[error("this account has no wallet")]
    NoWallet,
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
    sqlx::query(
        "INSERT INTO wallets (user_id, version, seq, total, remaining, frozen, held, used, \
         removed, debt, bonus, initial, trials_limit, trials_used, trials_held, changed_at) \
         VALUES ($1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $2, 0, 0, $3)",
    )
    .bind(user)
    .bind(trials)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
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
    let mut locked = lock(tx, user, None, Actor::System, now).await?;
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
    let mut locked = lock(tx, user, None, Actor::Provider(grant.provider), now).await?;
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

/// Sets aside what pays for one job: credits first, then a free trial.
///
/// # Errors
/// [`Insufficient`] when nothing pays for it.
pub async fn hold(
    tx: &mut Tx,
    user: &UserId,
    request: HoldRequest<'_>,
    now: Timestamp,
) -> Result<Held, CreditsError> {
    let mut locked = lock(tx, user, None, Actor::User(user.clone()), now).await?;
    let paid_by = locked.wallet().payer(request.price)?;
    let credits = match paid_by {
        PaidBy::Credits => {
            locked.ledger.hold(request.price.credits, request.tool)?;
            request.price.credits
        }
        PaidBy::Trial => {
            locked.trials.held += 1;
            locked.trials.remaining -= 1;
            locked.ledger.tell(EntryKind::Hold, request.tool);
            0
        }
        PaidBy::Plan => unreachable!("plans are not sold yet"),
    };
    let hold_entry = tag_last(&mut locked, request.job);
    let wallet = locked.write(tx).await?;
    let record = records::NewRecord {
        user,
        job: request.job,
        tool: request.tool,
        credits,
        paid_by,
        hold_entry: &hold_entry,
        at: now,
    };
    records::insert(tx, record).await?;
    Ok(Held {
        hold: Hold { paid_by, credits },
        wallet,
    })
}

/// Names the job in the entry written last, and says which entry that is.
fn tag_last(locked: &mut Locked, job: &JobId) -> EntryId {
    match locked.ledger.entries.last_mut() {
        Some(entry) => {
            entry.job_id = Some(job.clone());
            entry.id.clone()
        }
        None => unreachable!("a hold writes an entry"),
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
    let (status, refunded_at) = if delivered {
        ("completed", None)
    } else {
        ("refunded", Some(now))
    };
    let Some(ending) = records::end(tx, job, status, refunded_at, now).await? else {
        return Ok(false);
    };
    let mut locked = lock(
        tx,
        &ending.user_id,
        Some(&ending.hold_entry),
        Actor::System,
        now,
    )
    .await?;
    let reason = if ending.tool == "video" {
        "video"
    } else {
        "try_on"
    };
    match ending.paid_by {
        PaidBy::Credits => {
            let parts = store::parts_of(tx, &ending.hold_entry).await?;
            if delivered {
                locked.ledger.capture(parts, reason);
            } else {
                locked.ledger.release(parts, reason);
            }
        }
        PaidBy::Trial | PaidBy::Plan => {
            locked.trials.held -= 1;
            if delivered {
                locked.trials.used += 1;
            } else {
                locked.trials.remaining += 1;
            }
            locked.ledger.tell(kind, reason);
        }
    }
    for entry in locked
        .ledger
        .entries
        .iter_mut()
        .filter(|entry| entry.kind == kind)
    {
        entry.job_id = Some(job.clone());
    }
    locked.write(tx).await?;
    Ok(true)
}

/// Writes off what has lapsed in one wallet. Says whether anything had.
pub async fn settle_lapsed(
    db: &Database,
    user: &UserId,
    now: Timestamp,
) -> Result<bool, CreditsError> {
    let lapsed: Option<(String,)> = sqlx::query_as(
        "SELECT id FROM lots WHERE user_id = $1 AND free > 0 AND expires_at <= $2 AND frozen = 0 \
         LIMIT 1",
    )
    .bind(user)
    .bind(now)
    .fetch_optional(db.reader())
    .await?;
    if lapsed.is_none() {
        return Ok(false);
    }
    let mut tx = db.begin().await?;
    let locked = lock(&mut tx, user, None, Actor::System, now).await?;
    if locked.ledger.entries.is_empty() {
        return Ok(false);
    }
    locked.write(&mut tx).await?;
    tx.commit().await?;
    Ok(true)
}

/// Wallets one pass of the sweep looks at.
const SWEEP_BATCH: i64 = 500;

/// Writes off what has lapsed anywhere; the minute sweep. Says how many wallets changed.
pub async fn sweep_lapsed(db: &Database, now: Timestamp) -> Result<usize, CreditsError> {
    let users: Vec<(UserId,)> = sqlx::query_as(
        "SELECT DISTINCT user_id FROM lots \
         WHERE free > 0 AND expires_at IS NOT NULL AND expires_at <= $1 AND frozen = 0 LIMIT $2",
    )
    .bind(now)
    .bind(SWEEP_BATCH)
    .fetch_all(db.reader())
    .await?;
    let mut changed = 0;
    for (user,) in users {
        changed += usize::from(settle_lapsed(db, &user, now).await?);
    }
    Ok(changed)
}
