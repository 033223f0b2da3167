//! Changes of a wallet by hand: an operator's, or the owner's own deduction.

use serde::Serialize;
use utoipa::ToSchema;

use super::ledger::{Deducted, Lot};
use super::operations::{self, CreditsError};
use super::statement::{self, Entry};
use super::store::{Locked, Lots, lock};
use super::types::{Actor, EntryKind, Prices, Source, Wallet, WalletView};
use crate::db::{Tx, corrupt};
use crate::ids::{EntryId, LotId, UserId};
use crate::oversight::{Audit, Deed, record};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// What is to be done.
    Action { Add = "add", Deduct = "deduct", Set = "set" }
}

/// A change by hand, checked.
#[derive(Clone, Debug)]
pub struct Adjustment {
    pub user: UserId,
    pub action: Action,
    /// 1 to [`Self::MOST`]; from 0 for `set`.
    pub amount: i64,
    pub reason: String,
    pub actor: Actor,
    pub address: Option<String>,
}

/// The wallet after a change, with the entry that tells it: what the API answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AdjustedView {
    /// What remained before.
    #[serde(skip)]
    pub before: i64,
    #[serde(flatten)]
    pub wallet: WalletView,
    /// `None` when a `set` found the wallet as it should be.
    pub entry: Option<Entry>,
}

impl Adjustment {
    /// The most credits one change by hand moves.
    pub const MOST: i64 = 1_000_000;

    /// Whether the amount is within its bounds.
    pub fn amount_is_valid(action: Action, amount: i64) -> bool {
        let least = i64::from(action != Action::Set);
        (least..=Self::MOST).contains(&amount)
    }
}

/// Carries out a change by hand. What anybody but the owner changes is in the audit log.
pub async fn adjust(
    tx: &mut Tx,
    adjustment: &Adjustment,
    prices: &Prices,
    now: Timestamp,
) -> Result<AdjustedView, CreditsError> {
    if !Adjustment::amount_is_valid(adjustment.action, adjustment.amount) {
        return Err(corrupt("an amount out of bounds").into());
    }
    let Adjusted {
        before,
        owed,
        wallet,
        entry,
    } = change_by_hand(tx, adjustment, now).await?;
    let entry = match &entry {
        Some(id) => Some(statement::entry(tx, id).await?),
        None => None,
    };
    let is_own = adjustment.actor == Actor::User(adjustment.user.clone());
    if entry.is_some() && !is_own {
        let (was, is) = (
            told(before, owed),
            told(wallet.figures.remaining, wallet.figures.debt),
        );
        audit(tx, adjustment, was, is, now).await?;
    }
    Ok(AdjustedView {
        before,
        wallet: wallet.view(prices),
        entry,
    })
}

/// A wallet changed by hand, with the entry that tells it.
#[derive(Clone, Debug)]
struct Adjusted {
    /// What remained before.
    before: i64,
    /// What was owed before.
    owed: i64,
    wallet: Wallet,
    /// `None` when a `set` found the wallet as it should be.
    entry: Option<EntryId>,
}

/// *Add* makes a new lot of source `grant`. *Deduct* takes free credits, and more than remains is
/// refused whole; it counts as used when the account does it itself, as removed when an operator does.
/// The owner's own is refused while spending is stopped.
/// *Set* makes the remaining credits its amount by one of the two, computed under the lock; held and
/// frozen credits stay untouched.
async fn change_by_hand(
    tx: &mut Tx,
    by_hand: &Adjustment,
    now: Timestamp,
) -> Result<Adjusted, CreditsError> {
    let Adjustment {
        user,
        action,
        amount,
        actor,
        ..
    } = by_hand;
    let mut locked = lock(tx, user, Lots::Open, actor.clone(), now).await?;
    if *actor == Actor::User(user.clone()) {
        locked.wallet().refuse_stopped()?;
    } else {
        operations::refuse_deleted(tx, user).await?;
    }
    let figures = &locked.ledger.figures;
    let (change, counted) = match action {
        Action::Add => (*amount, Deducted::Removed),
        Action::Deduct => (-amount, counted(actor, user)),
        Action::Set => match amount - figures.remaining {
            // A debt is paid by what comes in before anything remains.
            missing @ 1.. => (missing + figures.debt, Deducted::Removed),
            surplus => (surplus, Deducted::Removed),
        },
    };
    let (before, owed) = (figures.remaining, figures.debt);
    let kind = match change {
        0 => {
            // Nothing to do, unless something lapsed.
            let wallet = locked.write_if_changed(tx).await?;
            return Ok(Adjusted {
                before,
                owed,
                wallet,
                entry: None,
            });
        }
        1.. => {
            let lot = Lot::new(LotId::new(now), Source::Grant, change, now);
            locked.ledger.grant(lot, BY_HAND);
            EntryKind::Grant
        }
        _ => {
            locked.ledger.deduct(-change, counted, BY_HAND)?;
            EntryKind::Deduct
        }
    };
    finish(tx, locked, kind, (before, owed), &by_hand.reason).await
}

/// How an entry names a change by hand; the operator's own words stand beside it.
pub(crate) const BY_HAND: &str = "adjustment";

fn counted(actor: &Actor, user: &UserId) -> Deducted {
    match actor {
        Actor::User(id) if id == user => Deducted::Used,
        _ => Deducted::Removed,
    }
}

async fn finish(
    tx: &mut Tx,
    locked: Locked,
    kind: EntryKind,
    (before, owed): (i64, i64),
    note: &str,
) -> Result<Adjusted, CreditsError> {
    let told = locked
        .ledger
        .entries
        .iter()
        .rev()
        .find(|entry| entry.kind == kind);
    let entry = told.map(|entry| entry.id.clone());
    let wallet = locked.write(tx).await?;
    if let Some(id) = entry.as_ref().filter(|_| !note.is_empty()) {
        statement::write_note(tx, id, note).await?;
    }
    Ok(Adjusted {
        before,
        owed,
        wallet,
        entry,
    })
}

/// What an account has, as the audit log says it. What comes pays a debt before anything remains.
fn told(remaining: i64, debt: i64) -> String {
    match debt {
        0 => remaining.to_string(),
        _ => format!("{remaining}, {debt} owed"),
    }
}

async fn audit(
    tx: &mut Tx,
    adjustment: &Adjustment,
    before: String,
    after: String,
    now: Timestamp,
) -> sqlx::Result<()> {
    let line = Audit {
        actor: adjustment.actor.to_string(),
        action: match adjustment.action {
            Action::Add => Deed::CreditsAdd,
            Action::Deduct => Deed::CreditsDeduct,
            Action::Set => Deed::CreditsSet,
        },
        target: adjustment.user.as_str(),
        before,
        after,
        reason: &adjustment.reason,
        address: adjustment.address.clone(),
    };
    record(tx, &line, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_bounded() {
        let valid = Adjustment::amount_is_valid;
        for action in [Action::Add, Action::Deduct, Action::Set] {
            assert_eq!(valid(action, 0), action == Action::Set);
            assert!(valid(action, 1) && valid(action, 1_000_000));
            assert!(!valid(action, -1) && !valid(action, 1_000_001));
        }
    }
}
