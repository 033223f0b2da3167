use super::{Deed, Operator};
use crate::credits::{self, CreditsError};
use crate::db::Database;
use crate::ids::UserId;
use crate::mail::{Template, outbox};
use crate::time::Timestamp;

/// Stops the spending of an account, or lifts that, and writes to its owner. Says whether it changed anything; `None` when
/// there is no such account (any more).
///
/// # Errors
/// The database's own.
pub async fn stop_spending(
    db: &Database,
    user: &UserId,
    stopped: bool,
    by: &Operator,
    now: Timestamp,
) -> sqlx::Result<Option<bool>> {
    let mut tx = db.begin().await?;
    match credits::stop(&mut tx, user, stopped, now).await {
        Ok(true) => {}
        Ok(false) => return Ok(Some(false)),
        Err(CreditsError::Database(error)) => return Err(error),
        Err(_) => return Ok(None),
    }
    let (action, before, after, letter) = match stopped {
        true => (
            Deed::SpendingStop,
            "open",
            "stopped",
            Template::SpendingStopped,
        ),
        false => (
            Deed::SpendingLift,
            "stopped",
            "open",
            Template::SpendingLifted,
        ),
    };
    by.records(&mut tx, action, user.as_str(), before, after, now)
        .await?;
    outbox::to_account(&mut tx, user, letter, user.as_str(), now).await?;
    tx.commit().await?;
    Ok(Some(true))
}
