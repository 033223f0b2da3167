use std::collections::HashMap;

use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAutomaticTax, CreateCheckoutSessionInvoiceCreation,
    CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionLineItemsPriceDataTaxBehavior, CreateCheckoutSessionPaymentIntentData,
    CreateCheckoutSessionSubscriptionData, ExpireCheckoutSession, ListCheckoutSession, ProductData,
    RetrieveCheckoutSession,
};
use stripe_client_core::StripeRequest;
use stripe_shared::{
    CheckoutSession, CheckoutSessionLocale, CheckoutSessionMode, CheckoutSessionPaymentStatus,
    CheckoutSessionStatus, PaymentIntentStatus,
};
use stripe_types::{Currency, Expandable};

use super::{GatewayError, PAGE, Stripe, amounts, lacks, payments};
use crate::catalog::Tax;
use crate::payments::gateway::{
    CheckoutPage, CheckoutProgress, CheckoutState, NewCheckout, OpenedCheckout,
};

impl Stripe {
    /// Makes the session of a recharge record; the same record always gets the same session.
    pub(super) async fn create_session(
        &self,
        new: &NewCheckout<'_>,
    ) -> Result<OpenedCheckout, GatewayError> {
        let request = self.session_request(new).await?;
        let key = format!("checkout:{}", new.recharge);
        let session = self.send_once(&key, || request.customize()).await?;
        let url = session.url.ok_or(lacks("the address of the checkout"))?;
        Ok(OpenedCheckout {
            session_id: session.id.to_string(),
            url,
        })
    }

    /// What Stripe says about a session now.
    pub(super) async fn retrieve_session(
        &self,
        id: &str,
    ) -> Result<Option<CheckoutState>, GatewayError> {
        let request = RetrieveCheckoutSession::new(id)
            .expand(vec!["payment_intent.latest_charge".to_owned()]);
        Ok(self.find(request).await?.map(state_of))
    }

