//! Money of a purchase that went back, or is in dispute.

use sqlx::FromRow;

use super::adjust::BY_HAND;
use super::operations::CreditsError;
use super::store::{Lots, lock};
use super::types::{Actor, Wallet};
use crate::db::Tx;
use crate::ids::{RechargeId, UserId};
use crate::time::Timestamp;

/// What the payment provider says of a purchase right now: the whole state, not what changed.
#[derive(Clone, Debug)]
pub struct Returned<'a> {
    pub recharge: &'a RechargeId,
    /// What was paid, and how much of it is back with the buyer: by refunds that did not fail and by
    /// lost disputes. In the same minor unit.
    pub paid_minor: i64,
    pub returned_minor: i64,
    /// A dispute is open.
    pub disputed: bool,
    pub provider: &'static str,
}

/// Brings the credits of a purchase in line with its money: takes back, or gives back again, until
/// `floor(credits × returned ÷ paid)` are taken in all, and freezes its lots while it is in dispute.
/// Called twice, or late, with the same state, it changes nothing.
pub async fn returned(
    tx: &mut Tx,
    user: &UserId,
    returned: Returned<'_>,
    now: Timestamp,
) -> Result<Wallet, CreditsError> {
    let Returned {
        recharge, disputed, ..
    } = returned;
    let actor = Actor::Provider(returned.provider);
    let mut locked = lock(tx, user, Lots::AndReturnable(recharge), actor, now).await?;
    let granted: i64 = locked
        .ledger
        .lots
        .iter()
        .filter(|lot| lot.recharge_id.as_ref() == Some(recharge))
        .map(|lot| lot.granted)
        .sum();
    let taken = taken(tx, recharge).await?;
    let target = share(
        granted - taken.put_right,
        returned.returned_minor,
        returned.paid_minor,
    );
    let change = target - taken.back;
    if disputed {
        locked.ledger.freeze(recharge);
    }
    match change {
        1.. => locked.ledger.take_back(recharge, change, "refund"),
        0 => {}
        _ => locked.ledger.give_back(recharge, -change),
    }
    if !disputed {
        locked.ledger.unfreeze(recharge);
    }
    Ok(locked.write_if_changed(tx).await?)
}

/// `floor(credits × returned ÷ paid)`, and all of them once all the money is back.
fn share(credits: i64, returned_minor: i64, paid_minor: i64) -> i64 {
    if returned_minor <= 0 {
        // A purchase may have cost nothing.
        return 0;
    }
    if returned_minor >= paid_minor {
        return credits;
    }
    let product = i128::from(credits) * i128::from(returned_minor);
    i64::try_from(product / i128::from(paid_minor)).unwrap_or(credits)
}

/// What has been taken of a purchase so far.
#[derive(FromRow)]
struct Taken {
    /// For its money.
    back: i64,
    /// By an operator, because it should never have come.
    put_right: i64,
}

async fn taken(tx: &mut Tx, recharge: &RechargeId) -> sqlx::Result<Taken> {
    sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(CASE WHEN reason = $2 THEN 0 ELSE -amount END), 0) AS BIGINT) AS back, \
         CAST(COALESCE(SUM(CASE WHEN reason = $2 THEN -amount ELSE 0 END), 0) AS BIGINT) AS put_right \
         FROM entries WHERE recharge_id = $1 AND kind = 'take_back'",
    )
    .bind(recharge)
    .bind(BY_HAND)
    .fetch_one(&mut **tx)
    .await
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn credits_go_back_in_proportion_rounded_down() {
        // Credits, returned, paid, taken back.
        let table = [
            (10, 0, 0, 0),
            (10, 0, 190, 0),
            (10, 1, 190, 0),
            (10, 19, 190, 1),
            (10, 94, 190, 4),
            (10, 95, 190, 5),
            (10, 189, 190, 9),
            (10, 190, 190, 10),
            (10, 500, 190, 10),
            (3, 1, 3, 1),
            (3, 2, 3, 2),
            (i64::MAX, 1, 2, i64::MAX / 2),
        ];
        for (credits, returned, paid, expected) in table {
            assert_eq!(
                share(credits, returned, paid),
                expected,
                "{credits} {returned}/{paid}"
            );
        }
    }
}
