//! What AI providers call. Nothing they say is believed: it only makes a worker ask.

use atelier_server::studio::{Heard, ProviderId};
use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode};

use crate::http::State;
use crate::http::problem::Problem;

/// `POST /api/try-on/callback/{token}` and `POST /api/video/callback/{token}`, about one job.
pub async fn one_job(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let studio = &state.services.studio;
    heard(studio.callback(&token, &headers, &body).await?)
}

/// `POST /api/webhooks/replicate`, for all jobs at once, and always signed.
pub async fn replicate(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let studio = &state.services.studio;
    let from = ProviderId::Replicate;
    heard(studio.signed_callback(from, &headers, &body).await?)
}

fn heard(heard: Heard) -> Result<StatusCode, Problem> {
    match heard {
        Heard::Known => Ok(StatusCode::NO_CONTENT),
        Heard::Unknown => Err(Problem::not_found()),
        Heard::Forged => {
            tracing::warn!("the signature of a provider's callback was missing, wrong or too old");
            Err(Problem::bad_signature())
        }
    }
}
