use serde_json::{Map, Value, json};

use super::with_empty;
use crate::sandbox::stripe::ids;
use crate::sandbox::stripe::store::Object;
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

/// The payment intent of a session: made when the payer first tries to pay.
///
/// `given` are the fields the caller asked for with `payment_intent_data`.
pub fn payment_intent(session: &Object, given: &Map<String, Value>, at: Timestamp) -> Value {
    let id = ids::fresh("pi_");
    let shape = json!({
        "client_secret": format!("{id}_secret_{}", ids::fresh("")),
        "id": id,
        "object": "payment_intent",
        "amount": session.integer("amount_total"),
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "created": at.seconds(),
        "currency": session.shape["currency"],
        "customer": session.shape["customer"],
        "livemode": false,
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": session.shape["payment_method_types"],
        "status": "requires_payment_method",
    });
    let mut shape = with_empty(shape, EMPTY);
    for (name, value) in given {
        shape[name] = value.clone();
    }
    shape
}
