//! What the sandbox page shows: the newest of everything, in plain values. Amounts are in the
//! provider's unit of their currency.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::AnyConnection;

use super::deliveries;
use super::store::{self, Kind, Object, Page};
use crate::time::Timestamp;

/// How many of each kind are shown.
const SHOWN: i64 = 50;

/// The sandbox of a provider as it stands, everything newest first.
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

/// A checkout.
#[derive(Clone, Debug, Serialize)]
pub struct Checkout {
    pub id: String,
    /// The name of what is bought.
    pub item: String,
    pub amount: i64,
    pub currency: String,
    /// The provider's word for how it stands, as all of them are.
    pub status: String,
    /// `paid`, `unpaid` or `no_payment_required`, where the provider says so.
    pub payment_status: Option<String>,
    pub email: Option<String>,
    /// The hosted page, while it is open.
    pub url: Option<String>,
    pub created: Timestamp,
}

/// A payment that was charged at least once.
#[derive(Clone, Debug, Serialize)]
pub struct Payment {
    /// The provider's id of it.
    pub id: String,
    pub amount: i64,
    pub refunded: i64,
    pub currency: String,
    pub status: String,
    /// The status of the newest dispute, if there is one.
    pub dispute: Option<String>,
    /// What can become of it now.
    pub possible: Possible,
    /// The last four digits of the card, where the provider says so.
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
    /// It ends with its period.
    pub ends: bool,
    /// The period can be ended by hand.
    pub renewable: bool,
    pub email: Option<String>,
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

/// The newest objects of a kind.
pub async fn newest<K: Kind>(reader: &mut AnyConnection, kind: K) -> sqlx::Result<Vec<Object<K>>> {
    Ok(store::list(reader, &Page::newest(kind, SHOWN)).await?.0)
}

/// The newest events with what became of telling them.
pub async fn events<K: Kind>(reader: &mut AnyConnection) -> sqlx::Result<Vec<Event>> {
    let events = newest(reader, K::EVENT).await?;
    let mut sent: HashMap<String, Vec<Delivered>> = HashMap::new();
    if let Some(oldest) = events.last() {
        for row in deliveries::since::<K>(reader, oldest.created_at).await? {
            sent.entry(row.event_id.clone())
                .or_default()
                .push(Delivered::of(&row));
        }
    }
    let event = |event: Object<K>| Event {
        kind: event.text(K::EVENT_TYPE).unwrap_or_default().to_owned(),
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
