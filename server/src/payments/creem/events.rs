use http::HeaderMap;
use serde_json::Value;

use crate::payments::gateway::{RawEvent, Subject};
use crate::secret::{hash_bytes, is_hmac_sha256};
use crate::standard_webhooks;
use crate::time::Timestamp;

/// The kinds that are acted on.
pub const KINDS: [&str; 13] = [
    "checkout.completed",
    "dispute.created",
    "refund.created",
    "subscription.active",
    "subscription.canceled",
    "subscription.expired",
    "subscription.past_due",
    "subscription.paid",
    "subscription.paused",
    "subscription.scheduled_cancel",
    "subscription.trialing",
    "subscription.unpaid",
    "subscription.update",
];

/// Whether a webhook carries a good signature. Where Standard Webhooks' header is there, it decides:
/// it has a time, which Creem's older header has not. An old request with the older header alone is
/// known by its event's id.
pub(super) fn is_signed(payload: &[u8], headers: &HeaderMap, secret: &str, now: Timestamp) -> bool {
    if headers.contains_key("webhook-signature") {
        return standard_webhooks::is_signed(payload, headers, secret, now);
    }
    let older = headers.get("creem-signature");
    let older = older.and_then(|value| value.to_str().ok());
    older.is_some_and(|signature| is_older(payload, signature, secret))
}

/// Creem's own scheme: the hex of HMAC-SHA256 over the body, with the secret's text as key.
fn is_older(payload: &[u8], signature: &str, secret: &str) -> bool {
    let text = signature.trim();
    let text = text.strip_prefix("sha256=").unwrap_or(text);
    let mac = hex::decode(text);
    !secret.is_empty() && mac.is_ok_and(|mac| is_hmac_sha256(secret, payload, &mac))
}

/// The event in an authentic payload, read loosely.
pub(super) fn raw_event(payload: &[u8]) -> RawEvent {
    let value: Value = serde_json::from_slice(payload).unwrap_or_default();
    // PostgreSQL stores no NUL.
    let plain = |text: &str| text.replace('\0', "\u{fffd}");
    let text = |name: &str| value.get(name)?.as_str().map(plain);
    let kind = text("eventType").or_else(|| text("type"));
    let id = text("id");
    let unparsed = if std::str::from_utf8(payload).is_err() {
        Some("is not UTF-8")
    } else if id.is_none() || kind.is_none() {
        Some("has no id or no type")
    } else {
        None
    };
    let object = value.get("object").or_else(|| value.get("data"));
    RawEvent {
        // Without an id, the payload itself is what must not be stored twice.
        id: id.unwrap_or_else(|| format!("unnamed:{}", hash_bytes(payload))),
        object_id: object.and_then(telling_id).map(|id| plain(&id)),
        kind: kind.unwrap_or_else(|| "unknown".to_owned()),
        payload: plain(&String::from_utf8_lossy(payload)),
        unparsed,
    }
}

/// The id in an event's object that says what to read again: of a refund or dispute that is its
/// transaction.
fn telling_id(object: &Value) -> Option<String> {
    let id = |value: &Value| match value {
        Value::String(id) => Some(id.clone()),
        whole => whole.get("id")?.as_str().map(str::to_owned),
    };
    match object.get("object").and_then(Value::as_str) {
        Some("refund" | "dispute") => id(object.get("transaction")?),
        _ => id(object),
    }
}

