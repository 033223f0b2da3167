//! Subscriptions and their invoices: what is billed, when, and what becomes of it.
//!
//! A subscription begins when the first invoice is paid on the checkout page (`start`). At the end
//! of each period it is billed for the next (`cycle`); an invoice that could not be charged is tried
//! again after some days, then the subscription ends. In between it is changed or ended by the API
//! or its customer (`change`). Invoices are drawn and charged in one place (`invoices`).
//!
//! The real Stripe leaves an invoice a draft for about an hour before it charges; here that happens
//! at once.

mod change;
mod cycle;
mod interval;
mod invoices;
mod renewal;
mod start;

pub use change::{Cancelling, Changing, keep_or_cancel};
pub use cycle::{bill, card_of, is_unpaid, pay_unpaid, told};
pub use interval::{Interval, UNITS};
pub use invoices::{Charged, draw_for_session};
pub use renewal::Renewal;
pub use start::start;

use serde_json::Value;

use super::store::{Next, Object};
use crate::time::Timestamp;

/// The items of a subscription.
pub fn items(subscription: &Object) -> &[Value] {
    subscription.shape["items"]["data"]
        .as_array()
        .map_or(&[], Vec::as_slice)
}

fn items_mut(subscription: &mut Object) -> impl Iterator<Item = &mut Value> {
    subscription.shape["items"]["data"]
        .as_array_mut()
        .into_iter()
        .flatten()
}

/// The current period, in seconds.
pub fn period(subscription: &Object) -> (i64, i64) {
    let item = items(subscription).first();
    let second = |field: &str| item.and_then(|item| item[field].as_i64()).unwrap_or(0);
    (second("current_period_start"), second("current_period_end"))
}

fn set_period(subscription: &mut Object, (start, end): (i64, i64)) {
    for item in items_mut(subscription) {
        item["current_period_start"] = start.into();
        item["current_period_end"] = end.into();
    }
}

/// How long its periods are.
pub fn interval(subscription: &Object) -> Option<Interval> {
    Interval::of(&items(subscription).first()?["price"])
}

/// The name of what is subscribed to.
pub fn plan(subscription: &Object) -> &str {
    let billing = subscription.notes.billing.as_ref();
    billing.map_or("", |billing| billing.plan.as_str())
}

/// What it costs for a full period, without tax.
pub fn amount(subscription: &Object) -> i64 {
    items(subscription).iter().map(invoices::amount).sum()
}

/// Whether it is over for good.
pub fn is_over(subscription: &Object) -> bool {
    subscription.text("status") == Some("canceled")
}

/// Plans what happens to the subscription by itself next.
fn schedule(subscription: &mut Object) {
    let billing = subscription.notes.billing.as_ref();
    let due = billing.filter(|_| !is_over(subscription)).map(|billing| {
        let again = billing.unpaid.as_ref().and_then(|unpaid| unpaid.again_at);
        again.map_or(billing.renews_at, |again| again.min(billing.renews_at))
    });
    subscription.due_at = due.map(Timestamp::from_seconds);
    subscription.notes.next = due.map(|_| Next::Bill);
}
