//! What is asked of whoever takes the money, in our words. A provider's folder implements [`Gateway`]
//! and keeps everything of its own to itself: objects, amounts, errors, signatures.
//!
//! A gateway reads whole states and never says what changed: the books are brought in line with the
//! state, however often and in whatever order the signals come.

use async_trait::async_trait;
use http::HeaderMap;

use super::Provider;
use crate::catalog::{Interval, Money, Tax};
use crate::ids::{RechargeId, UserId};
use crate::time::Timestamp;

/// A payment provider.
#[async_trait]
pub trait Gateway: Send + Sync {
    fn provider(&self) -> Provider;

    /// Whether a text has the shape of this provider's ids of checkouts: others are not asked for.
    fn is_session_id(&self, text: &str) -> bool;

    /// Makes a checkout; the same recharge record always gets the same one.
    async fn open_checkout(&self, new: NewCheckout<'_>) -> Result<OpenedCheckout, GatewayError>;

    /// Lets an open checkout expire, so that it cannot be paid any more. One that is not open stays what it is, and so
    /// does every one where the provider has no way to do that.
    async fn expire_checkout(&self, session_id: &str) -> Result<(), GatewayError>;

    /// `None`: the provider knows no such checkout.
    async fn checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, GatewayError>;

    /// Whether the provider lists its checkouts. One that does not is asked about each that is known.
    fn lists_checkouts(&self) -> bool;

    /// A page of the checkouts that buyers finished, newest first, those after `after` of this list.
    async fn finished_checkouts(&self, after: Option<&str>) -> Result<CheckoutPage, GatewayError>;

    /// A payment by its [`transaction`](CheckoutState::transaction_id), with all its refunds and
    /// disputes.
    async fn payment(&self, transaction_id: &str) -> Result<Option<PaymentState>, GatewayError>;

    /// Gives back `amount_minor`, or all that is left. `key` makes it once.
    async fn refund(
        &self,
        transaction_id: &str,
        amount_minor: Option<i64>,
        key: &str,
    ) -> Result<(), GatewayError>;

    /// A subscription with its invoices.
    async fn subscription(&self, id: &str) -> Result<Option<SubscriptionState>, GatewayError>;

    /// Lets a subscription end with its period, or go on after all.
    async fn set_renewing(&self, id: &str, renews: bool) -> Result<(), GatewayError>;

    /// Moves a subscription to another plan: at once with a bill for the difference, or with the
    /// next period.
    async fn change_plan(
        &self,
        id: &str,
        to: PlanPrice<'_>,
        change: PlanChange,
    ) -> Result<(), GatewayError>;

    /// Makes what a plan is sold by, where that is made by us and is not there yet.
    async fn prepare_plan(&self, plan: PlanPrice<'_>) -> Result<(), GatewayError>;

    /// Ends a subscription at once. One that has ended already is as good.
    async fn end_subscription(&self, id: &str) -> Result<(), GatewayError>;

    /// The provider's id of the buyer, made if there is none; the same account always gets the same.
    async fn customer(&self, user: &UserId, email: &str) -> Result<String, GatewayError>;

    /// Where a buyer manages cards, plans and invoices.
    async fn portal(&self, customer_id: &str, return_url: &str) -> Result<String, GatewayError>;

    /// The event of a webhook whose signature is good; `None` when it is not.
    fn verify_event(&self, payload: &[u8], headers: &HeaderMap, now: Timestamp)
    -> Option<RawEvent>;

    /// What an event is about. The provider may be asked, where the event names something else than
    /// what has to be read again.
    async fn subject(&self, kind: &str, object_id: &str) -> Result<Subject, GatewayError>;

    /// Whether the provider lists its events. One that does not is asked about each object instead.
    fn lists_events(&self) -> bool;

    /// Events made at `since` or later, newest first, those after the event `after` of this list.
    async fn events(
        &self,
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<EventPage, GatewayError>;
}

/// Why a provider did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It did not answer, or not in time; whether it did something is unknown.
    #[error("{provider} did not answer: {what}")]
    Unreachable {
        provider: &'static str,
        what: String,
    },
    /// It answered that it will not.
    #[error("{provider} said no: {what}")]
    Refused {
        provider: &'static str,
        what: String,
    },
    #[error("the answer of {provider} lacks {what}")]
    Incomplete {
        provider: &'static str,
        what: &'static str,
    },
    #[error("{0}")]
    Setting(&'static str),
}

/// What a checkout is made of.
#[derive(Clone, Debug)]
pub struct NewCheckout<'a> {
    pub recharge: &'a RechargeId,
    pub user: &'a UserId,
    pub email: &'a str,
    /// In the buyer's language.
    pub item_name: &'a str,
    /// The language of the provider's page: `en` or `zh`.
    pub language: &'static str,
    pub price: &'a Money,
    pub plan: Option<PlanPrice<'a>>,
    /// The provider's own product, where the catalogue names one.
    pub product: Option<&'a str>,
    pub tax: Tax,
    /// Whether a one-time purchase makes an invoice.
    pub invoice: bool,
    /// Of the provider; needed where a plan is bought.
    pub customer_id: Option<&'a str>,
    /// The page to come back to, with `session_id=` still to be filled in by the provider's way.
    pub success_url: &'a str,
    pub cancel_url: &'a str,
    pub expires_at: Timestamp,
}

/// A plan as a provider has to know it.
#[derive(Clone, Copy, Debug)]
pub struct PlanPrice<'a> {
    /// Of the catalogue.
    pub plan: &'a str,
    /// In English, for the provider's own pages.
    pub name: &'a str,
    pub price: &'a Money,
    pub interval: Interval,
    pub tax: Tax,
    /// The provider's own price or product, where the catalogue names one.
    pub product: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanChange {
    Now,
    WithNextPeriod,
}

/// A checkout that waits for its buyer at `url`.
#[derive(Clone, Debug)]
pub struct OpenedCheckout {
    pub session_id: String,
    pub url: String,
}

/// What a provider says about one checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutState {
    pub session_id: String,
    pub progress: CheckoutProgress,
    /// The account and the recharge record our own metadata names.
    pub user_id: Option<String>,
    pub recharge_id: Option<String>,
    /// What the buyer paid or will pay, tax included, in ISO 4217 minor units.
    pub amount_minor: i64,
    /// What a discount took off.
    pub discount_minor: i64,
    /// What of it is tax on top of the price.
    pub tax_minor: i64,
    pub currency: String,
    /// What refunds and disputes name (Stripe: the PaymentIntent). None for a plan: its invoices
    /// have theirs.
    pub transaction_id: Option<String>,
    pub subscription_id: Option<String>,
    pub payment_method: Option<String>,
    pub receipt_url: Option<String>,
}

/// How far a checkout has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutProgress {
    Open,
    /// The buyer is done; the money is on its way (a delayed payment method).
    Processing,
    Paid,
    /// A delayed payment did not arrive.
    Failed,
    Expired,
}

