use secrecy::ExposeSecret;
use stripe_core::event::ListEvent;
use stripe_types::{RangeBoundsTs, RangeQueryTs};
use stripe_webhook::{Webhook, WebhookError};

use super::{GatewayError, PAGE, Stripe};
use crate::payments::gateway::{EventPage, RawEvent, Subject};
use crate::time::Timestamp;

/// The kinds that are acted on: what the catch-up lists, and what a webhook endpoint has to send.
/// Stripe lists at most 20 kinds at once; what another kind tells as well is not among them
/// (`invoice.payment_succeeded` beside `invoice.paid`, `charge.refund.updated` beside `refund.updated`).
pub const KINDS: [&str; 19] = [
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refunded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "refund.created",
    "refund.failed",
    "refund.updated",
];

impl Stripe {
    /// The event of a webhook whose signature is good; `None` when it is not. The payload is read
    /// loosely: its shape belongs to the endpoint's API version, not to ours.
    pub(super) fn verified(
        &self,
        payload: &[u8],
        signature: &str,
        now: Timestamp,
    ) -> Option<RawEvent> {
        let secret = self.webhook_secret.expose_secret();
        let now = now.seconds();
        let Ok(payload) = std::str::from_utf8(payload) else {
            let good = is_signed(payload, signature, secret, now);
            return good.then(|| unreadable_event(payload));
        };
        match Webhook::construct_event_with_timestamp(payload, signature, secret, now) {
            // The signature is checked before the payload is parsed.
            Ok(_) | Err(WebhookError::BadParse(_)) => Some(raw_event(payload)),
            Err(_) => None,
        }
    }

