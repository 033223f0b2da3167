use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};

use atelier_server::payments::ReceiveError;

use super::State;
use super::problem::Problem;

/// `POST /api/v1/webhooks/stripe`. A good signature is always answered 200, once the event is
/// stored; acting on it comes afterwards.
pub async fn stripe(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let Ok(body) = body else {
        tracing::warn!("a webhook was larger than 1 MB");
        return Err(Problem::too_large());
    };
    let signature = headers
        .get("stripe-signature")
        .and_then(|value| value.to_str().ok());
    let Some(signature) = signature else {
        tracing::warn!("a webhook came without a readable signature");
        return Err(Problem::bad_signature());
    };
    match state
        .services
        .payments
        .receive_stripe(&body, signature)
        .await
    {
        Ok(_) => Ok(StatusCode::OK),
        Err(ReceiveError::BadSignature) => {
            tracing::warn!("a webhook's signature was wrong or too old");
            Err(Problem::bad_signature())
        }
        Err(ReceiveError::Database(error)) => Err(error.into()),
    }
}
