use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};

use atelier_server::payments::{Provider, ReceiveError};

use super::State;
use super::problem::Problem;

/// Take what Stripe tells
///
/// What is well signed is stored and answered 200, whatever it says.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/stripe",
    tag = "callbacks",
    request_body(content = String, content_type = "application/json"),
    responses(
        (status = 200, description = "It is stored"),
        (status = 400, description = "The signature is missing, wrong or too old"),
        (status = 404, description = "The provider is switched off"),
        (status = 413, description = "It is larger than 1 MB"),
    ),
)]
pub async fn stripe(
    state: Extract<State>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    receive(&state, Provider::Stripe, &headers, body).await
}

/// Take what Stripe tells, at the shorter address
#[utoipa::path(
    post,
    path = "/api/webhooks/stripe",
    tag = "callbacks",
    request_body(content = String, content_type = "application/json"),
    responses(
        (status = 200, description = "It is stored"),
        (status = 400, description = "The signature is missing, wrong or too old"),
        (status = 404, description = "The provider is switched off"),
        (status = 413, description = "It is larger than 1 MB"),
    ),
)]
pub async fn stripe_too(
    state: Extract<State>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    stripe(state, headers, body).await
}

/// Take what Creem tells
#[utoipa::path(
    post,
    path = "/api/webhooks/creem",
    tag = "callbacks",
    request_body(content = String, content_type = "application/json"),
    responses(
        (status = 200, description = "It is stored"),
        (status = 400, description = "The signature is missing, wrong or too old"),
        (status = 404, description = "The provider is switched off"),
        (status = 413, description = "It is larger than 1 MB"),
    ),
)]
pub async fn creem(
    state: Extract<State>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    receive(&state, Provider::Creem, &headers, body).await
}

/// A good signature is always answered 200, once the event is stored; acting on it comes afterwards.
async fn receive(
    state: &State,
    provider: Provider,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let Ok(body) = body else {
        tracing::warn!("a webhook was larger than 1 MB");
        return Err(Problem::too_large());
    };
    match state
        .services
        .payments
        .receive(provider, &body, headers)
        .await
    {
        Ok(_) => Ok(StatusCode::OK),
        Err(ReceiveError::BadSignature) => {
            tracing::warn!("a webhook's signature was missing, wrong or too old");
            Err(Problem::bad_signature())
        }
        Err(ReceiveError::SwitchedOff) => Err(Problem::not_found()),
        Err(ReceiveError::Database(error)) => Err(error.into()),
    }
}
