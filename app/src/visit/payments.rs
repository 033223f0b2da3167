//! What the pages around buying show: the payments, one receipt, the landing on the success page.

use std::collections::HashMap;

use atelier_server::accounts::User;
use atelier_server::db;
use atelier_server::ids::RechargeId;
use atelier_server::payments::{
    Fulfilment, History, Recharge, RechargeStatus, Returns, Subscription,
};
use atelier_server::time::Timestamp;

use super::{Content, PATIENCE, Request};

/// The purchases of an account, its plan, and what became of its money.
#[derive(Clone, Debug)]
pub struct PaymentsPage {
    pub history: History,
    /// Where the next page of the history begins.
    pub next: Option<String>,
    pub plan: Option<Subscription>,
}

/// One completed purchase on paper.
#[derive(Clone, Debug)]
pub struct ReceiptPage {
    pub recharge: Recharge,
    /// Of this purchase.
    pub returns: Returns,
    /// It paid the difference between two plans.
    pub is_difference: bool,
    /// The period of a plan that it paid for.
    pub period: Option<(Timestamp, Timestamp)>,
}

/// What somebody finds who lands on the success page.
#[derive(Clone, Debug)]
pub enum Landing {
    /// Granted, now or before.
    Settled(Recharge),
    /// Paid or being paid, not granted yet.
    Updating(Recharge, Delay),
    /// The checkout is open, and nothing has been paid.
    Unpaid(Recharge),
    Failed(Recharge),
    Expired(Recharge),
    /// A second plan beside a living one: its money goes back.
    Surplus(Recharge),
    /// Unknown, or somebody else's: one answer for both.
    Missing,
}

impl Landing {
    /// What was to be bought.
    pub fn recharge(&self) -> Option<&Recharge> {
        match self {
            Self::Settled(recharge)
            | Self::Updating(recharge, _)
            | Self::Unpaid(recharge)
            | Self::Failed(recharge)
            | Self::Expired(recharge)
            | Self::Surplus(recharge) => Some(recharge),
            Self::Missing => None,
        }
    }
}

/// What keeps the credits or the plan of a purchase from being there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Paid, and something does not fit the order: the operator looks at it.
    HeldBack,
    /// The payer's bank has not confirmed yet.
    Bank,
    /// The payment provider did not answer.
    Provider,
}

/// Purchases on a page of the history.
const HISTORY: i64 = 50;

/// The payments page. The query's `before` is where an earlier page of the history ended.
pub(super) async fn payments(request: &Request, user: &User) -> db::Result<PaymentsPage> {
    let payments = &request.services.payments;
    let before = request.query.get("before");
    let before = before.and_then(|id| RechargeId::parse(id));
    let mut history = payments
        .history_of(&user.id, before.as_ref(), HISTORY + 1)
        .await?;
    let more = history.recharges.len() as i64 > HISTORY;
    history.recharges.truncate(HISTORY as usize);
    let next = history.recharges.last().filter(|_| more);
    Ok(PaymentsPage {
        next: next.map(|recharge| recharge.id.to_string()),
        history,
        plan: payments.plan_of(&user.id).await?,
    })
}

/// The receipt of a purchase; there is none of somebody else's, nor of one that is not completed.
pub(super) async fn receipt(request: &Request, user: &User, id: &str) -> db::Result<Content> {
    let services = &request.services;
    let found = match RechargeId::parse(id) {
        Some(id) => services.payments.history_with(&id).await?,
        None => None,
    };
    let own = |recharge: &Recharge| {
        recharge.user_id == user.id && recharge.status == RechargeStatus::Completed
    };
    let mut history = found.unwrap_or_default();
    let Some(recharge) = history.recharges.pop().filter(own) else {
        return Ok(Content::NotFound);
    };
    Ok(Content::Receipt(Box::new(ReceiptPage {
        is_difference: history.is_difference(&recharge),
        period: history.periods.remove(&recharge.id),
        returns: history.returns,
        recharge,
    })))
}

/// The purchase that the query's `recharge_id` names.
pub(super) async fn asked_for(request: &Request, user: &User) -> db::Result<Option<Recharge>> {
    match request.query.get("recharge_id") {
        Some(id) => own(request, user, id).await,
        None => Ok(None),
    }
}

async fn own(request: &Request, user: &User, id: &str) -> db::Result<Option<Recharge>> {
    let Some(id) = RechargeId::parse(id) else {
        return Ok(None);
    };
    let recharge = request.services.payments.recharge(&id).await?;
    Ok(recharge.filter(|recharge| recharge.user_id == user.id))
}

/// The checkout somebody comes back from; Creem names it `checkout_id`.
pub(super) fn session_of(query: &HashMap<String, String>) -> Option<&str> {
    let named = |name| query.get(name).filter(|id| !id.is_empty());
    named("session_id")
        .or_else(|| named("checkout_id"))
        .map(String::as_str)
}

/// Landing on the success page: the books are brought in line first, then the page is made.
pub(super) async fn land(request: &Request, user: &User) -> db::Result<Landing> {
    let Some(session_id) = session_of(&request.query) else {
        return Ok(Landing::Missing);
    };
    let payments = &request.services.payments;
    let fulfilled = payments.fulfil_within(session_id, PATIENCE).await;
    let landing = match fulfilled {
        Some(Ok(Fulfilment::Granted(recharge))) => Landing::Settled(recharge),
        Some(Ok(Fulfilment::Unpaid(recharge))) => Landing::Unpaid(recharge),
        Some(Ok(Fulfilment::Waiting(recharge))) => Landing::Updating(recharge, Delay::Bank),
        Some(Ok(Fulfilment::HeldBack(recharge))) => Landing::Updating(recharge, Delay::HeldBack),
        Some(Ok(Fulfilment::Surplus(recharge))) => Landing::Surplus(recharge),
        Some(Ok(Fulfilment::Failed(recharge))) => Landing::Failed(recharge),
        Some(Ok(Fulfilment::Expired(recharge))) => Landing::Expired(recharge),
        Some(Ok(Fulfilment::Unknown)) => Landing::Missing,
        other => {
            if let Some(Err(error)) = other {
                tracing::warn!(%error, "a payment could not be read on landing");
            }
            match payments.recharge_of_session(session_id).await? {
                Some(recharge) => Landing::Updating(recharge, Delay::Provider),
                None => Landing::Missing,
            }
        }
    };
    let own = |recharge: &Recharge| recharge.user_id == user.id;
    Ok(if landing.recharge().is_some_and(own) {
        landing
    } else {
        Landing::Missing
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_goes_by_either_name() {
        let query = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect()
        };
        for (pairs, session) in [
            (&[("session_id", "cs_1")][..], Some("cs_1")),
            (&[("checkout_id", "ch_1")], Some("ch_1")),
            (&[("session_id", ""), ("checkout_id", "ch_1")], Some("ch_1")),
            (&[("request_id", "x")], None),
        ] {
            assert_eq!(session_of(&query(pairs)), session, "{pairs:?}");
        }
    }
}
