//! Paying a session: one transaction from the open session to its outcome.

use std::time::Duration;

use serde_json::Value;
use sqlx::AnyConnection;

use super::cards::{Card, Decline, Fate, delayed_details};
use super::misfit::Misfit;
use crate::sandbox::book;
use crate::sandbox::stripe::events::{Act, Origin};
use crate::sandbox::stripe::store::{self, Kind, Next, Object};
use crate::sandbox::stripe::{StripeSandbox, billing, charging, shapes};
use crate::sandbox::webhook_mode::WebhookMode;
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
    /// What the session ends with that was not asked for.
    pub misfit: Option<Misfit>,
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// Paid or under way, now or before: on to the success page.
    Complete(Box<Object>),
    /// The bank wants to ask the payer first.
    Ask(Box<Object>),
    Declined(Box<Object>, Decline),
    /// The session cannot be paid in this way.
    Refused(Box<Object>, Unfit),
    /// Nothing was tried; still to be paid.
    Open(Box<Object>),
    Expired,
    Unknown,
}

/// Why a session cannot be paid in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Plans are paid by card.
    OnlyByCard,
    /// What a session is to end with does not go with it.
    Misfit,
}

impl StripeSandbox {
    /// Pays the session, at most once however often and wherever it is tried.
    pub(super) async fn pay(&self, id: &str, attempt: &Attempt) -> sqlx::Result<Outcome> {
        let now = self.0.clock.now();
        let mut tx = self.0.db.begin().await?;
        let session = store::lock(&mut tx, Kind::Session, id).await?;
        let mut session = match standing(session, now) {
            Outcome::Open(session) => match attempt.unfit(&session) {
                Some(why) => return Ok(Outcome::Refused(session, why)),
                None if attempt.must_be_asked() => return Ok(Outcome::Ask(session)),
                None => session,
            },
            over => return Ok(over),
        };
        let mut act = self.act(now, Origin::default(), attempt.webhook);
        let why = attempt_payment(&mut tx, &mut act, &mut session, attempt).await?;
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
}

/// Charges the locked session; gives back why it was declined.
async fn attempt_payment(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
    attempt: &Attempt,
) -> sqlx::Result<Option<Decline>> {
    if let (true, Means::Card(card)) = (is_subscription(session), &attempt.means) {
        return subscribe(connection, act, session, card, attempt).await;
    }
    if let Some(misfit) = &attempt.misfit {
        misfit.apply(session);
    }
    if session.integer("amount_total") == 0 {
        complete(connection, act, session, None).await?;
        session.set("payment_status", "no_payment_required");
        act.tell(connection, "checkout.session.completed", session)
            .await?;
        return Ok(None);
    }
    let mut intent = intent_of(connection, act, session).await?;
    let mut charge = new_charge(act, &mut intent, session, &attempt.means);
    if let Some(why) = attempt.declined(session) {
        charging::decline(connection, act, &mut intent, &mut charge, why).await?;
        return Ok(Some(why));
    }
    complete(connection, act, session, Some(&mut intent)).await?;
    match &attempt.means {
        Means::Card(card) => {
            charging::plan_later(&mut charge, &card.fate, attempt.webhook, act);
            charging::succeed(connection, act, &mut intent, &mut charge).await?;
            enter(connection, session, &intent, true, act.at).await?;
            be_paid(connection, act, session, &intent).await?;
        }
        Means::Delayed { succeeds, after } => {
            session.notes.next = Some(Next::Settle {
                succeeds: *succeeds,
            });
            session.notes.webhook = attempt.webhook;
            session.due_at = Some(act.at.plus(*after));
            charging::start_processing(connection, act, &mut intent, &charge).await?;
            enter(connection, session, &intent, false, act.at).await?;
        }
    }
    act.tell(connection, "checkout.session.completed", session)
        .await?;
    Ok(None)
}

/// Starts the subscription of the session. A declined card leaves nothing behind.
async fn subscribe(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
    card: &Card,
    attempt: &Attempt,
) -> sqlx::Result<Option<Decline>> {
    if let Some(why) = attempt.declined(session) {
        return Ok(Some(why));
    }
    session.notes.makes_customer = true;
    complete(connection, act, session, None).await?;
    billing::start(connection, act, session, card).await?;
    session.set("payment_status", "paid");
    act.tell(connection, "checkout.session.completed", session)
        .await?;
    Ok(None)
}

async fn enter(
    connection: &mut AnyConnection,
    session: &Object,
    intent: &Object,
    paid: bool,
    at: Timestamp,
) -> sqlx::Result<()> {
    let entry = book::Entry {
        payment: &intent.id,
        checkout: Some(&session.id),
        reference: session.text("client_reference_id"),
        invoice: None,
        amount_minor: intent.integer("amount"),
        currency: intent.text("currency").unwrap_or_default(),
        paid,
    };
    book::enter::<Kind>(connection, &entry, at).await
}

/// The money of the session is there: what was asked for with it is made.
pub async fn be_paid(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
    intent: &Object,
) -> sqlx::Result<()> {
    session.set("payment_status", "paid");
    match session.notes.makes_invoice {
        true => billing::draw_for_session(connection, act, session, intent).await,
        false => Ok(()),
    }
}

fn new_charge(act: &Act, intent: &mut Object, session: &Object, means: &Means) -> Object {
    let details = match means {
        Means::Card(card) => card.details(),
        Means::Delayed { .. } => delayed_details(),
    };
    let email = session.shape["customer_details"]["email"].as_str();
    charging::new_charge(act, intent, email, details)
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

pub fn is_subscription(session: &Object) -> bool {
    session.text("mode") == Some("subscription")
}

impl Attempt {
    fn unfit(&self, session: &Object) -> Option<Unfit> {
        let subscription = is_subscription(session);
        match (&self.means, &self.misfit) {
            (Means::Delayed { .. }, _) if subscription => Some(Unfit::OnlyByCard),
            (_, Some(misfit)) if subscription || !misfit.goes_with(session) => Some(Unfit::Misfit),
            _ => None,
        }
    }

    fn must_be_asked(&self) -> bool {
        let asks = matches!(&self.means, Means::Card(card) if card.fate.asks());
        asks && self.authenticated.is_none()
    }

    fn declined(&self, session: &Object) -> Option<Decline> {
        match &self.means {
            Means::Card(card) if card.fate == Fate::Once && !is_subscription(session) => {
                Some(Decline::Generic)
            }
            Means::Card(card) => card.fate.attended(self.authenticated),
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
    let amount = session.integer("amount_total");
    if let Some(id) = session.text("payment_intent")
        && let Some(mut intent) = store::lock(connection, Kind::PaymentIntent, id).await?
    {
        intent.set("amount", amount);
        intent.set("currency", session.shape["currency"].clone());
        return Ok(intent);
    }
    let given = session.notes.intent.clone();
    let intent = charging::new_intent(connection, act, session, amount, &given).await?;
    session.set("payment_intent", intent.id.as_str());
    Ok(intent)
}

/// The session is over for the payer, whether the money is there yet or not.
async fn complete(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
    intent: Option<&mut Object>,
) -> sqlx::Result<()> {
    session.set("status", "complete");
    session.set("url", Value::Null);
    session.due_at = None;
    session.notes.next = None;
    if !session.notes.makes_customer || !session.shape["customer"].is_null() {
        return Ok(());
    }
    let mut given = serde_json::Map::new();
    given.insert("email".to_owned(), session.shape["customer_email"].clone());
    let shape = shapes::customer(&given, act.at);
    let customer = Object::new(Kind::Customer, shape, None, act.at);
    store::put(connection, &customer).await?;
    act.tell(connection, "customer.created", &customer).await?;
    session.set("customer", customer.id.as_str());
    session.parent = Some(customer.id.clone());
    if let Some(intent) = intent {
        intent.set("customer", customer.id);
    }
    Ok(())
}
