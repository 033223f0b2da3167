//! Payments the holder of the card takes back through the bank.

use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::api::Operation;
use super::errors::{Failure, Refusal};
use super::events::Act;
use super::params::Params;
use super::store::{self, Kind, Object};
use super::{refunds, shapes};
use crate::sandbox::book;

/// The wish to open a dispute, or with an outcome to close the open one.
pub struct Disputing {
    intent: String,
    outcome: Option<String>,
}

impl Disputing {
    pub fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        params.only(&["payment_intent", "outcome"])?;
        Ok(Self {
            intent: params.required("payment_intent")?,
            outcome: params.one_of("outcome", &["won", "lost"])?,
        })
    }
}

impl Operation for Disputing {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let missing = || Kind::PaymentIntent.missing(&self.intent, "payment_intent");
        let intent = store::find(tx, Kind::PaymentIntent, &self.intent).await?;
        let intent = intent.ok_or_else(missing)?;
        let charge = store::lock(tx, Kind::Charge, refunds::latest_charge(&intent)?).await?;
        let mut charge = charge.ok_or_else(missing)?;
        let newest = store::newest_child(tx, Kind::Dispute, &self.intent).await?;
        let dispute = match (&self.outcome, newest) {
            (None, None) => open(tx, act, &mut charge, "fraudulent", false).await?,
            (None, Some(dispute)) => {
                let message = format!("The charge is disputed already: {}.", dispute.id);
                return Err(Refusal::invalid(message).code("charge_disputed").into());
            }
            (Some(outcome), Some(dispute)) if is_open(&dispute) => {
                close(tx, act, dispute, outcome).await?
            }
            (Some(_), _) => {
                let message = "There is no open dispute of this payment.";
                return Err(Refusal::invalid(message).param("payment_intent").into());
            }
        };
        Ok(dispute.shape)
    }
}

/// Whether it waits for its outcome.
pub fn is_open(dispute: &Object) -> bool {
    matches!(
        dispute.text("status"),
        Some("needs_response" | "warning_needs_response")
    )
}

/// Opens a dispute of the locked charge; unless it is only an inquiry, the money is withheld.
pub async fn open(
    connection: &mut AnyConnection,
    act: &mut Act,
    charge: &mut Object,
    reason: &str,
    inquiry: bool,
) -> sqlx::Result<Object> {
    let shape = shapes::dispute(
        &shapes::DisputeOf {
            charge,
            reason,
            inquiry,
        },
        act.at,
    );
    let dispute = Object::new(Kind::Dispute, shape, charge.parent.clone(), act.at);
    store::put(connection, &dispute).await?;
    charge.set("disputed", true);
    store::put(connection, charge).await?;
    act.tell(connection, "charge.dispute.created", &dispute)
        .await?;
    if !inquiry {
        withhold(connection, &dispute, true).await?;
        act.tell(connection, "charge.dispute.funds_withdrawn", &dispute)
            .await?;
    }
    Ok(dispute)
}

/// Closes the open dispute of a locked charge.
async fn close(
    connection: &mut AnyConnection,
    act: &mut Act,
    mut dispute: Object,
    outcome: &str,
) -> sqlx::Result<Object> {
    let before = dispute.shape["status"].clone();
    let inquiry = dispute.text("status") == Some("warning_needs_response");
    let won = outcome == "won";
    dispute.set(
        "status",
        if inquiry && won {
            "warning_closed"
        } else {
            outcome
        },
    );
    dispute.set("is_charge_refundable", won);
    store::put(connection, &dispute).await?;
    withhold(connection, &dispute, !won).await?;
    if won && !inquiry {
        act.tell(connection, "charge.dispute.funds_reinstated", &dispute)
            .await?;
    }
    let previous = json!({ "status": before });
    act.tell_change(connection, "charge.dispute.closed", &dispute, previous)
        .await?;
    Ok(dispute)
}

async fn withhold(
    connection: &mut AnyConnection,
    dispute: &Object,
    withheld: bool,
) -> sqlx::Result<()> {
    let intent = dispute.text("payment_intent").unwrap_or_default();
    book::set_disputed(connection, intent, withheld).await
}
