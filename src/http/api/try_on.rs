//! Try-on, posted by programs (`/api/try-on`, answered with JSON) and by the form of the page
//! (`/try-on`, answered with a redirect). Both read the same multipart body, bounded field by field.

use atelier_app::flash::{Flash, Form, Outcome};
use atelier_app::routes;
use atelier_server::accounts::{Language, Scope};
use atelier_server::db;
use atelier_server::idempotency::{self, Answer, BodyHash, Key, KeyRefused};
use atelier_server::ids::UserId;
use atelier_server::services::Services;
use atelier_server::studio::{
    Category, Draft, Heard, PictureError, ProviderId, SubmitError, SubmitRequest, Tool,
};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Path, Request, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::Value;

use crate::http::State;
use crate::http::caller::Caller;
use crate::http::problem::{Problem, bad_picture};
use crate::http::upload::{Upload, UploadError, drain};
use crate::http::{keys, pages};

const API: &str = "POST /api/try-on";
const FORM: &str = "POST /try-on";

/// `POST /api/try-on`. Sign-in, rate, funds and the provider are checked before the body is read.
pub async fn create(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    caller: Result<Caller, Problem>,
    request: Request,
) -> Result<Response, Problem> {
    let (caller, upload) = match admit(&state, &headers, caller).await {
        Ok(caller) => (caller, receive(&state, request).await?),
        Err(problem) => {
            drain(request.into_body()).await;
            return Err(problem);
        }
    };
    let category = match upload.text("category") {
        "" => Category::Auto,
        text => Category::parse(text).ok_or_else(|| {
            Problem::validation([("category", "wants auto, tops, bottoms or one-piece")])
        })?,
    };
    let (person, garment) = (file(&upload, "person")?, file(&upload, "garment")?);
    let hash = body_hash(&person, &garment, category);
    let key = keys::scope(&headers, &caller.user.id, API, hash)?;
    let studio = &state.services.studio;
    let person = studio
        .check_picture(person)
        .await
        .map_err(|e| bad_picture("person", e))?;
    let garment = studio
        .check_picture(garment)
        .await
        .map_err(|e| bad_picture("garment", e))?;
    let draft = studio
        .keep_draft(&caller.user.id, &person, &garment)
        .await?;
    let request = SubmitRequest {
        user: caller.user.id,
        draft,
        category,
        key,
    };
    match studio.submit(&request).await {
        Ok(answer) => Ok(keys::respond(answer)),
        Err(error) => {
            studio.drop_draft(&request.draft).await?;
            Err(error.into())
        }
    }
}

async fn admit(
    state: &State,
    headers: &HeaderMap,
    caller: Result<Caller, Problem>,
) -> Result<Caller, Problem> {
    let caller = caller?;
    caller.require(Scope::Jobs)?;
    caller.require(Scope::CreditsSpend)?;
    let services = &state.services;
    if keys::is_known(services, headers, &caller.user.id, API).await? {
        return Ok(caller);
    }
    if !services.studio.is_available(Tool::TryOn) {
        return Err(Problem::provider_unavailable());
    }
    services
        .wallet(&caller.user.id)
        .await?
        .payer(services.prices().try_on)?;
    Ok(caller)
}

async fn receive(state: &State, request: Request) -> Result<Upload, Problem> {
    let multipart = Multipart::from_request(request, state)
        .await
        .map_err(|_| Problem::unsupported_media("This takes multipart/form-data."))?;
    Upload::read(multipart).await.map_err(|error| match error {
        UploadError::FileTooLarge(field) => bad_picture(&field, PictureError::TooLarge),
        UploadError::TooLarge => Problem::too_large(),
        UploadError::Broken => Problem::validation([("body", "is not complete multipart data")]),
    })
}

fn file(upload: &Upload, field: &'static str) -> Result<Bytes, Problem> {
    upload
        .file(field)
        .ok_or_else(|| Problem::validation([(field, "is missing")]))
}

fn body_hash(person: &Bytes, garment: &Bytes, category: Category) -> BodyHash {
    let category = category.as_str().as_bytes();
    BodyHash::of(&[
        ("person", person),
        ("garment", garment),
        ("category", category),
    ])
}

/// `POST /try-on`, from the page: a redirect to the job, or the form again with what was wrong.
pub async fn submit_form(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
    caller: Option<Caller>,
    request: Request,
) -> Response {
    let Some(caller) = caller else {
        drain(request.into_body()).await;
        return Redirect::to(&routes::sign_in_then(routes::TRY_ON)).into_response();
    };
    let upload = match receive_form(&state, request).await {
        Ok(upload) => upload,
        Err(outcome) => return refuse(&state, caller, language, None, vec![outcome]).await,
    };
    match run_form(&state, &caller, &upload).await {
        Ok(job) => Redirect::to(&routes::job(&job)).into_response(),
        Err(outcomes) => refuse(&state, caller, language, Some(&upload), outcomes).await,
    }
}

