use serde_json::{Map, Value, json};

use super::{list, overlay, with_empty};
use crate::sandbox::stripe::ids;
use crate::sandbox::stripe::tax::Taxed;
use crate::time::Timestamp;

/// Fields the sandbox has nothing for, or not yet.
const EMPTY: &[&str] = &[
    "account_tax_ids",
    "amount_paid_off_stripe",
    "application",
    "automatically_finalizes_at",
    "confirmation_secret",
    "custom_fields",
    "customer_account",
    "customer_address",
    "customer_name",
    "customer_phone",
    "customer_shipping",
    "default_payment_method",
    "default_source",
    "description",
    "due_date",
    "effective_at",
    "ending_balance",
    "footer",
    "from_invoice",
    "hosted_invoice_url",
    "invoice_pdf",
    "last_finalization_error",
    "latest_revision",
    "next_payment_attempt",
    "number",
    "on_behalf_of",
    "receipt_number",
    "rendering",
    "shipping_cost",
    "shipping_details",
    "statement_descriptor",
    "test_clock",
    "threshold_reason",
    "webhooks_delivered_at",
];

/// What an invoice is made of.
pub struct InvoiceOf<'a> {
    /// Why it is drawn, in Stripe's words: `subscription_cycle`, `manual` and so on.
    pub reason: &'a str,
    pub currency: &'a Value,
    pub customer: &'a Value,
    pub customer_email: &'a Value,
    /// The subscription with its metadata as they are now, if it is drawn for one.
    pub subscription: Option<&'a Value>,
    pub metadata: &'a Map<String, Value>,
    pub lines: Vec<Value>,
    /// What its lines come to, without and with tax.
    pub taxed: Taxed,
    /// What is taken off that.
    pub discount: i64,
    pub automatic_tax: bool,
    pub period: (i64, i64),
}

/// A draft: nothing is owed yet.
pub fn invoice(of: InvoiceOf<'_>, at: Timestamp) -> Value {
    let id = ids::fresh("in_");
    let parent = of.subscription.map(|subscription| {
        json!({
            "quote_details": null,
            "subscription_details": {
                "metadata": subscription["metadata"], "subscription": subscription["id"],
            },
            "type": "subscription_details",
        })
    });
    let total = of.taxed.total() - of.discount;
    let mut shape = json!({
        "id": id,
        "object": "invoice",
        "amount_due": total.max(0),
        "amount_paid": 0,
        "amount_remaining": total.max(0),
        "attempt_count": 0,
        "attempted": false,
        "auto_advance": of.subscription.is_some(),
        "automatic_tax": {
            "disabled_reason": null, "enabled": of.automatic_tax, "liability": null,
            "provider": null, "status": of.automatic_tax.then_some("complete"),
        },
        "billing_reason": of.reason,
        "collection_method": "charge_automatically",
        "created": at.seconds(),
        "currency": of.currency,
        "customer": of.customer,
        "customer_email": of.customer_email,
        "metadata": of.metadata,
        "parent": parent,
        "period_end": of.period.1,
        "period_start": of.period.0,
        "starting_balance": 0,
        "status": "draft",
        "status_transitions": {
            "finalized_at": null, "marked_uncollectible_at": null, "paid_at": null,
            "voided_at": null,
        },
        "subtotal": of.taxed.subtotal,
        "subtotal_excluding_tax": of.taxed.subtotal - of.taxed.inclusive,
        "total": total,
        "total_excluding_tax": total - of.taxed.tax(),
        "total_taxes": of.taxed.shapes(),
    });
    let mut lines = of.lines;
    for line in &mut lines {
        line["invoice"] = json!(id);
    }
    shape["lines"] = list(lines, false, &format!("/v1/invoices/{id}/lines"));
    let shape = with_empty(shape, EMPTY);
    overlay(shape, fixed())
}

/// Fields that are the same in every invoice.
fn fixed() -> Value {
    json!({
        "account_country": "US",
        "account_name": "Atelier sandbox",
        "amount_overpaid": 0,
        "amount_shipping": 0,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": { "type": "self" },
        "livemode": false,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "total_discount_amounts": [],
        "total_pretax_credit_amounts": [],
        "payment_settings": {
            "default_mandate": null, "payment_method_options": null, "payment_method_types": null,
        },
    })
}

/// What a line of an invoice is made of.
pub struct InvoiceLineOf<'a> {
    pub description: &'a str,
    pub amount: i64,
    pub quantity: i64,
    pub price: &'a Value,
    pub period: (i64, i64),
    /// The subscription and its item, if it is a line of one.
    pub item: Option<(&'a Value, &'a Value)>,
    /// Whether it makes good for a change in the middle of a period.
    pub proration: bool,
    pub taxed: Taxed,
}

pub fn invoice_line(of: &InvoiceLineOf<'_>) -> Value {
    let parent = of.item.map(|(subscription, item)| {
        json!({
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": null, "proration": of.proration,
                "proration_details": { "credited_items": null },
                "subscription": subscription, "subscription_item": item,
            },
            "type": "subscription_item_details",
        })
    });
    json!({
        "id": ids::fresh("il_"),
        "object": "line_item",
        "amount": of.amount,
        "currency": of.price["currency"],
        "description": of.description,
        "discount_amounts": [],
        "discountable": !of.proration,
        "discounts": [],
        "livemode": false,
        "metadata": {},
        "parent": parent,
        "period": { "end": of.period.1, "start": of.period.0 },
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": { "price": of.price["id"], "product": of.price["product"] },
            "type": "price_details",
            "unit_amount_decimal": of.price["unit_amount_decimal"],
        },
        "quantity": of.quantity,
        "subtotal": of.amount,
        "taxes": of.taxed.shapes(),
    })
}

/// The payment of an invoice by an intent, still open.
pub fn invoice_payment(invoice: &Value, intent: &str, at: Timestamp) -> Value {
    json!({
        "id": ids::fresh("inpay_"),
        "object": "invoice_payment",
        "amount_paid": null,
        "amount_requested": invoice["amount_due"],
        "created": at.seconds(),
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": true,
        "livemode": false,
        "payment": { "payment_intent": intent, "type": "payment_intent" },
        "status": "open",
        "status_transitions": { "canceled_at": null, "paid_at": null },
    })
}
