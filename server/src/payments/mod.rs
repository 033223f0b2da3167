//! Buying: recharge records, checkout, [`Payments::fulfil`], the inbox of events, the catch-up.
//!
//! A purchase is a recharge record first (`pending`), then a checkout session at the provider. What
//! was paid is granted by one function, `fulfil`, which asks the provider what is true and grants in
//! the transaction that completes the record. Webhook, success page and catch-up all call it; none of
//! them is needed, and all of them at once still grant once.
//!
//! To add a provider: a folder beside `stripe/` that turns its objects into [`CheckoutState`] and its
//! events into inbox rows, and a line where [`Payments`] chooses by [`Provider`].

mod catch_up;
mod checkout;
pub mod checkup;
mod fulfil;
mod inbox;
mod records;
pub mod stripe;

use std::sync::Arc;

use tokio::sync::Notify;
use url::Url;

use crate::db::Database;
use crate::time::Clock;
use crate::words::words;

pub use checkout::{CheckoutError, CheckoutRequest, Started};
pub use fulfil::{FulfilError, Fulfilment};
pub use inbox::{ReceiveError, Received};
pub(crate) use records::RechargeRow;
pub use records::{Recharge, RechargeStatus};

words! {
    /// Who takes the money.
    Provider { Stripe = "stripe", Creem = "creem" }
}

/// What a provider says about one checkout, in our words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutState {
    pub session_id: String,
    pub progress: CheckoutProgress,
    /// The account and the recharge record our own metadata names.
    pub user_id: Option<String>,
    pub recharge_id: Option<String>,
    /// What the buyer paid or will pay, in ISO 4217 minor units, and what a discount took off.
    pub amount_minor: i64,
    pub discount_minor: i64,
    pub currency: String,
    pub payment_id: Option<String>,
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

/// Buying, with everything it needs. Cheap to clone.
#[derive(Clone)]
pub struct Payments {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) stripe: stripe::Gateway,
    /// The public address of the site; ends in a slash.
    pub(crate) site: Url,
    /// Names this process where only one node may work.
    pub(crate) node: String,
    pub(crate) inbox_wake: Arc<Notify>,
}

impl Payments {
    pub fn new(
        db: Database,
        clock: Clock,
        stripe: stripe::Gateway,
        site: Url,
        node: String,
    ) -> Self {
        Self {
            db,
            clock,
            stripe,
            site,
            node,
            inbox_wake: Arc::default(),
        }
    }
}
