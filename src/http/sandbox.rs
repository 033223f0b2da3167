//! Where the sandboxes are mounted. In live mode nothing of this exists.

use std::time::Duration;

use atelier_server::sandbox::clock::SandboxClock;
use atelier_server::sandbox::creem::CreemSandbox;
use atelier_server::sandbox::fashn::FashnSandbox;
use atelier_server::sandbox::stripe::StripeSandbox;
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use crate::http::body::Fields;
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

/// `POST /sandbox/clock`: puts the time of the sandbox forward by `days`, `hours` and `seconds`.
async fn forward(Extract(hands): Extract<Hands>, mut fields: Fields) -> Result<Response, Problem> {
    let mut seconds: i64 = 0;
    for (name, each) in [("days", 86_400), ("hours", 3_600), ("seconds", 1)] {
        if let Some(text) = fields.optional_text(name).filter(|text| !text.is_empty()) {
            match text.trim().parse::<i64>() {
                Ok(count) if (0..=100_000_000).contains(&count) => seconds += count * each,
                _ => fields.refuse(name, "wants a whole number, not below zero"),
            }
        }
    }
    let back = fields.optional_text("return_to");
    fields.check()?;
    let step = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    hands.clock.forward(step).await?;
    if let Some(stripe) = &hands.stripe {
        stripe.wake();
    }
    if let Some(creem) = &hands.creem {
        creem.wake();
    }
    Ok(match back.filter(|path| is_local(path)) {
        Some(path) => Redirect::to(&path).into_response(),
        None => Json(json!({ "forwarded_seconds": seconds })).into_response(),
    })
}

/// A path of this site; `//host` and `/\\host` would leave it.
fn is_local(path: &str) -> bool {
    atelier_app::routes::safe_next(path) == path
}
