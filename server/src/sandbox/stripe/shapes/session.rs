use serde_json::{Map, Value, json};

use super::{overlay, with_empty};
use crate::sandbox::stripe::ids;
use crate::sandbox::stripe::tax::Taxed;
use crate::time::Timestamp;

/// One line of what is bought.
pub struct LineItem {
    pub name: String,
    /// In Stripe's shape.
    pub price: Value,
    pub quantity: i64,
    pub taxed: Taxed,
}

impl LineItem {
    pub fn new(name: String, price: Value, quantity: i64, automatic_tax: bool) -> Self {
        let unit_amount = price["unit_amount"].as_i64().unwrap_or(0);
        // Far more than can be charged, and still room to calculate with.
        let amount = unit_amount.saturating_mul(quantity).min(MOST);
        Self {
            taxed: Taxed::by_price(amount, &price, automatic_tax),
            name,
            price,
            quantity,
        }
    }

    pub fn currency(&self) -> &str {
        self.price["currency"].as_str().unwrap_or_default()
    }
}

const MOST: i64 = 1_000_000_000_000;

pub fn line_item(line: &LineItem) -> Value {
    json!({
        "id": ids::fresh("li_"),
        "object": "item",
        "adjustable_quantity": null,
        "amount_discount": 0,
        "amount_subtotal": line.taxed.subtotal,
        "amount_tax": line.taxed.tax(),
        "amount_total": line.taxed.total(),
        "currency": line.price["currency"],
        "description": line.name,
        "metadata": {},
        "price": line.price,
        "quantity": line.quantity,
        "taxes": [],
    })
}

/// What a session is made of.
pub struct SessionOf<'a> {
    pub url: &'a str,
    pub success_url: &'a str,
    pub cancel_url: Option<&'a str>,
    pub client_reference_id: Option<&'a str>,
    pub customer: Option<&'a str>,
    pub customer_email: Option<&'a str>,
    /// The payer's address, by whatever way it is known.
    pub known_email: Option<&'a str>,
    pub mode: &'a str,
    pub currency: &'a str,
    pub taxed: Taxed,
    pub makes_invoice: bool,
    pub expires_at: i64,
    pub metadata: &'a Map<String, Value>,
    pub payment_method_types: &'a [String],
    pub automatic_tax: bool,
    /// What the caller set and the page need not obey: `locale`, `submit_type` and so on.
    pub shown: &'a Map<String, Value>,
}

/// A fresh open session.
pub fn session(of: &SessionOf<'_>, at: Timestamp) -> Value {
    let mut shape = bare_session(&ids::session(), at);
    let amounts = json!({
        "amount_subtotal": of.taxed.subtotal,
        "amount_total": of.taxed.total(),
        "automatic_tax": automatic_tax(of.automatic_tax),
        "cancel_url": of.cancel_url,
        "client_reference_id": of.client_reference_id,
        "currency": of.currency,
        "customer": of.customer,
        "customer_email": of.customer_email,
        "customer_details": of.known_email.map(customer_details),
        "expires_at": of.expires_at,
        "metadata": of.metadata,
        "mode": of.mode,
        "payment_method_types": of.payment_method_types,
        "success_url": of.success_url,
    });
    shape["total_details"]["amount_tax"] = json!(of.taxed.tax());
    match of.mode {
        "payment" => shape["invoice_creation"] = invoice_creation(of.makes_invoice),
        _ => {
            shape["customer_creation"] = Value::Null;
            shape["payment_method_collection"] = json!("always");
        }
    }
    let id = shape["id"].as_str().unwrap_or_default();
    shape["url"] = json!(format!("{}{id}", of.url));
    overlay(overlay(shape, amounts), Value::Object(of.shown.clone()))
}

fn automatic_tax(enabled: bool) -> Value {
    let status = enabled.then_some("complete");
    json!({ "enabled": enabled, "liability": null, "provider": null, "status": status })
}

fn invoice_creation(enabled: bool) -> Value {
    json!({
        "enabled": enabled,
        "invoice_data": {
            "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null,
            "issuer": null, "metadata": {}, "rendering_options": null,
        },
    })
}

fn customer_details(email: &str) -> Value {
    json!({
        "address": null, "business_name": null, "email": email, "individual_name": null,
        "name": null, "phone": null, "tax_exempt": "none", "tax_ids": null,
    })
}

/// Fields that are empty in every fresh session.
const EMPTY: &[&str] = &[
    "after_expiration",
    "allow_promotion_codes",
    "amount_subtotal",
    "amount_total",
    "billing_address_collection",
    "branding_settings",
    "cancel_url",
    "client_reference_id",
    "client_secret",
    "consent",
    "consent_collection",
    "currency",
    "currency_conversion",
    "customer",
    "customer_details",
    "customer_email",
    "invoice",
    "invoice_creation",
    "locale",
    "payment_intent",
    "payment_link",
    "recovered_from",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "submit_type",
    "subscription",
    "success_url",
    "url",
];

/// The session `id`, open and with nothing in it.
pub fn bare_session(id: &str, at: Timestamp) -> Value {
    let shape = json!({
        "id": id,
        "object": "checkout.session",
        "adaptive_pricing": { "enabled": false },
        "automatic_tax": automatic_tax(false),
        "created": at.seconds(),
        "custom_fields": [],
        "custom_text": {
            "after_submit": null, "shipping_address": null, "submit": null,
            "terms_of_service_acceptance": null,
        },
        "customer_creation": "if_required",
        "discounts": [],
        "expires_at": at.seconds(),
        "livemode": false,
        "metadata": {},
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": { "enabled": false },
        "shipping_options": [],
        "status": "open",
        "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
        "ui_mode": "hosted_page",
    });
    with_empty(shape, EMPTY)
}
