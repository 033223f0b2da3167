//! What posting a job is for every tool: who may, the body, the draft, and the answer.

use atelier_app::components::order::THEN_BUY;
use atelier_app::flash::{Flash, Form, Outcome};
pub use atelier_app::forms::jobs::outcome_of;
use atelier_app::routes;
use atelier_server::accounts::{Language, Scope};
use atelier_server::db;
use atelier_server::idempotency::{self, Answer, Key, KeyRefused};
use atelier_server::ids::{JobId, UserId};
use atelier_server::services::Services;
use atelier_server::studio::{Draft, FileKind, PictureError, SubmitError, SubmitRequest, Tool};
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::Value;

use crate::http::State;
use crate::http::caller::Caller;
use crate::http::problem::{Problem, bad_picture};
use crate::http::upload::{Upload, UploadError};
use crate::http::{keys, pages};

/// Sign-in, rate, funds and the provider are checked before the body is read.
pub async fn admit(
    state: &State,
    headers: &HeaderMap,
    caller: Result<Caller, Problem>,
    tool: Tool,
    endpoint: &str,
) -> Result<Caller, Problem> {
    let caller = caller?;
    caller.require(Scope::Jobs)?;
    caller.require(Scope::CreditsSpend)?;
    let services = &state.services;
    if keys::is_known(services, headers, &caller.user.id, endpoint).await? {
        return Ok(caller);
    }
    if !services.studio.is_available(tool) {
        return Err(Problem::provider_unavailable());
    }
    let price = tool.price(services.prices());
    let wallet = services.wallet(&caller.user.id).await?;
    wallet.refuse_stopped()?;
    wallet.payer(price)?;
    Ok(caller)
}

/// The fields and files of a multipart body.
pub async fn receive(state: &State, request: Request) -> Result<Upload, Problem> {
    let multipart = Multipart::from_request(request, state)
        .await
        .map_err(|_| Problem::unsupported_media("problem-unsupported-media-multipart"))?;
    Upload::read(multipart).await.map_err(|error| match error {
        UploadError::FileTooLarge(field) => bad_picture(&field, PictureError::TooLarge),
        UploadError::TooLarge => Problem::too_large(),
        UploadError::Broken => Problem::validation([("body", "wrong-multipart")]),
    })
}

/// Submits what a program wants. A draft that became no job is let go.
pub async fn submit(services: &Services, request: &SubmitRequest) -> Result<Response, Problem> {
    match services.studio.submit(request).await {
        Ok(answer) => Ok(keys::respond(answer)),
        Err(error) => {
            services.studio.drop_draft(&request.draft).await?;
            Err(error.into())
        }
    }
}

/// A form of a page that makes a job.
#[derive(Clone, Copy, Debug)]
pub struct JobForm {
    pub form: Form,
    pub path: &'static str,
    /// Where its one-time keys are valid.
    pub endpoint: &'static str,
    /// What is kept of it when it is refused; browsers do not let a page choose a file again.
    pub kept: &'static [&'static str],
}

impl JobForm {
    /// The form again, with what was wrong and what was chosen in it.
    pub async fn refuse(
        &self,
        state: &State,
        caller: Caller,
        language: Language,
        upload: Option<&Upload>,
        outcomes: Vec<Outcome>,
    ) -> Response {
        let lacks_credits = outcomes == [Outcome::InsufficientCredits];
        if lacks_credits && upload.is_some_and(|upload| upload.text("then") == THEN_BUY) {
            return Redirect::to(routes::PAYMENTS).into_response();
        }
        let status = status_of(&outcomes);
        let mut flash = Flash::several(self.form, outcomes);
        if let Some(upload) = upload {
            for field in self.kept {
                flash = flash.show(field, upload.text(field));
            }
        }
        pages::show(state, caller.user, language, self.path, flash, status).await
    }

    /// Where a form's one-time key is valid, and for what.
    pub fn scope(
        &self,
        user: &UserId,
        upload: &Upload,
        body: idempotency::BodyHash,
    ) -> Result<idempotency::Scope, Vec<Outcome>> {
        let key = Key::parse(upload.text("key")).ok_or_else(|| vec![Outcome::Incomplete])?;
        Ok(idempotency::Scope {
            user: user.clone(),
            endpoint: self.endpoint.into(),
            body,
            key,
        })
    }
}

