use std::collections::HashMap;

use stripe::StripeError;
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_billing::invoice::{ListInvoice, RetrieveInvoice};
use stripe_billing::invoice_payment::{
    ListInvoicePayment, ListInvoicePaymentPayment, ListInvoicePaymentPaymentType,
};
use stripe_billing::subscription::{
    CancelSubscription, RetrieveSubscription, UpdateSubscription, UpdateSubscriptionItems,
    UpdateSubscriptionPaymentBehavior, UpdateSubscriptionProrationBehavior,
};
use stripe_client_core::StripeRequest;
use stripe_core::customer::CreateCustomer;
use stripe_product::price::RetrievePrice;
use stripe_shared::{
    BillingBillResourceInvoicingTaxesTaxTaxBehavior as TaxBehavior, Invoice, InvoiceBillingReason,
    InvoiceLineItem, InvoiceStatus, Subscription, SubscriptionItem, SubscriptionStatus,
};
use stripe_types::Expandable;

use super::{GatewayError, PAGE, Stripe, amounts, lacks, prices};
use crate::ids::UserId;
use crate::payments::gateway::{
    InvoiceState, PlanChange, PlanPrice, Subject, SubscriptionProgress, SubscriptionState,
};
use crate::time::Timestamp;

impl Stripe {
    pub(super) async fn read_subscription(
        &self,
        id: &str,
    ) -> Result<Option<SubscriptionState>, GatewayError> {
        let Some(subscription) = self.find(RetrieveSubscription::new(id)).await? else {
            return Ok(None);
        };
        let request = ListInvoice::new()
            .subscription(id)
            .limit(PAGE)
            .expand(vec!["data.payments".to_owned()]);
        let mut invoices = self.read(request).await?.data;
        invoices.reverse();
        let item = first_item(&subscription)?;
        let mut plans = HashMap::new();
        if let Some(plan) = prices::plan_of(&item.price) {
            plans.insert(item.price.id.to_string(), plan);
        }
        let mut read = Vec::with_capacity(invoices.len());
        for invoice in invoices {
            let plan = match opening_line(&invoice).and_then(price_id) {
                Some(price) => self.plan_of_price(&price, &mut plans).await?,
                None => None,
            };
            read.extend(invoice_state(invoice, plan));
        }
        Ok(Some(state_of(&subscription, item, read)))
    }

    /// Invoices name a price only by its id.
    async fn plan_of_price(
        &self,
        price: &str,
        known: &mut HashMap<String, String>,
    ) -> Result<Option<String>, GatewayError> {
        if let Some(plan) = known.get(price) {
            return Ok(Some(plan.clone()));
        }
        let found = self.find(RetrievePrice::new(price)).await?;
        let plan = found.as_ref().and_then(prices::plan_of);
        if let Some(plan) = &plan {
            known.insert(price.to_owned(), plan.clone());
        }
        Ok(plan)
    }

    pub(super) async fn update_renewing(&self, id: &str, renews: bool) -> Result<(), GatewayError> {
        let request = UpdateSubscription::new(id).cancel_at_period_end(!renews);
        self.read(request).await?;
        Ok(())
    }

    /// An upgrade is billed at once and happens only if that is paid; a downgrade bills nothing now.
    pub(super) async fn update_plan(
        &self,
        id: &str,
        to: PlanPrice<'_>,
        change: PlanChange,
    ) -> Result<(), GatewayError> {
        let subscription = self.read(RetrieveSubscription::new(id)).await?;
        let item = first_item(&subscription)?;
        let items = vec![UpdateSubscriptionItems {
            id: Some(item.id.to_string()),
            price: Some(self.price_of(to).await?),
            ..UpdateSubscriptionItems::new()
        }];
        let request = UpdateSubscription::new(id).items(items);
        let request = match change {
            PlanChange::Now => request
                .proration_behavior(UpdateSubscriptionProrationBehavior::AlwaysInvoice)
                .payment_behavior(UpdateSubscriptionPaymentBehavior::ErrorIfIncomplete),
            PlanChange::WithNextPeriod => {
                request.proration_behavior(UpdateSubscriptionProrationBehavior::None)
            }
        };
        self.read(request).await?;
        Ok(())
    }

    pub(super) async fn cancel_subscription(&self, id: &str) -> Result<(), GatewayError> {
        let request = CancelSubscription::new(id);
        match request.customize().send(&self.client).await {
            // Stripe answers so for one that has ended.
            Err(StripeError::Stripe(_, 404)) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(()),
        }
    }

    pub(super) async fn create_customer(
        &self,
        user: &UserId,
        email: &str,
    ) -> Result<String, GatewayError> {
        let metadata = HashMap::from([("user_id".to_owned(), user.to_string())]);
        let request = CreateCustomer::new().email(email).metadata(metadata);
        let key = format!("customer:{user}");
        let customer = self.send_once(&key, || request.customize()).await?;
        Ok(customer.id.to_string())
    }

    pub(super) async fn create_portal_session(
        &self,
        customer_id: &str,
        return_url: &str,
    ) -> Result<String, GatewayError> {
        let request = CreateBillingPortalSession::new()
            .customer(customer_id)
            .return_url(return_url);
        Ok(self.read(request).await?.url)
    }