/// Finished checkouts, newest first.
pub struct CheckoutPage {
    pub checkouts: Vec<CheckoutState>,
    pub has_more: bool,
}

/// A payment and what became of its money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentState {
    pub transaction_id: String,
    /// The recharge record our own metadata names.
    pub recharge_id: Option<String>,
    /// The subscription whose invoice it paid.
    pub subscription_id: Option<String>,
    pub paid_minor: i64,
    pub currency: String,
    /// How it was paid: `card`, `alipay` and so on, as far as the provider says.
    pub payment_method: Option<String>,
    pub refunds: Vec<RefundState>,
    pub disputes: Vec<DisputeState>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundState {
    pub id: String,
    pub amount_minor: i64,
    pub progress: RefundProgress,
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundProgress {
    Pending,
    Succeeded,
    /// Or cancelled: the money stays with us.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeState {
    pub id: String,
    pub amount_minor: i64,
    pub progress: DisputeProgress,
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeProgress {
    Open,
    /// Or closed without taking money.
    Won,
    Lost,
}

/// A subscription as its provider sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionState {
    pub id: String,
    pub user_id: Option<String>,
    /// The record of the checkout that began it.
    pub recharge_id: Option<String>,
    pub customer_id: Option<String>,
    /// The plan of the catalogue that its price stands for now, as far as the provider knows it.
    pub plan: Option<String>,
    pub progress: SubscriptionProgress,
    pub renews: bool,
    pub created_at: Timestamp,
    /// The period the provider counts now, paid or not.
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Oldest first.
    pub invoices: Vec<InvoiceState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionProgress {
    /// Its first payment has not come.
    Incomplete,
    Active,
    /// A renewal is unpaid.
    PastDue,
    Ended,
}

/// A bill of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceState {
    pub id: String,
    /// The period it pays for, where it begins one (Stripe: `billing_reason` `subscription_create`
    /// or `subscription_cycle`).
    pub opens: Option<(Timestamp, Timestamp)>,
    /// The plan it pays for, as far as the provider knows it.
    pub plan: Option<String>,
    pub paid: bool,
    pub amount_minor: i64,
    pub discount_minor: i64,
    pub tax_minor: i64,
    pub currency: String,
    pub transaction_id: Option<String>,
    pub payment_method: Option<String>,
    pub receipt_url: Option<String>,
    pub created_at: Timestamp,
}

/// What has to be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Checkout(String),
    /// By its transaction.
    Payment(String),
    Subscription(String),
    /// Nothing of ours, and why.
    Nothing(&'static str),
}

/// An event as it goes into the inbox: which, of what kind, about which object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEvent {
    pub id: String,
    pub kind: String,
    pub object_id: Option<String>,
    pub payload: String,
    /// Why it can be kept but not acted on.
    pub unparsed: Option<&'static str>,
}

/// A page of the provider's own list, newest first.
pub struct EventPage {
    pub events: Vec<RawEvent>,
    pub has_more: bool,
}

impl PaymentState {
    /// How much of the money is back with the buyer: refunds that did not fail, and lost disputes.
    pub fn returned_minor(&self) -> i64 {
        let refunds = self.refunds.iter();
        let refunded = refunds
            .filter(|refund| refund.progress != RefundProgress::Failed)
            .map(|refund| refund.amount_minor);
        let disputes = self.disputes.iter();
        let lost = disputes
            .filter(|dispute| dispute.progress == DisputeProgress::Lost)
            .map(|dispute| dispute.amount_minor);
        refunded
            .chain(lost)
            .fold(0, i64::saturating_add)
            .min(self.paid_minor)
    }

    pub fn is_disputed(&self) -> bool {
        let mut disputes = self.disputes.iter();
        disputes.any(|dispute| dispute.progress == DisputeProgress::Open)
    }

    /// Whether something about it will still change by itself.
    pub fn is_unsettled(&self) -> bool {
        let mut refunds = self.refunds.iter();
        self.is_disputed() || refunds.any(|refund| refund.progress == RefundProgress::Pending)
    }
}
