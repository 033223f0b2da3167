//! Money that goes back.

use serde_json::{Map, Value, json};
use sqlx::AnyConnection;

use super::api::{Operation, check_step};
use super::errors::{Failure, Refusal};
use super::events::Act;
use super::params::Params;
use super::store::{self, Kind, Next, Object, RefundFate};
use super::{after, money, shapes};
use crate::sandbox::book;

const KNOWN: &[&str] = &[
    "amount",
    "charge",
    "expand",
    "metadata",
    "payment_intent",
    "reason",
];
const UNPLAYED: &[&str] = &[
    "currency",
    "customer",
    "instructions_email",
    "origin",
    "refund_application_fee",
    "reverse_transfer",
];

/// What is refunded.
enum Target {
    Intent(String),
    Charge(String),
}

/// The wish to give money back.
pub struct NewRefund {
    target: Target,
    amount: Option<i64>,
    reason: Option<String>,
    metadata: Map<String, Value>,
    /// Whether it comes back later, whatever the card says.
    fails: bool,
}

impl NewRefund {
    pub fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        params.only_or_unplayed(KNOWN, UNPLAYED)?;
        Self::read(params, amount(params)?)
    }

    /// A refund at the desk, which can be made to fail later. Fields of its form may be left empty.
    pub fn parse_at_desk(params: &Params<'_>) -> Result<Self, Refusal> {
        params.only_or_unplayed(&[KNOWN, &["fails"]].concat(), UNPLAYED)?;
        let amount = match params.is_empty("amount") {
            true => None,
            false => amount(params)?,
        };
        let fails = match params.is_empty("fails") {
            true => None,
            false => params.one_of("fails", &["0", "1", "true", "false"])?,
        };
        Ok(Self {
            fails: matches!(fails.as_deref(), Some("1" | "true")),
            ..Self::read(params, amount)?
        })
    }

    fn read(params: &Params<'_>, amount: Option<i64>) -> Result<Self, Refusal> {
        let target = match (params.text("payment_intent")?, params.text("charge")?) {
            (Some(intent), None) => Target::Intent(intent),
            (None, Some(charge)) => Target::Charge(charge),
            (Some(_), Some(_)) => {
                let message =
                    "You may only specify one of these parameters: charge, payment_intent.";
                return Err(Refusal::invalid(message)
                    .code("parameters_exclusive")
                    .param("charge"));
            }
            (None, None) => {
                let message = "One of the following params should be provided for this request: payment_intent or charge.";
                return Err(Refusal::invalid(message)
                    .code("parameter_missing")
                    .param("payment_intent"));
            }
        };
        let reasons = ["duplicate", "fraudulent", "requested_by_customer"];
        Ok(Self {
            target,
            amount,
            reason: params.one_of("reason", &reasons)?,
            metadata: params.metadata("metadata")?,
            fails: false,
        })
    }

    /// The charge the money came with, locked.
    async fn charge(&self, connection: &mut AnyConnection) -> Result<Object, Failure> {
        let id = match &self.target {
            Target::Charge(id) => id.clone(),
            Target::Intent(id) => {
                let intent = store::find(connection, Kind::PaymentIntent, id).await?;
                let intent =
                    intent.ok_or_else(|| Kind::PaymentIntent.missing(id, "payment_intent"))?;
                latest_charge(&intent)?.to_owned()
            }
        };
        let charge = store::lock(connection, Kind::Charge, &id).await?;
        Ok(charge.ok_or_else(|| Kind::Charge.missing(&id, "charge"))?)
    }

    /// How much goes back, within what is left of the charge.
    fn checked_amount(&self, charge: &Object) -> Result<i64, Refusal> {
        let id = &charge.id;
        if charge.text("status") != Some("succeeded") {
            let message = format!("Charge {id} has not succeeded, so there is nothing to refund.");
            return Err(Refusal::invalid(message).code("charge_not_refundable"));
        }
        let left = left(charge);
        if left == 0 {
            let message = format!("Charge {id} has already been refunded.");
            return Err(Refusal::invalid(message).code("charge_already_refunded"));
        }
        let amount = self.amount.unwrap_or(left);
        let currency = charge.text("currency").unwrap_or_default();
        check_step(amount, currency).map_err(|refusal| refusal.param("amount"))?;
        if amount > left {
            let message = format!(
                "Refund amount ({}) is greater than unrefunded amount on charge ({})",
                money::format(amount, currency),
                money::format(left, currency)
            );
            return Err(Refusal::invalid(message).param("amount"));
        }
        Ok(amount)
    }
}

/// How much of the charge has not been given back.
pub fn left(charge: &Object) -> i64 {
    charge.integer("amount") - charge.integer("amount_refunded")
}

/// Whether the disputed charge can be refunded all the same.
pub fn leaves_refundable(dispute: &Object) -> bool {
    dispute.shape["is_charge_refundable"] != false
}

