//! Events: written in the transaction of the change they tell of, with the deliveries they need.

use serde_json::Value;
use sqlx::AnyConnection;

use super::store::{self, Kind, Object};
use super::{deliveries, shapes};
use crate::sandbox::webhook_mode::WebhookMode;
use crate::time::Timestamp;

/// One action and the events it sets off.
pub struct Act {
    pub at: Timestamp,
    pub webhook: WebhookMode,
    told: i64,
    held: Vec<String>,
}

impl Act {
    pub fn new(at: Timestamp, webhook: WebhookMode) -> Self {
        Self {
            at,
            webhook,
            told: 0,
            held: Vec::new(),
        }
    }

    /// Writes the event `kind` about `object`, as it is shown in events.
    pub async fn tell(
        &mut self,
        connection: &mut AnyConnection,
        kind: &str,
        object: &Value,
    ) -> sqlx::Result<()> {
        // One microsecond apart, so that the order they were told in can be seen.
        let at = Timestamp::from_micros(self.at.micros() + self.told);
        self.told += 1;
        let mut event = Object::new(Kind::Event, shapes::event(kind, object, at), at);
        event.parent = object["id"].as_str().map(str::to_owned);
        store::put(connection, &event).await?;
        self.held
            .extend(deliveries::plan(connection, &event.id, self.webhook, self.at).await?);
        Ok(())
    }

    /// The deliveries that must be answered before the payer goes on.
    pub fn into_held(self) -> Vec<String> {
        self.held
    }
}
