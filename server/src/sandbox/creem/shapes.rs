//! Objects in Creem's shape. Of transactions, refunds, disputes and events times are milliseconds
//! since 1970, of everything else RFC 3339; source: the `creem` client's entities.

use serde_json::{Map, Value, json};

use super::store::Object;
use super::{Product, ids};
use crate::time::Timestamp;

const MODE: &str = "test";

/// Creem writes currencies upper-case.
fn currency(product: &Product) -> String {
    product.currency.to_ascii_uppercase()
}

pub fn product(product: &Product) -> Value {
    let billing = product.billing;
    let recurring = billing.is_recurring();
    // Products come from the catalogue, which has no date of theirs.
    let made = Timestamp::from_seconds(0).to_rfc3339();
    json!({
        "id": product.id, "mode": MODE, "object": "product",
        "name": product.name, "description": product.name,
        "price": product.price, "currency": currency(product),
        "billing_type": if recurring { "recurring" } else { "onetime" },
        "billing_period": billing.as_str(),
        "recurring_interval": billing.interval(),
        "recurring_interval_count": recurring.then_some(1),
        "status": "active", "tax_mode": "inclusive", "tax_category": "saas",
        "default_success_url": null, "created_at": made, "updated_at": made,
    })
}

pub fn customer(email: &str, name: Option<&str>, external: Option<&str>, at: Timestamp) -> Value {
    json!({
        "id": ids::fresh("cust_"), "mode": MODE, "object": "customer",
        "email": email, "name": name, "external_id": external, "country": "US",
        "created_at": at.to_rfc3339(), "updated_at": at.to_rfc3339(),
    })
}

/// What a checkout is made of.
pub struct CheckoutOf<'a> {
    pub product: &'a Product,
    pub units: i64,
    pub custom_price: Option<i64>,
    pub request_id: Option<&'a str>,
    pub customer: Option<&'a str>,
    pub success_url: Option<&'a str>,
    pub metadata: &'a Map<String, Value>,
    /// Where checkouts are hosted; ends in a slash.
    pub hosted: &'a str,
}

pub fn checkout(of: &CheckoutOf<'_>) -> Value {
    let id = ids::fresh("ch_");
    let mut shape = json!({
        "id": id, "mode": MODE, "object": "checkout", "status": "pending",
        "product": of.product.id, "units": of.units,
        "checkout_url": format!("{}{id}", of.hosted),
        "success_url": of.success_url, "custom_fields": [], "metadata": of.metadata,
    });
    for (field, value) in [
        ("request_id", of.request_id.map(Value::from)),
        ("customer", of.customer.map(Value::from)),
        ("custom_price", of.custom_price.map(Value::from)),
    ] {
        if let Some(value) = value {
            shape[field] = value;
        }
    }
    shape
}

/// The paid order of a checkout.
pub fn order(
    product: &Product,
    customer: &str,
    transaction: &str,
    amount: i64,
    at: Timestamp,
) -> Value {
    json!({
        "id": ids::fresh("ord_"), "mode": MODE, "object": "order",
        "customer": customer, "product": product.id, "transaction": transaction, "discount": null,
        "amount": amount, "sub_total": amount, "tax_amount": 0, "discount_amount": 0,
        "amount_due": amount, "amount_paid": amount, "currency": currency(product),
        "fx_amount": null, "fx_currency": null, "fx_rate": null, "status": "paid",
        "type": if product.billing.is_recurring() { "recurring" } else { "onetime" },
        "affiliate": null, "created_at": at.to_rfc3339(), "updated_at": at.to_rfc3339(),
    })
}

/// What a transaction is about.
pub struct TransactionOf<'a> {
    pub id: &'a str,
    pub product: &'a Product,
    pub amount: i64,
    pub customer: &'a str,
    pub order: Option<&'a str>,
    pub subscription: Option<&'a str>,
    pub period: Option<(Timestamp, Timestamp)>,
    pub paid: bool,
}

pub fn transaction(of: &TransactionOf<'_>, at: Timestamp) -> Value {
    let recurring = of.subscription.is_some();
    let mut shape = json!({
        "id": of.id, "mode": MODE, "object": "transaction",
        "amount": of.amount, "amount_paid": if of.paid { of.amount } else { 0 },
        "discount_amount": 0, "currency": currency(of.product),
        "type": if recurring { "invoice" } else { "payment" },
        "tax_country": null, "tax_amount": 0,
        "status": if of.paid { "paid" } else { "declined" }, "refunded_amount": null,
        "order": of.order, "subscription": of.subscription, "customer": of.customer,
        "description": if recurring { "Subscription payment" } else { "Payment" },
        "created_at": at.millis(),
    });
    if let Some((start, end)) = of.period {
        shape["period_start"] = json!(start.millis());
        shape["period_end"] = json!(end.millis());
    }
    shape
}

pub fn subscription(
    id: &str,
    product: &Product,
    customer: &str,
    metadata: &Value,
    at: Timestamp,
) -> Value {
    json!({
        "id": id, "mode": MODE, "object": "subscription",
        "product": product.id, "customer": customer,
        "items": [{
            "id": ids::fresh("sitem_"), "mode": MODE, "object": "subscription_item",
            "product_id": product.id, "units": 1,
        }],
        "collection_method": "charge_automatically", "status": "active", "canceled_at": null,
        "created_at": at.to_rfc3339(), "updated_at": at.to_rfc3339(), "metadata": metadata,
    })
}

/// A refund; what it belongs to is added where it is told of.
pub fn refund(transaction: &Object, amount: i64, status: &str, at: Timestamp) -> Value {
    json!({
        "id": ids::fresh("ref_"), "mode": MODE, "object": "refund", "status": status,
        "refund_amount": amount, "refund_currency": transaction.shape["currency"],
        "reason": "requested_by_customer", "transaction": transaction.id,
        "created_at": at.millis(),
    })
}

pub fn dispute(transaction: &Object, at: Timestamp) -> Value {
    json!({
        "id": ids::fresh("disp_"), "mode": MODE, "object": "dispute",
        "amount": transaction.shape["amount_paid"], "currency": transaction.shape["currency"],
        "transaction": transaction.id, "created_at": at.millis(),
    })
}

pub fn event(kind: &str, object: &Value, at: Timestamp) -> Value {
    json!({
        "id": ids::fresh("evt_"), "eventType": kind, "created_at": at.millis(), "object": object,
    })
}
