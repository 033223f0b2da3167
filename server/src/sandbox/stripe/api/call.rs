//! One call, read from the request.

use axum::body;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, header};

use super::gate::RequestId;
use crate::sandbox::page::is_local_path;
use crate::sandbox::stripe::errors::{Failure, Refusal};
use crate::sandbox::stripe::form::{self, Fields, Tree};
use crate::sandbox::stripe::params::Params;
use crate::sandbox::webhook_mode::WebhookMode;

const MAX_BODY: usize = 256 * 1024;
/// Stripe: idempotency keys have up to 255 characters.
const MAX_KEY: usize = 255;

/// What is asked, whatever way it was written.
pub struct Call {
    pub request_id: Option<String>,
    pub idempotency_key: Option<String>,
    /// How the events of this call are delivered; the API says nothing.
    pub webhook: WebhookMode,
    endpoint: String,
    fields: Fields,
}

impl Call {
    pub fn params(&self) -> Params<'_> {
        Params::new(&self.fields)
    }

    /// The same text for the same question, however its parameters were ordered.
    pub fn fingerprint(&self) -> String {
        format!("{} {}", self.endpoint, form::canonical(&self.fields))
    }

    /// Takes the sandbox's own parameter `webhook` out of the call.
    pub fn take_webhook_mode(&mut self) -> Result<(), Refusal> {
        if let Some(tree) = self.fields.remove("webhook") {
            let Tree::Leaf(text) = tree else {
                return Err(Refusal::invalid("Invalid string: webhook").param("webhook"));
            };
            let mode = text.parse::<WebhookMode>();
            self.webhook = mode.map_err(|message| Refusal::invalid(message).param("webhook"))?;
        }
        Ok(())
    }

    /// Takes the sandbox's own parameter `return_to` out of the call: a path of this site.
    pub fn take_return_to(&mut self) -> Result<Option<String>, Refusal> {
        match self.fields.remove("return_to") {
            None => Ok(None),
            Some(Tree::Leaf(path)) if is_local_path(&path) => Ok(Some(path)),
            Some(_) => {
                let message = "Invalid path: return_to must begin with one `/`.";
                Err(Refusal::invalid(message).param("return_to"))
            }
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        let (parts, content) = request.into_parts();
        let content = body::to_bytes(content, MAX_BODY)
            .await
            .map_err(|_| Refusal::too_large())?;
        let text = std::str::from_utf8(&content)
            .map_err(|_| Refusal::invalid("The body must be UTF-8."))?;
        let mut fields = form::parse(parts.uri.query().unwrap_or_default())?;
        fields.extend(read_body(&parts.headers, text)?);
        Ok(Self {
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
            idempotency_key: idempotency_key(&parts.headers)?,
            webhook: WebhookMode::AsSet,
            endpoint: format!("{} {}", parts.method, parts.uri.path()),
            fields,
        })
    }
}

fn read_body(headers: &HeaderMap, text: &str) -> Result<Fields, Refusal> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return form::parse(text);
    }
    let invalid = |_| Refusal::invalid("Invalid request: the body is not JSON.");
    form::from_json(&serde_json::from_str(text).map_err(invalid)?)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=MAX_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Refusal::idempotency(format!(
            "Idempotency keys must be 1 to {MAX_KEY} visible ASCII characters."
        ))),
    }
}
