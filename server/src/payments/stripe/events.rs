use secrecy::ExposeSecret;
use stripe_core::event::ListEvent;
use stripe_types::{RangeBoundsTs, RangeQueryTs};
use stripe_webhook::{Webhook, WebhookError};

use super::{Gateway, GatewayError};
use crate::time::Timestamp;

/// An event as it goes into the inbox: which, of what kind, about which object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEvent {
    pub id: String,
    pub kind: String,
    pub object_id: Option<String>,
    pub payload: String,
    /// Why it can be kept but not acted on.
    pub unparsed: Option<&'static str>,
}

/// A page of the provider's own list, newest first.
pub struct EventPage {
    pub events: Vec<RawEvent>,
    pub has_more: bool,
}

/// The kinds that the catch-up reads.
const KINDS: [&str; 4] = [
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
];
const PAGE: i64 = 100;

impl Gateway {
    /// The event of a webhook whose signature is good; `None` when it is not. The payload is read
    /// loosely: its shape belongs to the endpoint's API version, not to ours.
    pub fn verify_event(&self, payload: &str, signature: &str, now: Timestamp) -> Option<RawEvent> {
        let secret = self.webhook_secret.expose_secret();
        let now = now.seconds();
        match Webhook::construct_event_with_timestamp(payload, signature, secret, now) {
            // The signature is checked before the payload is parsed.
            Ok(_) | Err(WebhookError::BadParse(_)) => Some(raw_event(payload)),
            Err(_) => None,
        }
    }

    /// Events made at `since` or later, newest first, those after the event `after` of this list.
    pub async fn list_events(
        &self,
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<EventPage, GatewayError> {
        let bounds = RangeBoundsTs {
            gte: Some(since.seconds()),
            ..RangeBoundsTs::default()
        };
        let mut request = ListEvent::new()
            .created(RangeQueryTs::Bounds(bounds))
            .types(KINDS.map(str::to_owned).to_vec())
            .limit(PAGE);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let list = self.read(request).await?;
        let events = list.data.into_iter().map(|event| listed(&event)).collect();
        Ok(EventPage {
            events,
            has_more: list.has_more,
        })
    }
}

fn listed(event: &stripe_shared::Event) -> RawEvent {
    let object = miniserde::json::to_string(&event.data.object);
    let object_id = serde_json::from_str::<serde_json::Value>(&object)
        .ok()
        .and_then(|object| object.get("id")?.as_str().map(str::to_owned));
    RawEvent {
        id: event.id.to_string(),
        kind: event.type_.as_str().to_owned(),
        object_id,
        payload: object,
        unparsed: None,
    }
}

fn raw_event(payload: &str) -> RawEvent {
    let value: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
    let text = |path: &str| {
        value
            .pointer(path)
            .and_then(|v| v.as_str())
            .map(str::to_owned)
    };
    let (id, kind) = (text("/id"), text("/type"));
    let unparsed = (id.is_none() || kind.is_none()).then_some("has no id or no type");
    RawEvent {
        // Without an id, the payload itself is what must not be stored twice.
        id: id.unwrap_or_else(|| format!("unnamed:{}", crate::secret::hash(payload))),
        kind: kind.unwrap_or_else(|| "unknown".to_owned()),
        object_id: text("/data/object/id"),
        payload: payload.to_owned(),
        unparsed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_loosely() {
        let event = raw_event(
            r#"{"id":"evt_1","type":"checkout.session.completed","data":{"object":{"id":"cs_1"}}}"#,
        );
        assert_eq!(
            (event.id.as_str(), event.object_id.as_deref()),
            ("evt_1", Some("cs_1"))
        );
        assert_eq!(event.unparsed, None);
    }

    #[test]
    fn what_cannot_be_read_is_kept_under_its_own_hash() {
        let event = raw_event("not json");
        assert!(event.id.starts_with("unnamed:"));
        assert!(event.unparsed.is_some());
        assert_eq!(event.id, raw_event("not json").id);
    }
}
