//! Stripe as payment provider, through async-stripe. Everything Stripe's own stays in this folder:
//! its amounts, its objects, its errors; out come the states of [`gateway`](super::gateway).

mod amounts;
mod doctor;
mod events;
mod payments;
mod prices;
mod sessions;
mod subscriptions;

use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use stripe::{Client, ClientBuilder, RequestStrategy, StripeError};
use stripe_client_core::{CustomizableStripeRequest, IdempotencyKey, StripeRequest};

use super::Provider;
use super::gateway::{
    CheckoutPage, CheckoutState, EventPage, Gateway, GatewayError, NewCheckout, OpenedCheckout,
    PaymentState, PlanChange, PlanPrice, RawEvent, Subject, SubscriptionState,
};
use crate::ids::UserId;
use crate::time::Timestamp;

pub use doctor::{Doctor, Needs, takes};
pub use events::KINDS;
pub use prices::lookup_keys;

/// The API version whose shapes the client reads. A webhook endpoint is best made with the same.
pub const API_VERSION: &str = "2026-09-30.endive";

/// How long a checkout waits for its buyer.
pub const SESSION_LIFE: Duration = Duration::from_secs(60 * 60);

/// Stripe's API. Cheap to clone.
#[derive(Clone)]
pub struct Stripe {
    client: Client,
    webhook_secret: SecretString,
}

const NAME: &str = "Stripe";
/// For one attempt.
const TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;
/// The most that Stripe lists at once.
const PAGE: i64 = 100;

impl From<StripeError> for GatewayError {
    fn from(error: StripeError) -> Self {
        let what = error.to_string();
        let provider = NAME;
        match error {
            StripeError::Stripe(_, status) if is_temporary(status) => {
                Self::Unreachable { provider, what }
            }
            StripeError::Stripe(..) => Self::Refused { provider, what },
            StripeError::ConfigError(_) => {
                Self::Setting("the Stripe key or address cannot be used")
            }
            // An answer that cannot be read may be one to a request that was done.
            StripeError::JSONDeserialize(_)
            | StripeError::ClientError(_)
            | StripeError::Timeout => Self::Unreachable { provider, what },
        }
    }
}

/// Whether the same request may succeed when it is made again with the same key.
const fn is_temporary(status: u16) -> bool {
    matches!(status, 409 | 424 | 429) || status >= 500
}

const fn lacks(what: &'static str) -> GatewayError {
    GatewayError::Incomplete {
        provider: NAME,
        what,
    }
}

impl Stripe {
    /// `base` ends in a slash and names no version, for example `https://api.stripe.com/`.
    pub fn new(
        key: &SecretString,
        webhook_secret: SecretString,
        base: &str,
    ) -> Result<Self, GatewayError> {
        let client = ClientBuilder::new(key.expose_secret())
            .url(base)
            .timeout(TIMEOUT)
            .build()
            .map_err(|_| GatewayError::Setting("the Stripe key or address cannot be used"))?;
        Ok(Self {
            client,
            webhook_secret,
        })
    }

    /// Sends a request up to three times under one idempotency key. The client's own retries make
    /// their own keys, so they cannot be used with ours.
    async fn send_once<R, T>(&self, key: &str, request: R) -> Result<T, GatewayError>
    where
        R: Fn() -> CustomizableStripeRequest<T>,
        T: miniserde::Deserialize,
    {
        Ok(self.attempt(key, request).await?)
    }

