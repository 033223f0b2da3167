//! One action and the events it sets off.

use sqlx::AnyConnection;

use super::deliveries;
use super::settings;
use super::store::{self, Kind, Object};
use super::webhook_mode::WebhookMode;
use crate::time::Timestamp;

/// What is being done, and how its events are sent. `of` is what a provider has to know besides.
pub struct Act<Of = ()> {
    pub at: Timestamp,
    pub of: Of,
    pub webhook: WebhookMode,
    /// How events are really sent, once somebody looked.
    mode: Option<WebhookMode>,
    told: i64,
    held: Held,
}

/// Deliveries that the action sends itself once it is committed.
#[derive(Clone, Debug, Default)]
pub struct Held {
    pub at_once: Vec<String>,
    /// Each after the one before it was answered.
    pub in_order: Vec<String>,
}

impl<Of> Act<Of> {
    pub fn new(at: Timestamp, of: Of, webhook: WebhookMode) -> Self {
        Self {
            at,
            of,
            webhook,
            mode: None,
            told: 0,
            held: Held::default(),
        }
    }

    /// When the next event is told: one microsecond apart, so that lists show events in the order
    /// they were told.
    pub fn next_moment(&mut self) -> Timestamp {
        self.told += 1;
        Timestamp::from_micros(self.at.micros() + self.told - 1)
    }

    /// How events are sent: as the action asks, or else as the desk says.
    pub async fn mode<K: Kind>(
        &mut self,
        connection: &mut AnyConnection,
    ) -> sqlx::Result<WebhookMode> {
        if let Some(mode) = self.mode {
            return Ok(mode);
        }
        let mode = match self.webhook {
            WebhookMode::AsSet => settings::webhook_mode::<K>(connection).await?,
            asked => asked,
        };
        self.mode = Some(mode);
        Ok(mode)
    }

    /// Writes the event with its deliveries: to the site's own endpoint, and to `others`.
    pub async fn send<K: Kind>(
        &mut self,
        connection: &mut AnyConnection,
        event: &Object<K>,
        others: &[String],
    ) -> sqlx::Result<()> {
        store::put(connection, event).await?;
        let mode = self.mode::<K>(connection).await?;
        let held = deliveries::plan::<K>(connection, &event.id, others, mode, self.at);
        self.held.at_once.extend(held.await?);
        Ok(())
    }

    /// The deliveries that must be answered before the payer goes on.
    pub fn into_held(self) -> Held {
        self.held
    }

    /// Sends these deliveries one after the other.
    pub fn send_in_order(&mut self, deliveries: Vec<String>) {
        self.held.in_order = deliveries;
    }
}
