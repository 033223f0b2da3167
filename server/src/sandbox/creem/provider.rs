//! How Creem's webhooks are sent, and what happens by itself: checkouts expire, periods end, refunds
//! arrive, holders of certain test cards dispute.

use std::time::Duration;

use reqwest::RequestBuilder;
use sqlx::AnyConnection;

use super::events::Act;
use super::store::{self, Kind, Next, Object};
use super::{CreemSandbox, Settings, signing};
use crate::db::Tx;
use crate::sandbox::deliveries::SendError;
use crate::sandbox::provider::Provider;
use crate::time::Timestamp;

/// How long a checkout stays open.
pub const OPEN_FOR: Duration = Duration::from_secs(24 * 3_600);
/// How long after the payment the dispute card is disputed.
pub const DISPUTED_AFTER: Duration = Duration::from_secs(1);
/// How long refunds take that do not arrive at once.
pub const REFUNDED_AFTER: Duration = Duration::from_secs(2);

/// Creem, as it is played.
#[derive(Default)]
pub struct Creem;

impl Provider for Creem {
    const NAME: &'static str = "Creem";
    const PAUSES: &'static [Duration] = &[
        Duration::from_secs(30),
        Duration::from_secs(60),
        Duration::from_secs(5 * 60),
        Duration::from_secs(60 * 60),
    ];
    type Kind = Kind;
    type Settings = Settings;

    fn has_arrived(status: u16) -> bool {
        status == 200
    }

    async fn webhook(
        sandbox: &CreemSandbox,
        _connection: &mut AnyConnection,
        event: &Object,
        _endpoint: Option<&str>,
    ) -> Result<Option<RequestBuilder>, SendError> {
        let payload = event.shape.to_string();
        let settings = &sandbox.0.settings;
        let signed = signing::headers(
            settings.signatures,
            &settings.webhook_secret,
            &event.id,
            &payload,
            sandbox.0.clock.now(),
        );
        let mut request = sandbox
            .http()?
            .post(settings.webhook_url.clone())
            .header("content-type", "application/json")
            .header("user-agent", "Creem/1.0");
        for (name, value) in signed {
            request = request.header(name, value);
        }
        Ok(Some(request.body(payload)))
    }

    async fn happen(
        sandbox: &CreemSandbox,
        tx: &mut Tx,
        object: &mut Object,
        due_at: Timestamp,
    ) -> sqlx::Result<()> {
        let mut act = Act::new(due_at, (), object.notes.webhook.later());
        match object.notes.next.take() {
            Some(Next::Expire) => object.set("status", "expired"),
            Some(Next::Renew) => {
                let paid = !object.notes.card_refuses;
                return sandbox.end_period(tx, &mut act, object, paid).await;
            }
            Some(Next::Dispute) if object.text("status") == Some("paid") => {
                return sandbox.open_dispute(tx, &mut act, object).await.map(drop);
            }
            Some(Next::Refund) => return sandbox.conclude_refund(tx, &mut act, object).await,
            Some(Next::Dispute) | None => {}
        }
        store::put(tx, object).await
    }
}
