//! What every call to `/v1` passes: a key, a request id.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::sandbox::stripe::errors::{Failure, Refusal};
use crate::sandbox::stripe::ids;

/// The id Stripe's support would ask for.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

pub async fn gate(mut request: Request, next: Next) -> Response {
    let id = ids::fresh("req_");
    let mut response = match check_key(request.headers()) {
        Ok(()) => {
            request.extensions_mut().insert(RequestId(id.clone()));
            next.run(request).await
        }
        Err(refusal) => Failure::from(refusal).into_response(),
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("request-id"), id);
    }
    let version = stripe_shared::version::VERSION;
    if let Ok(version) = HeaderValue::from_str(version.as_str()) {
        headers.insert(HeaderName::from_static("stripe-version"), version);
    }
    response
}

/// Takes any secret or restricted key, as bearer token or as the user name of basic authorisation.
fn check_key(headers: &HeaderMap) -> Result<(), Refusal> {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = match value.and_then(|value| value.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.to_owned()),
        Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => user_name(pair),
        _ => None,
    };
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        let message = "You did not provide an API key. You need to provide your API key in the \
                       Authorization header, using Bearer auth (e.g. 'Authorization: Bearer \
                       YOUR_SECRET_KEY').";
        return Err(Refusal::unauthorized(message));
    };
    if key.starts_with("sk_") || key.starts_with("rk_") {
        return Ok(());
    }
    let shown: String = key.chars().take(4).collect();
    Err(Refusal::unauthorized(format!(
        "Invalid API Key provided: {shown}****"
    )))
}

fn user_name(pair: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(pair.trim()).ok()?).ok()?;
    Some(decoded.split(':').next().unwrap_or_default().to_owned())
}
