use serde_json::{Map, Value, json};

use crate::sandbox::stripe::ids;
use crate::sandbox::stripe::store::Object;
use crate::time::Timestamp;

/// What a refund is made of.
pub struct RefundOf<'a> {
    pub charge: &'a Object,
    pub amount: i64,
    pub reason: Option<&'a str>,
    pub metadata: &'a Map<String, Value>,
    pub status: &'a str,
}

pub fn refund(of: &RefundOf<'_>, at: Timestamp) -> Value {
    json!({
        "id": ids::fresh("re_"),
        "object": "refund",
        "amount": of.amount,
        "balance_transaction": null,
        "charge": of.charge.id,
        "created": at.seconds(),
        "currency": of.charge.shape["currency"],
        "destination_details": {
            "card": {
                "reference": null, "reference_status": "pending",
                "reference_type": "acquirer_reference_number", "type": "refund",
            },
            "type": "card",
        },
        "metadata": of.metadata,
        "payment_intent": of.charge.shape["payment_intent"],
        "reason": of.reason,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": of.status,
        "transfer_reversal": null,
    })
}
