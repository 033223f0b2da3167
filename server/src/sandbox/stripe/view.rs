//! What the sandbox page shows: the newest of everything, in plain values. Amounts are in Stripe's
//! unit of their currency.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use sqlx::AnyConnection;

use crate::sandbox::stripe::store::{self, Kind, Object, Page};
use crate::sandbox::stripe::{StripeSandbox, billing, deliveries, disputes, refunds, settings};
use crate::time::Timestamp;

/// How many of each kind are shown.
const SHOWN: i64 = 50;

/// The sandbox Stripe as it stands, everything newest first.
#[derive(Clone, Debug, Serialize)]
pub struct DeskView {
    pub checkouts: Vec<Checkout>,
    pub payments: Vec<Payment>,
    pub subscriptions: Vec<Subscription>,
    pub events: Vec<Event>,
    /// How events are sent whose action asks nothing else: `normal`, `never`, `delayed:MS`,
    /// `duplicate:N` or `reversed`.
    pub webhook_mode: String,
}

/// A checkout session.
#[derive(Clone, Debug, Serialize)]
pub struct Checkout {
    pub id: String,
    /// The name of what is bought.
    pub item: String,
    pub mode: String,
    pub amount: i64,
    pub currency: String,
    /// `open`, `complete` or `expired`.
    pub status: String,
    /// `paid`, `unpaid` or `no_payment_required`.
    pub payment_status: String,
    pub email: Option<String>,
    /// The hosted page, while it is open.
    pub url: Option<String>,
    pub created: Timestamp,
}

/// A payment that was charged at least once.
#[derive(Clone, Debug, Serialize)]
pub struct Payment {
    pub payment_intent: String,
    pub amount: i64,
    pub refunded: i64,
    pub currency: String,
    /// That of the payment intent: `succeeded`, `processing`, `requires_payment_method` and so on.
    pub status: String,
    /// The status of the newest dispute, if there is one.
    pub dispute: Option<String>,
    /// What can become of it now.
    pub possible: Possible,
    /// The last four digits of the card.
    pub last4: Option<String>,
    pub invoice: Option<String>,
    pub created: Timestamp,
}

/// What a person at the provider, or at the payer's bank, can do about a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Possible {
    /// How much can be given back.
    pub refund: i64,
    /// A dispute can be opened.
    pub dispute: bool,
    /// The dispute waits for its outcome.
    pub outcome: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Subscription {
    pub id: String,
    /// The name of what is subscribed to.
    pub plan: String,
    pub amount: i64,
    pub currency: String,
    pub status: String,
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    pub cancel_at_period_end: bool,
    pub email: Option<String>,
    pub latest_invoice: Option<String>,
    pub created: Timestamp,
}

/// An event with what became of telling it.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of what it is about.
    pub object: String,
    pub created: Timestamp,
    pub deliveries: Vec<Delivered>,
}

/// One delivery of an event.
#[derive(Clone, Debug, Serialize)]
pub struct Delivered {
    pub attempts: i64,
    /// The HTTP status of the last answer.
    pub last_status: Option<i64>,
    pub delivered_at: Option<Timestamp>,
    /// When it is tried next.
    pub due_at: Option<Timestamp>,
    /// Kept back until it is released.
    pub held: bool,
}

impl StripeSandbox {
    /// Everything the sandbox page shows, as it is now.
    pub async fn desk(&self) -> sqlx::Result<DeskView> {
        self.catch_up().await?;
        let mut reader = self.0.db.snapshot().await?;
        Ok(DeskView {
            checkouts: newest(&mut reader, Kind::Session)
                .await?
                .iter()
                .map(Checkout::of)
                .collect(),
            payments: payments(&mut reader).await?,
            subscriptions: subscriptions(&mut reader).await?,
            events: events(&mut reader).await?,
            webhook_mode: settings::webhook_mode(&mut reader).await?.to_string(),
        })
    }
}

async fn newest(reader: &mut AnyConnection, kind: Kind) -> sqlx::Result<Vec<Object>> {
    Ok(store::list(reader, &Page::newest(kind, SHOWN)).await?.0)
}

fn text(shape: &Value, place: &str) -> Option<String> {
    let value = shape.pointer(place)?.as_str()?;
    Some(value.to_owned())
}

fn required(shape: &Value, place: &str) -> String {
    text(shape, place).unwrap_or_default()
}

impl Checkout {
    fn of(session: &Object) -> Self {
        let shape = &session.shape;
        let names = session.notes.line_items.iter();
        let names: Vec<_> = names
            .filter_map(|line| line["description"].as_str())
            .collect();
        Self {
            id: session.id.clone(),
            item: names.join(", "),
            mode: required(shape, "/mode"),
            amount: session.integer("amount_total"),
            currency: required(shape, "/currency"),
            status: required(shape, "/status"),
            payment_status: required(shape, "/payment_status"),
            email: text(shape, "/customer_details/email"),
            url: text(shape, "/url"),
            created: session.created_at,
        }
    }
}

async fn payments(reader: &mut AnyConnection) -> sqlx::Result<Vec<Payment>> {
    let mut payments = Vec::new();
    for intent in newest(reader, Kind::PaymentIntent).await? {
        let charge = match intent.text("latest_charge") {
            Some(id) => store::find_kind(reader, Kind::Charge, id).await?,
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
            payment_intent: intent.id,
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
    for subscription in newest(reader, Kind::Subscription).await? {
        let id = subscription.text("customer").unwrap_or_default();
        let customer = store::find_kind(reader, Kind::Customer, id).await?;
        subscriptions.push(Subscription::of(&subscription, customer.as_ref()));
    }
    Ok(subscriptions)
}

impl Subscription {
    fn of(subscription: &Object, customer: Option<&Object>) -> Self {
        let shape = &subscription.shape;
        let (start, end) = billing::period(subscription);
        Self {
            id: subscription.id.clone(),
            plan: billing::plan(subscription).to_owned(),
            amount: billing::amount(subscription),
            currency: required(shape, "/currency"),
            status: required(shape, "/status"),
            period_start: Timestamp::from_seconds(start),
            period_end: Timestamp::from_seconds(end),
            cancel_at_period_end: shape["cancel_at_period_end"] == true,
            email: customer.and_then(|customer| text(&customer.shape, "/email")),
            latest_invoice: text(shape, "/latest_invoice"),
            created: subscription.created_at,
        }
    }
}

async fn events(reader: &mut AnyConnection) -> sqlx::Result<Vec<Event>> {
    let events = newest(reader, Kind::Event).await?;
    let mut sent: HashMap<String, Vec<Delivered>> = HashMap::new();
    if let Some(oldest) = events.last() {
        for row in deliveries::since(reader, oldest.created_at).await? {
            sent.entry(row.event_id.clone())
                .or_default()
                .push(Delivered::of(&row));
        }
    }
    let event = |event: Object| Event {
        kind: required(&event.shape, "/type"),
        object: event.parent.clone().unwrap_or_default(),
        created: event.created_at,
        deliveries: sent.remove(&event.id).unwrap_or_default(),
        id: event.id,
    };
    Ok(events.into_iter().map(event).collect())
}

impl Delivered {
    fn of(row: &deliveries::Row) -> Self {
        Self {
            attempts: row.attempts,
            last_status: row.last_status,
            delivered_at: row.delivered_at.map(Timestamp::from_micros),
            due_at: row.due_at.map(Timestamp::from_micros),
            held: row.due_at.is_none() && row.attempts == 0,
        }
    }
}