    /// Events made at `since` or later, newest first, those after the event `after` of this list.
    pub(super) async fn list_events(
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

impl Stripe {
    /// What has to be read again for an event about `object_id`, which [`telling_id`] chose. Stripe's
    /// ids say of what kind they are.
    pub(super) async fn subject_of(
        &self,
        kind: &str,
        object_id: &str,
    ) -> Result<Subject, GatewayError> {
        let of_use = KINDS.contains(&kind) || ALSO_READ.contains(&kind);
        let subject = match object_id.split_once('_').map(|(prefix, _)| prefix) {
            _ if !of_use => Subject::Nothing("kind not used"),
            Some("cs") => Subject::Checkout(object_id.to_owned()),
            Some("pi") => Subject::Payment(object_id.to_owned()),
            Some("sub") => Subject::Subscription(object_id.to_owned()),
            Some("ch" | "py") => self.intent_of_charge(object_id).await?,
            Some("re" | "pyr") => self.intent_of_refund(object_id).await?,
            Some("dp" | "du") => self.intent_of_dispute(object_id).await?,
            Some("in") => self.subscription_of_invoice(object_id).await?,
            _ => Subject::Nothing("not an object of ours"),
        };
        Ok(subject)
    }
}

/// Beside [`KINDS`], acted on where an endpoint sends them.
const ALSO_READ: [&str; 9] = [
    "charge.refund.updated",
    "charge.updated",
    "customer.subscription.paused",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "invoice.payment_succeeded",
    "invoice.updated",
];

/// The id in an event's object that says best what to read again: a refund's, a dispute's or a
/// charge's payment intent, an invoice's subscription, wherever the event's API version has it.
fn telling_id(object: &serde_json::Value) -> Option<String> {
    let id = |path: &str| match object.pointer(path)? {
        serde_json::Value::String(id) => Some(id.clone()),
        // Expanded.
        expanded => expanded.get("id")?.as_str().map(str::to_owned),
    };
    let own = id("/id")?;
    let telling = match own.split_once('_').map(|(prefix, _)| prefix) {
        Some("ch" | "py" | "re" | "pyr" | "dp" | "du") => id("/payment_intent"),
        Some("in") => {
            id("/parent/subscription_details/subscription").or_else(|| id("/subscription"))
        }
        _ => None,
    };
    // PostgreSQL stores no NUL.
    Some(telling.unwrap_or(own).replace('\0', "\u{fffd}"))
}

fn listed(event: &stripe_shared::Event) -> RawEvent {
    let object = miniserde::json::to_string(&event.data.object);
    let value: serde_json::Value = serde_json::from_str(&object).unwrap_or_default();
    RawEvent {
        id: event.id.to_string(),
        kind: event.type_.as_str().to_owned(),
        object_id: telling_id(&value),
        payload: object,
        unparsed: None,
    }
}

/// Whether bytes that are no text carry a good signature. The client checks text only; this is
/// Stripe's scheme `v1` (docs.stripe.com/webhooks, "Verify webhook signatures manually").
fn is_signed(payload: &[u8], header: &str, secret: &str, now: i64) -> bool {
    const TOLERANCE_SECONDS: i64 = 300;
    let part = |name: &'static str| {
        let parts = header.split(',').map(str::trim);
        parts
            .filter_map(|part| part.split_once('='))
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let Some(at) = part("t").next().and_then(|at| at.parse::<i64>().ok()) else {
        return false;
    };
    let mut signed = format!("{at}.").into_bytes();
    signed.extend_from_slice(payload);
    let mut fits = part("v1").filter_map(|text| hex::decode(text).ok());
    (now - at).abs() <= TOLERANCE_SECONDS
        && fits.any(|mac| crate::secret::is_hmac_sha256(secret, &signed, &mac))
}

/// Authentic and no text: kept as far as text can hold it, under the hash of its bytes.
fn unreadable_event(payload: &[u8]) -> RawEvent {
    RawEvent {
        id: format!("unnamed:{}", crate::secret::hash_bytes(payload)),
        kind: "unknown".to_owned(),
        object_id: None,
        payload: String::from_utf8_lossy(payload).replace('\0', "\u{fffd}"),
        unparsed: Some("is not UTF-8"),
    }
}

/// Stripe: ids have up to 255 characters. What is much longer fits into no index.
const LONGEST_ID: usize = 255;

fn raw_event(payload: &str) -> RawEvent {
    let value: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
    // PostgreSQL stores no NUL.
    let text = |path: &str| {
        let text = value.pointer(path).and_then(|v| v.as_str())?;
        Some(text.replace('\0', "\u{fffd}"))
    };
    let id = text("/id").filter(|id| (1..=LONGEST_ID).contains(&id.len()));
    let kind = text("/type");
    let unparsed = (id.is_none() || kind.is_none()).then_some("has no usable id or no type");
    RawEvent {
        // Without an id, the payload itself is what must not be stored twice.
        id: id.unwrap_or_else(|| format!("unnamed:{}", crate::secret::hash(payload))),
        kind: kind.unwrap_or_else(|| "unknown".to_owned()),
        object_id: value.pointer("/data/object").and_then(telling_id),
        payload: payload.replace('\0', "\u{fffd}"),
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
    fn nothing_that_is_kept_holds_a_nul() {
        let event =
            raw_event(r#"{"id":"evt_\u0000","type":"a\u0000","data":{"object":{"id":"\u0000"}}}"#);
        assert_eq!(event.unparsed, None);
        for text in [
            event.id,
            event.kind,
            event.object_id.unwrap(),
            event.payload,
        ] {
            assert!(!text.contains('\0'), "{text}");
        }
        assert!(!unreadable_event(b"\xff\0").payload.contains('\0'));
    }

    #[test]
    fn bytes_that_are_no_text_are_believed_by_their_signature() {
        let (payload, secret, now) = (b"{\"id\":\"\xff\"}", "whsec_fake", 1_795_000_000);
        let mut signed = format!("{now}.").into_bytes();
        signed.extend_from_slice(payload);
        let mac = crate::secret::hmac_sha256(secret.as_bytes(), &signed);
        let header = format!("t={now},v1={}", hex::encode(mac));
        assert!(is_signed(payload, &header, secret, now));
        assert!(is_signed(payload, &header, secret, now + 300));
        assert!(!is_signed(payload, &header, secret, now + 301));
        assert!(!is_signed(payload, &header, "whsec_other", now));
        assert!(!is_signed(b"\xfe", &header, secret, now));
        assert!(!is_signed(payload, "t=1,v1=zz", secret, 1));
    }

    #[test]
    fn what_is_no_id_is_not_taken_for_one() {
        for id in [String::new(), "x".repeat(256)] {
            let event = raw_event(&format!(r#"{{"id":"{id}","type":"charge.refunded"}}"#));
            assert!(event.id.starts_with("unnamed:") && event.unparsed.is_some());
        }
    }

    #[test]
    fn what_cannot_be_read_is_kept_under_its_own_hash() {
        let event = raw_event("not json");
        assert!(event.id.starts_with("unnamed:"));
        assert!(event.unparsed.is_some());
        assert_eq!(event.id, raw_event("not json").id);
    }
}
