//! The end of a period: the next is billed, or the subscription ends.

use std::time::Duration;

use serde_json::Value;
use sqlx::AnyConnection;

use super::invoices::{self, Charged};
use super::{interval, is_over, items, period, schedule, set_period};
use crate::sandbox::stripe::checkout::cards::{Card, Decline};
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::shapes;
use crate::sandbox::stripe::store::{self, Billing, Kind, Object, Unpaid};

const DAY: u64 = 24 * 3_600;

/// How long after each failure an invoice is tried again; after the last the subscription ends.
pub const RETRIES: [Duration; 3] = [
    Duration::from_secs(3 * DAY),
    Duration::from_secs(5 * DAY),
    Duration::from_secs(7 * DAY),
];

/// How a charge ends: as its card says, or as somebody decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Card,
    Paid,
    Failed,
}

impl Verdict {
    /// Why a charge of the card fails while the payer is away.
    fn unattended(self, card: &Card) -> Option<Decline> {
        match self {
            Self::Card => card.fate.unattended(),
            Self::Paid => None,
            Self::Failed => Some(Decline::Generic),
        }
    }
}

/// Does what is due for the locked subscription.
pub async fn bill(
    connection: &mut AnyConnection,
    act: &mut Act,
    subscription: &mut Object,
) -> sqlx::Result<()> {
    let now = act.at.seconds();
    let ends = subscription
        .notes
        .billing
        .as_ref()
        .is_some_and(|billing| billing.renews_at <= now);
    match ends {
        true => end_period(connection, act, subscription, Verdict::Card).await,
        false => retry(connection, act, subscription, Verdict::Card).await,
    }
}

/// The current period is over: the next begins, unless the customer wanted no more.
pub async fn end_period(
    connection: &mut AnyConnection,
    act: &mut Act,
    subscription: &mut Object,
    verdict: Verdict,
) -> sqlx::Result<()> {
    if subscription.shape["cancel_at_period_end"] == true {
        let at = period(subscription).1;
        return end(connection, act, subscription, at, "cancellation_requested").await;
    }
    let before = subscription.shape.clone();
    let over = period(subscription);
    let mut billing = subscription.notes.billing.take().unwrap_or_default();
    let begun = (over.1, next_end(subscription, &mut billing));
    set_period(subscription, begun);
    let mut lines: Vec<_> = invoices::period_lines(subscription, &billing.plan, begun);
    lines.append(&mut billing.pending);
    subscription.notes.billing = Some(billing);
    let mut invoice = invoices::draw(
        connection,
        act,
        subscription,
        "subscription_cycle",
        lines,
        over,
    )
    .await?;
    charge(connection, act, subscription, &mut invoice, verdict).await?;
    told(connection, act, subscription, &before).await
}

/// Counts the period that begins, and gives back its end.
fn next_end(subscription: &Object, billing: &mut Billing) -> i64 {
    billing.cycles += 1;
    let anchor = subscription.integer("billing_cycle_anchor");
    let end = interval(subscription).map(|every| every.after(anchor, billing.cycles + 1));
    // What has no interval could not have been subscribed to.
    billing.renews_at = end.unwrap_or(i64::MAX);
    billing.renews_at
}

/// Charges a fresh invoice to the subscription's card.
pub async fn charge(
    connection: &mut AnyConnection,
    act: &mut Act,
    subscription: &mut Object,
    invoice: &mut Object,
    verdict: Verdict,
) -> sqlx::Result<()> {
    let card = card_of(subscription)?;
    let charged = Charged {
        card: &card,
        decline: verdict.unattended(&card),
        session: None,
    };
    attempt(connection, act, subscription, invoice, &charged).await
}

/// The card the subscription's invoices are charged to.
pub fn card_of(subscription: &Object) -> sqlx::Result<Card> {
    let billing = subscription.notes.billing.as_ref();
    let card = billing.and_then(|billing| Card::parse(&billing.card));
    card.ok_or_else(|| sqlx::Error::Decode("the subscription has no card".into()))
}

/// Tries the unpaid invoice of the locked subscription again, by itself or because somebody asked.
pub async fn retry(
    connection: &mut AnyConnection,
    act: &mut Act,
    subscription: &mut Object,
    verdict: Verdict,
) -> sqlx::Result<()> {
    let card = card_of(subscription)?;
    let charged = Charged {
        card: &card,
        decline: verdict.unattended(&card),
        session: None,
    };
    pay_unpaid(connection, act, subscription, &charged).await
}

