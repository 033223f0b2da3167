//! The objects in Stripe's shapes at the API version the client is pinned to.
//!
//! The client refuses an object that lacks a required field without saying which, so every shape
//! is written out whole; the tests read each with the client.

mod charge;
mod customer;
mod dispute;
mod invoice;
mod payment_intent;
mod portal;
mod price;
mod product;
mod refund;
mod session;
mod subscription;

pub use charge::{ChargeOf, charge};
pub use customer::customer;
pub use dispute::{DisputeOf, dispute};
pub use invoice::{InvoiceLineOf, InvoiceOf, invoice, invoice_line, invoice_payment};
pub use payment_intent::{IntentOf, payment_intent};
pub use portal::{PORTAL_CONFIGURATION, portal_configuration, portal_session};
pub use price::{PriceOf, plan, price};
pub use product::product;
pub use refund::{RefundOf, refund};
pub use session::{LineItem, SessionOf, bare_session, line_item, session};
pub use subscription::{SubscriptionOf, subscription, subscription_item};

use serde_json::{Value, json};

/// A list, as Stripe embeds or answers it.
pub fn list(data: Vec<Value>, has_more: bool, url: &str) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}

/// `previous_attributes` of an event: what the fields that changed were.
pub fn previous(before: &Value, now: &Value) -> Value {
    let fields = before.as_object().into_iter().flatten();
    let changed = fields.filter(|(name, value)| now[name.as_str()] != **value);
    Value::Object(
        changed
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// The shape with `fields` in it.
fn overlay(mut shape: Value, fields: Value) -> Value {
    if let Value::Object(fields) = fields {
        for (name, value) in fields {
            shape[name] = value;
        }
    }
    shape
}

/// The shape with the fields in `names` present and null.
fn with_empty(mut shape: Value, names: &[&str]) -> Value {
    for name in names {
        shape[name] = Value::Null;
    }
    shape
}
