use serde::Deserialize;
use serde_json::json;

use super::objects::Transaction;
use super::{Creem, GatewayError, refused};
use crate::payments::gateway::{
    DisputeProgress, DisputeState, PaymentState, RefundProgress, RefundState,
};

/// Creem's answer to a refund: not the refund, only how it stands.
#[derive(Deserialize)]
struct Refunded {
    status: String,
}

impl Creem {
    pub(super) async fn read_payment(
        &self,
        id: &str,
    ) -> Result<Option<PaymentState>, GatewayError> {
        Ok(self.transaction(id).await?.map(state_of))
    }

    async fn transaction(&self, id: &str) -> Result<Option<Transaction>, GatewayError> {
        self.find(&["transactions"], &[("transaction_id", id)])
            .await
    }

    /// Looks first at what is left, so that a repeat gives nothing back twice. Of two at once Creem refuses one, whose wish is
    /// done all the same.
    pub(super) async fn give_back(
        &self,
        id: &str,
        amount: Option<i64>,
    ) -> Result<(), GatewayError> {
        let transaction = self.known_transaction(id).await?;
        if is_given_back(&transaction, amount) {
            return Ok(());
        }
        let left = transaction.paid() - transaction.refunded();
        if amount.is_some_and(|amount| amount != left) {
            return Err(refused(
                "only all that is left of a payment goes back through its API; \
                 give a part back in its dashboard",
            ));
        }
        let body = json!({ "transaction_id": id });
        match self.act::<Refunded>(&["refunds"], &body).await {
            Ok(refund) => match refund.status.as_str() {
                "failed" | "canceled" => Err(refused(format!("the refund {}", refund.status))),
                _ => Ok(()),
            },
            Err(error @ GatewayError::Refused { .. }) => {
                let now = self.known_transaction(id).await?;
                match is_given_back(&now, amount) {
                    true => Ok(()),
                    false => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn known_transaction(&self, id: &str) -> Result<Transaction, GatewayError> {
        let found = self.transaction(id).await?;
        found.ok_or_else(|| refused("it knows no such payment"))
    }
}

/// Whether all of it is back, and that is what was wished for.
fn is_given_back(transaction: &Transaction, amount: Option<i64>) -> bool {
    let paid = transaction.paid();
    let all_back = paid > 0 && transaction.refunded() == paid;
    all_back && amount.is_none_or(|amount| amount == paid)
}

/// The sum of all refunds stands for them, and the transaction's status for a dispute.
fn state_of(transaction: Transaction) -> PaymentState {
    let paid = transaction.paid();
    let charged_back = transaction.is_charged_back();
    let created_at = transaction.created_at();
    let refunded = if charged_back {
        0
    } else {
        transaction.refunded()
    };
    let refund = (refunded > 0).then(|| RefundState {
        id: format!("{}:refunds", transaction.id),
        amount_minor: refunded,
        progress: RefundProgress::Succeeded,
        created_at,
    });
    let dispute = charged_back.then(|| DisputeState {
        id: format!("{}:dispute", transaction.id),
        amount_minor: paid,
        progress: DisputeProgress::Lost,
        created_at,
    });
    PaymentState {
        recharge_id: None,
        subscription_id: transaction.subscription,
        paid_minor: paid,
        // Creem does not say.
        payment_method: None,
        currency: transaction.currency.to_ascii_lowercase(),
        refunds: refund.into_iter().collect(),
        disputes: dispute.into_iter().collect(),
        transaction_id: transaction.id,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn state(status: &str, refunded: Value) -> PaymentState {
        // As in the example of docs.creem.io.
        let transaction = json!({
            "id": "tran_1", "object": "transaction", "amount": 1100, "amount_paid": 1331,
            "currency": "EUR", "type": "invoice", "tax_country": "NL", "tax_amount": 231,
            "status": status, "refunded_amount": refunded, "order": "ord_1",
            "subscription": "sub_1", "customer": "cust_1", "description": "Subscription payment",
            "period_start": 1_750_941_201_000_i64, "period_end": 1_753_533_201_000_i64,
            "created_at": 1_750_941_205_659_i64, "mode": "sandbox",
        });
        state_of(serde_json::from_value(transaction).unwrap())
    }

    #[test]
    fn what_went_back_is_the_sum_of_refunds_or_the_dispute() {
        for (status, refunded, paid, returned) in [
            ("paid", Value::Null, 1331, 0),
            ("partialRefund", json!(331), 1331, 331),
            ("refunded", json!(1331), 1331, 1331),
            ("refunded", Value::Null, 1331, 1331),
            ("chargedBack", json!(1331), 1331, 1331),
            ("chargeback", json!(1331), 1331, 1331),
            ("chargedBack", Value::Null, 1331, 1331),
            ("pending", Value::Null, 0, 0),
            ("declined", Value::Null, 0, 0),
            ("something_new", Value::Null, 0, 0),
        ] {
            let state = state(status, refunded);
            let got = (state.paid_minor, state.returned_minor());
            assert_eq!(got, (paid, returned), "{status}");
        }
        let disputed = state("chargedBack", json!(1331));
        assert_eq!((disputed.refunds.len(), disputed.disputes.len()), (0, 1));
        assert_eq!(disputed.subscription_id.as_deref(), Some("sub_1"));
        assert_eq!(disputed.currency, "eur");
    }
}
