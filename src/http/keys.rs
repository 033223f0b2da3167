//! The `Idempotency-Key` header and answers given again.

use std::borrow::Cow;

use atelier_server::idempotency::{self, Answer, BodyHash, Key, Scope};
use atelier_server::ids::UserId;
use atelier_server::services::Services;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// The scope of the request's key, if it has one.
pub fn scope(
    headers: &HeaderMap,
    user: &UserId,
    endpoint: impl Into<Cow<'static, str>>,
    body: BodyHash,
) -> Result<Option<Scope>, Problem> {
    Ok(key(headers)?.map(|key| Scope {
        user: user.clone(),
        endpoint: endpoint.into(),
        key,
        body,
    }))
}

/// Whether the request's key was used before: then what matters is what was answered then, not
/// whether the request could be begun now.
pub async fn is_known(
    services: &Services,
    headers: &HeaderMap,
    user: &UserId,
    endpoint: &str,
) -> Result<bool, Problem> {
    let Some(key) = key(headers)? else {
        return Ok(false);
    };
    let now = services.clock.now();
    let used = idempotency::find(&services.db, user, endpoint, &key, now).await?;
    Ok(used.is_some())
}

/// The request's key, if it has one.
pub fn key(headers: &HeaderMap) -> Result<Option<Key>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().ok().and_then(Key::parse);
    let wanted = "wrong-printable";
    key.map(Some)
        .ok_or_else(|| Problem::validation([("Idempotency-Key", wanted)]))
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
