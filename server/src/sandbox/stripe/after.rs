//! What becomes of sessions later: they expire, delayed payments of them come in or not.

use std::time::Duration;

use serde_json::Value;
use sqlx::AnyConnection;

use super::charging;
use super::checkout::cards::Decline;
use super::checkout::payment;
use super::events::Act;
use super::store::{self, Kind, Object};
use crate::sandbox::book;

/// How long after the payment the dispute cards are disputed.
pub const DISPUTED_AFTER: Duration = Duration::from_secs(1);
/// How long refunds take that do not arrive at once.
pub const REFUNDED_AFTER: Duration = Duration::from_secs(2);

/// The locked open session is over, unpaid.
pub async fn expire(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
) -> sqlx::Result<()> {
    session.set("status", "expired");
    session.set("url", Value::Null);
    session.due_at = None;
    session.notes.next = None;
    store::put(connection, session).await?;
    act.tell(connection, "checkout.session.expired", session)
        .await
}

/// The delayed payment of the locked session is decided.
pub async fn settle(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
    succeeds: bool,
) -> sqlx::Result<()> {
    let id = session
        .text("payment_intent")
        .unwrap_or_default()
        .to_owned();
    let intent = store::lock(connection, Kind::PaymentIntent, &id).await?;
    let charge = match intent
        .as_ref()
        .and_then(|intent| intent.text("latest_charge"))
    {
        Some(charge) => store::lock(connection, Kind::Charge, charge).await?,
        None => None,
    };
    if let (Some(mut intent), Some(mut charge)) = (intent, charge) {
        if succeeds {
            charging::succeed(connection, act, &mut intent, &mut charge).await?;
            book::mark_paid(connection, &intent.id).await?;
            payment::be_paid(connection, act, session, &intent).await?;
        } else {
            let why = Decline::BankRefused;
            charging::decline(connection, act, &mut intent, &mut charge, why).await?;
        }
        let outcome = if succeeds { "succeeded" } else { "failed" };
        let event = format!("checkout.session.async_payment_{outcome}");
        act.tell(connection, &event, session).await?;
    }
    store::put(connection, session).await
}
