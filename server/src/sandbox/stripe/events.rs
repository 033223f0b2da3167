//! Events: written in the transaction of the change they tell of, with the deliveries they need.

use serde_json::{Value, json};
use sqlx::AnyConnection;
use url::Url;

use super::api::webhook_endpoints;
use super::ids;
use super::store::{Kind, Object};
use crate::sandbox::act;
use crate::sandbox::webhook_mode::WebhookMode;
use crate::time::Timestamp;

/// The API request an event comes from; empty for what happens on pages or by itself.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub request_id: Option<String>,
    pub idempotency_key: Option<String>,
}

/// What an action at Stripe knows besides.
pub struct Of {
    /// Where the hosted pages are, as browsers see them; ends in `/`.
    pub hosted_base: Url,
    pub origin: Origin,
}

pub type Act = act::Act<Of>;

impl Act {
    /// Writes the event `kind` about the object as it is now.
    pub async fn tell(
        &mut self,
        connection: &mut AnyConnection,
        kind: &str,
        object: &Object,
    ) -> sqlx::Result<()> {
        self.tell_change(connection, kind, object, Value::Null)
            .await
    }

    /// Writes the event `kind` about a changed object; `previous` has what the changed fields were.
    pub async fn tell_change(
        &mut self,
        connection: &mut AnyConnection,
        kind: &str,
        object: &Object,
        previous: Value,
    ) -> sqlx::Result<()> {
        let at = self.next_moment();
        let others = match self.mode::<Kind>(connection).await? {
            WebhookMode::Never => None,
            _ => Some(webhook_endpoints::listening(connection, kind).await?),
        };
        let mut shape = envelope(kind, &object.shape, at, &self.of.origin);
        shape["pending_webhooks"] = json!(others.as_ref().map_or(0, |others| 1 + others.len()));
        if !previous.is_null() {
            shape["data"]["previous_attributes"] = previous;
        }
        let event = Object::new(Kind::Event, shape, Some(object.id.clone()), at);
        self.send(connection, &event, &others.unwrap_or_default())
            .await
    }
}

/// An event in Stripe's shape.
pub fn envelope(kind: &str, object: &Value, at: Timestamp, origin: &Origin) -> Value {
    json!({
        "id": ids::fresh("evt_"),
        "object": "event",
        "api_version": stripe_shared::version::VERSION.as_str(),
        "created": at.seconds(),
        "data": { "object": object },
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": origin.request_id, "idempotency_key": origin.idempotency_key },
        "type": kind,
    })
}
