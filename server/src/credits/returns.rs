//! Money of a purchase that went back, or is in dispute.

use sqlx::FromRow;

use super::adjust::BY_HAND;
use super::ledger::Ledger;
use super::operations::CreditsError;
use super::rows::LotRow;
use super::store::{Lots, lock};
use super::types::{Actor, EntryKind, Wallet};
use crate::db::{Database, Tx};
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
    let actor = Actor::Provider(returned.provider);
    let lots = Lots::AndReturnable(returned.recharge);
    let mut locked = lock(tx, user, lots, actor, now).await?;
    let taken = taken(tx, returned.recharge).await?;
    bring_in_line(&mut locked.ledger, &returned, &taken);
    Ok(locked.write_if_changed(tx).await?)
}

/// What a state of a purchase's money would do to its account's credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Credits that would be taken back, beside those that are already.
    pub taken: i64,
    /// How many of them are missing, and would be owed.
    pub owed: i64,
}

/// What [`returned`] would do with this state now. The same lock, the same lots, the same arithmetic; the caller drops the
/// transaction, and nothing has happened.
pub async fn preview_returned(
    tx: &mut Tx,
    user: &UserId,
    returned: Returned<'_>,
    now: Timestamp,
) -> Result<Effect, CreditsError> {
    let actor = Actor::Provider(returned.provider);
    let lots = Lots::AndReturnable(returned.recharge);
    let mut locked = lock(tx, user, lots, actor, now).await?;
    let taken = taken(tx, returned.recharge).await?;
    bring_in_line(&mut locked.ledger, &returned, &taken);
    let told = locked.ledger.entries.iter();
    let taken_back = told.filter(|entry| entry.kind == EntryKind::TakeBack);
    Ok(taken_back.fold(Effect::default(), |sum, entry| {
        let free: i64 = entry.lots.iter().map(|(_, part)| part).sum();
        Effect {
            taken: sum.taken - entry.amount,
            owed: sum.owed - entry.amount - free,
        }
    }))
}

/// Takes back or gives back until `taken` is the share, and freezes or frees.
fn bring_in_line(ledger: &mut Ledger, returned: &Returned<'_>, taken: &Taken) {
    let recharge = returned.recharge;
    let lots = ledger.lots.iter();
    let own = lots.filter(|lot| lot.recharge_id.as_ref() == Some(recharge));
    let granted: i64 = own.map(|lot| lot.granted).sum();
    let target = share(
        granted - taken.put_right,
        returned.returned_minor,
        returned.paid_minor,
    );
    let change = target - taken.back;
    if returned.disputed {
        ledger.freeze(recharge);
    }
    match change {
        1.. => ledger.take_back(recharge, change, "refund"),
        0 => {}
        _ => ledger.give_back(recharge, -change),
    }
    if !returned.disputed {
        ledger.unfreeze(recharge);
    }
}

/// What became of the credits that a purchase brought: granted = free + frozen + held + used + taken + gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bought {
    pub granted: i64,
    pub free: i64,
    pub frozen: i64,
    pub held: i64,
    pub used: i64,
    /// For returned money or debt.
    pub taken: i64,
    /// Lapsed, or taken off by an operator.
    pub gone: i64,
}

/// The credits of a purchase as of `now`; what lapsed but is not written off yet counts as gone.
///
/// # Errors
/// The database's own.
pub async fn bought(db: &Database, recharge: &RechargeId, now: Timestamp) -> sqlx::Result<Bought> {
    let rows: Vec<LotRow> = sqlx::query_as("SELECT * FROM lots WHERE recharge_id = $1")
        .bind(recharge)
        .fetch_all(db.reader())
        .await?;
    Ok(rows.iter().fold(Bought::default(), |mut sum, lot| {
        let has_lapsed = lot.expires_at.is_some_and(|at| at <= now);
        match (lot.frozen != 0, has_lapsed) {
            (true, _) => sum.frozen += lot.free,
            (false, true) => sum.gone += lot.free,
            (false, false) => sum.free += lot.free,
        }
        sum.granted += lot.granted;
        sum.held += lot.held;
        sum.used += lot.spent;
        sum.taken += lot.taken;
        sum.gone += lot.gone - lot.taken;
        sum
    }))
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
