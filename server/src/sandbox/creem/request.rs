//! Bodies and queries, with what is wrong with them said in Creem's error shape.

use std::fmt::Display;

use axum::body;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::errors::{Failure, Refusal};
use crate::sandbox::page::is_local_path;

const MAX_BODY: usize = 256 * 1024;

/// A JSON body; an empty one is an empty object.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        let text = read(request).await?;
        // PostgreSQL stores no null bytes.
        if text.contains("\\u0000") {
            return Err(Refusal::bad_request("The body may not contain null bytes").into());
        }
        let text = if text.is_empty() { "{}" } else { &text };
        Ok(Self(serde_json::from_str(text).map_err(invalid)?))
    }
}

async fn read(request: Request) -> Result<String, Failure> {
    let content = body::to_bytes(request.into_body(), MAX_BODY)
        .await
        .map_err(|_| Refusal::too_large())?;
    let text = String::from_utf8(content.into());
    Ok(text.map_err(|_| Refusal::bad_request("The body must be UTF-8"))?)
}

fn invalid(error: impl Display) -> Refusal {
    Refusal::bad_request(format!("Invalid body: {error}"))
}

/// What is asked for at the desk, in JSON or by a form, and the page that a browser goes back to.
pub struct AtDesk<T> {
    pub body: T,
    pub return_to: Option<String>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for AtDesk<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok());
        let form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let mut fields = match form {
            true => form_fields(&read(request).await?),
            false => {
                Body::<Map<String, Value>>::from_request(request, state)
                    .await?
                    .0
            }
        };
        let return_to = match fields.remove("return_to") {
            None => None,
            Some(Value::String(path)) if is_local_path(&path) => Some(path),
            Some(_) => {
                let message = "return_to must be a path that begins with one /";
                return Err(Refusal::bad_request(message).into());
            }
        };
        let body = serde_json::from_value(Value::Object(fields)).map_err(invalid)?;
        Ok(Self { body, return_to })
    }
}

/// The fields of a form; those left empty are as good as absent.
fn form_fields(text: &str) -> Map<String, Value> {
    let fields = form_urlencoded::parse(text.as_bytes()).into_owned();
    fields
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, Value::String(value)))
        .collect()
}

/// A number, which forms write as text.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => text.parse().map(Some).map_err(D::Error::custom),
        number => i64::deserialize(number).map(Some).map_err(D::Error::custom),
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
