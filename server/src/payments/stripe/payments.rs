use stripe_client_core::StripeRequest;
use stripe_core::charge::RetrieveCharge;
use stripe_core::dispute::{ListDispute, RetrieveDispute};
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};
use stripe_shared::{Charge, Dispute, DisputeStatus, PaymentIntent, PaymentIntentId, Refund};
use stripe_types::Expandable;

use super::{GatewayError, PAGE, Stripe, amounts};
use crate::payments::gateway::{
    DisputeProgress, DisputeState, PaymentState, RefundProgress, RefundState, Subject,
};
use crate::time::Timestamp;

const NO_INTENT: Subject = Subject::Nothing("not a payment of ours");

impl Stripe {
    pub(super) async fn read_payment(
        &self,
        intent_id: &str,
    ) -> Result<Option<PaymentState>, GatewayError> {
        let Some(intent) = self.find(with_charge(intent_id)).await? else {
            return Ok(None);
        };
        let refunds = ListRefund::new().payment_intent(intent_id).limit(PAGE);
        let refunds = self.read(refunds).await?.data;
        let disputes = ListDispute::new().payment_intent(intent_id).limit(PAGE);
        let disputes = self.read(disputes).await?.data;
        let recharge_id = intent.metadata.get("recharge_id").cloned();
        let subscription_id = match recharge_id {
            Some(_) => None,
            // Our own metadata stands on the subscription.
            None => self.subscription_of_intent(intent_id).await?,
        };
        Ok(Some(state_of(
            intent,
            recharge_id,
            subscription_id,
            &refunds,
            &disputes,
        )))
    }

    pub(super) async fn create_refund(
        &self,
        intent_id: &str,
        amount_minor: Option<i64>,
        key: &str,
    ) -> Result<(), GatewayError> {
        let mut request = CreateRefund::new().payment_intent(intent_id);
        if let Some(amount) = amount_minor {
            let Some(intent) = self.find(RetrievePaymentIntent::new(intent_id)).await? else {
                return Err(GatewayError::Setting("Stripe knows no such payment"));
            };
            let currency = intent.currency.to_string();
            request = request.amount(amounts::to_stripe(amount, &currency));
        }
        self.send_once(key, || request.customize()).await?;
        Ok(())
    }

    pub(super) async fn intent_of_charge(&self, id: &str) -> Result<Subject, GatewayError> {
        let charge = self.find(RetrieveCharge::new(id)).await?;
        Ok(subject_of(charge.and_then(|charge| charge.payment_intent)))
    }

    pub(super) async fn intent_of_refund(&self, id: &str) -> Result<Subject, GatewayError> {
        let refund = self.find(RetrieveRefund::new(id)).await?;
        Ok(subject_of(refund.and_then(|refund| refund.payment_intent)))
    }

    pub(super) async fn intent_of_dispute(&self, id: &str) -> Result<Subject, GatewayError> {
        let dispute = self.find(RetrieveDispute::new(id)).await?;
        Ok(subject_of(
            dispute.and_then(|dispute| dispute.payment_intent),
        ))
    }
}

/// With the charge that says how it was paid.
fn with_charge(intent_id: &str) -> RetrievePaymentIntent {
    RetrievePaymentIntent::new(intent_id).expand(vec!["latest_charge".to_owned()])
}

/// Stripe's word for how a charge was paid.
pub(super) fn method_of(charge: &Charge) -> Option<String> {
    let details = charge.payment_method_details.as_ref()?;
    Some(details.type_.clone())
}

fn subject_of(intent: Option<Expandable<PaymentIntent>>) -> Subject {
    intent.map_or(NO_INTENT, |intent| {
        let id: &PaymentIntentId = intent.id();
        Subject::Payment(id.to_string())
    })
}

fn state_of(
    intent: PaymentIntent,
    recharge_id: Option<String>,
    subscription_id: Option<String>,
    refunds: &[Refund],
    disputes: &[Dispute],
) -> PaymentState {
    let currency = intent.currency.to_string();
    let minor = |amount| amounts::from_stripe(amount, &currency);
    let refunds = refunds.iter().map(|refund| RefundState {
        id: refund.id.to_string(),
        amount_minor: minor(refund.amount),
        progress: refund_progress(refund.status.as_deref()),
        created_at: Timestamp::from_seconds(refund.created),
    });
    let disputes = disputes.iter().map(|dispute| DisputeState {
        id: dispute.id.to_string(),
        amount_minor: minor(dispute.amount),
        progress: dispute_progress(&dispute.status),
        created_at: Timestamp::from_seconds(dispute.created),
    });
    PaymentState {
        transaction_id: intent.id.to_string(),
        recharge_id,
        subscription_id,
        paid_minor: minor(intent.amount_received),
        payment_method: intent
            .latest_charge
            .as_ref()
            .and_then(Expandable::as_object)
            .and_then(method_of),
        refunds: refunds.collect(),
        disputes: disputes.collect(),
        currency,
    }
}

/// Stripe's words are `pending`, `requires_action`, `succeeded`, `failed` and `canceled`.
fn refund_progress(status: Option<&str>) -> RefundProgress {
    match status {
        Some("succeeded") => RefundProgress::Succeeded,
        Some("failed" | "canceled") => RefundProgress::Failed,
        _ => RefundProgress::Pending,
    }
}

/// An inquiry (`warning_…`) that is closed, and a dispute that was prevented, took no money.
fn dispute_progress(status: &DisputeStatus) -> DisputeProgress {
    match status {
        DisputeStatus::Lost => DisputeProgress::Lost,
        DisputeStatus::Won | DisputeStatus::WarningClosed | DisputeStatus::Prevented => {
            DisputeProgress::Won
        }
        _ => DisputeProgress::Open,
    }
}
