//! One signed event on its own, for trying out an installation's webhook endpoint.

use secrecy::{ExposeSecret, SecretString};
use stripe_webhook::Webhook;

use super::events::{Origin, envelope};
use super::shapes;
use crate::time::Timestamp;

/// A webhook's body and its `Stripe-Signature`.
#[derive(Clone, Debug)]
pub struct SignedEvent {
    pub id: String,
    pub payload: String,
    pub signature: String,
}

/// The event `kind` about the session `session_id`, signed with `secret` for the moment `at`.
///
/// The session in it is complete and paid but otherwise bare: whoever receives it must read the
/// session from the API before believing anything. For a `kind` that is not about sessions the
/// object has the wrong shape, which the receiver must survive too.
pub fn signed_event(
    kind: &str,
    session_id: &str,
    secret: &SecretString,
    at: Timestamp,
) -> SignedEvent {
    let mut session = shapes::bare_session(session_id, at);
    session["status"] = "complete".into();
    session["payment_status"] = "paid".into();
    let event = envelope(kind, &session, at, &Origin::default());
    let id = event["id"].as_str().unwrap_or_default().to_owned();
    let payload = event.to_string();
    let signature =
        Webhook::generate_test_header(&payload, secret.expose_secret(), Some(at.seconds()));
    SignedEvent {
        id,
        payload,
        signature,
    }
}
