use std::collections::HashMap;
use std::time::Duration;

use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, ListCheckoutSession, ProductData,
    RetrieveCheckoutSession,
};
use stripe_client_core::StripeRequest;
use stripe_shared::{
    CheckoutSession, CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus,
    PaymentIntentStatus,
};
use stripe_types::{Currency, Expandable};

use super::{Gateway, GatewayError, amounts};
use crate::payments::{CheckoutProgress, CheckoutState, Recharge};
use crate::time::Timestamp;

/// How long a checkout waits for its buyer.
pub const SESSION_LIFE: Duration = Duration::from_secs(60 * 60);

/// What a checkout session is made of.
pub struct NewSession<'a> {
    pub recharge: &'a Recharge,
    pub email: &'a str,
    pub item_name: &'a str,
    /// Holds the literal `{CHECKOUT_SESSION_ID}`, which Stripe replaces.
    pub success_url: String,
    pub cancel_url: String,
    pub expires_at: Timestamp,
}

/// A session that waits at `url`.
pub struct MadeSession {
    pub id: String,
    pub url: String,
}

impl Gateway {
    /// Makes the session of a recharge record; the same record always gets the same session.
    pub async fn create_session(&self, new: NewSession<'_>) -> Result<MadeSession, GatewayError> {
        let request = session_request(&new)?;
        let key = format!("checkout:{}", new.recharge.id);
        let session = self.send_once(&key, || request.customize()).await?;
        let url = session
            .url
            .ok_or(GatewayError::Incomplete("the address of the checkout"))?;
        Ok(MadeSession {
            id: session.id.to_string(),
            url,
        })
    }

    /// What Stripe says about a session now.
    pub async fn retrieve_session(&self, id: &str) -> Result<CheckoutState, GatewayError> {
        let request = RetrieveCheckoutSession::new(id)
            .expand(vec!["payment_intent.latest_charge".to_owned()]);
        Ok(state_of(self.read(request).await?))
    }
}

/// Finished checkouts, newest first.
pub struct SessionPage {
    pub sessions: Vec<CheckoutState>,
    pub has_more: bool,
}

impl Gateway {
    /// A page of the checkouts that buyers finished, those after the session `after` of this list.
    pub async fn list_finished(&self, after: Option<&str>) -> Result<SessionPage, GatewayError> {
        let mut request = ListCheckoutSession::new()
            .status(CheckoutSessionStatus::Complete)
            .limit(PAGE);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let list = self.read(request).await?;
        Ok(SessionPage {
            sessions: list.data.into_iter().map(state_of).collect(),
            has_more: list.has_more,
        })
    }
}

/// The most that Stripe lists at once.
const PAGE: i64 = 100;

fn session_request(new: &NewSession<'_>) -> Result<CreateCheckoutSession, GatewayError> {
    let recharge = new.recharge;
    let currency: Currency = recharge
        .currency
        .parse()
        .map_err(|_| GatewayError::Setting("Stripe does not know this currency"))?;
    let price = CreateCheckoutSessionLineItemsPriceData {
        unit_amount: Some(amounts::to_stripe(
            recharge.amount_minor,
            &recharge.currency,
        )),
        product_data: Some(ProductData::new(new.item_name)),
        ..CreateCheckoutSessionLineItemsPriceData::new(currency)
    };
    let line = CreateCheckoutSessionLineItems {
        quantity: Some(1),
        price_data: Some(price),
        ..CreateCheckoutSessionLineItems::new()
    };
    // On the payment too, so that a refund or dispute can be traced without the session.
    let metadata = HashMap::from([
        ("recharge_id".to_owned(), recharge.id.to_string()),
        ("user_id".to_owned(), recharge.user_id.to_string()),
    ]);
    let payment = CreateCheckoutSessionPaymentIntentData {
        metadata: Some(metadata.clone()),
        ..CreateCheckoutSessionPaymentIntentData::new()
    };
    Ok(CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .line_items(vec![line])
        .client_reference_id(recharge.user_id.to_string())
        .customer_email(new.email)
        .metadata(metadata)
        .payment_intent_data(payment)
        .success_url(&new.success_url)
        .cancel_url(&new.cancel_url)
        .expires_at(new.expires_at.seconds()))
}

fn state_of(session: CheckoutSession) -> CheckoutState {
    let currency = session
        .currency
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let progress = progress_of(&session);
    let intent = session.payment_intent.as_ref();
    let charge = intent
        .and_then(Expandable::as_object)
        .and_then(|intent| intent.latest_charge.as_ref())
        .and_then(Expandable::as_object);
    let metadata = session.metadata.unwrap_or_default();
    let discount = session
        .total_details
        .map_or(0, |details| details.amount_discount);
    CheckoutState {
        session_id: session.id.to_string(),
        progress,
        user_id: session.client_reference_id,
        recharge_id: metadata.get("recharge_id").cloned(),
        amount_minor: amounts::from_stripe(session.amount_total.unwrap_or(0), &currency),
        discount_minor: amounts::from_stripe(discount, &currency),
        payment_id: intent.map(|intent| intent.id().to_string()),
        payment_method: charge
            .and_then(|charge| charge.payment_method_details.as_ref())
            .map(|details| details.type_.clone()),
        receipt_url: charge.and_then(|charge| charge.receipt_url.clone()),
        currency,
    }
}

/// Stripe: fulfil when `payment_status` is not `unpaid`; `complete` and `unpaid` is a delayed method
/// whose payment intent tells how it goes on.
fn progress_of(session: &CheckoutSession) -> CheckoutProgress {
    if session.payment_status != CheckoutSessionPaymentStatus::Unpaid {
        return CheckoutProgress::Paid;
    }
    match session.status {
        Some(CheckoutSessionStatus::Expired) => CheckoutProgress::Expired,
        Some(CheckoutSessionStatus::Complete) => {
            let intent = session
                .payment_intent
                .as_ref()
                .and_then(Expandable::as_object);
            let failed = intent.is_some_and(|intent| {
                matches!(
                    intent.status,
                    PaymentIntentStatus::Canceled | PaymentIntentStatus::RequiresPaymentMethod
                )
            });
            if failed {
                CheckoutProgress::Failed
            } else {
                CheckoutProgress::Processing
            }
        }
        _ => CheckoutProgress::Open,
    }
}
