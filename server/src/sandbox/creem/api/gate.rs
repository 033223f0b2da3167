//! What every call to `/v1` passes: a key.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::sandbox::creem::errors::{Failure, Refusal};

/// The key a call was made with.
#[derive(Clone, Debug)]
pub struct ApiKey(pub String);

/// Takes any key of Creem's shape.
pub async fn gate(mut request: Request, next: Next) -> Response {
    let key = request
        .headers()
        .get("x-api-key")
        .and_then(|value| value.to_str().ok())
        .filter(|key| key.starts_with("creem_"));
    match key.map(|key| ApiKey(key.to_owned())) {
        Some(key) => {
            request.extensions_mut().insert(key);
            next.run(request).await
        }
        None => Failure::from(Refusal::forbidden()).into_response(),
    }
}
