//! Try-on, posted by programs (`/api/try-on`, answered with JSON) and by the form of the page
//! (`/try-on`, answered with a redirect). Both read the same multipart body, bounded field by field.

use atelier_app::flash::{Form, Outcome};
use atelier_app::routes;
use atelier_server::accounts::Language;
use atelier_server::idempotency::BodyHash;
use atelier_server::ids::UserId;
use atelier_server::services::Services;
use atelier_server::studio::{
    Category, Draft, FileKind, Job, PictureError, SubmitRequest, Tool, Work,
};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use utoipa::ToSchema;

use super::studio::{self, JobForm, broken, outcome_of};
use crate::http::State;
use crate::http::caller::{Caller, SignedIn};
use crate::http::keys;
use crate::http::openapi::{File, IdempotencyKey};
use crate::http::problem::{Problem, bad_picture, one_of};
use crate::http::upload::{Upload, UploadError, drain};

const API: &str = "POST /api/try-on";
const FORM: JobForm = JobForm {
    form: Form::TryOn,
    path: routes::TRY_ON,
    endpoint: "POST /try-on",
    kept: &["person_sample", "garment_sample", "category", "key"],
};

#[derive(ToSchema)]
pub struct TryOnBody {
    /// Whoever is to wear it.
    #[schema(value_type = File)]
    pub person: Bytes,
    #[schema(value_type = File)]
    pub garment: Bytes,
    /// `auto` when it is not there.
    pub category: Option<Category>,
}

/// Try a garment on
///
/// Two photos, JPEG, PNG or WebP, of up to 10 MB each. Sign-in, rate, funds and the provider are checked before the
/// body is read.
#[utoipa::path(
    post,
    path = "/api/try-on",
    tag = "studio",
    params(IdempotencyKey),
    request_body(content = TryOnBody, content_type = "multipart/form-data"),
    responses((status = 202, description = "The job", body = Job), (status = 402, description = "Nothing is left that pays for it"), (status = 409, description = "The key is in flight"), (status = 503, description = "The provider is down; nothing is held")),
    security(("session" = []), ("token" = ["jobs", "credits:spend"])),
)]
pub async fn create(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    caller: Result<Caller, Problem>,
    request: Request,
) -> Result<Response, Problem> {
    let (caller, upload) = match studio::admit(&state, &headers, caller, Tool::TryOn, API).await {
        Ok(caller) => (caller, studio::receive(&state, request).await?),
        Err(problem) => {
            drain(request.into_body()).await;
            return Err(problem);
        }
    };
    let category = match upload.text("category") {
        "" => Category::Auto,
        text => Category::parse(text).ok_or_else(|| {
            let wrong = one_of(["auto", "tops", "bottoms", "one-piece"]);
            Problem::validation_of([("category".to_owned(), wrong)].into())
        })?,
    };
    let (person, garment) = (file(&upload, "person")?, file(&upload, "garment")?);
    let hash = body_hash(&person, &garment, category);
    let key = keys::scope(&headers, &caller.user.id, API, hash)?;
    let services = &state.services;
    let check = async |field, bytes| {
        let checked = services.studio.check_picture(bytes).await;
        checked.map_err(|error| bad_picture(field, error))
    };
    let (person, garment) = (
        check("person", person).await?,
        check("garment", garment).await?,
    );
    let pictures = [(FileKind::Person, &person), (FileKind::Garment, &garment)];
    let work = Work::TryOn { category };
    let draft = services.studio.keep_draft(&caller.user.id, work, &pictures);
    let request = SubmitRequest {
        draft: draft.await?,
        user: caller.user.id,
        key,
    };
    studio::submit(services, &request).await
}

fn file(upload: &Upload, field: &'static str) -> Result<Bytes, Problem> {
    upload
        .file(field)
        .ok_or_else(|| Problem::validation([(field, "wrong-missing")]))
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
    SignedIn(caller): SignedIn,
    request: Request,
) -> Response {
    let Some(caller) = caller else {
        drain(request.into_body()).await;
        return Redirect::to(&routes::sign_in_then(routes::TRY_ON)).into_response();
    };
    let upload = match receive_form(&state, request).await {
        Ok(upload) => upload,
        Err(outcome) => {
            return FORM
                .refuse(&state, caller, language, None, vec![outcome])
                .await;
        }
    };
    match run_form(&state, &caller, &upload).await {
        Ok(job) => Redirect::to(&routes::job(&job)).into_response(),
        Err(outcomes) => {
            let refused = FORM.refuse(&state, caller, language, Some(&upload), outcomes);
            refused.await
        }
    }
}

