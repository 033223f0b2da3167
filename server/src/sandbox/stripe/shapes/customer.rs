use serde_json::{Map, Value, json};

use crate::sandbox::stripe::ids;
use crate::time::Timestamp;

/// A customer; `given` are the fields the caller set.
pub fn customer(given: &Map<String, Value>, at: Timestamp) -> Value {
    let mut shape = json!({
        "id": ids::fresh("cus_"),
        "object": "customer",
        "address": null,
        "balance": 0,
        "created": at.seconds(),
        "currency": null,
        "default_source": null,
        "delinquent": false,
        "description": null,
        "discount": null,
        "email": null,
        "invoice_prefix": null,
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": null, "footer": null,
            "rendering_options": null,
        },
        "livemode": false,
        "metadata": {},
        "name": null,
        "next_invoice_sequence": 1,
        "phone": null,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    });
    for (name, value) in given {
        shape[name] = value.clone();
    }
    shape
}
