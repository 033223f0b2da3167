use serde_json::{Map, Value, json};

use super::{list, plan, with_empty};
use crate::sandbox::stripe::ids;
use crate::time::Timestamp;

/// Fields the sandbox has nothing for, or not yet.
const EMPTY: &[&str] = &[
    "application",
    "application_fee_percent",
    "billing_cycle_anchor_config",
    "billing_thresholds",
    "cancel_at",
    "canceled_at",
    "customer_account",
    "days_until_due",
    "default_payment_method",
    "default_source",
    "description",
    "ended_at",
    "latest_invoice",
    "next_pending_invoice_item_invoice",
    "on_behalf_of",
    "pause_collection",
    "pending_invoice_item_interval",
    "pending_setup_intent",
    "pending_update",
    "schedule",
    "test_clock",
    "transfer_data",
    "trial_end",
    "trial_start",
];

/// What a subscription is made of.
pub struct SubscriptionOf<'a> {
    pub id: &'a str,
    pub customer: &'a str,
    pub currency: &'a Value,
    pub items: Vec<Value>,
    pub automatic_tax: bool,
    /// The fields the caller asked for with `subscription_data`.
    pub given: &'a Map<String, Value>,
}

/// A subscription that is not paid yet.
pub fn subscription(of: SubscriptionOf<'_>, at: Timestamp) -> Value {
    let issuer = json!({ "type": "self" });
    let shape = json!({
        "id": of.id,
        "object": "subscription",
        "automatic_tax": {
            "disabled_reason": null, "enabled": of.automatic_tax, "liability": null,
        },
        "billing_cycle_anchor": at.seconds(),
        "billing_mode": { "type": "classic", "flexible": null, "updated_at": null },
        "billing_schedules": [],
        "cancel_at_period_end": false,
        "cancellation_details": cancellation(None, None, None),
        "collection_method": "charge_automatically",
        "created": at.seconds(),
        "currency": of.currency,
        "customer": of.customer,
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": { "account_tax_ids": null, "issuer": issuer },
        "items": list(of.items, false, &format!("/v1/subscription_items?subscription={}", of.id)),
        "livemode": false,
        "metadata": {},
        "payment_settings": {
            "payment_method_options": null, "payment_method_types": null,
            "save_default_payment_method": "off",
        },
        "start_date": at.seconds(),
        "status": "incomplete",
        "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
    });
    let mut shape = with_empty(shape, EMPTY);
    for (name, value) in of.given {
        shape[name] = value.clone();
    }
    shape
}

/// One thing subscribed to, from `start` to `end` for now.
pub fn subscription_item(
    subscription: &str,
    price: &Value,
    quantity: i64,
    (start, end): (i64, i64),
    at: Timestamp,
) -> Value {
    json!({
        "id": ids::fresh("si_"),
        "object": "subscription_item",
        "billing_thresholds": null,
        "created": at.seconds(),
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": {},
        "plan": plan(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    })
}

/// Why a subscription ends.
pub fn cancellation(reason: Option<&str>, comment: Option<&str>, feedback: Option<&str>) -> Value {
    json!({
        "comment": comment, "feedback": feedback, "feedback_option": null, "reason": reason,
    })
}
