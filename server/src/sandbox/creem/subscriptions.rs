//! Subscriptions: begun by a checkout, billed when a period is over, ended, taken up again, moved to
//! another product. Source: docs.creem.io, "Managing Subscriptions" and "Refunds and Cancellations".

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::api::Operation;
use super::errors::{Failure, Refusal};
use super::events::Act;
use super::hosted::cards::{Card, Fate};
use super::payments::enter;
use super::store::{self, Kind, Next, Object};
use super::{CreemSandbox, Product, ids, shapes};
use crate::time::Timestamp;

/// How long until a refused renewal is tried again, and how often that is done.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(3 * 24 * 3_600);
const TRIED_AGAIN: u32 = 3;

/// A subscription that a paid checkout begins.
pub struct Beginning<'a> {
    pub id: &'a str,
    pub product: &'a Product,
    pub checkout: &'a Object,
    pub transaction: &'a Object,
    pub card: &'a Card,
}

impl Beginning<'_> {
    pub async fn begin(&self, connection: &mut AnyConnection, act: &Act) -> sqlx::Result<Object> {
        let customer = self.transaction.text("customer").unwrap_or_default();
        let metadata = &self.checkout.shape["metadata"];
        let shape = shapes::subscription(self.id, self.product, customer, metadata, act.at);
        let parent = Some(self.checkout.id.clone());
        let mut subscription = Object::new(Kind::Subscription, shape, parent, act.at);
        subscription.notes.webhook = act.webhook.later();
        subscription.notes.card_refuses = self.card.fate == Fate::RefusesLater;
        let period = (act.at, self.product.billing.end_of(act.at));
        open_period(&mut subscription, self.transaction, period, act.at);
        store::put(connection, &subscription).await?;
        Ok(subscription)
    }
}

/// The locked or new subscription is paid for a period.
fn open_period(
    subscription: &mut Object,
    transaction: &Object,
    (start, end): (Timestamp, Timestamp),
    at: Timestamp,
) {
    subscription.set("status", "active");
    subscription.set("last_transaction_id", transaction.id.as_str());
    subscription.set("last_transaction_date", at.to_rfc3339());
    subscription.set("next_transaction_date", end.to_rfc3339());
    subscription.set("current_period_start_date", start.to_rfc3339());
    subscription.set("current_period_end_date", end.to_rfc3339());
    subscription.set("updated_at", at.to_rfc3339());
    subscription.notes.refused = 0;
    subscription.plan(Next::Renew, end);
}

fn period_end(subscription: &Object) -> Option<Timestamp> {
    Timestamp::parse(subscription.text("current_period_end_date")?)
}

/// Whether nothing is billed any more.
pub fn is_over(subscription: &Object) -> bool {
    matches!(subscription.text("status"), Some("canceled" | "unpaid"))
}

impl CreemSandbox {
    /// The locked subscription's period is over, or ended by hand: it ends if that was wished, else
    /// the next period is billed.
    pub(super) async fn end_period(
        &self,
        connection: &mut AnyConnection,
        act: &mut Act,
        subscription: &mut Object,
        paid: bool,
    ) -> sqlx::Result<()> {
        let product = subscription.text("product").and_then(|id| self.product(id));
        match product {
            Some(product) if subscription.text("status") != Some("scheduled_cancel") => {
                self.bill(connection, act, subscription, product, paid)
                    .await
            }
            // What is no longer sold is not billed any more.
            _ => self.end(connection, act, subscription).await,
        }
    }

    async fn bill(
        &self,
        connection: &mut AnyConnection,
        act: &mut Act,
        subscription: &mut Object,
        product: &Product,
        paid: bool,
    ) -> sqlx::Result<()> {
        let start = period_end(subscription).map_or(act.at, |end| end.min(act.at));
        let period = (start, product.billing.end_of(start));
        let bill = Bill {
            product,
            amount: product.price,
            period,
            paid,
        };
        let transaction = bill.write(connection, act, subscription).await?;
        if paid {
            open_period(subscription, &transaction, period, act.at);
            store::put(connection, subscription).await?;
            return self.tell(connection, act, "paid", subscription).await;
        }
        self.refuse(connection, act, subscription).await
    }

