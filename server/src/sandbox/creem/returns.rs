//! Money that goes back: refunds, and payments the holder of the card takes back through the bank.

use serde_json::Value;
use sqlx::AnyConnection;

use super::api::Operation;
use super::errors::{Failure, Refusal};
use super::events::Act;
use super::provider::REFUNDED_AFTER;
use super::store::{self, Kind, Next, Object, Page};
use super::{CreemSandbox, shapes};
use crate::sandbox::book;

/// Which payment is meant.
pub enum Target {
    Transaction(String),
    /// The order's newest transaction.
    Order(String),
}

impl Target {
    async fn lock(&self, connection: &mut AnyConnection) -> Result<Object, Failure> {
        let id = match self {
            Self::Transaction(id) => id.clone(),
            Self::Order(order) => {
                let mut page = Page::newest(Kind::Transaction, 1);
                page.labels.push(("order", order.clone()));
                let (mut found, _) = store::list(connection, &page).await?;
                found
                    .pop()
                    .ok_or_else(|| Refusal::not_found("Order", order))?
                    .id
            }
        };
        let transaction = store::lock(connection, Kind::Transaction, &id).await?;
        Ok(transaction.ok_or_else(|| Refusal::not_found("Transaction", &id))?)
    }
}

/// The wish to give money back.
pub struct Refunding {
    pub target: Target,
    /// In cents; all that is left by default, which is all the API can.
    pub amount: Option<i64>,
}

impl Refunding {
    /// How much goes back, within what is left of the payment.
    fn checked_amount(&self, transaction: &Object) -> Result<i64, Refusal> {
        if !has_come(transaction) {
            let status = transaction.text("status").unwrap_or_default();
            let message = format!("Transaction with status {status} cannot be refunded");
            return Err(Refusal::bad_request(message));
        }
        let left = left(transaction);
        let amount = self.amount.unwrap_or(left);
        if amount < 1 || amount > left {
            let message = format!("The refund must be between 1 and {left} cents");
            return Err(Refusal::bad_request(message));
        }
        Ok(amount)
    }
}

/// Whether the money came and at least some of it is still there.
pub fn has_come(transaction: &Object) -> bool {
    matches!(transaction.text("status"), Some("paid" | "partialRefund"))
}

/// How much has not been given back, in cents.
pub fn left(transaction: &Object) -> i64 {
    transaction.integer("amount_paid") - transaction.integer("refunded_amount")
}

/// Whether a refund is under way.
pub async fn is_pending(
    connection: &mut AnyConnection,
    transaction: &Object,
) -> sqlx::Result<bool> {
    let newest = store::newest_child(connection, Kind::Refund, &transaction.id).await?;
    Ok(newest.is_some_and(|refund| refund.text("status") == Some("pending")))
}

/// Whether a dispute waits for its outcome.
pub fn is_disputed(transaction: &Object) -> bool {
    transaction.text("status") == Some("chargedBack") && transaction.notes.before_dispute.is_some()
}

