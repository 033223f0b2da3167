//! Errors as programs read them: RFC 9457 `application/problem+json` with a stable `code`.

use std::any::Any;
use std::collections::BTreeMap;
use std::time::Duration;

use atelier_app::routes;
use atelier_app::visit::{Content, Refusal};
use atelier_server::accounts::{Limited, LinkError, SignInError, SignUpError};
use atelier_server::credits::{CreditsError, Insufficient};
use atelier_server::db;
use atelier_server::idempotency::KeyRefused;
use atelier_server::payments::{CheckoutError, FulfilError, PlanError, RefundError};
use atelier_server::secret;
use atelier_server::studio::{CancelError, PictureError, StoreError, SubmitError};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tower_sessions::session;

/// An answer that says no, and why. Boxed, because it travels in every `Result` of the edge.
#[derive(Clone, Debug)]
pub struct Problem(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    errors: BTreeMap<String, String>,
    more: Map<String, Value>,
    retry_after: Option<Duration>,
}

/// What the log calls an error by, in the answer.
const REFERENCE: &str = "reference";

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: &str) -> Self {
        Self(Box::new(Details {
            status,
            code,
            title,
            detail: detail.to_owned(),
            errors: BTreeMap::new(),
            more: Map::new(),
            retry_after: None,
        }))
    }

    fn after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    pub fn unauthenticated() -> Self {
        let detail = "Sign in, or send a valid bearer token.";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Not signed in",
            detail,
        )
    }

    pub fn forbidden() -> Self {
        let detail = "Your role or the token's scopes do not allow this.";
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Forbidden", detail)
    }

    pub fn cross_site() -> Self {
        let detail = "This request came from another site.";
        Self::new(StatusCode::FORBIDDEN, "cross_site", "Refused", detail)
    }

    pub fn not_found() -> Self {
        let detail = "There is nothing here for you.";
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", detail)
    }

    pub fn method_not_allowed() -> Self {
        let detail = "This address does not answer that method.";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "method_not_allowed", "Method not allowed", detail)
    }

    pub fn conflict(detail: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "Conflict", detail)
    }

    /// The same with one more member.
    #[must_use]
    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.to_owned(), value.into());
        self
    }

    pub fn bad_signature() -> Self {
        let detail = "The signature is missing, wrong or too old.";
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad_signature",
            "Bad signature",
            detail,
        )
    }

    pub fn too_large() -> Self {
        let detail = "The request is larger than allowed.";
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, "payload_too_large", "Too large", detail)
    }

    pub fn unsupported_media(detail: &str) -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, "unsupported_media", "Unsupported media", detail)
    }

    pub fn rate_limited(retry_after: Duration) -> Self {
        let detail = "Too many requests; wait before the next one.";
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many requests",
            detail,
        )
        .after(retry_after)
    }

    pub fn provider_unavailable() -> Self {
        let detail = "A provider does not answer. Nothing was charged.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "provider_unavailable", "Not available", detail)
            .after(Duration::from_secs(10))
    }

    /// Fields that are not as they should be: name and what is wrong.
    pub fn validation<const N: usize>(errors: [(&str, &str); N]) -> Self {
        let errors = errors
            .iter()
            .map(|(field, text)| ((*field).to_owned(), (*text).to_owned()));
        Self::validation_of(errors.collect())
    }

    pub fn validation_of(errors: BTreeMap<String, String>) -> Self {
        let detail = "Some fields are not as they should be.";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut problem = Self::new(status, "validation", "Invalid input", detail);
        problem.0.errors = errors;
        problem
    }

    /// An unknown error: logged here, once, and answered by a fixed text and the number under which
    /// the log has it.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        let reference = secret::reference();
        tracing::error!(%error, reference, "a request failed");
        let detail = "Something broke on our side. It is in the log.";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let mut problem = Self::new(status, "internal", "Internal error", detail);
        let more = (REFERENCE.to_owned(), json!(reference));
        problem.0.more = Map::from_iter([more]);
        problem
    }

    /// The database or the file store does not answer now. Nobody knows whether what was asked for
    /// was done, so the way on is the same request again.
    pub fn unavailable(error: impl std::fmt::Display) -> Self {
        tracing::warn!(%error, "a request was interrupted");
        let detail = "The service was interrupted. Send the same request again with the same \
                      Idempotency-Key: it is done once.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "unavailable", "Interrupted", detail).after(Duration::from_secs(2))
    }

    /// What a page says instead, for people; `None` for what only programs are told.
    pub fn content(&self) -> Option<Content> {
        let details = &self.0;
        Some(Content::Refused(match details.code {
            "not_found" | "method_not_allowed" => return Some(Content::NotFound),
            "cross_site" => Refusal::CrossSite,
            "rate_limited" => Refusal::RateLimited {
                seconds: whole_seconds(details.retry_after.unwrap_or_default()),
            },
            "provider_unavailable" => Refusal::Unavailable,
            "unavailable" => Refusal::Interrupted,
            "forbidden" | "unauthenticated" => Refusal::Forbidden,
            "internal" => Refusal::Internal {
                reference: details
                    .more
                    .get(REFERENCE)
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            },
            _ => return None,
        }))
    }
}