    pub(super) async fn subscription_of_invoice(&self, id: &str) -> Result<Subject, GatewayError> {
        let invoice = self.find(RetrieveInvoice::new(id)).await?;
        let subscription = invoice.as_ref().and_then(subscription_of);
        Ok(subscription.map_or(
            Subject::Nothing("not of a subscription"),
            Subject::Subscription,
        ))
    }

    /// The subscription whose invoice a payment intent paid.
    pub(super) async fn subscription_of_intent(
        &self,
        intent_id: &str,
    ) -> Result<Option<String>, GatewayError> {
        let payment = ListInvoicePaymentPayment {
            payment_intent: Some(intent_id.to_owned()),
            ..ListInvoicePaymentPayment::new(ListInvoicePaymentPaymentType::PaymentIntent)
        };
        let request = ListInvoicePayment::new().payment(payment).limit(1);
        let Some(payment) = self.read(request).await?.data.into_iter().next() else {
            return Ok(None);
        };
        let Some(invoice) = payment.invoice.id().clone() else {
            return Ok(None);
        };
        let invoice = self.find(RetrieveInvoice::new(invoice)).await?;
        Ok(invoice.as_ref().and_then(subscription_of))
    }
}

/// Ours have one item.
fn first_item(subscription: &Subscription) -> Result<&SubscriptionItem, GatewayError> {
    let items = &subscription.items.data;
    items.first().ok_or(lacks("the item of a subscription"))
}

fn subscription_of(invoice: &Invoice) -> Option<String> {
    let details = invoice.parent.as_ref()?.subscription_details.as_ref()?;
    Some(details.subscription.id().to_string())
}

fn state_of(
    subscription: &Subscription,
    item: &SubscriptionItem,
    invoices: Vec<InvoiceState>,
) -> SubscriptionState {
    let metadata = |name: &str| subscription.metadata.get(name).cloned();
    SubscriptionState {
        id: subscription.id.to_string(),
        user_id: metadata("user_id"),
        recharge_id: metadata("recharge_id"),
        customer_id: Some(subscription.customer.id().to_string()),
        plan: prices::plan_of(&item.price),
        progress: progress_of(&subscription.status),
        renews: !subscription.cancel_at_period_end && subscription.cancel_at.is_none(),
        created_at: Timestamp::from_seconds(subscription.created),
        period_start: Timestamp::from_seconds(item.current_period_start),
        period_end: Timestamp::from_seconds(item.current_period_end),
        ended_at: subscription.ended_at.map(Timestamp::from_seconds),
        invoices,
    }
}

fn progress_of(status: &SubscriptionStatus) -> SubscriptionProgress {
    match status {
        SubscriptionStatus::Active | SubscriptionStatus::Trialing => SubscriptionProgress::Active,
        SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid | SubscriptionStatus::Paused => {
            SubscriptionProgress::PastDue
        }
        SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired => {
            SubscriptionProgress::Ended
        }
        _ => SubscriptionProgress::Incomplete,
    }
}

/// The line that pays for a new period: what is settled for a change of plan is not one.
fn opening_line(invoice: &Invoice) -> Option<&InvoiceLineItem> {
    let opens = matches!(
        invoice.billing_reason,
        Some(InvoiceBillingReason::SubscriptionCreate | InvoiceBillingReason::SubscriptionCycle)
    );
    let lines = invoice.lines.data.iter().filter(|_| opens);
    lines
        .filter(|line| !is_proration(line))
        .max_by_key(|line| line.period.end)
}

fn is_proration(line: &InvoiceLineItem) -> bool {
    let parent = line.parent.as_ref();
    let of_item = parent.and_then(|parent| parent.subscription_item_details.as_ref());
    // What is no item of the subscription opens nothing either.
    of_item.is_none_or(|details| details.proration)
}

fn price_id(line: &InvoiceLineItem) -> Option<String> {
    let details = line.pricing.as_ref()?.price_details.as_ref()?;
    Some(details.price.id().to_string())
}

/// `None` for a draft, which has no id.
fn invoice_state(invoice: Invoice, plan: Option<String>) -> Option<InvoiceState> {
    let currency = invoice.currency.to_string();
    let minor = |amount| amounts::from_stripe(amount, &currency);
    let opens = opening_line(&invoice).map(|line| {
        (
            Timestamp::from_seconds(line.period.start),
            Timestamp::from_seconds(line.period.end),
        )
    });
    let discounts = invoice.total_discount_amounts.iter().flatten();
    let discount: i64 = discounts.map(|discount| discount.amount).sum();
    let taxes = invoice.total_taxes.iter().flatten();
    let on_top = taxes.filter(|tax| tax.tax_behavior == TaxBehavior::Exclusive);
    let tax: i64 = on_top.map(|tax| tax.amount).sum();
    let payments = invoice.payments.iter().flat_map(|list| &list.data);
    let intent = payments
        .filter(|payment| payment.status == "paid")
        .find_map(|payment| payment.payment.payment_intent.as_ref())
        .map(|intent| Expandable::id(intent).to_string());
    Some(InvoiceState {
        id: invoice.id?.to_string(),
        opens,
        plan,
        paid: invoice.status == Some(InvoiceStatus::Paid),
        amount_minor: minor(invoice.amount_paid),
        discount_minor: minor(discount),
        tax_minor: minor(tax),
        transaction_id: intent,
        payment_method: None,
        receipt_url: invoice.hosted_invoice_url,
        created_at: Timestamp::from_seconds(invoice.created),
        currency,
    })
}
