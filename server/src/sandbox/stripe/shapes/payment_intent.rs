use serde_json::{Map, Value, json};

use super::with_empty;
use crate::sandbox::stripe::ids;
use crate::time::Timestamp;

/// Fields the sandbox has nothing for, or not yet.
const EMPTY: &[&str] = &[
    "application",
    "application_fee_amount",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "description",
    "last_payment_error",
    "latest_charge",
    "next_action",
    "on_behalf_of",
    "payment_method",
    "processing",
    "receipt_email",
    "review",
    "setup_future_usage",
    "shipping",
    "source",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
];

/// What a payment intent is made of.
pub struct IntentOf<'a> {
    pub amount: i64,
    pub currency: &'a Value,
    pub customer: &'a Value,
    pub payment_method_types: &'a Value,
    /// The fields the caller asked for with `payment_intent_data`.
    pub given: &'a Map<String, Value>,
}

/// The payment intent of a session or an invoice: made when it is first tried to be paid.
pub fn payment_intent(of: &IntentOf<'_>, at: Timestamp) -> Value {
    let id = ids::fresh("pi_");
    let shape = json!({
        "client_secret": format!("{id}_secret_{}", ids::fresh("")),
        "id": id,
        "object": "payment_intent",
        "amount": of.amount,
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "created": at.seconds(),
        "currency": of.currency,
        "customer": of.customer,
        "livemode": false,
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": of.payment_method_types,
        "status": "requires_payment_method",
    });
    let mut shape = with_empty(shape, EMPTY);
    for (name, value) in of.given {
        shape[name] = value.clone();
    }
    shape
}
