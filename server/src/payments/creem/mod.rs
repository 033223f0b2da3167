//! Creem as payment provider: a merchant of record with products made in its dashboard, which the
//! catalogue names. Everything Creem's own stays in this folder: its objects, its errors, its
//! signatures; out come the states of [`gateway`](super::gateway).
//!
//! What Creem cannot do, and what that means here:
//! - It knows no idempotency keys. A checkout whose answer is lost may exist beside the next one: both
//!   carry the recharge record, only one's address is ever shown, and a payment of either names it.
//!   Refunds and changes of plans look first whether they are done.
//! - A checkout has no cancel page, no time at which it expires by our wish, and no language; the way
//!   back brings `checkout_id` instead of `session_id`. The portal has no way back.
//! - It lists neither events nor checkouts, and a transaction does not name its checkout: a refund that
//!   is heard of before the purchase is found when the payment is looked at again.
//! - Through its API all that is left of a payment goes back, never a part.
//! - Of refunds it tells the sum; of a dispute that it has taken the money (`chargedBack`), which counts
//!   as lost until the transaction says otherwise.
//!
//! Sources: the `creem` client 1.13.0 for every object and call; docs.creem.io for what they mean.

mod checkouts;
mod customers;
mod events;
mod objects;
mod payments;
mod subscriptions;

use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::Provider;
use super::gateway::{
    CheckoutPage, CheckoutState, EventPage, Gateway, GatewayError, NewCheckout, OpenedCheckout,
    PaymentState, PlanChange, PlanPrice, RawEvent, Subject, SubscriptionState,
};
use crate::ids::UserId;
use crate::time::Timestamp;

/// The kinds that are acted on: what a webhook endpoint has to send.
pub use events::KINDS;

/// Creem's API.
pub struct Creem {
    http: reqwest::Client,
    base: Url,
    webhook_secret: SecretString,
}

const NAME: &str = "Creem";
/// For one attempt.
const TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;

impl Creem {
    /// `base` ends in a slash and names no version: `https://api.creem.io/`, or with a test key
    /// `https://test-api.creem.io/`.
    pub fn new(
        key: &SecretString,
        webhook_secret: SecretString,
        base: &str,
    ) -> Result<Self, GatewayError> {
        const UNUSABLE: GatewayError =
            GatewayError::Setting("the Creem key or address cannot be used");
        let base: Url = base.parse().map_err(|_| UNUSABLE)?;
        let mut key = HeaderValue::from_str(key.expose_secret()).map_err(|_| UNUSABLE)?;
        key.set_sensitive(true);
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .default_headers(HeaderMap::from_iter([(
                http::HeaderName::from_static("x-api-key"),
                key,
            )]))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|_| UNUSABLE)?;
        Ok(Self {
            http,
            base,
            webhook_secret,
        })
    }

    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Reads, up to three times; `None`: there is no such object.
    async fn find<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<T>, GatewayError> {
        let mut attempt = 1;
        loop {
            let request = self.http.request(Method::GET, self.address(path, query));
            match send(request).await {
                Err(GatewayError::Unreachable { .. }) if attempt < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await;
                    attempt += 1;
                }
                Err(error) => return Err(error),
                Ok(answer) if answer.status() == StatusCode::NOT_FOUND => return Ok(None),
                Ok(answer) => return read(answer).await.map(Some),
            }
        }
    }

    /// Asks for something to be done, once: a repeat could do it twice.
    async fn act<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &Value,
    ) -> Result<T, GatewayError> {
        let request = self.http.request(Method::POST, self.address(path, &[]));
        read(send(request.json(body)).await?).await
    }
}

/// An answer that is one: not one that asks to come again later.
async fn send(request: RequestBuilder) -> Result<Response, GatewayError> {
    let answer = request.send().await.map_err(|error| lost(&error))?;
    let status = answer.status();
    if is_temporary(status) {
        return Err(GatewayError::Unreachable {
            provider: NAME,
            what: status.to_string(),
        });
    }
    Ok(answer)
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, GatewayError> {
    let status = answer.status();
    if !status.is_success() {
        let said = answer.json::<Problem>().await.unwrap_or_default();
        return Err(refused(format!("{status} {}", said.in_words())));
    }
    answer.json().await.map_err(|error| lost(&error))
}

fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS
        )
}

