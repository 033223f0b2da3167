//! Changes of a wallet by hand: an operator's, or the owner's own deduction.

use serde::Serialize;

use super::operations::{Adjusted, CreditsError, add, deduct, set};
use super::statement::{self, Entry};
use super::types::{Actor, Amount, Prices, WalletView};
use crate::db::{Tx, corrupt};
use crate::ids::UserId;
use crate::oversight::{Audit, record};
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
    /// 1 to 1 000 000; from 0 for `set`.
    pub amount: i64,
    pub reason: String,
    pub actor: Actor,
    pub address: Option<String>,
}

/// The wallet after a change, with the entry that tells it: what the API answers.
#[derive(Clone, Debug, Serialize)]
pub struct AdjustedView {
    #[serde(flatten)]
    pub wallet: WalletView,
    /// `None` when a `set` found the wallet as it should be.
    pub entry: Option<Entry>,
}

impl Adjustment {
    /// Whether the amount is within its bounds.
    pub fn amount_is_valid(action: Action, amount: i64) -> bool {
        let least = i64::from(action != Action::Set);
        (least..=Amount::MAX).contains(&amount)
    }
}

/// Carries out a change by hand. What anybody but the owner does is in the audit log.
pub async fn adjust(
    tx: &mut Tx,
    adjustment: &Adjustment,
    prices: &Prices,
    now: Timestamp,
) -> Result<AdjustedView, CreditsError> {
    let Adjustment {
        user,
        action,
        amount,
        reason,
        actor,
        ..
    } = adjustment;
    let (reason, actor) = (reason.as_str(), actor.clone());
    let bounded = || Amount::parse(*amount).ok_or_else(|| corrupt("an amount out of bounds"));
    let Adjusted { wallet, entry } = match action {
        Action::Add => add(tx, user, bounded()?, reason, actor, now).await?,
        Action::Deduct => deduct(tx, user, bounded()?, reason, actor, now).await?,
        Action::Set => set(tx, user, *amount, reason, actor, now).await?,
    };
    let entry = match &entry {
        Some(id) => Some(statement::entry(tx, id).await?),
        None => None,
    };
    if adjustment.actor != Actor::User(user.clone()) {
        audit(
            tx,
            adjustment,
            entry.as_ref(),
            wallet.figures.remaining,
            now,
        )
        .await?;
    }
    Ok(AdjustedView {
        wallet: wallet.view(prices),
        entry,
    })
}

async fn audit(
    tx: &mut Tx,
    adjustment: &Adjustment,
    entry: Option<&Entry>,
    remaining: i64,
    now: Timestamp,
) -> sqlx::Result<()> {
    let change = entry.map_or(0, |entry| entry.amount);
    let line = Audit {
        actor: adjustment.actor.to_string(),
        action: match adjustment.action {
            Action::Add => "credits.add",
            Action::Deduct => "credits.deduct",
            Action::Set => "credits.set",
        },
        target: &adjustment.user,
        before: (remaining - change).to_string(),
        after: remaining.to_string(),
        reason: &adjustment.reason,
        address: adjustment.address.clone(),
    };
    record(tx, &line, now).await
}
