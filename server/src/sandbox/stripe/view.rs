//! What the sandbox page shows of Stripe.

use serde_json::Value;
use sqlx::AnyConnection;

use super::store::{self, Kind, Object};
use super::{StripeSandbox, billing, disputes, refunds};
use crate::sandbox::settings;
use crate::sandbox::view::{self, Checkout, DeskView, Payment, Possible, Subscription, newest};
use crate::time::Timestamp;

impl StripeSandbox {
    /// Everything the sandbox page shows, as it is now.
    pub async fn desk(&self) -> sqlx::Result<DeskView> {
        self.catch_up().await?;
        let mut reader = self.0.db.snapshot().await?;
        Ok(DeskView {
            checkouts: newest(&mut reader, Kind::Session)
                .await?
                .iter()
                .map(checkout)
                .collect(),
            payments: payments(&mut reader).await?,
            subscriptions: subscriptions(&mut reader).await?,
            events: view::events::<Kind>(&mut reader).await?,
            webhook_mode: settings::webhook_mode::<Kind>(&mut reader)
                .await?
                .to_string(),
        })
    }
}

fn text(shape: &Value, place: &str) -> Option<String> {
    let value = shape.pointer(place)?.as_str()?;
    Some(value.to_owned())
}

fn required(shape: &Value, place: &str) -> String {
    text(shape, place).unwrap_or_default()
}

fn checkout(session: &Object) -> Checkout {
    let shape = &session.shape;
    let names = session.notes.line_items.iter();
    let names: Vec<_> = names
        .filter_map(|line| line["description"].as_str())
        .collect();
    Checkout {
        id: session.id.clone(),
        item: names.join(", "),
        amount: session.integer("amount_total"),
        currency: required(shape, "/currency"),
        status: required(shape, "/status"),
        payment_status: text(shape, "/payment_status"),
        email: text(shape, "/customer_details/email"),
        url: text(shape, "/url"),
        created: session.created_at,
    }
}

async fn payments(reader: &mut AnyConnection) -> sqlx::Result<Vec<Payment>> {
    let mut payments = Vec::new();
    for intent in newest(reader, Kind::PaymentIntent).await? {
        let charge = match intent.text("latest_charge") {
            Some(id) => store::find(reader, Kind::Charge, id).await?,
            None => None,
        };
        let Some(charge) = charge else { continue };
        let dispute = match charge.shape["disputed"] == true {
            true => store::newest_child(reader, Kind::Dispute, &intent.id).await?,
            false => None,
        };
        let parent = intent.parent.clone().filter(|id| id.starts_with("in_"));
        payments.push(Payment {
            amount: intent.integer("amount"),
            refunded: charge.integer("amount_refunded"),
            currency: required(&intent.shape, "/currency"),
            status: required(&intent.shape, "/status"),
            possible: possible(&intent, &charge, dispute.as_ref()),
            dispute: dispute.and_then(|dispute| text(&dispute.shape, "/status")),
            last4: text(&charge.shape, "/payment_method_details/card/last4"),
            invoice: parent,
            created: intent.created_at,
            id: intent.id,
        });
    }
    Ok(payments)
}

/// By the same rules as `refunds` and `disputes` go by.
fn possible(intent: &Object, charge: &Object, dispute: Option<&Object>) -> Possible {
    if refunds::latest_charge(intent).is_err() {
        return Possible::default();
    }
    let refundable = dispute.is_none_or(refunds::leaves_refundable);
    Possible {
        refund: if refundable { refunds::left(charge) } else { 0 },
        dispute: dispute.is_none(),
        outcome: dispute.is_some_and(disputes::is_open),
    }
}

async fn subscriptions(reader: &mut AnyConnection) -> sqlx::Result<Vec<Subscription>> {
    let mut subscriptions = Vec::new();
    for found in newest(reader, Kind::Subscription).await? {
        let id = found.text("customer").unwrap_or_default();
        let customer = store::find(reader, Kind::Customer, id).await?;
        subscriptions.push(subscription(&found, customer.as_ref()));
    }
    Ok(subscriptions)
}

fn subscription(subscription: &Object, customer: Option<&Object>) -> Subscription {
    let shape = &subscription.shape;
    let (start, end) = billing::period(subscription);
    Subscription {
        id: subscription.id.clone(),
        plan: billing::plan(subscription).to_owned(),
        amount: billing::amount(subscription),
        currency: required(shape, "/currency"),
        status: required(shape, "/status"),
        period_start: Timestamp::from_seconds(start),
        period_end: Timestamp::from_seconds(end),
        ends: shape["cancel_at_period_end"] == true,
        renewable: !billing::is_over(subscription),
        email: customer.and_then(|customer| text(&customer.shape, "/email")),
        created: subscription.created_at,
    }
}
