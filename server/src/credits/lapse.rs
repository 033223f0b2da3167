//! What time alone does to wallets: credits lapse, plans fall due and end. A reading knows it at its
//! moment ([`find_wallet`](super::find_wallet)); here it is written down, so that open pages hear of it.

use sqlx::AssertSqlSafe;

use super::operations::CreditsError;
use super::rows::BILLED_WITHIN;
use super::store::{Lots, lock};
use super::types::Actor;
use crate::db::{Database, is_unavailable};
use crate::ids::UserId;
use crate::time::Timestamp;

/// Wallets one pass of the sweep looks at, of each kind.
const SWEEP_BATCH: i64 = 500;

/// The moments at which a plan looks different: its period begins, its renewal is late, it serves no
/// more. Only of periods that served after $2; $3 is how long a provider may take to bill.
const TURNS: &str = "SELECT id, starts_at AS at FROM plan_periods WHERE serves_until >= $2 \
     UNION ALL SELECT id, serves_until FROM plan_periods WHERE serves_until >= $2 \
     UNION ALL SELECT id, ends_at + CASE WHEN unpaid = 1 THEN 0 ELSE $3 END \
     FROM plan_periods WHERE serves_until >= $2";

/// How far back a plan that turned is looked for: longer than any program that has open pages sleeps.
const LOOKED_BACK: i64 = 7;

/// When something changes by itself next, if anything does.
pub async fn next_change(db: &Database, now: Timestamp) -> sqlx::Result<Option<Timestamp>> {
    let lapse: Option<Timestamp> = sqlx::query_scalar(
        "SELECT MIN(expires_at) FROM lots \
         WHERE free > 0 AND expires_at IS NOT NULL AND frozen = 0",
    )
    .fetch_one(db.reader())
    .await?;
    let turn = format!("SELECT MIN(t.at) FROM ({TURNS}) t WHERE t.at > $1");
    let turn: Option<Timestamp> = sqlx::query_scalar(AssertSqlSafe(turn))
        .bind(now)
        .bind(now)
        .bind(BILLED_WITHIN.as_micros() as i64)
        .fetch_one(db.reader())
        .await?;
    Ok(lapse.into_iter().chain(turn).min())
}

/// Writes down what time has changed anywhere. Says in how many wallets.
pub async fn sweep(db: &Database, now: Timestamp) -> Result<usize, CreditsError> {
    let lapsed: Vec<UserId> = sqlx::query_scalar(
        "SELECT DISTINCT user_id FROM lots \
         WHERE free > 0 AND expires_at IS NOT NULL AND expires_at <= $1 AND frozen = 0 LIMIT $2",
    )
    .bind(now)
    .bind(SWEEP_BATCH)
    .fetch_all(db.reader())
    .await?;
    // A wallet that was written after the moment has said so.
    let turned = format!(
        "SELECT DISTINCT w.user_id FROM ({TURNS}) t JOIN wallets w ON w.period_id = t.id \
         WHERE t.at > w.changed_at AND t.at <= $1 LIMIT $4"
    );
    let turned: Vec<UserId> = sqlx::query_scalar(AssertSqlSafe(turned))
        .bind(now)
        .bind(now.plus_days(-LOOKED_BACK))
        .bind(BILLED_WITHIN.as_micros() as i64)
        .bind(SWEEP_BATCH)
        .fetch_all(db.reader())
        .await?;
    let mut changed = 0;
    for user in lapsed {
        changed += tried(&user, settle_lapsed(db, &user, now).await)?;
    }
    for user in turned {
        changed += tried(&user, settle_turned(db, &user, now).await)?;
    }
    Ok(changed)
}

/// A wallet that cannot be written must not stand in the way of the others.
fn tried(user: &UserId, settled: Result<bool, CreditsError>) -> Result<usize, CreditsError> {
    match settled {
        Ok(changed) => Ok(usize::from(changed)),
        Err(CreditsError::Database(error)) if is_unavailable(&error) => Err(error.into()),
        Err(error) => {
            tracing::error!(%user, %error, "what time changed in a wallet cannot be written");
            Ok(0)
        }
    }
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
    let locked = lock(&mut tx, user, Lots::Open, Actor::System, now).await?;
    let lapsed = !locked.ledger.entries.is_empty();
    locked.write_if_changed(&mut tx).await?;
    tx.commit().await?;
    Ok(lapsed)
}

/// Lets the pages of an account see that its plan looks different. Says whether it does.
async fn settle_turned(db: &Database, user: &UserId, now: Timestamp) -> Result<bool, CreditsError> {
    let mut tx = db.begin().await?;
    let locked = lock(&mut tx, user, Lots::Open, Actor::System, now).await?;
    // Another node may have been here.
    let turned = locked.has_turned();
    if turned {
        locked.write(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(turned)
}