fn status_of(outcomes: &[Outcome]) -> StatusCode {
    match outcomes {
        [Outcome::InsufficientCredits] => StatusCode::PAYMENT_REQUIRED,
        [Outcome::TooManyJobs] => StatusCode::TOO_MANY_REQUESTS,
        [Outcome::ProviderUnavailable | Outcome::Interrupted] => StatusCode::SERVICE_UNAVAILABLE,
        [Outcome::Conflict] => StatusCode::CONFLICT,
        [Outcome::Unexpected] => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The job that a form with this key made before, if it did.
pub async fn answered(
    services: &Services,
    scope: &idempotency::Scope,
) -> Result<Option<String>, Vec<Outcome>> {
    let now = services.clock.now();
    let used = idempotency::find(&services.db, &scope.user, &scope.endpoint, &scope.key, now)
        .await
        .map_err(broken)?;
    match used.map(|used| used.answer_for(&scope.body)) {
        Some(Ok(answer)) => Ok(Some(job_id(&answer))),
        Some(Err(KeyRefused::Mismatch)) => Err(vec![Outcome::KeyMismatch]),
        // What is still being worked on is waited for where the key is claimed.
        Some(Err(KeyRefused::InFlight)) | None => Ok(None),
    }
}

/// Submits what a form wants; the id of the job. What only lacks credits stays as a draft, to go on
/// with after buying.
pub async fn submit_form(
    services: &Services,
    user: UserId,
    draft: Draft,
    scope: idempotency::Scope,
) -> Result<String, Vec<Outcome>> {
    let request = SubmitRequest {
        user,
        draft,
        key: Some(scope),
    };
    let (studio, draft) = (&services.studio, &request.draft);
    match studio.submit(&request).await {
        Ok(answer) => Ok(job_id(&answer)),
        Err(error) => {
            let tidied = match error {
                SubmitError::Insufficient(_) => studio.keep_only(&request.user, draft).await,
                SubmitError::NoDraft => Ok(()),
                _ => studio.drop_draft(draft).await,
            };
            if let Err(error) = tidied {
                tracing::warn!(%error, "a draft stays until its day is over");
            }
            Err(vec![outcome_of(error)])
        }
    }
}

fn job_id(answer: &Answer) -> String {
    let job: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    job.get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// The file of a field that was sent, the sample that was chosen instead, or the picture of an earlier job
/// of the same account.
pub async fn chosen(
    services: &Services,
    user: &UserId,
    upload: &Upload,
    field: &str,
    kind: FileKind,
) -> Result<Option<Bytes>, Vec<Outcome>> {
    // A file input that was left alone is sent as an empty file.
    if let Some(bytes) = upload.file(field).filter(|bytes| !bytes.is_empty()) {
        return Ok(Some(bytes));
    }
    let sample = upload.text(&format!("{field}_sample"));
    if let Some(job) = sample.strip_prefix(EARLIER) {
        return earlier(services, user, job, kind).await;
    }
    Ok(crate::http::assets::sample(sample))
}

/// What a field says to use the picture of a job again; its id follows.
const EARLIER: &str = atelier_app::samples::EARLIER;

async fn earlier(
    services: &Services,
    user: &UserId,
    job: &str,
    kind: FileKind,
) -> Result<Option<Bytes>, Vec<Outcome>> {
    let studio = &services.studio;
    let job = match JobId::parse(job) {
        Some(id) => studio.job(&id).await.map_err(broken)?,
        None => None,
    };
    let Some(job) = job.filter(|job| job.user_id == *user) else {
        return Ok(None);
    };
    let file = match kind {
        FileKind::Picture => studio.beginning_of(&job).await,
        kind => studio.file_of(&job.id, kind).await,
    };
    let Some(file) = file.map_err(broken)? else {
        return Ok(None);
    };
    let bytes = studio.bytes_of(&file).await;
    Ok(Some(bytes.map_err(|error| vec![outcome_of(error.into())])?))
}

pub fn broken(error: db::Error) -> Vec<Outcome> {
    vec![outcome_of(error.into())]
}
