//! Creem, played on loopback: the HTTP API in Creem's shapes, the hosted checkout and portal pages,
//! really signed webhooks, and a book of what was really paid.
//!
//! - `api` answers `/v1/…`, for the same client that talks to the real Creem;
//! - `hosted` is what the payer sees: the checkout with its test cards, and the customer portal;
//! - `desk` is what a person at Creem could do: refund, dispute, renew, look at the book;
//! - `provider` signs the webhooks and does what happens by itself;
//! - `store` says what kinds of objects there are.
//!
//! One request is one transaction: the change, its events, their deliveries and the book are
//! committed together. Nothing is sent inside. What is not played is refused in Creem's error shape.
//!
//! Sources: the `creem` client 1.13.0 for every object and call; docs.creem.io for what happens when.

mod api;
mod billing;
mod desk;
mod errors;
mod events;
mod hosted;
mod ids;
mod payments;
mod provider;
mod request;
mod returns;
mod shapes;
mod signing;
mod store;
mod subscriptions;
mod view;
mod views;

#[cfg(test)]
mod tests;

use axum::Router;
use secrecy::SecretString;
use url::Url;

use super::provider::Sandbox;

pub use provider::Creem;
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
pub type CreemSandbox = Sandbox<Creem>;

impl CreemSandbox {
    /// Everything below the mount: `/v1/…`, `/checkout/{id}`, `/refunds`, `/book` and so on.
    pub fn router(&self) -> Router {
        Router::new()
            .nest("/v1", api::router())
            .merge(hosted::router())
            .merge(desk::router())
            .fallback(api::unknown_url)
            .with_state(self.clone())
    }

    fn product(&self, id: &str) -> Option<&Product> {
        let mut products = self.0.settings.products.iter();
        products.find(|product| product.id == id)
    }
}
