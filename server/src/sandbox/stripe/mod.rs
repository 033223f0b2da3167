//! Stripe, played on loopback: the HTTP API in Stripe's shapes, the hosted checkout page, really
//! signed webhooks, and a book of what was really paid.
//!
//! - `api` answers `/v1/…`, for the same client that talks to the real Stripe;
//! - `checkout` is the page the payer is sent to, with Stripe's test cards; `portal` the one where
//!   customers look after their subscriptions;
//! - `charging` moves the money, `billing` draws the invoices of subscriptions and bills them;
//! - `desk` is what a person at Stripe could do: refund, dispute, renew, stop webhooks, look at the
//!   book;
//! - `provider` signs the webhooks and does what happens by itself;
//! - `store` says what kinds of objects there are.
//!
//! One request is one transaction: the change, its events, their deliveries, the book and the
//! answer kept for the idempotency key are committed together. Nothing is sent inside.
//!
//! To play one more kind of object: a shape in `shapes`, a [`store::Kind`], its handlers in `api`,
//! and a test that reads it with the client. What is not played is refused in Stripe's error shape,
//! never silently left out.

mod after;
mod api;
mod billing;
mod charging;
mod checkout;
mod desk;
mod disputes;
mod errors;
mod events;
mod form;
mod ids;
mod money;
mod params;
mod portal;
mod provider;
mod refunds;
mod shapes;
mod signed;
mod store;
mod tax;
mod view;
mod webhooks;

#[cfg(test)]
mod tests;

use axum::Router;
use secrecy::SecretString;
use url::Url;

use self::events::{Act, Of, Origin};
use super::provider::Sandbox;
use super::webhook_mode::WebhookMode;
use crate::time::Timestamp;

pub use provider::Stripe;
pub use signed::{SignedEvent, signed_event};

/// Where the sandbox is seen from outside, and where its webhooks go.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The mount as the payer's browser sees it, ending in `/`. On the other loopback name than the
    /// site uses, so that going there and back is cross-site as with the real Stripe.
    pub hosted_base: Url,
    /// The site's own endpoint; others are made through the API.
    pub webhook_url: Url,
    /// The kinds of events it is told of; `*` for all.
    pub webhook_events: Vec<String>,
    /// Shared with whoever receives the webhooks; used as text, `whsec_` included.
    pub webhook_secret: SecretString,
}

/// The sandbox Stripe, cheap to clone.
pub type StripeSandbox = Sandbox<Stripe>;

impl StripeSandbox {
    /// Everything below the mount: `/v1/…`, `/checkout/{id}`, `/refunds`, `/book` and so on.
    pub fn router(&self) -> Router {
        Router::new()
            .nest("/v1", api::router())
            .merge(checkout::router())
            .merge(portal::router())
            .merge(desk::router())
            .fallback(api::unknown_url)
            .with_state(self.clone())
    }

    /// Something that begins at `at`.
    fn act(&self, at: Timestamp, origin: Origin, webhook: WebhookMode) -> Act {
        let hosted_base = self.0.settings.hosted_base.clone();
        Act::new(
            at,
            Of {
                hosted_base,
                origin,
            },
            webhook,
        )
    }
}