/// Charges the unpaid invoice of the locked subscription, if there is one.
pub async fn pay_unpaid(
    connection: &mut AnyConnection,
    act: &mut Act,
    subscription: &mut Object,
    charged: &Charged<'_>,
) -> sqlx::Result<()> {
    let before = subscription.shape.clone();
    let billing = subscription.notes.billing.as_ref();
    let unpaid = billing.and_then(|billing| billing.unpaid.as_ref());
    let invoice = match unpaid.map(|unpaid| unpaid.invoice.clone()) {
        Some(id) => store::lock(connection, Kind::Invoice, &id).await?,
        None => None,
    };
    if let Some(mut invoice) = invoice {
        attempt(connection, act, subscription, &mut invoice, charged).await?;
    }
    told(connection, act, subscription, &before).await
}

/// Charges the invoice, and moves the subscription to where that leaves it.
async fn attempt(
    connection: &mut AnyConnection,
    act: &mut Act,
    subscription: &mut Object,
    invoice: &mut Object,
    charged: &Charged<'_>,
) -> sqlx::Result<()> {
    let mut billing = subscription.notes.billing.take().unwrap_or_default();
    let free = invoice.integer("amount_due") == 0;
    let Some(_) = charged.decline.filter(|_| !free) else {
        billing.unpaid = None;
        subscription.notes.billing = Some(billing);
        if !is_over(subscription) {
            subscription.set("status", "active");
        }
        return invoices::charge(connection, act, subscription, invoice, charged).await;
    };
    let known = billing.unpaid.take();
    let known = known.filter(|unpaid| unpaid.invoice == invoice.id);
    let failed = known.map_or(0, |unpaid| unpaid.tries);
    let pause = RETRIES.get(failed).filter(|_| !is_over(subscription));
    let again_at = pause.map(|pause| act.at.plus(*pause).seconds());
    billing.unpaid = Some(Unpaid {
        invoice: invoice.id.clone(),
        tries: failed + 1,
        again_at,
    });
    invoice.set("next_payment_attempt", again_at);
    invoice.set("auto_advance", again_at.is_some());
    subscription.notes.billing = Some(billing);
    invoices::charge(connection, act, subscription, invoice, charged).await?;
    if is_over(subscription) {
        return Ok(());
    }
    subscription.set("status", "past_due");
    if again_at.is_some() {
        return Ok(());
    }
    end(
        connection,
        act,
        subscription,
        act.at.seconds(),
        "payment_failed",
    )
    .await
}

/// Keeps the changed subscription, and tells of it unless that was done already.
pub async fn told(
    connection: &mut AnyConnection,
    act: &mut Act,
    subscription: &mut Object,
    before: &Value,
) -> sqlx::Result<()> {
    schedule(subscription);
    store::put(connection, subscription).await?;
    let previous = shapes::previous(before, &subscription.shape);
    if is_over(subscription) || previous == Value::Object(serde_json::Map::new()) {
        return Ok(());
    }
    act.tell_change(
        connection,
        "customer.subscription.updated",
        subscription,
        previous,
    )
    .await
}

/// Ends the locked subscription for good, at `at` seconds.
pub async fn end(
    connection: &mut AnyConnection,
    act: &mut Act,
    subscription: &mut Object,
    at: i64,
    reason: &str,
) -> sqlx::Result<()> {
    subscription.set("status", "canceled");
    subscription.set("ended_at", at);
    if subscription.shape["canceled_at"].is_null() {
        subscription.set("canceled_at", act.at.seconds());
    }
    subscription.shape["cancellation_details"]["reason"] = reason.into();
    if let Some(unpaid) = subscription
        .notes
        .billing
        .as_mut()
        .and_then(|billing| billing.unpaid.as_mut())
    {
        unpaid.again_at = None;
    }
    schedule(subscription);
    store::put(connection, subscription).await?;
    act.tell(connection, "customer.subscription.deleted", subscription)
        .await
}

/// Cuts the current period short: it ends now, at least a second after it began, and the next is
/// counted from then.
pub fn cut_period(subscription: &mut Object, now: i64) {
    let (start, _) = period(subscription);
    let end = now.max(start + 1);
    set_period(subscription, (start, end));
    reset_anchor(subscription, end);
}

/// Counts periods from `at` on: the one that begins then is the next.
pub fn reset_anchor(subscription: &mut Object, at: i64) {
    subscription.set("billing_cycle_anchor", at);
    if let Some(billing) = subscription.notes.billing.as_mut() {
        billing.cycles = -1;
        billing.renews_at = at;
    }
}

/// Whether its latest invoice could not be charged.
pub fn is_unpaid(subscription: &Object) -> bool {
    let billing = subscription.notes.billing.as_ref();
    billing.is_some_and(|billing| billing.unpaid.is_some()) && !items(subscription).is_empty()
}
