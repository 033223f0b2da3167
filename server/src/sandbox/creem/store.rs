//! The kinds of objects that Creem has. They are locked in the order checkout, subscription,
//! transaction.
//!
//! What they belong to: a subscription or transaction to its checkout, a refund or dispute to its
//! transaction, an event to its object, a customer to the shop's own id of the person.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sandbox::store;
use crate::sandbox::webhook_mode::WebhookMode;
use crate::time::Timestamp;

pub use crate::sandbox::store::{add, count, find, find_by_facet, list, lock, newest_child, put};

pub type Object = store::Object<Kind>;
pub type Page = store::Page<Kind>;

/// The kinds of objects kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Checkout,
    Customer,
    Subscription,
    Transaction,
    Refund,
    Dispute,
    Event,
    /// A link to the portal.
    Portal,
}

impl store::Kind for Kind {
    const PROVIDER: &'static str = "creem";
    const ALL: &'static [Self] = &[
        Self::Checkout,
        Self::Customer,
        Self::Subscription,
        Self::Transaction,
        Self::Refund,
        Self::Dispute,
        Self::Event,
        Self::Portal,
    ];
    const EVENT: Self = Self::Event;
    const EVENT_TYPE: &'static str = "eventType";
    type Notes = Notes;

    fn as_str(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Customer => "customer",
            Self::Subscription => "subscription",
            Self::Transaction => "transaction",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
            Self::Event => "event",
            Self::Portal => "portal",
        }
    }

    fn facet(self) -> Option<&'static str> {
        (self == Self::Customer).then_some("email")
    }

    fn labels(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Subscription => &[("customer", "/customer")],
            Self::Transaction => &[("customer", "/customer"), ("order", "/order")],
            _ => &[],
        }
    }

    fn noted(notes: &Notes) -> Option<(&'static str, &str)> {
        Some(("product", notes.product.as_deref()?))
    }
}

/// What Creem knows of an object but does not show.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// Of a checkout: the key it was made with, which signs the way back.
    pub key: String,
    /// What happens by itself when the object is due.
    pub next: Option<Next>,
    /// Of a subscription: that its card refuses from now on.
    pub card_refuses: bool,
    /// Of a subscription: how often its renewal was refused.
    pub refused: u32,
    /// Of a transaction: what it paid for.
    pub product: Option<String>,
    /// Of a transaction: whether its refunds arrive at once.
    pub refunds_later: bool,
    /// Of a disputed transaction: what was refunded before, and its status then.
    pub before_dispute: Option<(i64, String)>,
    /// How events of what happens by itself are delivered.
    pub webhook: WebhookMode,
}

/// What happens to an object by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The open checkout expires.
    Expire,
    /// The subscription's period is over.
    Renew,
    /// The holder of the card disputes the transaction.
    Dispute,
    /// The refund arrives.
    Refund,
}

impl Object {
    /// Takes a field out: where Creem has nothing to say, it leaves the field out.
    pub fn unset(&mut self, field: &str) {
        if let Value::Object(fields) = &mut self.shape {
            fields.remove(field);
        }
    }

    /// Lets something happen to it by itself.
    pub fn plan(&mut self, next: Next, at: Timestamp) {
        self.notes.next = Some(next);
        self.due_at = Some(at);
    }
}