    /// The renewal was refused: tried again for a while, then left.
    async fn refuse(
        &self,
        connection: &mut AnyConnection,
        act: &mut Act,
        subscription: &mut Object,
    ) -> sqlx::Result<()> {
        subscription.notes.refused += 1;
        subscription.set("updated_at", act.at.to_rfc3339());
        if subscription.notes.refused > TRIED_AGAIN {
            subscription.set("status", "unpaid");
            subscription.due_at = None;
            store::put(connection, subscription).await?;
            return self.tell(connection, act, "unpaid", subscription).await;
        }
        let first = subscription.notes.refused == 1;
        subscription.set("status", "past_due");
        subscription.plan(Next::Renew, act.at.plus(TRIED_AGAIN_AFTER));
        store::put(connection, subscription).await?;
        if first {
            self.tell(connection, act, "expired", subscription).await?;
        }
        self.tell(connection, act, "past_due", subscription).await
    }

    /// The locked subscription is over.
    async fn end(
        &self,
        connection: &mut AnyConnection,
        act: &mut Act,
        subscription: &mut Object,
    ) -> sqlx::Result<()> {
        subscription.set("status", "canceled");
        subscription.set("canceled_at", act.at.to_rfc3339());
        subscription.unset("next_transaction_date");
        subscription.set("updated_at", act.at.to_rfc3339());
        subscription.due_at = None;
        subscription.notes.next = None;
        store::put(connection, subscription).await?;
        self.tell(connection, act, "canceled", subscription).await
    }

    /// Writes the event `subscription.{what}`.
    async fn tell(
        &self,
        connection: &mut AnyConnection,
        act: &mut Act,
        what: &str,
        subscription: &Object,
    ) -> sqlx::Result<()> {
        let shown = self.show_subscription(connection, subscription).await?;
        act.tell(connection, &format!("subscription.{what}"), &shown)
            .await
    }
}

/// A bill of a subscription.
struct Bill<'a> {
    product: &'a Product,
    amount: i64,
    period: (Timestamp, Timestamp),
    paid: bool,
}

impl Bill<'_> {
    /// Writes its transaction, and what was paid into the book.
    async fn write(
        &self,
        connection: &mut AnyConnection,
        act: &Act,
        subscription: &Object,
    ) -> sqlx::Result<Object> {
        let checkout = subscription.parent.as_deref().unwrap_or_default();
        let checkout = store::find(connection, Kind::Checkout, checkout).await?;
        let order = checkout
            .as_ref()
            .and_then(|checkout| checkout.shape["order"]["id"].as_str());
        let id = ids::fresh("tran_");
        let of = shapes::TransactionOf {
            id: &id,
            product: self.product,
            amount: self.amount,
            customer: subscription.text("customer").unwrap_or_default(),
            order,
            subscription: Some(&subscription.id),
            period: Some(self.period),
            paid: self.paid,
        };
        let shape = shapes::transaction(&of, act.at);
        let parent = subscription.parent.clone();
        let mut transaction = Object::new(Kind::Transaction, shape, parent, act.at);
        transaction.notes.product = Some(self.product.id.clone());
        store::put(connection, &transaction).await?;
        if let Some(checkout) = checkout.filter(|_| self.paid) {
            enter(connection, &checkout, &transaction, act.at).await?;
        }
        Ok(transaction)
    }
}

async fn locked(connection: &mut AnyConnection, id: &str) -> Result<Object, Failure> {
    let subscription = store::lock(connection, Kind::Subscription, id).await?;
    Ok(subscription.ok_or_else(|| Refusal::not_found("Subscription", id))?)
}

/// The wish to end a period now.
pub struct Renewal {
    pub subscription: String,
    pub paid: bool,
}

