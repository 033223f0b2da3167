//! The kinds of objects that Stripe has. They are locked in the order session, subscription,
//! customer, invoice, payment intent, charge, refund or dispute.
//!
//! What they belong to: a session, subscription or portal session to its customer, an intent to its
//! session or invoice, a charge, refund or dispute to its intent, a price to its product, an invoice
//! to its subscription, an invoice payment to its invoice, an event to its object.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::errors::Refusal;
use super::tax::Taxed;
use crate::sandbox::store;
use crate::sandbox::webhook_mode::WebhookMode;

pub use crate::sandbox::store::{add, children, find, list, lock, newest_child, put};

pub type Object = store::Object<Kind>;
pub type Page = store::Page<Kind>;

/// The kinds of objects kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Session,
    PaymentIntent,
    Charge,
    Refund,
    Dispute,
    Customer,
    WebhookEndpoint,
    Product,
    Price,
    Subscription,
    Invoice,
    InvoicePayment,
    PortalSession,
    Event,
}

impl store::Kind for Kind {
    const PROVIDER: &'static str = "stripe";
    const ALL: &'static [Self] = &[
        Self::Session,
        Self::PaymentIntent,
        Self::Charge,
        Self::Refund,
        Self::Dispute,
        Self::Customer,
        Self::WebhookEndpoint,
        Self::Product,
        Self::Price,
        Self::Subscription,
        Self::Invoice,
        Self::InvoicePayment,
        Self::PortalSession,
        Self::Event,
    ];
    const EVENT: Self = Self::Event;
    const EVENT_TYPE: &'static str = "type";
    type Notes = Notes;

    fn as_str(self) -> &'static str {
        match self {
            Self::Session => "checkout.session",
            Self::PaymentIntent => "payment_intent",
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
            Self::Customer => "customer",
            Self::WebhookEndpoint => "webhook_endpoint",
            Self::Product => "product",
            Self::Price => "price",
            Self::Subscription => "subscription",
            Self::Invoice => "invoice",
            Self::InvoicePayment => "invoice_payment",
            Self::PortalSession => "billing_portal.session",
            Self::Event => "event",
        }
    }

    fn facet(self) -> Option<&'static str> {
        match self {
            Self::Session | Self::Subscription | Self::Invoice | Self::InvoicePayment => {
                Some("status")
            }
            Self::Product => Some("id"),
            Self::Price => Some("lookup_key"),
            Self::Event => Some("type"),
            _ => None,
        }
    }

    fn labels(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Session => &[("subscription", "/subscription")],
            Self::Customer => &[("email", "/email")],
            Self::Product => &[("active", "/active")],
            Self::Price => &[
                ("active", "/active"),
                ("currency", "/currency"),
                ("type", "/type"),
            ],
            Self::Subscription => &[("price", "/items/data/0/price/id")],
            Self::Invoice => &[("customer", "/customer")],
            Self::InvoicePayment => &[("payment_intent", "/payment/payment_intent")],
            _ => &[],
        }
    }
}

impl Kind {
    /// Where objects of the kind are listed.
    pub const fn list_url(self) -> &'static str {
        match self {
            Self::Session => "/v1/checkout/sessions",
            Self::PaymentIntent => "/v1/payment_intents",
            Self::Charge => "/v1/charges",
            Self::Refund => "/v1/refunds",
            Self::Dispute => "/v1/disputes",
            Self::Customer => "/v1/customers",
            Self::WebhookEndpoint => "/v1/webhook_endpoints",
            Self::Product => "/v1/products",
            Self::Price => "/v1/prices",
            Self::Subscription => "/v1/subscriptions",
            Self::Invoice => "/v1/invoices",
            Self::InvoicePayment => "/v1/invoice_payments",
            Self::PortalSession => "/v1/billing_portal/sessions",
            Self::Event => "/v1/events",
        }
    }

    /// There is none of this kind with the id that the parameter `param` names.
    pub fn missing(self, id: &str, param: &str) -> Refusal {
        Refusal::missing(store::Kind::as_str(self), id, param)
    }
}

/// What Stripe knows of an object but does not show.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// Of a session: what is bought.
    pub line_items: Vec<Value>,
    /// Of a session: what its payment intent is made with.
    pub intent: Map<String, Value>,
    /// Of a session: whether the payment makes a customer.
    pub makes_customer: bool,
    /// Of a session: whether the payment makes an invoice.
    pub makes_invoice: bool,
    /// Of a session: what its subscription is made with.
    pub subscription: Map<String, Value>,
    /// Of a subscription: how it is billed.
    pub billing: Option<Billing>,
    /// What happens by itself when the object is due.
    pub next: Option<Next>,
    /// Of a charge: what becomes of its refunds, if not what usually does.
    pub refunds: Option<RefundFate>,
    /// How events of what happens by itself are delivered.
    pub webhook: WebhookMode,
}

/// What happens to an object by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The open session expires.
    Expire,
    /// The delayed payment of the session comes in, or does not.
    Settle { succeeds: bool },
    /// The holder of the card disputes the charge.
    Dispute { reason: String, inquiry: bool },
    /// The refund arrives, or comes back.
    Refund { succeeds: bool },
    /// The subscription's period ends, or its unpaid invoice is tried again.
    Bill,
}

/// How a subscription is billed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Billing {
    /// The number of the card its invoices are charged to.
    pub card: String,
    /// How many periods have ended since the billing cycle's anchor.
    pub cycles: i64,
    /// When the current period ends, in seconds.
    pub renews_at: i64,
    /// The latest invoice, while it is unpaid.
    pub unpaid: Option<Unpaid>,
    /// The name of what is subscribed to.
    pub plan: String,
    /// Lines that wait for the next invoice, with their tax.
    pub pending: Vec<(Value, Taxed)>,
    /// The `client_reference_id` of the session it began with, for the book.
    pub client_reference_id: Option<String>,
}

/// An invoice that could not be charged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unpaid {
    pub invoice: String,
    /// How often it was tried by itself.
    pub tries: usize,
    /// When it is tried again, in seconds; never, once it is given up.
    pub again_at: Option<i64>,
}

/// What the test card makes of refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundFate {
    SucceedsLater,
    FailsLater,
}
