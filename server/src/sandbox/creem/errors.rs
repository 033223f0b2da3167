//! Why a call was refused, in Creem's shape: `{"trace_id", "status", "error", "message": […]}`.
//! Source: docs.creem.io/api-reference/error-codes.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::ids;

/// What a caller did wrong, as Creem would say it.
#[derive(Clone, Debug)]
pub struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, message }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Creem: 403 for a missing or wrong key.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "Invalid API key")
    }

    pub fn not_found(noun: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{noun} not found: {id}"))
    }

    pub fn unknown_url(method: &str, path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Cannot {method} {path}"))
    }

    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request entity is too large",
        )
    }

    /// Something the real Creem does and this one does not: said, rather than quietly left out.
    pub fn unplayed(what: &str) -> Self {
        Self::bad_request(format!("The sandbox does not play {what}"))
    }
}

/// Why a call has no answer.
#[derive(Debug)]
pub enum Failure {
    Refused(Refusal),
    Database(sqlx::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let refusal = match self {
            Self::Refused(refusal) => refusal,
            Self::Database(error) => {
                tracing::error!(%error, "the sandbox Creem could not use its database");
                let message = "Internal server error";
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
            }
        };
        let body = json!({
            "trace_id": ids::fresh(""),
            "status": refusal.status.as_u16(),
            "error": refusal.status.canonical_reason(),
            "message": [refusal.message],
        });
        (refusal.status, Json(body)).into_response()
    }
}
