use serde_json::{Map, Value, json};

use crate::sandbox::stripe::billing::Interval;
use crate::sandbox::stripe::ids;
use crate::time::Timestamp;

/// What a price is made of.
pub struct PriceOf<'a> {
    pub active: bool,
    pub currency: &'a str,
    pub unit_amount: i64,
    pub product: &'a str,
    /// Empty where it is paid once.
    pub interval: Option<Interval>,
    pub tax_behavior: &'a str,
    pub lookup_key: Option<&'a str>,
    pub nickname: Option<&'a str>,
    pub metadata: &'a Map<String, Value>,
}

pub fn price(of: &PriceOf<'_>, at: Timestamp) -> Value {
    json!({
        "id": ids::fresh("price_"),
        "object": "price",
        "active": of.active,
        "billing_scheme": "per_unit",
        "created": at.seconds(),
        "currency": of.currency,
        "custom_unit_amount": null,
        "livemode": false,
        "lookup_key": of.lookup_key,
        "metadata": of.metadata,
        "nickname": of.nickname,
        "product": of.product,
        "recurring": of.interval.map(Interval::shape),
        "tax_behavior": of.tax_behavior,
        "tiers_mode": null,
        "transform_quantity": null,
        "type": if of.interval.is_some() { "recurring" } else { "one_time" },
        "unit_amount": of.unit_amount,
        "unit_amount_decimal": of.unit_amount.to_string(),
    })
}

/// A recurring price the way older clients read it.
pub fn plan(price: &Value) -> Value {
    json!({
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": "per_unit",
        "created": price["created"],
        "currency": price["currency"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "livemode": false,
        "metadata": price["metadata"],
        "meter": null,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": null,
        "transform_usage": null,
        "trial_period_days": null,
        "usage_type": "licensed",
    })
}
