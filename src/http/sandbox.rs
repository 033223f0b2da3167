//! Where the sandboxes are mounted. In live mode nothing of this exists.

use std::collections::HashMap;
use std::time::Duration;

use atelier_server::sandbox::clock::SandboxClock;
use atelier_server::sandbox::creem::CreemSandbox;
use atelier_server::sandbox::fashn::FashnSandbox;
use atelier_server::sandbox::stripe::StripeSandbox;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::http::problem::Problem;

/// The sandboxes that are switched on.
#[derive(Default)]
pub struct Sandboxes {
    pub clock: Option<SandboxClock>,
    pub stripe: Option<StripeSandbox>,
    pub creem: Option<CreemSandbox>,
    pub fashn: Option<FashnSandbox>,
}

impl Sandboxes {
    pub fn router(self) -> Router {
        let mut router = Router::new();
        if let Some(clock) = self.clock {
            let hands = Hands {
                clock,
                stripe: self.stripe.clone(),
                creem: self.creem.clone(),
            };
            let forward = Router::new().route("/sandbox/clock", post(forward));
            router = router.merge(forward.with_state(hands));
        }
        if let Some(stripe) = self.stripe {
            router = router.nest("/sandbox/stripe", stripe.router());
        }
        if let Some(creem) = self.creem {
            router = router.nest("/sandbox/creem", creem.router());
        }
        if let Some(fashn) = self.fashn {
            router = router
                .nest("/sandbox/fashn", fashn.router())
                .nest("/sandbox/studio", fashn.script_router());
        }
        router
    }
}

/// Who has to know that the time was put forward.
#[derive(Clone)]
struct Hands {
    clock: SandboxClock,
    stripe: Option<StripeSandbox>,
    creem: Option<CreemSandbox>,
}

/// `POST /sandbox/clock`: puts the time of the sandbox forward by `days`, `hours` and `seconds`, in JSON
/// or from a form. A form says where it came from in `return_to`.
async fn forward(
    Extract(hands): Extract<Hands>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let asked = read(&headers, &body).ok_or_else(|| bad("body"))?;
    let mut seconds: i64 = 0;
    for (name, each) in [("days", 86_400), ("hours", 3_600), ("seconds", 1)] {
        if let Some(text) = asked.get(name).filter(|text| !text.is_empty()) {
            let count: Option<i64> = text.trim().parse().ok();
            let count = count.filter(|count| (0..=MOST).contains(count));
            seconds += count.ok_or_else(|| bad(name))? * each;
        }
    }
    let step = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    hands.clock.forward(step).await?;
    if let Some(stripe) = &hands.stripe {
        stripe.wake();
    }
    if let Some(creem) = &hands.creem {
        creem.wake();
    }
    Ok(match asked.get("return_to").filter(|path| is_local(path)) {
        Some(path) => Redirect::to(path).into_response(),
        None => Json(json!({ "forwarded_seconds": seconds })).into_response(),
    })
}

const MOST: i64 = 100_000_000;

fn bad(field: &'static str) -> Problem {
    Problem::validation([(field, "wrong-from-zero")])
}

/// What is asked, as text, whether it came as JSON or from a form.
fn read(headers: &HeaderMap, body: &[u8]) -> Option<HashMap<String, String>> {
    let media = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !media.is_some_and(|media| media.starts_with("application/json")) {
        return Some(form_urlencoded::parse(body).into_owned().collect());
    }
    let fields: HashMap<String, Value> = serde_json::from_slice(body).ok()?;
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let texts = fields.into_iter().map(|(name, value)| (name, text(value)));
    Some(texts.collect())
}

/// A path of this site; `//host` and `/\\host` would leave it.
fn is_local(path: &str) -> bool {
    atelier_app::routes::safe_next(path) == path
}