/// At least one, or a client would come back at once.
fn whole_seconds(wait: Duration) -> i64 {
    i64::try_from(wait.as_secs()).unwrap_or(i64::MAX).max(1)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let problem = self.clone();
        let details = *self.0;
        let mut body = json!({
            "type": "about:blank",
            "status": details.status.as_u16(),
            "title": details.title,
            "detail": details.detail,
            "code": details.code,
        });
        if let Value::Object(fields) = &mut body {
            if !details.errors.is_empty() {
                fields.insert("errors".to_owned(), json!(details.errors));
            }
            fields.extend(details.more);
        }
        let mut response = (details.status, Json(body)).into_response();
        let headers = response.headers_mut();
        let media = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, media);
        if let Some(wait) = details.retry_after {
            headers.insert(header::RETRY_AFTER, whole_seconds(wait).into());
        }
        response.extensions_mut().insert(problem);
        response
    }
}

impl From<db::Error> for Problem {
    fn from(error: db::Error) -> Self {
        if db::is_unavailable(&error) {
            Self::unavailable(error)
        } else {
            Self::internal(error)
        }
    }
}

impl From<session::Error> for Problem {
    fn from(error: session::Error) -> Self {
        if atelier_app::session::is_unavailable(&error) {
            Self::unavailable(error)
        } else {
            Self::internal(error)
        }
    }
}

impl From<Limited> for Problem {
    fn from(limited: Limited) -> Self {
        Self::rate_limited(limited.retry_after)
    }
}

impl From<Insufficient> for Problem {
    fn from(insufficient: Insufficient) -> Self {
        let detail = "No remaining quota. Please purchase a Credits Pack.";
        let status = StatusCode::PAYMENT_REQUIRED;
        let mut problem = Self::new(
            status,
            "insufficient_credits",
            "Insufficient credits",
            detail,
        );
        problem.0.more = Map::from_iter([
            ("required".to_owned(), json!(insufficient.required)),
            ("remaining".to_owned(), json!(insufficient.remaining)),
            ("buy_url".to_owned(), json!(routes::PAYMENTS)),
        ]);
        problem
    }
}

impl From<KeyRefused> for Problem {
    fn from(refused: KeyRefused) -> Self {
        match refused {
            KeyRefused::Mismatch => {
                let detail = "This Idempotency-Key was used with another body.";
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(status, "idempotency_mismatch", "Key used before", detail)
            }
            KeyRefused::InFlight => {
                Self::conflict("A request with this Idempotency-Key is still being worked on.")
            }
        }
    }
}

