use std::time::Duration;

use serde_json::{Value, json};

use crate::sandbox::stripe::ids;
use crate::sandbox::stripe::store::Object;
use crate::time::Timestamp;

/// Stripe: there are some days to answer a dispute, how many depends on the card network.
const TIME_TO_ANSWER: Duration = Duration::from_secs(9 * 24 * 3_600);

/// What a dispute is made of.
pub struct DisputeOf<'a> {
    pub charge: &'a Object,
    pub reason: &'a str,
    /// Only a question so far: no money has moved.
    pub inquiry: bool,
}

pub fn dispute(of: &DisputeOf<'_>, at: Timestamp) -> Value {
    let (status, case) = match of.inquiry {
        true => ("warning_needs_response", "inquiry"),
        false => ("needs_response", "chargeback"),
    };
    json!({
        "id": ids::fresh("du_"),
        "object": "dispute",
        "amount": of.charge.integer("amount") - of.charge.integer("amount_refunded"),
        "balance_transactions": [],
        "charge": of.charge.id,
        "created": at.seconds(),
        "currency": of.charge.shape["currency"],
        "enhanced_eligibility_types": [],
        "evidence": evidence(),
        "evidence_details": {
            "due_by": at.plus(TIME_TO_ANSWER).seconds(),
            "enhanced_eligibility": {},
            "has_evidence": false,
            "past_due": false,
            "submission_count": 0,
        },
        "is_charge_refundable": of.inquiry,
        "livemode": false,
        "metadata": {},
        "payment_intent": of.charge.shape["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa", "case_type": case, "network": "visa",
                "network_reason_code": "10",
            },
            "type": "card",
        },
        "reason": of.reason,
        "status": status,
    })
}

fn evidence() -> Value {
    json!({
        "access_activity_log": null, "billing_address": null, "cancellation_policy": null,
        "customer_communication": null, "customer_email_address": null, "customer_name": null,
        "enhanced_evidence": {}, "product_description": null, "receipt": null,
        "refund_policy": null, "service_date": null, "uncategorized_text": null,
    })
}