async fn receive_form(state: &State, request: Request) -> Result<Upload, Outcome> {
    let multipart = Multipart::from_request(request, state)
        .await
        .map_err(|_| Outcome::Incomplete)?;
    Upload::read(multipart).await.map_err(|error| match error {
        UploadError::FileTooLarge(field) if field == "garment" => Outcome::GarmentTooLarge,
        UploadError::FileTooLarge(_) | UploadError::TooLarge => Outcome::PersonTooLarge,
        UploadError::Broken => Outcome::Incomplete,
    })
}

async fn run_form(state: &State, caller: &Caller, upload: &Upload) -> Result<String, Vec<Outcome>> {
    let services = &state.services;
    let user = caller.user.id.clone();
    let category = Category::parse(upload.text("category")).unwrap_or(Category::Auto);
    let pictures = Pictures::chosen(services, &user, upload).await?;
    let scope = FORM.scope(&user, upload, pictures.hash(category))?;
    // A second click comes when the draft is a job already, or the last credit is spent.
    if let Some(job) = studio::answered(services, &scope).await? {
        return Ok(job);
    }
    let draft = pictures.into_draft(services, &user, category).await?;
    studio::submit_form(services, user, draft, scope).await
}

/// What a form wants to try on.
enum Pictures {
    /// The pictures kept from before.
    Draft,
    Chosen(Result<Bytes, Outcome>, Result<Bytes, Outcome>),
}

impl Pictures {
    async fn chosen(
        services: &Services,
        user: &UserId,
        upload: &Upload,
    ) -> Result<Self, Vec<Outcome>> {
        if upload.text("draft") == "1" {
            return Ok(Self::Draft);
        }
        let picture = |field, kind| studio::chosen(services, user, upload, field, kind);
        let person = picture("person", FileKind::Person).await?;
        let garment = picture("garment", FileKind::Garment).await?;
        Ok(Self::Chosen(
            person.ok_or(Outcome::PersonMissing),
            garment.ok_or(Outcome::GarmentMissing),
        ))
    }

    fn hash(&self, category: Category) -> BodyHash {
        let none = Bytes::new();
        match self {
            Self::Draft => BodyHash::of(&[("draft", b"1")]),
            Self::Chosen(person, garment) => body_hash(
                person.as_ref().unwrap_or(&none),
                garment.as_ref().unwrap_or(&none),
                category,
            ),
        }
    }

    /// Both pictures, checked and kept.
    async fn into_draft(
        self,
        services: &Services,
        user: &UserId,
        category: Category,
    ) -> Result<Draft, Vec<Outcome>> {
        let studio = &services.studio;
        let (person, garment) = match self {
            Self::Draft => {
                let draft = studio.find_draft(user, Tool::TryOn).await.map_err(broken)?;
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
        let pictures = [(FileKind::Person, &person), (FileKind::Garment, &garment)];
        let work = Work::TryOn { category };
        let kept = studio.keep_draft(user, work, &pictures).await;
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
        PictureError::Animated => Outcome::PersonAnimated,
        PictureError::TooSmall => Outcome::PersonTooSmall,
        PictureError::TooManyPixels => Outcome::PersonTooManyPixels,
    }
}

const fn garment_outcome(error: PictureError) -> Outcome {
    match error {
        PictureError::TooLarge => Outcome::GarmentTooLarge,
        PictureError::Unsupported => Outcome::GarmentUnsupported,
        PictureError::Broken => Outcome::GarmentBroken,
        PictureError::Animated => Outcome::GarmentAnimated,
        PictureError::TooSmall => Outcome::GarmentTooSmall,
        PictureError::TooManyPixels => Outcome::GarmentTooManyPixels,
    }
}
