//! Buying: recharge records, checkout, [`Payments::fulfil`], plans, what goes back, the inbox of
//! events, the catch-up.
//!
//! A purchase is a recharge record first (`pending`), then a checkout at the provider. What was paid
//! is granted by one function, `fulfil`, which asks the provider what is true and grants in the
//! transaction that completes the record. Webhook, success page and catch-up all call it; none of
//! them is needed, and all of them at once still grant once.
//!
//! After that an object has a life of its own: a payment is refunded or disputed
//! ([`Payments::read_payment_again`]), a subscription renews, changes and ends
//! ([`Payments::read_subscription_again`]). Each reads the whole state and brings the books in line
//! with it, however often and in whatever order it is called.
//!
//! To add a provider: a folder beside `stripe/` with an implementation of [`gateway::Gateway`], a
//! variant of [`Provider`], and a line where the program makes its gateways.

mod archived;
mod catch_up;
mod checkout;
pub mod checkup;
mod closing;
pub mod creem;
mod errands;
mod fulfil;
pub mod gateway;
mod inbox;
mod letters;
mod mends;
mod plans;
mod previews;
mod purchases;
mod readings;
mod records;
mod returns;
mod reversals;
pub mod stripe;
mod subscribers;
mod subscriptions;

use std::sync::Arc;

use tokio::sync::Notify;
use url::Url;

use crate::catalog::Catalog;
use crate::db::Database;
use crate::time::Clock;
use crate::words::words;
use gateway::{Gateway, GatewayError};

pub use archived::{ArchivedCustomer, ArchivedPurchase};
pub use checkout::{CheckoutError, CheckoutRequest, Started};
pub use closing::ERASED;
pub use fulfil::{FulfilError, Fulfilment};
pub use inbox::{EventState, InboxEvent, KeptEvent, ReceiveError, Received};
pub use letters::{completed, refund, unpaid_plan};
pub(crate) use mends::ComparedCredits;
pub use mends::MendError;
pub use plans::PlanError;
pub use previews::RefundPreview;
pub use purchases::{HeldBack, Purchase, PurchaseFilter};
pub(crate) use records::RechargeRow;
pub use records::{Recharge, RechargeStatus, RecordedPlan, Standing};
pub use returns::{Dispute, History, Refund, RefundError, RefundOnceError, Returns};
pub use subscribers::{Errand, Subscriber, SubscriberFilter};
pub use subscriptions::{GRACE, Subscription, SubscriptionStatus};

words! {
    /// Who takes the money.
    Provider { Stripe = "stripe", Creem = "creem" }
}

/// What keeps somebody from going on: the provider, or the database.
#[derive(Debug, thiserror::Error)]
pub enum Interruption {
    #[error(transparent)]
    Provider(#[from] GatewayError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Buying, with everything it needs. Cheap to clone.
#[derive(Clone)]
pub struct Payments {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    catalog: Arc<Catalog>,
    gateways: Arc<[Arc<dyn Gateway>]>,
    /// The public address of the site; ends in a slash.
    pub(crate) site: Url,
    /// Names this process where only one node may work.
    pub(crate) node: String,
    pub(crate) inbox_wake: Arc<Notify>,
}

impl Payments {
    /// `gateways`: the providers switched on; the first is the one that is used where nobody asks for
    /// another.
    pub fn new(
        db: Database,
        clock: Clock,
        catalog: Arc<Catalog>,
        gateways: Vec<Arc<dyn Gateway>>,
        site: Url,
        node: String,
    ) -> Self {
        Self {
            db,
            clock,
            catalog,
            gateways: gateways.into(),
            site,
            node,
            inbox_wake: Arc::default(),
        }
    }

    /// Whether a provider is switched on.
    pub fn has(&self, provider: Provider) -> bool {
        self.gateway(provider).is_ok()
    }

    /// The providers switched on.
    pub fn providers(&self) -> impl Iterator<Item = Provider> {
        self.gateways.iter().map(|gateway| gateway.provider())
    }

    pub(crate) fn gateways(&self) -> &[Arc<dyn Gateway>] {
        &self.gateways
    }

    pub(crate) fn gateway(&self, provider: Provider) -> Result<&dyn Gateway, GatewayError> {
        let mut gateways = self.gateways.iter();
        gateways
            .find(|gateway| gateway.provider() == provider)
            .map(|gateway| &**gateway)
            .ok_or(GatewayError::Setting(
                "this payment provider is switched off",
            ))
    }

    /// The provider whose checkouts have ids of this shape.
    pub(crate) fn gateway_of_session(&self, session_id: &str) -> Option<&dyn Gateway> {
        let mut gateways = self.gateways.iter();
        gateways
            .find(|gateway| gateway.is_session_id(session_id))
            .map(|gateway| &**gateway)
    }

    fn page(&self, path: &str) -> String {
        format!("{}{path}", self.site)
    }
}
