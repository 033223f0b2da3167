//! Events: written in the transaction of the change they tell of, with the deliveries they need.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use sqlx::AnyConnection;
use url::Url;

use super::api::webhook_endpoints;
use super::store::{self, Kind, Object};
use super::{deliveries, ids, settings};
use crate::time::Timestamp;

/// A week: later is as good as never.
const LONGEST_DELAY: Duration = Duration::from_secs(7 * 24 * 3_600);
const MOST_DUPLICATES: u32 = 100;

/// How the webhooks of one action are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookMode {
    /// As the desk says at that moment.
    #[default]
    AsSet,
    /// At once, beside whatever the payer's browser does.
    Normal,
    /// After a while.
    Delayed(Duration),
    /// Each event so many times, at the same time.
    Duplicate(u32),
    /// Delivered and answered before the payer is sent back.
    BeforeRedirect,
    /// Not at all; the events are still listed by `/v1/events`.
    Never,
    /// Kept back until they are released, the newest first.
    Reversed,
}

impl FromStr for WebhookMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, number) = text
            .split_once(':')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        let mode = match (word, number) {
            ("", None) => Some(Self::AsSet),
            ("normal", None) => Some(Self::Normal),
            ("before_redirect", None) => Some(Self::BeforeRedirect),
            ("never", None) => Some(Self::Never),
            ("reversed", None) => Some(Self::Reversed),
            ("delayed", Some(number)) => parse_delay(number).map(Self::Delayed),
            ("duplicate", Some(number)) => number
                .parse()
                .ok()
                .filter(|times| (1..=MOST_DUPLICATES).contains(times))
                .map(Self::Duplicate),
            _ => None,
        };
        mode.ok_or_else(|| {
            format!(
                "Unknown webhook mode '{text}': use normal, delayed:MS, \
                 duplicate:N (1 to {MOST_DUPLICATES}), before_redirect, never or reversed"
            )
        })
    }
}

/// Milliseconds, up to a week.
pub fn parse_delay(text: &str) -> Option<Duration> {
    let delay = Duration::from_millis(text.parse().ok()?);
    (delay <= LONGEST_DELAY).then_some(delay)
}

impl fmt::Display for WebhookMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsSet => Ok(()),
            Self::Normal => f.write_str("normal"),
            Self::Delayed(delay) => write!(f, "delayed:{}", delay.as_millis()),
            Self::Duplicate(times) => write!(f, "duplicate:{times}"),
            Self::BeforeRedirect => f.write_str("before_redirect"),
            Self::Never => f.write_str("never"),
            Self::Reversed => f.write_str("reversed"),
        }
    }
}

impl Serialize for WebhookMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WebhookMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The API request an event comes from; empty for what happens on pages or by itself.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub request_id: Option<String>,
    pub idempotency_key: Option<String>,
}

/// One action and the events it sets off.
pub struct Act {
    pub at: Timestamp,
    /// Where the hosted pages are, as browsers see them; ends in `/`.
    pub hosted_base: Url,
    origin: Origin,
    webhook: WebhookMode,
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

impl Act {
    pub fn new(at: Timestamp, hosted_base: Url, origin: Origin, webhook: WebhookMode) -> Self {
        Self {
            at,
            hosted_base,
            origin,
            webhook,
            mode: None,
            told: 0,
            held: Held::default(),
        }
    }

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
        // One microsecond apart, so that lists show events in the order they were told.
        let at = Timestamp::from_micros(self.at.micros() + self.told);
        self.told += 1;
        let mode = self.mode(connection).await?;
        let others = match mode {
            WebhookMode::Never => None,
            _ => Some(webhook_endpoints::listening(connection, kind).await?),
        };
        let mut shape = envelope(kind, &object.shape, at, &self.origin);
        shape["pending_webhooks"] = json!(others.as_ref().map_or(0, |others| 1 + others.len()));
        if !previous.is_null() {
            shape["data"]["previous_attributes"] = previous;
        }
        let event = Object::new(Kind::Event, shape, Some(object.id.clone()), at);
        store::put(connection, &event).await?;
        let others = others.unwrap_or_default();
        let held = deliveries::plan(connection, &event.id, &others, mode, self.at);
        self.held.at_once.extend(held.await?);
        Ok(())
    }

    /// How events are sent: as the action asks, or else as the desk says.
    async fn mode(&mut self, connection: &mut AnyConnection) -> sqlx::Result<WebhookMode> {
        if let Some(mode) = self.mode {
            return Ok(mode);
        }
        let mode = match self.webhook {
            WebhookMode::AsSet => settings::webhook_mode(connection).await?,
            asked => asked,
        };
        self.mode = Some(mode);
        Ok(mode)
    }

    pub fn webhook(&self) -> WebhookMode {
        self.webhook
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhook_modes_read_and_write_the_same() {
        for text in [
            "normal",
            "delayed:1500",
            "duplicate:3",
            "before_redirect",
            "never",
            "reversed",
            "",
        ] {
            assert_eq!(text.parse::<WebhookMode>().unwrap().to_string(), text);
        }
        assert_eq!("".parse(), Ok(WebhookMode::AsSet));
        for text in [
            "duplicate:0",
            "duplicate:101",
            "delayed:-1",
            "delayed",
            "never:1",
            "soon",
        ] {
            assert!(text.parse::<WebhookMode>().is_err(), "{text}");
        }
    }
}
