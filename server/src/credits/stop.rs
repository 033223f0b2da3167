//! The operator's stop. While it stands, the account holds, deducts and buys nothing; what was held ends as ever, money
//! that was paid is granted, and operators adjust as they do.

use super::operations::{CreditsError, refuse_deleted};
use super::store::{Lots, lock};
use super::types::{Actor, Price, Wallet};
use crate::db::Tx;
use crate::ids::UserId;
use crate::time::Timestamp;

impl Wallet {
    /// Refuses what spends, while an operator has stopped that.
    pub fn refuse_stopped(&self) -> Result<(), CreditsError> {
        if self.is_stopped {
            Err(CreditsError::Stopped)
        } else {
            Ok(())
        }
    }

    /// Whether a job at `price` could be started right now.
    pub fn pays(&self, price: Price) -> bool {
        !self.is_stopped && self.payer(price).is_ok()
    }
}

/// Stops the spending of an account, or lifts that. Says whether it changed anything: the wallet has another version then.
pub async fn stop(
    tx: &mut Tx,
    user: &UserId,
    stopped: bool,
    now: Timestamp,
) -> Result<bool, CreditsError> {
    let mut locked = lock(tx, user, Lots::Open, Actor::System, now).await?;
    refuse_deleted(tx, user).await?;
    let changes = locked.set_stopped(stopped);
    if changes {
        locked.write(tx).await?;
    }
    Ok(changes)
}

/// Refuses what is new for an account whose spending is stopped. The wallet is locked until the transaction ends: what is
/// begun in it comes before a stop, or not at all.
pub async fn refuse_stopped(tx: &mut Tx, user: &UserId) -> Result<(), CreditsError> {
    let select = tx.locking("SELECT stopped_at FROM wallets WHERE user_id = $1");
    let stopped_at: Option<i64> = sqlx::query_scalar(select)
        .bind(user)
        .fetch_one(&mut **tx)
        .await?;
    match stopped_at {
        Some(_) => Err(CreditsError::Stopped),
        None => Ok(()),
    }
}