/// What has to be read again for an event about `object_id`, which [`telling_id`] chose.
pub(super) fn subject_of(kind: &str, object_id: &str) -> Subject {
    let id = object_id.to_owned();
    match kind.split_once('.').map(|(noun, _)| noun) {
        _ if !KINDS.contains(&kind) => Subject::Nothing("kind not used"),
        Some("checkout") => Subject::Checkout(id),
        Some("refund" | "dispute") => Subject::Payment(id),
        _ => Subject::Subscription(id),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    // Creem's own client, 1.13.0, takes both signatures.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const PAYLOAD: &[u8] =
        br#"{"id":"evt_1","eventType":"checkout.completed","object":{"id":"ch_1"}}"#;
    const AT: i64 = 1_795_000_000;
    const STANDARD_SIGNATURE: &str = "v1,kI16mACKoQQM3X9xZCbTIqCnwExS/ASfJKQfgH1VyR8=";
    const OLDER_SIGNATURE: &str =
        "a71c5c2d0e67c08a00f610db0e03f85d341ef50a24b7c247b45e5fa16722c17b";

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        of.iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn standard(at: &str, signature: &str) -> HeaderMap {
        headers(&[
            ("webhook-id", "evt_1"),
            ("webhook-timestamp", at),
            ("webhook-signature", signature),
        ])
    }

    fn signed(payload: &[u8], headers: &HeaderMap, secret: &str, now: i64) -> bool {
        is_signed(payload, headers, secret, Timestamp::from_seconds(now))
    }

    #[test]
    fn either_scheme_is_enough() {
        let newer = standard("1795000000", STANDARD_SIGNATURE);
        assert!(signed(PAYLOAD, &newer, SECRET, AT));
        let older = headers(&[("creem-signature", OLDER_SIGNATURE)]);
        assert!(signed(PAYLOAD, &older, SECRET, AT));
        let shouted = OLDER_SIGNATURE.to_ascii_uppercase();
        let shouted = headers(&[("creem-signature", &format!(" sha256={shouted} "))]);
        assert!(signed(PAYLOAD, &shouted, SECRET, AT));
        let several = format!("v2,x v1,AAAA {STANDARD_SIGNATURE}");
        assert!(signed(
            PAYLOAD,
            &standard("1795000000", &several),
            SECRET,
            AT
        ));
    }

    #[test]
    fn the_newer_scheme_has_a_time() {
        let newer = standard("1795000000", STANDARD_SIGNATURE);
        for (now, good) in [(300, true), (-300, true), (301, false), (-301, false)] {
            assert_eq!(signed(PAYLOAD, &newer, SECRET, AT + now), good, "{now}");
        }
        for at in ["1795000001", "", "soon", "-9223372036854775808"] {
            assert!(
                !signed(PAYLOAD, &standard(at, STANDARD_SIGNATURE), SECRET, AT),
                "{at}"
            );
        }
    }

    #[test]
    fn where_the_newer_scheme_is_there_it_decides() {
        let mut both = standard("1795000000", "v1,AAAA");
        both.insert("creem-signature", OLDER_SIGNATURE.parse().unwrap());
        assert!(!signed(PAYLOAD, &both, SECRET, AT));
        let mut half = headers(&[("webhook-signature", STANDARD_SIGNATURE)]);
        half.insert("creem-signature", OLDER_SIGNATURE.parse().unwrap());
        assert!(!signed(PAYLOAD, &half, SECRET, AT));
    }

    #[test]
    fn what_is_forged_is_not_believed() {
        let newer = standard("1795000000", STANDARD_SIGNATURE);
        let older = headers(&[("creem-signature", OLDER_SIGNATURE)]);
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for good in [&newer, &older] {
            assert!(!signed(PAYLOAD, good, other, AT), "another secret");
            assert!(!signed(PAYLOAD, good, "", AT), "no secret");
            assert!(!signed(PAYLOAD, good, "whsec_", AT), "an empty secret");
            assert!(!signed(b"{}", good, SECRET, AT), "another body");
            assert!(
                !signed(&PAYLOAD[1..], good, SECRET, AT),
                "a part of the body"
            );
        }
        let mut renamed = newer.clone();
        renamed.insert("webhook-id", "evt_2".parse().unwrap());
        assert!(!signed(PAYLOAD, &renamed, SECRET, AT));
        for signature in [
            "",
            "v1,",
            "v1",
            &STANDARD_SIGNATURE[..40],
            &STANDARD_SIGNATURE[3..],
        ] {
            assert!(!signed(
                PAYLOAD,
                &standard("1795000000", signature),
                SECRET,
                AT
            ));
        }
        for signature in ["", "zz", &OLDER_SIGNATURE[..62], "sha256="] {
            let older = headers(&[("creem-signature", signature)]);
            assert!(!signed(PAYLOAD, &older, SECRET, AT), "{signature}");
        }
        assert!(!signed(PAYLOAD, &HeaderMap::new(), SECRET, AT));
    }

    #[test]
    fn an_event_names_what_has_to_be_read_again() {
        let read = |payload: &str| raw_event(payload.as_bytes());
        let event = raw_event(PAYLOAD);
        assert_eq!((event.id.as_str(), event.unparsed), ("evt_1", None));
        let subject = subject_of(&event.kind, &event.object_id.unwrap());
        assert_eq!(subject, Subject::Checkout("ch_1".to_owned()));
        for (noun, transaction) in [
            ("refund", r#""tran_1""#),
            ("dispute", r#"{"id":"tran_1","status":"chargeback"}"#),
        ] {
            let event = read(&format!(
                r#"{{"id":"evt_2","eventType":"{noun}.created",
                    "object":{{"id":"x","object":"{noun}","transaction":{transaction}}}}}"#
            ));
            let subject = subject_of(&event.kind, &event.object_id.unwrap());
            assert_eq!(subject, Subject::Payment("tran_1".to_owned()));
        }
        let event = read(r#"{"id":"e","type":"subscription.paid","data":{"id":"sub_1"}}"#);
        let subject = subject_of(&event.kind, &event.object_id.unwrap());
        assert_eq!(subject, Subject::Subscription("sub_1".to_owned()));
        for kind in ["credits.granted", "subscription.unheard_of", "unknown", ""] {
            assert!(
                matches!(subject_of(kind, "x"), Subject::Nothing(_)),
                "{kind}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_kept_under_its_own_hash() {
        for payload in [&b"not json"[..], b"{\"id\":\"\xff\"}", b"[]", b""] {
            let event = raw_event(payload);
            assert!(event.id.starts_with("unnamed:"), "{}", event.id);
            assert!(event.unparsed.is_some());
            assert_eq!(event, raw_event(payload));
        }
        let event = raw_event(br#"{"id":"a\u0000","eventType":"\u0000","object":"\u0000"}"#);
        for text in [
            event.id,
            event.kind,
            event.object_id.unwrap(),
            event.payload,
        ] {
            assert!(!text.contains('\0'), "{text}");
        }
    }
}
