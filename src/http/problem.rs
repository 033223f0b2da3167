//! Errors as programs read them: RFC 9457 `application/problem+json` with a stable `code`.

use std::any::Any;
use std::collections::BTreeMap;
use std::time::Duration;

use atelier_app::components::outcome::picture_text;
use atelier_app::i18n::{Text, Words};
use atelier_app::routes;
use atelier_app::visit::{Content, Refusal};
use atelier_server::accounts::{
    Language, Limit, Limited, LinkError, SignInError, SignUpError, SyncError,
};
use atelier_server::credits::{CreditsError, Insufficient};
use atelier_server::db;
use atelier_server::idempotency::KeyRefused;
use atelier_server::oversight::reconciliation::ReconcileError;
use atelier_server::payments::gateway::GatewayError;
use atelier_server::payments::{CheckoutError, FulfilError, PlanError, RefundError};
use atelier_server::secret;
use atelier_server::studio::{CancelError, PictureError, StoreError, SubmitError};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tower_sessions::session;

use super::api_limit;

/// An answer that says no, and why. Boxed, because it travels in every `Result` of the edge.
#[derive(Clone, Debug)]
pub struct Problem(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    status: StatusCode,
    code: &'static str,
    title: Text,
    detail: Text,
    errors: BTreeMap<String, Text>,
    more: Map<String, Value>,
    retry_after: Option<Duration>,
    used_up: Option<Limit>,
}

const STOPPED: &str = "stopped-text";

/// What the log calls an error by, in the answer.
const REFERENCE: &str = "reference";

impl Problem {
    fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<Text>,
    ) -> Self {
        Self(Box::new(Details {
            status,
            code,
            title: title.into(),
            detail: detail.into(),
            errors: BTreeMap::new(),
            more: Map::new(),
            retry_after: None,
            used_up: None,
        }))
    }

    fn after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    pub fn unauthenticated() -> Self {
        let detail = "problem-unauthenticated-why";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "problem-unauthenticated",
            detail,
        )
    }

    pub fn forbidden() -> Self {
        let detail = "problem-forbidden-why";
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "problem-forbidden",
            detail,
        )
    }

    /// An operator has stopped the spending of the account. Whom to write to is said by [`Self::with_contact`].
    pub fn stopped() -> Self {
        let status = StatusCode::FORBIDDEN;
        Self::new(status, "forbidden", "problem-forbidden", STOPPED).with_contact("")
    }

    /// Whether it has to say whom to write to.
    pub fn wants_contact(&self) -> bool {
        self.0.detail.is(STOPPED)
    }

    #[must_use]
    pub fn with_contact(mut self, contact: &str) -> Self {
        self.0.detail = Text::with(STOPPED, [("contact", contact.to_owned())]);
        self
    }

    pub fn cross_site() -> Self {
        let detail = "problem-cross-site-why";
        Self::new(
            StatusCode::FORBIDDEN,
            "cross_site",
            "problem-cross-site",
            detail,
        )
    }

    pub fn not_found() -> Self {
        let detail = "problem-not-found-why";
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "problem-not-found",
            detail,
        )
    }

    pub fn method_not_allowed() -> Self {
        let detail = "problem-method-not-allowed-why";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(
            status,
            "method_not_allowed",
            "problem-method-not-allowed",
            detail,
        )
    }

    pub fn conflict(detail: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "problem-conflict", detail)
    }

    /// The same with one more member.
    #[must_use]
    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.to_owned(), value.into());
        self
    }

    pub fn bad_signature() -> Self {
        let detail = "problem-bad-signature-why";
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad_signature",
            "problem-bad-signature",
            detail,
        )
    }

    pub fn too_large() -> Self {
        let detail = "problem-payload-too-large-why";
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(
            status,
            "payload_too_large",
            "problem-payload-too-large",
            detail,
        )
    }

    pub fn unsupported_media(detail: impl Into<Text>) -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(
            status,
            "unsupported_media",
            "problem-unsupported-media",
            detail,
        )
    }

    pub fn rate_limited(retry_after: Duration) -> Self {
        let detail = "problem-rate-limited-why";
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "problem-rate-limited",
            detail,
        )
        .after(retry_after)
    }

    pub fn provider_unavailable() -> Self {
        let detail = "problem-provider-unavailable-why";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(
            status,
            "provider_unavailable",
            "problem-provider-unavailable",
            detail,
        )
        .after(Duration::from_secs(10))
    }

    /// Fields that are not as they should be: name and what is wrong.
    pub fn validation<const N: usize>(errors: [(&str, &'static str); N]) -> Self {
        let errors = errors
            .iter()
            .map(|(field, text)| ((*field).to_owned(), Text::from(*text)));
        Self::validation_of(errors.collect())
    }

    pub fn validation_of(errors: BTreeMap<String, Text>) -> Self {
        let detail = "problem-validation-why";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut problem = Self::new(status, "validation", "problem-validation", detail);
        problem.0.errors = errors;
        problem
    }

    /// An unknown error: logged here, once, and answered by a fixed text and the number under which
    /// the log has it.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        let reference = secret::reference();
        tracing::error!(%error, reference, "a request failed");
        let detail = "problem-internal-why";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let mut problem = Self::new(status, "internal", "problem-internal", detail);
        let more = (REFERENCE.to_owned(), json!(reference));
        problem.0.more = Map::from_iter([more]);
        problem
    }

    /// The database or the file store does not answer now. Nobody knows whether what was asked for
    /// was done, so the way on is the same request again.
    pub fn unavailable(error: impl std::fmt::Display) -> Self {
        tracing::warn!(%error, "a request was interrupted");
        Self::not_ready()
    }

    /// The same, where it is no news.
    pub fn not_ready() -> Self {
        let detail = "problem-unavailable-why";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "unavailable", "problem-unavailable", detail)
            .after(Duration::from_secs(2))
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

impl Problem {
    /// What the answer says, to whoever reads `language`. The `code` is the same in all.
    pub fn body(&self, language: Language) -> Value {
        let (details, w) = (&self.0, Words(language));
        let mut body = json!({
            "type": "about:blank",
            "status": details.status.as_u16(),
            "title": details.title.say(w),
            "detail": details.detail.say(w),
            "code": details.code,
        });
        if let Value::Object(fields) = &mut body {
            if !details.errors.is_empty() {
                let errors = details.errors.iter();
                let errors = errors.map(|(field, text)| (field.clone(), text.say(w).into()));
                fields.insert("errors".to_owned(), Value::Object(errors.collect()));
            }
            fields.extend(details.more.clone());
        }
        body
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.body(Language::En);
        let mut response = (self.0.status, Json(body)).into_response();
        let headers = response.headers_mut();
        let media = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, media);
        if let Some(wait) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, whole_seconds(wait).into());
            if let Some(limit) = self.0.used_up {
                api_limit::tell_used_up(headers, limit, whole_seconds(wait));
            }
        }
        response.extensions_mut().insert(self);
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
        let mut problem = Self::rate_limited(limited.retry_after);
        problem.0.used_up = Some(limited.limit);
        problem
    }
}

