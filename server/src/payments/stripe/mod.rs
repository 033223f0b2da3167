//! Stripe as payment provider, through async-stripe. Everything Stripe's own stays in this folder:
//! its amounts, its objects, its errors; out come [`CheckoutState`] and [`RawEvent`].

mod amounts;
mod doctor;
mod events;
mod sessions;

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use stripe::{Client, ClientBuilder, RequestStrategy, StripeError};
use stripe_client_core::{IdempotencyKey, StripeRequest};

pub use doctor::{Doctor, Needs, takes};
pub use events::{EventPage, KINDS, RawEvent};
pub use sessions::{MadeSession, NewSession, SESSION_LIFE};

/// The API version whose shapes the client reads. A webhook endpoint is best made with the same.
pub const API_VERSION: &str = "2026-09-30.endive";

/// Stripe's API. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    client: Client,
    webhook_secret: SecretString,
}

#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("Stripe said no: {0}")]
    Stripe(#[from] StripeError),
    #[error("Stripe's answer lacks {0}")]
    Incomplete(&'static str),
    #[error("{0}")]
    Setting(&'static str),
}

impl GatewayError {
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Stripe(StripeError::Stripe(_, 404)))
    }

    /// Whether the same request may succeed when it is made again with the same key.
    fn is_temporary(&self) -> bool {
        match self {
            Self::Stripe(StripeError::Stripe(_, status)) => {
                matches!(status, 409 | 424 | 429) || *status >= 500
            }
            Self::Stripe(StripeError::ClientError(_) | StripeError::Timeout) => true,
            _ => false,
        }
    }
}

/// For one attempt.
const TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;

impl Gateway {
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
        R: Fn() -> stripe_client_core::CustomizableStripeRequest<T>,
        T: miniserde::Deserialize,
    {
        let key = IdempotencyKey::new(key)
            .map_err(|_| GatewayError::Setting("an idempotency key has 1 to 255 characters"))?;
        let mut attempt = 1;
        loop {
            let strategy = RequestStrategy::Idempotent(key.clone());
            let sent = request()
                .request_strategy(strategy)
                .send(&self.client)
                .await;
            match sent.map_err(GatewayError::from) {
                Err(error) if error.is_temporary() && attempt < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await;
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
        Ok(request.customize().send(&self.client).await?)
    }
}
