//! How Stripe's webhooks are sent, and what happens by itself: sessions expire, delayed payments come
//! in or not, refunds arrive or come back, holders of certain test cards dispute, subscriptions renew.

use std::time::Duration;

use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use sqlx::AnyConnection;
use stripe_webhook::Webhook;

use super::api::InFlight;
use super::events::Origin;
use super::store::{self, Kind, Next, Object};
use super::{Settings, StripeSandbox, after, billing, disputes, refunds};
use crate::db::Tx;
use crate::sandbox::deliveries::SendError;
use crate::sandbox::provider::Provider;
use crate::time::Timestamp;

/// Stripe, as it is played.
#[derive(Default)]
pub struct Stripe {
    pub in_flight: InFlight,
}

impl Provider for Stripe {
    const NAME: &'static str = "Stripe";
    const PAUSES: &'static [Duration] = &[
        Duration::from_secs(1),
        Duration::from_secs(5),
        Duration::from_secs(30),
        Duration::from_secs(2 * 60),
        Duration::from_secs(10 * 60),
        Duration::from_secs(30 * 60),
        Duration::from_secs(60 * 60),
    ];
    type Kind = Kind;
    type Settings = Settings;

    fn has_arrived(status: u16) -> bool {
        (200..300).contains(&status)
    }

    async fn webhook(
        sandbox: &StripeSandbox,
        connection: &mut AnyConnection,
        event: &Object,
        endpoint: Option<&str>,
    ) -> Result<Option<RequestBuilder>, SendError> {
        let Some((url, secret)) = sandbox.addressee(connection, event, endpoint).await? else {
            return Ok(None);
        };
        let payload = event.shape.to_string();
        let now = sandbox.0.clock.now().seconds();
        let signature = Webhook::generate_test_header(&payload, secret.expose_secret(), Some(now));
        let request = sandbox
            .http()?
            .post(url)
            .header("content-type", "application/json; charset=utf-8")
            .header(
                "user-agent",
                "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            )
            .header("stripe-signature", signature)
            .body(payload);
        Ok(Some(request))
    }

    async fn happen(
        sandbox: &StripeSandbox,
        tx: &mut Tx,
        object: &mut Object,
        _due_at: Timestamp,
    ) -> sqlx::Result<()> {
        let now = sandbox.0.clock.now();
        let mut act = sandbox.act(now, Origin::default(), object.notes.webhook.later());
        let act = &mut act;
        match object.notes.next.take() {
            Some(Next::Expire) => after::expire(tx, act, object).await,
            Some(Next::Settle { succeeds }) => after::settle(tx, act, object, succeeds).await,
            Some(Next::Dispute { reason, inquiry }) => {
                disputes::open(tx, act, object, &reason, inquiry)
                    .await
                    .map(drop)
            }
            Some(Next::Refund { succeeds }) => refunds::conclude(tx, act, object, succeeds).await,
            Some(Next::Bill) => billing::bill(tx, act, object).await,
            None => store::put(tx, object).await,
        }
    }
}

impl StripeSandbox {
    /// Where the event is sent and what signs it; `None` when the site did not ask for its kind.
    async fn addressee(
        &self,
        connection: &mut AnyConnection,
        event: &Object,
        endpoint: Option<&str>,
    ) -> sqlx::Result<Option<(String, SecretString)>> {
        let Some(id) = endpoint else {
            let settings = &self.0.settings;
            let asked = settings.hears_of(event.text("type").unwrap_or_default());
            let own = || {
                (
                    settings.webhook_url.to_string(),
                    settings.webhook_secret.clone(),
                )
            };
            return Ok(asked.then(own));
        };
        let endpoint = store::find(connection, Kind::WebhookEndpoint, id).await?;
        let endpoint = endpoint.ok_or(sqlx::Error::RowNotFound)?;
        let text = |field: &str| endpoint.text(field).unwrap_or_default().to_owned();
        Ok(Some((text("url"), text("secret").into())))
    }
}
