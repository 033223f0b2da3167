//! The `Idempotency-Key` header and answers given again.

use atelier_server::idempotency::{Answer, BodyHash, Key, Scope};
use atelier_server::ids::UserId;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// The scope of the request's key, if it has one.
pub fn scope(
    headers: &HeaderMap,
    user: &UserId,
    endpoint: &'static str,
    body: BodyHash,
) -> Result<Option<Scope>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().ok().and_then(Key::parse).ok_or_else(|| {
        Problem::validation([("Idempotency-Key", "wants 1 to 255 printable characters")])
    })?;
    Ok(Some(Scope {
        user: user.clone(),
        endpoint,
        key,
        body,
    }))
}

/// A kept answer as a response; one given again says so.
pub fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let media = [(header::CONTENT_TYPE, "application/json")];
    let mut response = (status, media, answer.body).into_response();
    if answer.replayed {
        let replayed = HeaderValue::from_static("true");
        response
            .headers_mut()
            .insert("idempotency-replayed", replayed);
    }
    response
}
