//! Charging: a payment intent, the charges made for it, and what becomes of them.

use serde_json::{Map, Value, json};
use sqlx::AnyConnection;

use super::checkout::cards::{Decline, Fate};
use super::events::Act;
use super::store::{self, Kind, Object};
use super::{after, ids, shapes};
use crate::sandbox::webhook_mode::WebhookMode;

/// Makes the payment intent of `owner`, a session or an invoice.
pub async fn new_intent(
    connection: &mut AnyConnection,
    act: &mut Act,
    owner: &Object,
    amount: i64,
    given: &Map<String, Value>,
) -> sqlx::Result<Object> {
    let card = json!(["card"]);
    let types = &owner.shape["payment_method_types"];
    let of = shapes::IntentOf {
        amount,
        currency: &owner.shape["currency"],
        customer: &owner.shape["customer"],
        payment_method_types: if types.is_array() { types } else { &card },
        given,
    };
    let shape = shapes::payment_intent(&of, act.at);
    let intent = Object::new(Kind::PaymentIntent, shape, Some(owner.id.clone()), act.at);
    act.tell(connection, "payment_intent.created", &intent)
        .await?;
    Ok(intent)
}

/// Makes a pending charge for the intent, by `means` (`payment_method_details`).
pub fn new_charge(act: &Act, intent: &mut Object, email: Option<&str>, means: Value) -> Object {
    let id = ids::fresh("ch_");
    let receipt_url = format!("{}receipts/{id}", act.of.hosted_base);
    let of = shapes::ChargeOf {
        id: &id,
        intent,
        email,
        means,
        receipt_url: &receipt_url,
    };
    let shape = shapes::charge(&of, act.at);
    intent.set("latest_charge", id);
    Object::new(Kind::Charge, shape, Some(intent.id.clone()), act.at)
}

/// What the card makes of the charge later.
pub fn plan_later(charge: &mut Object, fate: &Fate, webhook: WebhookMode, act: &Act) {
    charge.notes.refunds = fate.refunds();
    if let Some(next) = fate.dispute() {
        charge.notes.next = Some(next);
        charge.notes.webhook = webhook;
        charge.due_at = Some(act.at.plus(after::DISPUTED_AFTER));
    }
}

/// The money is there.
pub async fn succeed(
    connection: &mut AnyConnection,
    act: &mut Act,
    intent: &mut Object,
    charge: &mut Object,
) -> sqlx::Result<()> {
    let amount = charge.integer("amount");
    charge.set("status", "succeeded");
    charge.set("paid", true);
    charge.set("captured", true);
    charge.set("amount_captured", amount);
    charge.set(
        "outcome",
        outcome(
            "approved_by_network",
            "authorized",
            "Payment complete.",
            None,
        ),
    );
    intent.set("status", "succeeded");
    intent.set("amount_received", amount);
    intent.set("last_payment_error", Value::Null);
    put_both(connection, intent, charge).await?;
    act.tell(connection, "charge.succeeded", charge).await?;
    act.tell(connection, "payment_intent.succeeded", intent)
        .await
}

/// The money will not come.
pub async fn decline(
    connection: &mut AnyConnection,
    act: &mut Act,
    intent: &mut Object,
    charge: &mut Object,
    why: Decline,
) -> sqlx::Result<()> {
    charge.set("status", "failed");
    charge.set("failure_code", why.code());
    charge.set("failure_message", why.message());
    charge.set("receipt_url", Value::Null);
    let said = "The bank did not return any further details with this decline.";
    charge.set(
        "outcome",
        outcome(
            "declined_by_network",
            "issuer_declined",
            said,
            why.decline_code(),
        ),
    );
    intent.set("status", "requires_payment_method");
    intent.set("last_payment_error", payment_error(charge, why));
    put_both(connection, intent, charge).await?;
    act.tell(connection, "charge.failed", charge).await?;
    act.tell(connection, "payment_intent.payment_failed", intent)
        .await
}

/// The money is under way.
pub async fn start_processing(
    connection: &mut AnyConnection,
    act: &mut Act,
    intent: &mut Object,
    charge: &Object,
) -> sqlx::Result<()> {
    intent.set("status", "processing");
    put_both(connection, intent, charge).await?;
    act.tell(connection, "charge.pending", charge).await?;
    act.tell(connection, "payment_intent.processing", intent)
        .await
}

async fn put_both(
    connection: &mut AnyConnection,
    intent: &Object,
    charge: &Object,
) -> sqlx::Result<()> {
    store::put(connection, intent).await?;
    store::put(connection, charge).await
}

fn outcome(network: &str, kind: &str, message: &str, reason: Option<&str>) -> Value {
    json!({
        "advice_code": null, "network_advice_code": null, "network_decline_code": null,
        "network_status": network, "reason": reason, "risk_level": "normal", "risk_score": 12,
        "seller_message": message, "type": kind,
    })
}

fn payment_error(charge: &Object, why: Decline) -> Value {
    let mut error = json!({
        "type": "card_error", "code": why.code(), "message": why.message(), "charge": charge.id,
    });
    if let Some(decline_code) = why.decline_code() {
        error["decline_code"] = json!(decline_code);
    }
    error
}