impl Operation for Refunding {
    async fn run(
        &self,
        sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> Result<Value, Failure> {
        let mut transaction = self.target.lock(tx).await?;
        let amount = self.checked_amount(&transaction)?;
        if is_pending(tx, &transaction).await? {
            return Err(Refusal::bad_request("A refund is pending already").into());
        }
        let later = transaction.notes.refunds_later;
        let status = if later { "pending" } else { "succeeded" };
        let shape = shapes::refund(&transaction, amount, status, act.at);
        let parent = Some(transaction.id.clone());
        let mut refund = Object::new(Kind::Refund, shape, parent, act.at);
        if later {
            refund.notes.webhook = act.webhook.later();
            refund.plan(Next::Refund, act.at.plus(REFUNDED_AFTER));
            store::put(tx, &refund).await?;
        } else {
            sandbox
                .give_back(tx, act, &mut transaction, &refund)
                .await?;
        }
        Ok(sandbox.show_return(tx, &refund, &transaction).await?)
    }
}

impl CreemSandbox {
    /// The refund arrives: the locked transaction is refunded by so much more.
    async fn give_back(
        &self,
        connection: &mut AnyConnection,
        act: &mut Act,
        transaction: &mut Object,
        refund: &Object,
    ) -> sqlx::Result<()> {
        store::put(connection, refund).await?;
        let refunded = transaction.integer("refunded_amount") + refund.integer("refund_amount");
        let whole = refunded == transaction.integer("amount_paid");
        transaction.set("refunded_amount", refunded);
        transaction.set("status", if whole { "refunded" } else { "partialRefund" });
        store::put(connection, transaction).await?;
        book::set_refunded(connection, &transaction.id, refunded).await?;
        let shown = self.show_return(connection, refund, transaction).await?;
        act.tell(connection, "refund.created", &shown).await
    }

    /// The locked pending refund arrives.
    pub(super) async fn conclude_refund(
        &self,
        connection: &mut AnyConnection,
        act: &mut Act,
        refund: &mut Object,
    ) -> sqlx::Result<()> {
        refund.set("status", "succeeded");
        let id = refund.parent.clone().unwrap_or_default();
        match store::lock(connection, Kind::Transaction, &id).await? {
            Some(mut transaction) => {
                self.give_back(connection, act, &mut transaction, refund)
                    .await
            }
            None => store::put(connection, refund).await,
        }
    }

    /// Takes the money of the locked transaction back to the card's holder.
    pub(super) async fn open_dispute(
        &self,
        connection: &mut AnyConnection,
        act: &mut Act,
        transaction: &mut Object,
    ) -> sqlx::Result<Value> {
        let shape = shapes::dispute(transaction, act.at);
        let parent = Some(transaction.id.clone());
        let dispute = Object::new(Kind::Dispute, shape, parent, act.at);
        store::put(connection, &dispute).await?;
        let status = transaction.text("status").unwrap_or_default().to_owned();
        transaction.notes.before_dispute = Some((transaction.integer("refunded_amount"), status));
        let paid = transaction.integer("amount_paid");
        transaction.set("status", "chargedBack");
        transaction.set("refunded_amount", paid);
        store::put(connection, transaction).await?;
        book::set_disputed(connection, &transaction.id, true).await?;
        let shown = self.show_return(connection, &dispute, transaction).await?;
        act.tell(connection, "dispute.created", &shown).await?;
        Ok(shown)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeOutcome {
    Won,
    Lost,
}

/// The wish to dispute a payment, or with an outcome to end the dispute. Creem tells of the
/// beginning only; how it ended is seen on the transaction.
pub struct Disputing {
    pub transaction: String,
    pub outcome: Option<DisputeOutcome>,
}

impl Operation for Disputing {
    async fn run(
        &self,
        sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> Result<Value, Failure> {
        let target = Target::Transaction(self.transaction.clone());
        let mut transaction = target.lock(tx).await?;
        let status = transaction.text("status").unwrap_or_default().to_owned();
        match (
            self.outcome,
            status.as_str(),
            transaction.notes.before_dispute.take(),
        ) {
            (None, "paid" | "partialRefund", _) => {
                Ok(sandbox.open_dispute(tx, act, &mut transaction).await?)
            }
            (Some(outcome), "chargedBack", Some((refunded, before))) => {
                if outcome == DisputeOutcome::Won {
                    transaction.set("status", before);
                    transaction.set("refunded_amount", refunded);
                    book::set_disputed(tx, &transaction.id, false).await?;
                }
                store::put(tx, &transaction).await?;
                Ok(transaction.shape)
            }
            (None, ..) => Err(Refusal::bad_request("There is nothing to dispute").into()),
            (Some(_), ..) => Err(Refusal::bad_request("There is no open dispute").into()),
        }
    }
}