    async fn attempt<R, T>(&self, key: &str, request: R) -> Result<T, StripeError>
    where
        R: Fn() -> CustomizableStripeRequest<T>,
        T: miniserde::Deserialize,
    {
        let key = IdempotencyKey::new(key)
            .map_err(|_| StripeError::ConfigError("an idempotency key is too long".to_owned()))?;
        let mut attempt = 1;
        loop {
            let strategy = RequestStrategy::Idempotent(key.clone());
            let sent = request()
                .request_strategy(strategy)
                .send(&self.client)
                .await;
            match sent {
                Err(error) if may_succeed_again(&error) && attempt < ATTEMPTS => {
                    wait_after(attempt).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    async fn read<R>(&self, request: R) -> Result<R::Output, GatewayError>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        Ok(self.ask(request).await?)
    }

    /// Reads up to three times: it changes nothing there.
    async fn ask<R>(&self, request: R) -> Result<R::Output, StripeError>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        let mut attempt = 1;
        loop {
            match request.customize().send(&self.client).await {
                Err(error) if may_succeed_again(&error) && attempt < ATTEMPTS => {
                    wait_after(attempt).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    /// `None`: there is no such object.
    async fn find<R>(&self, request: R) -> Result<Option<R::Output>, GatewayError>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        match self.ask(request).await {
            Err(StripeError::Stripe(_, 404)) => Ok(None),
            other => Ok(Some(other?)),
        }
    }
}

async fn wait_after(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await;
}

fn may_succeed_again(error: &StripeError) -> bool {
    match error {
        StripeError::Stripe(_, status) => is_temporary(*status),
        StripeError::ClientError(_) | StripeError::Timeout => true,
        _ => false,
    }
}

#[async_trait]
impl Gateway for Stripe {
    fn provider(&self) -> Provider {
        Provider::Stripe
    }

    fn is_session_id(&self, text: &str) -> bool {
        sessions::is_session_id(text)
    }

    async fn open_checkout(&self, new: NewCheckout<'_>) -> Result<OpenedCheckout, GatewayError> {
        self.create_session(&new).await
    }

    async fn expire_checkout(&self, session_id: &str) -> Result<(), GatewayError> {
        self.expire_session(session_id).await
    }

    async fn checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, GatewayError> {
        self.retrieve_session(session_id).await
    }

    fn lists_checkouts(&self) -> bool {
        true
    }

    async fn finished_checkouts(&self, after: Option<&str>) -> Result<CheckoutPage, GatewayError> {
        self.list_finished(after).await
    }

    async fn payment(&self, transaction_id: &str) -> Result<Option<PaymentState>, GatewayError> {
        self.read_payment(transaction_id).await
    }

    async fn refund(
        &self,
        transaction_id: &str,
        amount_minor: Option<i64>,
        key: &str,
    ) -> Result<(), GatewayError> {
        self.create_refund(transaction_id, amount_minor, key).await
    }

    async fn subscription(&self, id: &str) -> Result<Option<SubscriptionState>, GatewayError> {
        self.read_subscription(id).await
    }

    async fn set_renewing(&self, id: &str, renews: bool) -> Result<(), GatewayError> {
        self.update_renewing(id, renews).await
    }

    async fn change_plan(
        &self,
        id: &str,
        to: PlanPrice<'_>,
        change: PlanChange,
    ) -> Result<(), GatewayError> {
        self.update_plan(id, to, change).await
    }

    async fn prepare_plan(&self, plan: PlanPrice<'_>) -> Result<(), GatewayError> {
        self.price_of(plan).await.map(drop)
    }

    async fn end_subscription(&self, id: &str) -> Result<(), GatewayError> {
        self.cancel_subscription(id).await
    }

    async fn customer(&self, user: &UserId, email: &str) -> Result<String, GatewayError> {
        self.create_customer(user, email).await
    }

    async fn portal(&self, customer_id: &str, return_url: &str) -> Result<String, GatewayError> {
        self.create_portal_session(customer_id, return_url).await
    }

    fn verify_event(
        &self,
        payload: &[u8],
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Option<RawEvent> {
        let signature = headers.get("stripe-signature")?.to_str().ok()?;
        self.verified(payload, signature, now)
    }

    async fn subject(&self, kind: &str, object_id: &str) -> Result<Subject, GatewayError> {
        self.subject_of(kind, object_id).await
    }

    fn lists_events(&self) -> bool {
        true
    }

    async fn events(
        &self,
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<EventPage, GatewayError> {
        self.list_events(since, after).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::extract::{Request, State};
    use axum::response::IntoResponse;
    use http::{StatusCode, header};
    use tokio::net::TcpListener;

    use super::*;

    type Keys = Arc<Mutex<Vec<String>>>;

    async fn key_in_use(State(keys): State<Keys>, request: Request) -> impl IntoResponse {
        let key = request.headers()["idempotency-key"].to_str().unwrap();
        keys.lock().unwrap().push(key.to_owned());
        let body = r#"{"error":{"type":"idempotency_error","code":"idempotency_key_in_use","message":"wait"}}"#;
        let json = [(header::CONTENT_TYPE, "application/json")];
        (StatusCode::CONFLICT, json, body)
    }

    #[tokio::test]
    async fn a_key_in_use_is_asked_again_and_is_no_refusal() {
        // Another test of the same process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let keys = Keys::default();
        let router = Router::new().fallback(key_in_use).with_state(keys.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let stripe = Stripe::new(&"sk_test_1".into(), "whsec_test".into(), &base).unwrap();
        let refund = stripe.refund("pi_1", None, "refund:1").await;
        assert!(
            matches!(refund, Err(GatewayError::Unreachable { .. })),
            "{refund:?}"
        );
        assert_eq!(*keys.lock().unwrap(), ["refund:1"; 3]);
    }
}
