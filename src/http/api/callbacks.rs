//! What AI providers call. Nothing they say is believed: it only makes a worker ask.

use atelier_server::studio::{Heard, ProviderId};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode};

use crate::http::State;
use crate::http::problem::Problem;

/// Take what a provider tells about a try-on
///
/// The token is unguessable and made for this job; what is told only makes a worker ask.
#[utoipa::path(
    post,
    path = "/api/try-on/callback/{token}",
    tag = "callbacks",
    request_body(content = String, content_type = "application/json"),
    responses((status = 204, description = "Heard"), (status = 413, description = "It is larger than 1 MB"), (status = 400, description = "The signature is wrong")),
)]
pub async fn try_on(
    state: Extract<State>,
    token: Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    one_job(state, token, headers, body).await
}

/// Take what a provider tells about a video
#[utoipa::path(
    post,
    path = "/api/video/callback/{token}",
    tag = "callbacks",
    request_body(content = String, content_type = "application/json"),
    responses((status = 204, description = "Heard"), (status = 413, description = "It is larger than 1 MB"), (status = 400, description = "The signature is wrong")),
)]
pub async fn video(
    state: Extract<State>,
    token: Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    one_job(state, token, headers, body).await
}

async fn one_job(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let body = body.map_err(|_| Problem::too_large())?;
    let studio = &state.services.studio;
    heard(studio.callback(&token, &headers, &body).await?)
}

/// Take what Replicate tells about a job
///
/// Signed; it only makes a worker ask.
#[utoipa::path(
    post,
    path = "/api/webhooks/replicate",
    tag = "callbacks",
    request_body(content = String, content_type = "application/json"),
    responses((status = 204, description = "Heard"), (status = 413, description = "It is larger than 1 MB"), (status = 400, description = "The signature is missing, wrong or too old"), (status = 404, description = "Replicate is switched off, or the job is none of ours")),
)]
pub async fn replicate(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let body = body.map_err(|_| Problem::too_large())?;
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