/// A lost answer, or one that cannot be read: it may be one to a request that was done. The address
/// may hold an e-mail address, so it is left out.
fn lost(error: &reqwest::Error) -> GatewayError {
    let what = if error.is_timeout() {
        "timed out"
    } else if error.is_decode() {
        "an answer that cannot be read"
    } else {
        "broken connection"
    };
    GatewayError::Unreachable {
        provider: NAME,
        what: what.to_owned(),
    }
}

fn refused(what: impl Into<String>) -> GatewayError {
    GatewayError::Refused {
        provider: NAME,
        what: what.into(),
    }
}

const fn lacks(what: &'static str) -> GatewayError {
    GatewayError::Incomplete {
        provider: NAME,
        what,
    }
}

/// Creem's error shape, as far as it is for people.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    message: Value,
}

impl Problem {
    fn in_words(&self) -> String {
        match &self.message {
            Value::String(text) => text.clone(),
            Value::Array(texts) => {
                let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
                texts.join("; ")
            }
            _ => String::new(),
        }
    }
}

#[async_trait]
impl Gateway for Creem {
    fn provider(&self) -> Provider {
        Provider::Creem
    }

    fn is_session_id(&self, text: &str) -> bool {
        checkouts::is_checkout_id(text)
    }

    async fn open_checkout(&self, new: NewCheckout<'_>) -> Result<OpenedCheckout, GatewayError> {
        self.create_checkout(&new).await
    }

    /// Creem has no way to do that: its checkouts end by themselves.
    async fn expire_checkout(&self, _session_id: &str) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, GatewayError> {
        self.read_checkout(session_id).await
    }

    fn lists_checkouts(&self) -> bool {
        false
    }

    async fn finished_checkouts(&self, _after: Option<&str>) -> Result<CheckoutPage, GatewayError> {
        Err(refused("it has no list of checkouts"))
    }

    async fn payment(&self, transaction_id: &str) -> Result<Option<PaymentState>, GatewayError> {
        self.read_payment(transaction_id).await
    }

    /// A part is refused, unless it is all that is left.
    async fn refund(
        &self,
        transaction_id: &str,
        amount_minor: Option<i64>,
        _key: &str,
    ) -> Result<(), GatewayError> {
        self.give_back(transaction_id, amount_minor).await
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

    /// Products are made in the dashboard.
    async fn prepare_plan(&self, _plan: PlanPrice<'_>) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn end_subscription(&self, id: &str) -> Result<(), GatewayError> {
        self.cancel_subscription(id).await
    }

    async fn customer(&self, user: &UserId, email: &str) -> Result<String, GatewayError> {
        self.find_or_create_customer(user, email).await
    }

    async fn portal(&self, customer_id: &str, _return_url: &str) -> Result<String, GatewayError> {
        self.portal_link(customer_id).await
    }

    fn verify_event(
        &self,
        payload: &[u8],
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Option<RawEvent> {
        let secret = self.webhook_secret.expose_secret();
        events::is_signed(payload, headers, secret, now).then(|| events::raw_event(payload))
    }

    async fn subject(&self, kind: &str, object_id: &str) -> Result<Subject, GatewayError> {
        Ok(events::subject_of(kind, object_id))
    }

    fn lists_events(&self) -> bool {
        false
    }

    async fn events(
        &self,
        _since: Timestamp,
        _after: Option<&str>,
    ) -> Result<EventPage, GatewayError> {
        Err(refused("it has no list of events"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn creem(base: &str) -> Result<Creem, GatewayError> {
        // Another test of the same process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Creem::new(&"creem_test_x".into(), "whsec_x".into(), base)
    }

    #[test]
    fn addresses_stand_behind_the_base() {
        for base in [
            "http://127.0.0.1:1/sandbox/creem/",
            "http://127.0.0.1:1/sandbox/creem",
        ] {
            let creem = creem(base).unwrap();
            let url = creem.address(&["subscriptions", "a/../b", "cancel"], &[("e", "a&b")]);
            let wanted =
                "http://127.0.0.1:1/sandbox/creem/v1/subscriptions/a%2F..%2Fb/cancel?e=a%26b";
            assert_eq!(url.as_str(), wanted);
        }
        assert!(creem("api.creem.io").is_err());
    }

    #[test]
    fn what_creem_says_is_read_however_it_says_it() {
        for (message, words) in [
            (json!(["a", "b"]), "a; b"),
            (json!("a"), "a"),
            (json!(null), ""),
        ] {
            assert_eq!(Problem { message }.in_words(), words);
        }
    }
}
