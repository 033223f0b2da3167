//! Bodies and queries, with what is wrong with them said in Creem's error shape.

use axum::body;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::errors::{Failure, Refusal};

const MAX_BODY: usize = 256 * 1024;

/// A JSON body; an empty one is an empty object.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        let content = body::to_bytes(request.into_body(), MAX_BODY)
            .await
            .map_err(|_| Refusal::too_large())?;
        let text = std::str::from_utf8(&content)
            .map_err(|_| Refusal::bad_request("The body must be UTF-8"))?;
        // PostgreSQL stores no null bytes.
        if text.contains("\\u0000") {
            return Err(Refusal::bad_request("The body may not contain null bytes").into());
        }
        let text = if text.is_empty() { "{}" } else { text };
        let body = serde_json::from_str(text)
            .map_err(|error| Refusal::bad_request(format!("Invalid body: {error}")))?;
        Ok(Self(body))
    }
}

/// The parameters behind the `?`.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let Query(asked) =
            query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
        Ok(Self(asked))
    }
}
