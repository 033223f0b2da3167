use serde_json::{Value, json};

use super::with_empty;
use crate::sandbox::stripe::store::Object;
use crate::time::Timestamp;

/// What a charge is made of.
pub struct ChargeOf<'a> {
    pub id: &'a str,
    pub intent: &'a Object,
    pub email: Option<&'a str>,
    /// `payment_method_details`, with its `type`.
    pub means: Value,
    pub receipt_url: &'a str,
}

/// Fields the sandbox has nothing for.
const EMPTY: &[&str] = &[
    "application",
    "application_fee",
    "application_fee_amount",
    "balance_transaction",
    "failure_balance_transaction",
    "failure_code",
    "failure_message",
    "on_behalf_of",
    "outcome",
    "payment_method",
    "receipt_number",
    "review",
    "shipping",
    "source",
    "source_transfer",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
];

/// A pending charge: nothing has come in yet.
pub fn charge(of: &ChargeOf<'_>, at: Timestamp) -> Value {
    let intent = &of.intent.shape;
    let shape = json!({
        "id": of.id,
        "object": "charge",
        "amount": of.intent.integer("amount"),
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": {
            "address": null, "email": of.email, "name": null, "phone": null, "tax_id": null,
        },
        "calculated_statement_descriptor": "ATELIER SANDBOX",
        "captured": false,
        "created": at.seconds(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": false,
        "fraud_details": {},
        "livemode": false,
        "metadata": intent["metadata"],
        "paid": false,
        "payment_intent": of.intent.id,
        "payment_method_details": of.means,
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_url": of.receipt_url,
        "refunded": false,
        "status": "pending",
    });
    with_empty(shape, EMPTY)
}
