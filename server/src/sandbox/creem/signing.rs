//! How Creem signs: webhooks in two ways, and the way back from a checkout.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{Signatures, shapes};
use crate::secret::{hash, hmac_sha256};
use crate::standard_webhooks;
use crate::time::Timestamp;

/// A webhook's headers, in lower case.
pub type Headers = Vec<(&'static str, String)>;

/// Signs `payload`, the event `id`, for an attempt made at `at`.
pub fn headers(
    signatures: Signatures,
    secret: &SecretString,
    id: &str,
    payload: &str,
    at: Timestamp,
) -> Headers {
    let secret = secret.expose_secret();
    let mut headers = Vec::new();
    if signatures != Signatures::Standard {
        let mac = hmac_sha256(secret.as_bytes(), payload.as_bytes());
        headers.push(("creem-signature", hex::encode(mac)));
    }
    if signatures != Signatures::Creem {
        let seconds = at.seconds();
        let signed = format!("{id}.{seconds}.{payload}");
        let mac = hmac_sha256(&standard_webhooks::key_of(secret), signed.as_bytes());
        headers.push(("webhook-id", id.to_owned()));
        headers.push(("webhook-timestamp", seconds.to_string()));
        headers.push(("webhook-signature", format!("v1,{}", STANDARD.encode(mac))));
    }
    headers
}

/// The `signature` of the way back: SHA-256 over the parameters in their order, and the API key as
/// salt. Source: docs.creem.io, "Return URL".
pub fn return_signature(parameters: &[(&str, &str)], key: &str) -> String {
    let mut parts: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    parts.push(format!("salt={key}"));
    hash(&parts.join("|"))
}

/// A webhook's body and the headers that sign it.
#[derive(Clone, Debug)]
pub struct SignedEvent {
    pub id: String,
    pub payload: String,
    pub headers: Headers,
}

/// The event `kind` about the object `object_id`, signed with `secret` for the moment `at`, for
/// trying out an installation's webhook endpoint.
///
/// For `refund.created` and `dispute.created` the id is that of the transaction. The object in it is
/// bare: whoever receives it must read it from the API before believing anything.
pub fn signed_event(
    kind: &str,
    object_id: &str,
    secret: &SecretString,
    at: Timestamp,
) -> SignedEvent {
    let (noun, _) = kind.split_once('.').unwrap_or((kind, ""));
    let object = match noun {
        "refund" | "dispute" => {
            json!({ "object": noun, "transaction": { "id": object_id, "object": "transaction" } })
        }
        _ => json!({ "id": object_id, "object": noun }),
    };
    let event = shapes::event(kind, &object, at);
    let id = event["id"].as_str().unwrap_or_default().to_owned();
    let payload = event.to_string();
    let headers = headers(Signatures::Both, secret, &id, &payload, at);
    SignedEvent {
        id,
        payload,
        headers,
    }
}
