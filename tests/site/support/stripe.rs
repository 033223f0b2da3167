//! Webhooks as Stripe signs them (docs.stripe.com/webhooks, "Verify manually"), without its client.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Answer, App};

/// The header `Stripe-Signature` of a payload.
pub fn signature(payload: &str, secret: &str, seconds: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(format!("{seconds}.{payload}").as_bytes());
    format!(
        "t={seconds},v1={}",
        hex::encode(mac.finalize().into_bytes())
    )
}

/// An event about a checkout session.
pub fn event(id: &str, kind: &str, session: &str) -> Value {
    json!({
        "id": id, "object": "event", "api_version": "2019-01-01", "created": 1, "livemode": false,
        "pending_webhooks": 1, "request": null, "type": kind,
        "data": {"object": {"id": session, "object": "checkout.session"}},
    })
}

/// Delivers a payload with this signature.
pub async fn deliver(app: &App, payload: &str, signature: Option<&str>) -> Answer {
    let caller = app.anonymous();
    let mut request = caller.request(reqwest::Method::POST, "/api/v1/webhooks/stripe");
    if let Some(signature) = signature {
        request = request.header("stripe-signature", signature);
    }
    caller.send(request.body(payload.to_owned())).await
}

/// Delivers a payload that is really signed, now.
pub async fn deliver_signed(app: &App, payload: &str) -> Answer {
    let signature = signature(payload, &app.webhook_secret(), app.now());
    deliver(app, payload, Some(&signature)).await
}