impl Operation for Renewal {
    async fn run(
        &self,
        sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> Result<Value, Failure> {
        let mut subscription = locked(tx, &self.subscription).await?;
        if is_over(&subscription) {
            return Err(Refusal::bad_request("The subscription is over").into());
        }
        // Also when what follows is not paid, the period is over.
        if period_end(&subscription).is_some_and(|end| end > act.at) {
            subscription.set("current_period_end_date", act.at.to_rfc3339());
        }
        sandbox
            .end_period(tx, act, &mut subscription, self.paid)
            .await?;
        Ok(sandbox.show_subscription(tx, &subscription).await?)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelMode {
    Immediate,
    /// A store may choose its default; this one has chosen so.
    #[default]
    Scheduled,
}

/// The wish to end a subscription.
pub struct Cancel {
    pub subscription: String,
    pub mode: CancelMode,
}

impl Operation for Cancel {
    async fn run(
        &self,
        sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> Result<Value, Failure> {
        let mut subscription = locked(tx, &self.subscription).await?;
        if subscription.text("status") == Some("canceled") {
            return Err(Refusal::bad_request("Subscription is already canceled").into());
        }
        match self.mode {
            CancelMode::Immediate => sandbox.end(tx, act, &mut subscription).await?,
            CancelMode::Scheduled => {
                subscription.set("status", "scheduled_cancel");
                subscription.set("canceled_at", act.at.to_rfc3339());
                store::put(tx, &subscription).await?;
                sandbox
                    .tell(tx, act, "scheduled_cancel", &subscription)
                    .await?;
            }
        }
        Ok(sandbox.show_subscription(tx, &subscription).await?)
    }
}

/// The wish to let a subscription go on after all.
pub struct Resume {
    pub subscription: String,
}

impl Operation for Resume {
    async fn run(
        &self,
        sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> Result<Value, Failure> {
        let mut subscription = locked(tx, &self.subscription).await?;
        if subscription.text("status") != Some("scheduled_cancel") {
            let message = "Subscription must be in paused or scheduled_cancel status";
            return Err(Refusal::bad_request(message).into());
        }
        subscription.set("status", "active");
        subscription.set("canceled_at", Value::Null);
        store::put(tx, &subscription).await?;
        sandbox.tell(tx, act, "update", &subscription).await?;
        Ok(sandbox.show_subscription(tx, &subscription).await?)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateBehavior {
    /// Creem: `proration-charge` means the same by now.
    #[default]
    #[serde(alias = "proration-charge")]
    ProrationChargeImmediately,
    ProrationNone,
}

/// The wish to move to another product, which happens at once.
pub struct Upgrade {
    pub subscription: String,
    pub product: String,
    pub behavior: UpdateBehavior,
}

impl Operation for Upgrade {
    async fn run(
        &self,
        sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> Result<Value, Failure> {
        let mut subscription = locked(tx, &self.subscription).await?;
        if subscription.text("status") != Some("active") {
            return Err(Refusal::bad_request("Only active subscriptions can be upgraded").into());
        }
        let old = subscription
            .text("product")
            .and_then(|id| sandbox.product(id));
        let new = sandbox
            .product(&self.product)
            .filter(|product| product.billing.is_recurring())
            .ok_or_else(|| Refusal::not_found("Product", &self.product))?;
        let difference = old.map_or(0, |old| new.price - old.price);
        subscription.set("product", new.id.as_str());
        subscription.shape["items"][0]["product_id"] = json!(new.id);
        if self.behavior == UpdateBehavior::ProrationChargeImmediately && difference < 0 {
            return Err(Refusal::unplayed("giving money back for a cheaper product").into());
        }
        if self.behavior == UpdateBehavior::ProrationChargeImmediately {
            charge_difference(tx, act, &mut subscription, new, difference).await?;
        }
        subscription.set("updated_at", act.at.to_rfc3339());
        store::put(tx, &subscription).await?;
        sandbox.tell(tx, act, "update", &subscription).await?;
        Ok(sandbox.show_subscription(tx, &subscription).await?)
    }
}

/// Charges what the rest of the period costs more.
async fn charge_difference(
    connection: &mut AnyConnection,
    act: &Act,
    subscription: &mut Object,
    product: &Product,
    difference: i64,
) -> sqlx::Result<()> {
    let start = subscription
        .text("current_period_start_date")
        .and_then(Timestamp::parse);
    let (Some(start), Some(end)) = (start, period_end(subscription)) else {
        return Ok(());
    };
    let whole = i128::from(end.micros() - start.micros()).max(1);
    let rest = i128::from(end.micros() - act.at.micros()).clamp(0, whole);
    let amount = i64::try_from(i128::from(difference) * rest / whole).unwrap_or(difference);
    if amount < 1 {
        return Ok(());
    }
    let bill = Bill {
        product,
        amount,
        period: (act.at, end),
        paid: true,
    };
    let transaction = bill.write(connection, act, subscription).await?;
    subscription.set("last_transaction_id", transaction.id.as_str());
    subscription.set("last_transaction_date", act.at.to_rfc3339());
    Ok(())
}