impl From<Insufficient> for Problem {
    fn from(insufficient: Insufficient) -> Self {
        let detail = "error-insufficient-credits";
        let status = StatusCode::PAYMENT_REQUIRED;
        let mut problem = Self::new(
            status,
            "insufficient_credits",
            "problem-insufficient-credits",
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
                let detail = "problem-idempotency-mismatch-why";
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(
                    status,
                    "idempotency_mismatch",
                    "problem-idempotency-mismatch",
                    detail,
                )
            }
            // Unlike other conflicts, this one passes.
            KeyRefused::InFlight => {
                Self::conflict("problem-conflict-in-flight").after(Duration::from_secs(1))
            }
        }
    }
}

impl From<CreditsError> for Problem {
    fn from(error: CreditsError) -> Self {
        match error {
            CreditsError::Insufficient(insufficient) => insufficient.into(),
            CreditsError::NoWallet | CreditsError::Deleted => Self::not_found(),
            CreditsError::Stopped => Self::stopped(),
            CreditsError::Database(error) => error.into(),
        }
    }
}

impl From<SignUpError> for Problem {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::EmailTaken => Self::conflict("problem-conflict-email"),
            SignUpError::Limited(limited) => limited.into(),
            SignUpError::Database(error) => error.into(),
        }
    }
}

impl From<SyncError> for Problem {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Administrator => Self::forbidden(),
            SyncError::EmailTaken => Self::conflict("problem-conflict-email"),
            SyncError::Deleted => Self::conflict("problem-conflict-deleted"),
            SyncError::Database(error) => error.into(),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => {
                let mut problem = Self::unauthenticated();
                problem.0.detail = "problem-sign-in-wrong".into();
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
            LinkError::Dead => Self::validation([("token", "wrong-token")]),
            LinkError::Database(error) => error.into(),
        }
    }
}

