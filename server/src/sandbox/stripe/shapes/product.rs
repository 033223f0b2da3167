use serde_json::{Map, Value, json};

use super::with_empty;
use crate::time::Timestamp;

/// Fields the sandbox has nothing for.
const EMPTY: &[&str] = &[
    "default_price",
    "description",
    "package_dimensions",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "tax_details",
    "unit_label",
    "url",
];

/// What is sold; `given` are the fields the caller set, `name` among them.
pub fn product(id: &str, given: &Map<String, Value>, at: Timestamp) -> Value {
    let shape = json!({
        "id": id,
        "object": "product",
        "active": true,
        "attributes": [],
        "created": at.seconds(),
        "images": [],
        "livemode": false,
        "marketing_features": [],
        "metadata": {},
        "type": "service",
        "updated": at.seconds(),
    });
    let mut shape = with_empty(shape, EMPTY);
    for (name, value) in given {
        shape[name] = value.clone();
    }
    shape
}