fn amount(params: &Params<'_>) -> Result<Option<i64>, Refusal> {
    match params.integer("amount")? {
        Some(amount) if amount < 1 => {
            let message = "Invalid positive integer";
            Err(Refusal::invalid(message)
                .code("parameter_invalid_integer")
                .param("amount"))
        }
        other => Ok(other),
    }
}

/// The id of the charge of a payment that succeeded.
pub fn latest_charge(intent: &Object) -> Result<&str, Refusal> {
    let paid = intent.text("status") == Some("succeeded");
    intent
        .text("latest_charge")
        .filter(|_| paid)
        .ok_or_else(|| {
            let message = format!(
                "This PaymentIntent ({}) does not have a successful charge.",
                intent.id
            );
            Refusal::invalid(message)
                .code("payment_intent_unexpected_state")
                .param("payment_intent")
        })
}

impl Operation for NewRefund {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let mut charge = self.charge(tx).await?;
        check_disputes(tx, &charge).await?;
        let amount = self.checked_amount(&charge)?;
        let fate = match self.fails {
            true => Some(RefundFate::FailsLater),
            false => charge.notes.refunds,
        };
        let status = match fate {
            Some(RefundFate::SucceedsLater) => "pending",
            Some(RefundFate::FailsLater) | None => "succeeded",
        };
        let of = shapes::RefundOf {
            charge: &charge,
            amount,
            reason: self.reason.as_deref(),
            metadata: &self.metadata,
            status,
        };
        let shape = shapes::refund(&of, act.at);
        let mut refund = Object::new(Kind::Refund, shape, charge.parent.clone(), act.at);
        plan(&mut refund, fate, act);
        store::put(tx, &refund).await?;
        move_refunded(tx, act, &mut charge, amount).await?;
        act.tell(tx, "refund.created", &refund).await?;
        if status == "succeeded" {
            act.tell(tx, "refund.updated", &refund).await?;
        }
        Ok(refund.shape)
    }
}

/// Money that a dispute holds, or has taken, cannot be given back as well.
async fn check_disputes(connection: &mut AnyConnection, charge: &Object) -> Result<(), Failure> {
    let intent = charge.text("payment_intent").unwrap_or_default();
    let dispute = store::newest_child(connection, Kind::Dispute, intent).await?;
    if dispute.is_some_and(|dispute| !leaves_refundable(&dispute)) {
        let message = format!(
            "Charge {} has been charged back; cannot issue a refund.",
            charge.id
        );
        return Err(Refusal::invalid(message).code("charge_disputed").into());
    }
    Ok(())
}

/// What certain cards make of their refunds later.
fn plan(refund: &mut Object, fate: Option<RefundFate>, act: &Act) {
    if let Some(fate) = fate {
        refund.notes.next = Some(Next::Refund {
            succeeds: fate == RefundFate::SucceedsLater,
        });
        refund.notes.webhook = act.webhook;
        refund.due_at = Some(act.at.plus(after::REFUNDED_AFTER));
    }
}

/// Moves the charge's refunded amount by `change`, in the book too.
async fn move_refunded(
    connection: &mut AnyConnection,
    act: &mut Act,
    charge: &mut Object,
    change: i64,
) -> sqlx::Result<()> {
    let before = charge.integer("amount_refunded");
    let refunded = before + change;
    charge.set("amount_refunded", refunded);
    charge.set("refunded", refunded == charge.integer("amount"));
    store::put(connection, charge).await?;
    let intent = charge.text("payment_intent").unwrap_or_default();
    book::set_refunded(connection, intent, refunded).await?;
    let previous = json!({ "amount_refunded": before });
    let event = if change > 0 {
        "charge.refunded"
    } else {
        "charge.updated"
    };
    act.tell_change(connection, event, charge, previous).await
}

/// The locked refund arrives, or comes back: then the charge is less refunded than it was.
pub async fn conclude(
    connection: &mut AnyConnection,
    act: &mut Act,
    refund: &mut Object,
    succeeds: bool,
) -> sqlx::Result<()> {
    let previous = json!({ "status": refund.shape["status"] });
    refund.set("status", if succeeds { "succeeded" } else { "failed" });
    if !succeeds {
        refund.set("failure_reason", "expired_or_canceled_card");
        let id = refund.text("charge").unwrap_or_default();
        if let Some(mut charge) = store::lock(connection, Kind::Charge, id).await? {
            move_refunded(connection, act, &mut charge, -refund.integer("amount")).await?;
        }
        act.tell(connection, "refund.failed", refund).await?;
    }
    store::put(connection, refund).await?;
    act.tell_change(connection, "refund.updated", refund, previous.clone())
        .await?;
    act.tell_change(connection, "charge.refund.updated", refund, previous)
        .await
}
