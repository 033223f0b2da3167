//! Why a call was refused, in Stripe's shape: `{"error": {"type", "code", "message", "param"}}`.
//!
//! The client reads every answer that is not a success this way, so nothing else may leave `/v1`.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};

/// What a caller did wrong, as Stripe would say it.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: StatusCode,
    pub kind: &'static str,
    pub code: Option<&'static str>,
    pub message: String,
    pub param: Option<String>,
}

const INVALID_REQUEST: &str = "invalid_request_error";

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            code: None,
            message: message.into(),
            param: None,
        }
    }

    /// 400 `invalid_request_error` without a code.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID_REQUEST, message)
    }

    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, INVALID_REQUEST, message)
    }

    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            INVALID_REQUEST,
            "The request is too large.",
        )
    }

    /// 402: the card was declined.
    pub fn card(message: &str, code: &'static str) -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", message).code(code)
    }

    /// A call with the same key has not been answered yet.
    pub fn key_in_use() -> Self {
        let message = "There is currently another in-progress request using this Idempotent Key \
                       (that probably means you submitted twice, and the other request is still \
                       going through). Please try again later.";
        Self::new(StatusCode::CONFLICT, "idempotency_error", message).code("idempotency_key_in_use")
    }

    /// The key was used before for something else.
    pub fn idempotency(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "idempotency_error", message)
    }

    /// A parameter names an object that is not there; `noun` is Stripe's word for its kind.
    pub fn missing(noun: &str, id: &str, param: &str) -> Self {
        Self::invalid(format!("No such {noun}: '{id}'"))
            .code("resource_missing")
            .param(param)
    }

    /// Not a parameter but the address names it: 404.
    #[must_use]
    pub fn in_url(mut self) -> Self {
        self.status = StatusCode::NOT_FOUND;
        self
    }

    pub fn unknown_url(method: &str, path: &str) -> Self {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). If you are trying to list objects, \
             remove the trailing slash. If you are trying to retrieve an object, make sure you \
             passed a valid (non-empty) identifier in your code."
        );
        Self::new(StatusCode::NOT_FOUND, INVALID_REQUEST, message)
    }

    /// Something the real Stripe does and this one does not: said, rather than quietly left out.
    pub fn unplayed(what: &str, param: &str) -> Self {
        Self::invalid(format!("The sandbox does not play {what}.")).param(param)
    }

    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub fn body(&self) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(code) = self.code {
            error["code"] = json!(code);
            error["doc_url"] = json!(format!(
                "https://docs.stripe.com/error-codes#{}",
                code.replace('_', "-")
            ));
        }
        if let Some(param) = &self.param {
            error["param"] = json!(param);
        }
        json!({ "error": error })
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
                tracing::error!(%error, "the sandbox Stripe could not use its database");
                let message = "An unknown error occurred.";
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", message)
            }
        };
        json_response(refusal.status, refusal.body().to_string())
    }
}

pub fn json_response(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
