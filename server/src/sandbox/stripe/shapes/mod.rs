//! The objects in Stripe's shapes at the API version the client is pinned to.
//!
//! The client refuses an object that lacks a required field without saying which, so every shape
//! is written out whole; the tests read each with the client.

mod charge;
mod customer;
mod dispute;
mod payment_intent;
mod refund;
mod session;

pub use charge::{ChargeOf, charge};
pub use customer::customer;
pub use dispute::{DisputeOf, dispute};
pub use payment_intent::payment_intent;
pub use refund::{RefundOf, refund};
pub use session::{LineItem, SessionOf, bare_session, line_item, session};

use serde_json::{Value, json};

/// A list, as Stripe embeds or answers it.
pub fn list(data: Vec<Value>, has_more: bool, url: &str) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}

/// The shape with the fields in `names` present and null.
fn with_empty(mut shape: Value, names: &[&str]) -> Value {
    for name in names {
        shape[name] = Value::Null;
    }
    shape
}
