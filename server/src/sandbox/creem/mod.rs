//! Creem, played on loopback: the HTTP API in Creem's shapes, the hosted checkout and portal pages,
//! really signed webhooks, and a book of what was really paid.
//!
//! - `api` answers `/v1/…`, for the same client that talks to the real Creem;
//! - `hosted` is what the payer sees: the checkout with its test cards, and the customer portal;
//! - `desk` is what a person at Creem could do: refund, dispute, renew, look at the book;
//! - `deliveries` sends the webhooks, `after` does what happens by itself;
//! - `store` keeps every object as JSON in Creem's shape, in the `sandbox_creem_…` tables, so that it
//!   survives restarts and serves several nodes.
//!
//! One request is one transaction: the change, its events, their deliveries and the book are
//! committed together. Nothing is sent inside. What is not played is refused in Creem's error shape.
//!
//! Sources: the `creem` client 1.13.0 for every object and call; docs.creem.io for what happens when.

mod after;
mod api;
mod billing;
mod book;
mod deliveries;
mod desk;
mod errors;
mod events;
mod hosted;
mod ids;
mod payments;
mod request;
mod returns;
mod shapes;
mod signing;
mod store;
mod subscriptions;
mod views;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, OnceLock};

use axum::Router;
use secrecy::SecretString;
use tokio::sync::Notify;
use url::Url;

use crate::db::Database;
use crate::time::Clock;

pub use signing::{SignedEvent, signed_event};

/// Where the sandbox is seen from outside, where its webhooks go, and what the shop sells.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The mount as the payer's browser sees it, ending in `/`. On the other loopback name than the
    /// site uses, so that going there and back is cross-site as with the real Creem.
    pub hosted_base: Url,
    pub webhook_url: Url,
    /// Shared with whoever receives the webhooks.
    pub webhook_secret: SecretString,
    pub signatures: Signatures,
    pub products: Vec<Product>,
}

/// How webhooks are signed. Creem has moved from its own header to Standard Webhooks; a receiver has
/// to take either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signatures {
    #[default]
    Both,
    /// `creem-signature` alone.
    Creem,
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature` alone.
    Standard,
}

/// Something the shop sells; with Creem it is made in the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// `prod_…`, as the catalogue names it.
    pub id: String,
    pub name: String,
    /// In cents.
    pub price: i64,
    /// ISO 4217, in either case.
    pub currency: String,
    pub billing: Billing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billing {
    Once,
    EveryMonth,
    EveryYear,
}

/// The sandbox Creem, cheap to clone.
#[derive(Clone)]
pub struct CreemSandbox(Arc<Inner>);

struct Inner {
    db: Database,
    clock: Clock,
    settings: Settings,
    /// Told when something may have become due.
    due: Notify,
    http: OnceLock<reqwest::Client>,
}

impl CreemSandbox {
    pub fn new(db: Database, clock: Clock, settings: Settings) -> Self {
        let (due, http) = (Notify::new(), OnceLock::new());
        Self(Arc::new(Inner {
            db,
            clock,
            settings,
            due,
            http,
        }))
    }

    /// Everything below the mount: `/v1/…`, `/checkout/{id}`, `/refunds`, `/book` and so on.
    pub fn router(&self) -> Router {
        Router::new()
            .nest("/v1", api::router())
            .merge(hosted::router())
            .merge(desk::router())
            .fallback(api::unknown_url)
            .with_state(self.clone())
    }

    /// Makes the delivering task look now: something was written, or the clock was moved by hand.
    pub fn wake(&self) {
        self.0.due.notify_one();
    }

    fn product(&self, id: &str) -> Option<&Product> {
        let mut products = self.0.settings.products.iter();
        products.find(|product| product.id == id)
    }
}

impl fmt::Debug for CreemSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreemSandbox")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