async fn receive_form(state: &State, request: Request) -> Result<Upload, Outcome> {
    let multipart = Multipart::from_request(request, state)
        .await
        .map_err(|_| Outcome::Unexpected)?;
    Upload::read(multipart).await.map_err(|error| match error {
        UploadError::FileTooLarge(field) if field == "garment" => Outcome::GarmentTooLarge,
        UploadError::FileTooLarge(_) | UploadError::TooLarge => Outcome::PersonTooLarge,
        UploadError::Broken => Outcome::Unexpected,
    })
}

/// The form again, with what was chosen in it; browsers do not let a page choose a file again.
async fn refuse(
    state: &State,
    caller: Caller,
    language: Language,
    upload: Option<&Upload>,
    outcomes: Vec<Outcome>,
) -> Response {
    const CHOICES: [&str; 4] = ["person_sample", "garment_sample", "category", "key"];
    let status = status_of(&outcomes);
    let mut flash = Flash::several(Form::TryOn, outcomes);
    if let Some(upload) = upload {
        for field in CHOICES {
            flash = flash.keep(field, upload.text(field));
        }
    }
    pages::show(state, caller.user, language, routes::TRY_ON, flash, status).await
}

fn status_of(outcomes: &[Outcome]) -> StatusCode {
    match outcomes {
        [Outcome::InsufficientCredits] => StatusCode::PAYMENT_REQUIRED,
        [Outcome::TooManyJobs] => StatusCode::TOO_MANY_REQUESTS,
        [Outcome::ProviderUnavailable] => StatusCode::SERVICE_UNAVAILABLE,
        [Outcome::Conflict] => StatusCode::CONFLICT,
        [Outcome::Interrupted] => StatusCode::SERVICE_UNAVAILABLE,
        [Outcome::Unexpected] => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

async fn run_form(state: &State, caller: &Caller, upload: &Upload) -> Result<String, Vec<Outcome>> {
    let services = &state.services;
    let user = caller.user.id.clone();
    let category = Category::parse(upload.text("category")).unwrap_or(Category::Auto);
    let key = Key::parse(upload.text("key")).ok_or_else(|| vec![Outcome::Unexpected])?;
    let pictures = Pictures::chosen(upload);
    let scope = idempotency::Scope {
        user: user.clone(),
        endpoint: FORM.into(),
        body: pictures.hash(category),
        key,
    };
    // A second click comes when the draft is a job already, or the last credit is spent.
    if let Some(answer) = answered(services, &scope).await? {
        return Ok(job_id(&answer.body));
    }
    let draft = pictures.into_draft(services, &user).await?;
    let request = SubmitRequest {
        user,
        draft,
        category,
        key: Some(scope),
    };
    match services.studio.submit(&request).await {
        Ok(answer) => Ok(job_id(&answer.body)),
        Err(error) => {
            let (studio, draft) = (&services.studio, &request.draft);
            let tidied = match error {
                // What only lacks credits stays as a draft, to go on with after buying.
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

fn job_id(body: &str) -> String {
    let job: Value = serde_json::from_str(body).unwrap_or_default();
    job.get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

async fn answered(
    services: &Services,
    scope: &idempotency::Scope,
) -> Result<Option<Answer>, Vec<Outcome>> {
    let now = services.clock.now();
    let used = idempotency::find(&services.db, &scope.user, &scope.endpoint, &scope.key, now)
        .await
        .map_err(broken)?;
    match used.map(|used| used.answer_for(&scope.body)) {
        Some(Ok(answer)) => Ok(Some(answer)),
        Some(Err(KeyRefused::Mismatch)) => Err(vec![Outcome::KeyMismatch]),
        // What is still being worked on is waited for where the key is claimed.
        Some(Err(KeyRefused::InFlight)) | None => Ok(None),
    }
}

/// What a form wants to try on.
enum Pictures {
    /// The pictures kept from before.
    Draft,
    Chosen(Result<Bytes, Outcome>, Result<Bytes, Outcome>),
}

impl Pictures {
    fn chosen(upload: &Upload) -> Self {
        if upload.text("draft") == "1" {
            return Self::Draft;
        }
        Self::Chosen(
            chosen(upload, "person", Outcome::PersonMissing),
            chosen(upload, "garment", Outcome::GarmentMissing),
        )
    }

    fn hash(&self, category: Category) -> BodyHash {
        let none = Bytes::new();
        match self {
            Self::Draft => {
                BodyHash::of(&[("draft", b"1"), ("category", category.as_str().as_bytes())])
            }
            Self::Chosen(person, garment) => body_hash(
                person.as_ref().unwrap_or(&none),
                garment.as_ref().unwrap_or(&none),
                category,
            ),
        }
    }

    /// Both pictures, checked and kept.
    async fn into_draft(self, services: &Services, user: &UserId) -> Result<Draft, Vec<Outcome>> {
        let studio = &services.studio;
        let (person, garment) = match self {
            Self::Draft => {
                let draft = studio.find_draft(user).await.map_err(broken)?;
                return draft.ok_or_else(|| vec![Outcome::PersonMissing, Outcome::GarmentMissing]);
            }
            Self::Chosen(person, garment) => both(person, garment)?,
        };
        let (person, garment) =
            tokio::join!(studio.check_picture(person), studio.check_picture(garment));
        let (person, garment) = both(
            person.map_err(person_outcome),
            garment.map_err(garment_outcome),
        )?;
        let kept = studio.keep_draft(user, &person, &garment).await;
        kept.map_err(|error| vec![outcome_of(error)])
    }
}

/// Both, or everything that is wrong.
fn both<T>(a: Result<T, Outcome>, b: Result<T, Outcome>) -> Result<(T, T), Vec<Outcome>> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (a, b) => Err([a.err(), b.err()].into_iter().flatten().collect()),
    }
}

const fn person_outcome(error: PictureError) -> Outcome {
    match error {
        PictureError::TooLarge => Outcome::PersonTooLarge,
        PictureError::Unsupported => Outcome::PersonUnsupported,
        PictureError::Broken => Outcome::PersonBroken,
    }
}

const fn garment_outcome(error: PictureError) -> Outcome {
    match error {
        PictureError::TooLarge => Outcome::GarmentTooLarge,
        PictureError::Unsupported => Outcome::GarmentUnsupported,
        PictureError::Broken => Outcome::GarmentBroken,
    }
}

/// A file that was sent, or the sample that was chosen instead.
fn chosen(upload: &Upload, field: &str, missing: Outcome) -> Result<Bytes, Outcome> {
    // A file input that was left alone is sent as an empty file.
    if let Some(bytes) = upload.file(field).filter(|bytes| !bytes.is_empty()) {
        return Ok(bytes);
    }
    let sample = upload.text(&format!("{field}_sample")).to_owned();
    crate::http::assets::sample(&sample).ok_or(missing)
}

fn broken(error: db::Error) -> Vec<Outcome> {
    vec![outcome_of(error.into())]
}

fn outcome_of(error: SubmitError) -> Outcome {
    match error {
        SubmitError::Insufficient(_) => Outcome::InsufficientCredits,
        SubmitError::TooManyJobs => Outcome::TooManyJobs,
        SubmitError::ProviderDown => Outcome::ProviderUnavailable,
        SubmitError::NoDraft => Outcome::PersonMissing,
        SubmitError::Key(KeyRefused::Mismatch) => Outcome::KeyMismatch,
        SubmitError::Key(KeyRefused::InFlight) => Outcome::Conflict,
        SubmitError::Store(error) => {
            tracing::error!(%error, "the try-on form failed");
            if error.is_unavailable() {
                Outcome::Interrupted
            } else {
                Outcome::Unexpected
            }
        }
        SubmitError::Database(error) => {
            tracing::error!(%error, "the try-on form failed");
            Outcome::of_broken(&error)
        }
    }
}

/// `POST /api/try-on/callback/{token}`, from the provider. What it says is not believed: it only
/// makes a worker ask.
pub async fn callback(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let studio = &state.services.studio;
    heard(studio.callback(&token, &headers, &body).await?)
}

/// `POST /api/webhooks/replicate`, for all jobs at once, and always signed.
pub async fn replicate(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let studio = &state.services.studio;
    let from = ProviderId::Replicate;
    heard(studio.signed_callback(from, &headers, &body).await?)
}

fn heard(heard: Heard) -> Result<StatusCode, Problem> {
    match heard {
        Heard::Known => Ok(StatusCode::NO_CONTENT),
        Heard::Unknown => Err(Problem::not_found()),
        Heard::Forged => {
            tracing::warn!("the signature of a provider's callback was missing, wrong or too old");
            Err(Problem::bad_signature())
        }
    }
}