impl From<CreditsError> for Problem {
    fn from(error: CreditsError) -> Self {
        match error {
            CreditsError::Insufficient(insufficient) => insufficient.into(),
            CreditsError::NoWallet => Self::not_found(),
            CreditsError::Database(error) => error.into(),
        }
    }
}

impl From<SignUpError> for Problem {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::EmailTaken => Self::conflict("This address has an account already."),
            SignUpError::Limited(limited) => limited.into(),
            SignUpError::Database(error) => error.into(),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => {
                let mut problem = Self::unauthenticated();
                "E-mail or password is wrong.".clone_into(&mut problem.0.detail);
                problem
            }
            SignInError::Limited(limited) => limited.into(),
            SignInError::Database(error) => error.into(),
        }
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Dead => Self::validation([("token", "is not valid any more")]),
            LinkError::Database(error) => error.into(),
        }
    }
}

impl From<CheckoutError> for Problem {
    fn from(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Key(refused) => refused.into(),
            CheckoutError::HasPlan { portal_url } => {
                let problem = Self::conflict("This account has a plan already; change it instead.");
                match portal_url {
                    Some(url) => problem.with("portal_url", url),
                    None => problem,
                }
            }
            CheckoutError::Provider(error) => {
                tracing::error!(%error, "a checkout could not be opened");
                Self::provider_unavailable()
            }
            CheckoutError::Database(error) => error.into(),
        }
    }
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::NoPlan => Self::conflict("This account has no plan."),
            PlanError::Same => Self::conflict("This is the plan of this account already."),
            PlanError::Unverified => Self::conflict("Verify your e-mail address first."),
            PlanError::Unknown => Self::validation([("plan", "is not sold")]),
            PlanError::Database(error) | PlanError::Fulfil(FulfilError::Database(error)) => {
                error.into()
            }
            error => {
                tracing::error!(%error, "a plan could not be changed");
                Self::provider_unavailable()
            }
        }
    }
}

impl From<RefundError> for Problem {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::NotPaid => Self::conflict("This purchase was not paid."),
            RefundError::TooMuch(_) => {
                Self::validation([("amount_minor", "is more than what can still go back")])
            }
            RefundError::Database(error) | RefundError::Fulfil(FulfilError::Database(error)) => {
                error.into()
            }
            error => {
                tracing::error!(%error, "a refund could not be made");
                Self::provider_unavailable()
            }
        }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Insufficient(insufficient) => insufficient.into(),
            SubmitError::TooManyJobs => {
                let detail = "Too many of your jobs are unfinished.";
                let status = StatusCode::TOO_MANY_REQUESTS;
                Self::new(status, "too_many_jobs", "Too many jobs", detail)
                    .after(Duration::from_secs(5))
            }
            SubmitError::ProviderDown => Self::provider_unavailable(),
            SubmitError::NoDraft => Self::conflict("The pictures are gone; send them again."),
            SubmitError::Key(refused) => refused.into(),
            SubmitError::Store(error) => error.into(),
            SubmitError::Database(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_unavailable() {
            Self::unavailable(error)
        } else {
            Self::internal(error)
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::Ended => Self::conflict("The job has ended already."),
            CancelError::NotEnded => Self::conflict("The job has not ended yet; cancel it first."),
            CancelError::Key(refused) => refused.into(),
            CancelError::Database(error) => error.into(),
        }
    }
}

/// A handler panicked. What it says is in the log already, by the panic's own hook.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal("a handler panicked").into_response()
}

/// A picture that is refused, with the name of its field.
pub fn bad_picture(field: &str, error: PictureError) -> Problem {
    let detail = format!("The picture {error}.");
    let mut problem = match error {
        PictureError::TooLarge => Problem::too_large(),
        PictureError::Unsupported => Problem::unsupported_media(&detail),
        PictureError::Broken
        | PictureError::Animated
        | PictureError::TooSmall
        | PictureError::TooManyPixels => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Problem::new(status, "bad_image", "Bad image", &detail)
        }
    };
    problem.0.errors.insert(field.to_owned(), error.to_string());
    problem
}