impl From<CheckoutError> for Problem {
    fn from(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Key(refused) => refused.into(),
            CheckoutError::HasPlan { portal_url } => {
                let problem = Self::conflict("problem-conflict-has-plan");
                match portal_url {
                    Some(url) => problem.with("portal_url", url),
                    None => problem,
                }
            }
            CheckoutError::Stopped => Self::stopped(),
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
            PlanError::NoPlan => Self::conflict("problem-conflict-no-plan"),
            PlanError::Same => Self::conflict("problem-conflict-same-plan"),
            PlanError::Unverified => Self::conflict("problem-conflict-unverified"),
            PlanError::Stopped => Self::stopped(),
            PlanError::Unknown => Self::validation([("plan", "wrong-not-sold")]),
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
            RefundError::NotPaid => Self::conflict("problem-conflict-not-paid"),
            RefundError::NothingLeft => Self::conflict("problem-conflict-nothing-left"),
            RefundError::Provider(error @ GatewayError::Refused { .. }) => {
                tracing::warn!(%error, "a refund was refused");
                Self::conflict("problem-conflict-refund-refused")
            }
            RefundError::TooMuch(_) => Self::validation([("amount_minor", "wrong-refund")]),
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

impl From<ReconcileError> for Problem {
    fn from(error: ReconcileError) -> Self {
        if error.is_by_hand() {
            return Self::conflict("problem-conflict-by-hand");
        }
        match error.database() {
            Ok(error) => error.into(),
            Err(error) => {
                tracing::error!(%error, "a finding could not be mended");
                Self::provider_unavailable()
            }
        }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Insufficient(insufficient) => insufficient.into(),
            SubmitError::Stopped => Self::stopped(),
            SubmitError::TooManyJobs => {
                let detail = "problem-too-many-jobs-why";
                let status = StatusCode::TOO_MANY_REQUESTS;
                Self::new(status, "too_many_jobs", "problem-too-many-jobs", detail)
                    .after(Duration::from_secs(5))
            }
            SubmitError::ProviderDown => Self::provider_unavailable(),
            SubmitError::NoDraft => Self::conflict("problem-conflict-no-draft"),
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
            CancelError::Ended => Self::conflict("problem-conflict-ended"),
            CancelError::NotEnded => Self::conflict("problem-conflict-not-ended"),
            CancelError::Key(refused) => refused.into(),
            CancelError::Database(error) => error.into(),
        }
    }
}

/// A field that takes one of a few words.
pub fn one_of(words: impl IntoIterator<Item = impl ToString>) -> Text {
    let words: Vec<String> = words.into_iter().map(|word| word.to_string()).collect();
    Text::with("wrong-choice", [("words", words.join(", "))])
}

/// A field with more than `most` characters.
pub fn too_long(most: usize) -> Text {
    Text::with("wrong-too-long", [("most", most.to_string())])
}

/// More days at once than are answered.
pub fn too_long_a_span(field: &str, most: i64) -> Problem {
    let text = Text::with("wrong-span", [("most", most.to_string())]);
    Problem::validation_of([(field.to_owned(), text)].into())
}

/// A handler panicked. What it says is in the log already, by the panic's own hook.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal("a handler panicked").into_response()
}

/// A picture that is refused, with the name of its field.
pub fn bad_picture(field: &str, error: PictureError) -> Problem {
    let text = picture_text(error);
    let mut problem = match error {
        PictureError::TooLarge => Problem::too_large(),
        PictureError::Unsupported => Problem::unsupported_media(text.clone()),
        PictureError::Broken
        | PictureError::Animated
        | PictureError::TooSmall
        | PictureError::TooManyPixels => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Problem::new(status, "bad_image", "problem-bad-image", text.clone())
        }
    };
    problem.0.errors.insert(field.to_owned(), text);
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_conflict_that_passes_says_when_to_come_again() {
        let wait = |problem: Problem| {
            let response = problem.into_response();
            assert_eq!(response.status(), StatusCode::CONFLICT);
            response.headers().get(header::RETRY_AFTER).cloned()
        };
        assert_eq!(wait(KeyRefused::InFlight.into()), Some(1.into()));
        assert_eq!(wait(PlanError::Same.into()), None);
        assert_eq!(wait(CancelError::Ended.into()), None);
    }
}
