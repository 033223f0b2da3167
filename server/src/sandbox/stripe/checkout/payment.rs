//! Paying a session: one transaction from the open session to its outcome.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::cards::{Card, Decline, Fate, delayed_details};
use crate::sandbox::stripe::events::{Act, Origin, WebhookMode};
use crate::sandbox::stripe::store::{self, Kind, Next, Object};
use crate::sandbox::stripe::{StripeSandbox, after, book, ids, shapes};
use crate::time::Timestamp;

/// How the payer tries to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    Card(Card),
    /// By bank: accepted now, decided after a while.
    Delayed {
        succeeds: bool,
        after: Duration,
    },
}

/// One press of the button.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub means: Means,
    pub webhook: WebhookMode,
    /// Whether the payer passed the bank's question, once it was asked.
    pub authenticated: Option<bool>,
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// Paid or under way, now or before: on to the success page.
    Complete(Box<Object>),
    /// The bank wants to ask the payer first.
    Ask(Box<Object>),
    Declined(Box<Object>, Decline),
    /// Nothing was tried; still to be paid.
    Open(Box<Object>),
    Expired,
    Unknown,
}

impl StripeSandbox {
    /// Pays the session, at most once however often and wherever it is tried.
    pub(super) async fn pay(&self, id: &str, attempt: &Attempt) -> sqlx::Result<Outcome> {
        let now = self.0.clock.now();
        let mut tx = self.0.db.begin().await?;
        let session = store::lock_kind(&mut tx, Kind::Session, id).await?;
        let mut session = match standing(session, now) {
            Outcome::Open(session) if attempt.must_be_asked() => return Ok(Outcome::Ask(session)),
            Outcome::Open(session) => session,
            over => return Ok(over),
        };
        let mut act = Act::new(now, Origin::default(), attempt.webhook);
        let why = self
            .attempt_payment(&mut tx, &mut act, &mut session, attempt)
            .await?;
        store::put(&mut tx, &session).await?;
        tx.commit().await?;
        self.wake();
        self.deliver_before_redirect(act.into_held()).await;
        Ok(match why {
            Some(why) => Outcome::Declined(session, why),
            None => Outcome::Complete(session),
        })
    }

    /// How it stands with the session, when there is nothing to try.
    pub(super) async fn look(&self, id: &str) -> sqlx::Result<Outcome> {
        let session = self.find(Kind::Session, id).await?;
        Ok(standing(session, self.0.clock.now()))
    }

    /// Charges the locked session; gives back why it was declined.
    async fn attempt_payment(
        &self,
        connection: &mut AnyConnection,
        act: &mut Act,
        session: &mut Object,
        attempt: &Attempt,
    ) -> sqlx::Result<Option<Decline>> {
        let mut intent = intent_of(connection, act, session).await?;
        let mut charge = self.new_charge(&intent, session, attempt, act);
        intent.set("latest_charge", charge.id.as_str());
        if let Some(why) = attempt.declined() {
            decline(connection, act, &mut intent, &mut charge, why).await?;
            return Ok(Some(why));
        }
        complete(connection, act, session, &mut intent).await?;
        match &attempt.means {
            Means::Card(card) => {
                charge.notes.refunds = card.fate.refunds();
                plan_dispute(&mut charge, &card.fate, attempt.webhook, act);
                session.set("payment_status", "paid");
                succeed(connection, act, &mut intent, &mut charge).await?;
                book::enter(connection, session, &intent.id, true, act.at).await?;
            }
            Means::Delayed { succeeds, after } => {
                session.notes.next = Some(Next::Settle {
                    succeeds: *succeeds,
                });
                session.notes.webhook = attempt.webhook;
                session.due_at = Some(act.at.plus(*after));
                start_processing(connection, act, &mut intent, &charge).await?;
                book::enter(connection, session, &intent.id, false, act.at).await?;
            }
        }
        act.tell(connection, "checkout.session.completed", session)
            .await?;
        Ok(None)
    }

    fn new_charge(
        &self,
        intent: &Object,
        session: &Object,
        attempt: &Attempt,
        act: &Act,
    ) -> Object {
        let id = ids::fresh("ch_");
        let receipt_url = format!("{}receipts/{id}", self.0.settings.hosted_base);
        let means = match &attempt.means {
            Means::Card(card) => card.details(),
            Means::Delayed { .. } => delayed_details(),
        };
        let email = session.shape["customer_details"]["email"].as_str();
        let of = shapes::ChargeOf {
            id: &id,
            intent,
            email,
            means,
            receipt_url: &receipt_url,
        };
        let shape = shapes::charge(&of, act.at);
        Object::new(Kind::Charge, shape, Some(intent.id.clone()), act.at)
    }
}

fn standing(session: Option<Object>, now: Timestamp) -> Outcome {
    let Some(session) = session.map(Box::new) else {
        return Outcome::Unknown;
    };
    match session.text("status") {
        Some("complete") => Outcome::Complete(session),
        Some("open") if !session.is_due(now) => Outcome::Open(session),
        _ => Outcome::Expired,
    }
}

impl Attempt {
    fn must_be_asked(&self) -> bool {
        let asks = matches!(&self.means, Means::Card(card) if card.fate == Fate::Authentication);
        asks && self.authenticated.is_none()
    }

    fn declined(&self) -> Option<Decline> {
        match &self.means {
            Means::Card(card) => match card.fate {
                Fate::Declined(why) => Some(why),
                Fate::Authentication if self.authenticated == Some(false) => {
                    Some(Decline::AuthenticationFailed)
                }
                _ => None,
            },
            Means::Delayed { .. } => None,
        }
    }
}

/// The session's payment intent: the one of an earlier, declined attempt, or a new one.
async fn intent_of(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
) -> sqlx::Result<Object> {
    if let Some(id) = session.text("payment_intent")
        && let Some(intent) = store::lock_kind(connection, Kind::PaymentIntent, id).await?
    {
        return Ok(intent);
    }
    let shape = shapes::payment_intent(session, &session.notes.intent, act.at);
    let intent = Object::new(Kind::PaymentIntent, shape, Some(session.id.clone()), act.at);
    session.set("payment_intent", intent.id.as_str());
    act.tell(connection, "payment_intent.created", &intent)
        .await?;
    Ok(intent)
}

/// The session is over for the payer, whether the money is there yet or not.
async fn complete(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
    intent: &mut Object,
) -> sqlx::Result<()> {
    session.set("status", "complete");
    session.set("url", Value::Null);
    session.due_at = None;
    session.notes.next = None;
    if session.notes.makes_customer && session.shape["customer"].is_null() {
        let mut given = serde_json::Map::new();
        given.insert("email".to_owned(), session.shape["customer_email"].clone());
        let shape = shapes::customer(&given, act.at);
        let customer = Object::new(Kind::Customer, shape, None, act.at);
        store::put(connection, &customer).await?;
        act.tell(connection, "customer.created", &customer).await?;
        session.set("customer", customer.id.as_str());
        session.parent = Some(customer.id.clone());
        intent.set("customer", customer.id.as_str());
    }
    Ok(())
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

async fn start_processing(
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

fn plan_dispute(charge: &mut Object, fate: &Fate, webhook: WebhookMode, act: &Act) {
    if let Some(next) = fate.dispute() {
        charge.notes.next = Some(next);
        charge.notes.webhook = webhook;
        charge.due_at = Some(act.at.plus(after::DISPUTED_AFTER));
    }
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