    /// Stripe: only an open session can expire; it says no to others.
    pub(super) async fn expire_session(&self, id: &str) -> Result<(), GatewayError> {
        match self.read(ExpireCheckoutSession::new(id)).await {
            Ok(_) | Err(GatewayError::Refused { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A page of the checkouts that buyers finished, those after the session `after` of this list.
    pub(super) async fn list_finished(
        &self,
        after: Option<&str>,
    ) -> Result<CheckoutPage, GatewayError> {
        let mut request = ListCheckoutSession::new()
            .status(CheckoutSessionStatus::Complete)
            .limit(PAGE);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let list = self.read(request).await?;
        Ok(CheckoutPage {
            checkouts: list.data.into_iter().map(state_of).collect(),
            has_more: list.has_more,
        })
    }

    async fn session_request(
        &self,
        new: &NewCheckout<'_>,
    ) -> Result<CreateCheckoutSession, GatewayError> {
        let metadata = HashMap::from([
            ("recharge_id".to_owned(), new.recharge.to_string()),
            ("user_id".to_owned(), new.user.to_string()),
        ]);
        let locale = if new.language == "zh" {
            CheckoutSessionLocale::Zh
        } else {
            CheckoutSessionLocale::En
        };
        let mut request = CreateCheckoutSession::new()
            .client_reference_id(new.user.to_string())
            .locale(locale)
            .success_url(with_session_id(new.success_url))
            .cancel_url(new.cancel_url)
            .expires_at(new.expires_at.seconds());
        request = match new.customer_id {
            Some(customer) => request.customer(customer),
            None => request.customer_email(new.email),
        };
        if new.tax != Tax::None {
            request = request.automatic_tax(CreateCheckoutSessionAutomaticTax::new(true));
        }
        // On what is paid too, so that a refund or a renewal can be traced without the session.
        request = match new.plan {
            Some(plan) => {
                let line = CreateCheckoutSessionLineItems {
                    quantity: Some(1),
                    price: Some(self.price_of(plan).await?),
                    ..CreateCheckoutSessionLineItems::new()
                };
                let subscription = CreateCheckoutSessionSubscriptionData {
                    metadata: Some(metadata.clone()),
                    ..CreateCheckoutSessionSubscriptionData::new()
                };
                request
                    .mode(CheckoutSessionMode::Subscription)
                    .line_items(vec![line])
                    .subscription_data(subscription)
            }
            None => {
                let payment = CreateCheckoutSessionPaymentIntentData {
                    metadata: Some(metadata.clone()),
                    ..CreateCheckoutSessionPaymentIntentData::new()
                };
                let request = request
                    .mode(CheckoutSessionMode::Payment)
                    .line_items(vec![bought_once(new)?])
                    .payment_intent_data(payment);
                if new.invoice {
                    request.invoice_creation(CreateCheckoutSessionInvoiceCreation::new(true))
                } else {
                    request
                }
            }
        };
        Ok(request.metadata(metadata))
    }
}

/// The line of something that is bought once.
fn bought_once(new: &NewCheckout<'_>) -> Result<CreateCheckoutSessionLineItems, GatewayError> {
    let code = &new.price.currency;
    let tax_behavior = match new.tax {
        Tax::None => None,
        Tax::Inclusive => Some(CreateCheckoutSessionLineItemsPriceDataTaxBehavior::Inclusive),
        Tax::Exclusive => Some(CreateCheckoutSessionLineItemsPriceDataTaxBehavior::Exclusive),
    };
    let price = CreateCheckoutSessionLineItemsPriceData {
        unit_amount: Some(amounts::to_stripe(new.price.amount_minor, code)),
        product_data: Some(ProductData::new(new.item_name)),
        tax_behavior,
        ..CreateCheckoutSessionLineItemsPriceData::new(currency(code)?)
    };
    Ok(CreateCheckoutSessionLineItems {
        quantity: Some(1),
        price_data: Some(price),
        ..CreateCheckoutSessionLineItems::new()
    })
}

pub(super) fn currency(code: &str) -> Result<Currency, GatewayError> {
    code.parse()
        .map_err(|_| GatewayError::Setting("Stripe does not know this currency"))
}

/// Stripe puts the session's id where this stands, and nowhere else.
fn with_session_id(url: &str) -> String {
    format!("{url}{{CHECKOUT_SESSION_ID}}")
}

/// Whether a text has the shape of a session's id: others are not asked for.
pub(super) fn is_session_id(text: &str) -> bool {
    let rest = text.strip_prefix("cs_").unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=200).contains(&rest.len()) && rest.bytes().all(plain)
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
    let totals = session.total_details;
    let discount = totals.as_ref().map_or(0, |totals| totals.amount_discount);
    let total = session.amount_total.unwrap_or(0);
    // What the price does not contain.
    let tax = total + discount - session.amount_subtotal.unwrap_or(total + discount);
    CheckoutState {
        session_id: session.id.to_string(),
        progress,
        user_id: session.client_reference_id,
        recharge_id: metadata.get("recharge_id").cloned(),
        amount_minor: amounts::from_stripe(total, &currency),
        discount_minor: amounts::from_stripe(discount, &currency),
        tax_minor: amounts::from_stripe(tax.max(0), &currency),
        transaction_id: intent.map(|intent| intent.id().to_string()),
        subscription_id: session
            .subscription
            .map(|subscription| subscription.id().to_string()),
        payment_method: charge.and_then(payments::method_of),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_of_sessions_are_asked_for() {
        for id in ["cs_test_a1B2", "cs_live_x"] {
            assert!(is_session_id(id), "{id}");
        }
        let long = format!("cs_{}", "x".repeat(201));
        for id in [
            "",
            "cs_",
            "pi_1",
            "cs_../refunds",
            "cs_a?b",
            "cs_%00",
            &long,
        ] {
            assert!(!is_session_id(id), "{id}");
        }
    }
}
