//! Video, posted by programs (`/api/video/generate`, JSON or multipart) and by the form of the page
//! (`/video`, answered with a redirect).

use std::collections::BTreeMap;

use atelier_app::flash::{Form, Outcome};
use atelier_app::routes;
use atelier_server::accounts::Language;
use atelier_server::idempotency::BodyHash;
use atelier_server::services::Services;
use atelier_server::studio::{
    Aspect, Draft, FileKind, Job, MOST_BYTES, PictureError, SubmitRequest, Tool, Video, VideoWays,
    Work,
};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request, State as Extract};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use utoipa::ToSchema;

use super::studio::{self, JobForm, broken, outcome_of};
use crate::http::State;
use crate::http::body::Fields;
use crate::http::caller::{Caller, SignedIn};
use crate::http::keys;
use crate::http::openapi::{File, IdempotencyKey, shapes};
use crate::http::problem::{Problem, bad_picture, one_of, too_long};
use crate::http::upload::{PATIENCE, Place, Upload, UploadError, drain};

const API: &str = "POST /api/video/generate";
const FORM: JobForm = JobForm {
    form: Form::Video,
    path: routes::VIDEO,
    endpoint: "POST /video",
    kept: &["prompt", "image_sample", "aspect", "seconds", "key"],
};

#[derive(ToSchema)]
pub struct VideoBody {
    #[schema(max_length = 1_000)]
    pub prompt: Option<String>,
    /// A picture as a `data:` address in base64.
    #[schema(schema_with = shapes::data_uri)]
    pub image: Option<String>,
    pub aspect: Option<Aspect>,
    #[schema(schema_with = shapes::seconds)]
    pub seconds: Option<i64>,
}

#[derive(ToSchema)]
pub struct VideoForm {
    #[schema(max_length = 1_000)]
    pub prompt: Option<String>,
    #[schema(value_type = Option<File>)]
    pub image: Option<Bytes>,
    pub aspect: Option<Aspect>,
    #[schema(schema_with = shapes::seconds)]
    pub seconds: Option<i64>,
}

/// Make a video
///
/// Of a prompt, a picture or both, as the provider can. Sign-in, rate, funds and the provider are checked before the
/// body is read.
#[utoipa::path(
    post,
    path = "/api/video/generate",
    tag = "studio",
    params(IdempotencyKey),
    request_body(content((VideoBody = "application/json"), (VideoForm = "multipart/form-data"))),
    responses((status = 202, description = "The job", body = Job), (status = 402, description = "Nothing is left that pays for it"), (status = 409, description = "The key is in flight"), (status = 503, description = "The provider is down; nothing is held")),
    security(("session" = []), ("token" = ["jobs", "credits:spend"])),
)]
pub async fn create(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    caller: Result<Caller, Problem>,
    request: Request,
) -> Result<Response, Problem> {
    let caller = match studio::admit(&state, &headers, caller, Tool::Video, API).await {
        Ok(caller) => caller,
        Err(problem) => {
            drain(request.into_body()).await;
            return Err(problem);
        }
    };
    let (video, image, _place) = if is_json(&headers) {
        receive_json(&state, request).await?
    } else {
        receive_multipart(&state, request).await?
    };
    let services = &state.services;
    match missing(services.studio.video_ways(), &video, image.is_some()) {
        None => {}
        Some(Outcome::PictureMissing) => {
            return Err(Problem::validation([("image", "wrong-missing")]));
        }
        Some(_) => return Err(Problem::validation([("prompt", "wrong-missing")])),
    }
    let hash = body_hash(&video, image.as_ref());
    let key = keys::scope(&headers, &caller.user.id, API, hash)?;
    let picture = match image {
        Some(bytes) => {
            let checked = services.studio.check_picture(bytes).await;
            Some(checked.map_err(|error| bad_picture("image", error))?)
        }
        None => None,
    };
    let pictures: Vec<_> = picture.iter().map(|one| (FileKind::Picture, one)).collect();
    let work = Work::Video(video);
    let draft = services.studio.keep_draft(&caller.user.id, work, &pictures);
    let request = SubmitRequest {
        draft: draft.await?,
        user: caller.user.id,
        key,
    };
    studio::submit(services, &request).await
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE);
    let media = media
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json")
}

async fn receive_json(
    state: &State,
    request: Request,
) -> Result<(Video, Option<Bytes>, Place), Problem> {
    let place = Place::take().await;
    let read = tokio::time::timeout(PATIENCE, Fields::from_request(request, state)).await;
    let mut fields =
        read.unwrap_or_else(|_| Err(Problem::validation([("body", "wrong-incomplete")])))?;
    let prompt = fields.optional_text("prompt").unwrap_or_default();
    let image = fields.optional_text("image");
    let aspect = fields.optional_text("aspect");
    let seconds = fields.optional_integer("seconds");
    fields.check()?;
    let video = video(&prompt, aspect.as_deref(), seconds)?;
    let image = image.as_deref().map(read_data_uri).transpose()?;
    Ok((video, image, place))
}

/// Only what was sent is read: an address would make this server fetch what strangers name.
fn read_data_uri(text: &str) -> Result<Bytes, Problem> {
    let wrong = || Problem::validation([("image", "wrong-data-uri")]);
    let (head, data) = text.split_once(',').ok_or_else(wrong)?;
    if !head.starts_with("data:image/") || !head.ends_with(";base64") {
        return Err(wrong());
    }
    if data.len() / 4 * 3 > MOST_BYTES + 3 {
        return Err(bad_picture("image", PictureError::TooLarge));
    }
    let bytes = STANDARD.decode(data).map_err(|_| wrong())?;
    Ok(bytes.into())
}

async fn receive_multipart(
    state: &State,
    request: Request,
) -> Result<(Video, Option<Bytes>, Place), Problem> {
    let upload = studio::receive(state, request).await?;
    let text = |field| Some(upload.text(field)).filter(|text| !text.is_empty());
    // What is no number is no length of a video either.
    let seconds = text("seconds").map(|text| text.parse().unwrap_or(0));
    let video = video(upload.text("prompt"), text("aspect"), seconds)?;
    Ok((video, upload.file("image"), upload.into_place()))
}

/// A video as it was asked for, or everything that is wrong with it.
fn video(prompt: &str, aspect: Option<&str>, seconds: Option<i64>) -> Result<Video, Problem> {
    let aspect = aspect.map_or(Some(Aspect::Tall), Aspect::parse);
    let seconds = seconds.unwrap_or(Video::SECONDS[0]);
    let mut wrong = BTreeMap::new();
    if aspect.is_none() {
        wrong.insert("aspect".to_owned(), one_of(["9:16", "16:9", "1:1"]));
    }
    if !Video::SECONDS.contains(&seconds) {
        wrong.insert(
            "seconds".to_owned(),
            one_of(Video::SECONDS.map(|each| each.to_string())),
        );
    }
    if prompt.contains('\0') {
        wrong.insert("prompt".to_owned(), "wrong-text".into());
    } else if prompt.trim().chars().count() > Video::LONGEST_PROMPT {
        wrong.insert("prompt".to_owned(), too_long(Video::LONGEST_PROMPT));
    }
    let video = aspect.and_then(|aspect| Video::new(prompt, aspect, seconds));
    video.ok_or_else(|| Problem::validation_of(wrong))
}

/// What is missing for any of the providers to make it.
fn missing(ways: VideoWays, video: &Video, has_picture: bool) -> Option<Outcome> {
    match (has_picture, !video.prompt.is_empty()) {
        (true, true) if ways.both => None,
        (true, false) if ways.picture_alone => None,
        (false, true) if ways.prompt_alone => None,
        (false, true) => Some(Outcome::PictureMissing),
        (false, false) if !ways.prompt_alone => Some(Outcome::PictureMissing),
        _ => Some(Outcome::PromptMissing),
    }
}

fn body_hash(video: &Video, image: Option<&Bytes>) -> BodyHash {
    let seconds = video.seconds.to_string();
    BodyHash::of(&[
        ("prompt", video.prompt.as_bytes()),
        ("image", image.map_or(&[][..], |image| &image[..])),
        ("aspect", video.aspect.as_str().as_bytes()),
        ("seconds", seconds.as_bytes()),
    ])
}

/// `POST /video`, from the page: a redirect to the job, or the form again with what was wrong.
pub async fn submit_form(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
    SignedIn(caller): SignedIn,
    request: Request,
) -> Response {
    let Some(caller) = caller else {
        drain(request.into_body()).await;
        return Redirect::to(&routes::sign_in_then(routes::VIDEO)).into_response();
    };
    let upload = match receive_form(&state, request).await {
        Ok(upload) => upload,
        Err(outcome) => {
            return FORM
                .refuse(&state, caller, language, None, vec![outcome])
                .await;
        }
    };
    match run_form(&state.services, &caller, &upload).await {
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
        UploadError::FileTooLarge(_) | UploadError::TooLarge => Outcome::PictureTooLarge,
        UploadError::Broken => Outcome::Incomplete,
    })
}

async fn run_form(
    services: &Services,
    caller: &Caller,
    upload: &Upload,
) -> Result<String, Vec<Outcome>> {
    let user = caller.user.id.clone();
    if upload.text("draft") == "1" {
        let scope = FORM.scope(&user, upload, BodyHash::of(&[("draft", b"1")]))?;
        if let Some(job) = studio::answered(services, &scope).await? {
            return Ok(job);
        }
        let draft = services.studio.find_draft(&user, Tool::Video).await;
        let draft = draft.map_err(broken)?;
        let draft = draft.ok_or_else(|| vec![Outcome::PromptMissing])?;
        return studio::submit_form(services, user, draft, scope).await;
    }
    let video = typed(upload)?;
    let image = studio::chosen(services, &user, upload, "image", FileKind::Picture).await?;
    let scope = FORM.scope(&user, upload, body_hash(&video, image.as_ref()))?;
    if let Some(job) = studio::answered(services, &scope).await? {
        return Ok(job);
    }
    if !services.studio.is_available(Tool::Video) {
        return Err(vec![Outcome::ProviderUnavailable]);
    }
    if let Some(outcome) = missing(services.studio.video_ways(), &video, image.is_some()) {
        return Err(vec![outcome]);
    }
    let draft = keep(services, caller, video, image).await?;
    studio::submit_form(services, user, draft, scope).await
}

fn typed(upload: &Upload) -> Result<Video, Vec<Outcome>> {
    let aspect = Aspect::parse(upload.text("aspect")).unwrap_or(Aspect::Tall);
    let seconds = upload.text("seconds").parse().ok();
    let seconds = seconds.filter(|seconds| Video::SECONDS.contains(seconds));
    let seconds = seconds.unwrap_or(Video::SECONDS[0]);
    Video::new(upload.text("prompt"), aspect, seconds).ok_or_else(|| vec![Outcome::PromptTooLong])
}

async fn keep(
    services: &Services,
    caller: &Caller,
    video: Video,
    image: Option<Bytes>,
) -> Result<Draft, Vec<Outcome>> {
    let studio = &services.studio;
    let picture = match image {
        Some(bytes) => {
            let checked = studio.check_picture(bytes).await;
            Some(checked.map_err(|error| vec![picture_outcome(error)])?)
        }
        None => None,
    };
    let pictures: Vec<_> = picture.iter().map(|one| (FileKind::Picture, one)).collect();
    let kept = studio.keep_draft(&caller.user.id, Work::Video(video), &pictures);
    kept.await.map_err(|error| vec![outcome_of(error)])
}

const fn picture_outcome(error: PictureError) -> Outcome {
    match error {
        PictureError::TooLarge => Outcome::PictureTooLarge,
        PictureError::Unsupported => Outcome::PictureUnsupported,
        PictureError::Broken => Outcome::PictureBroken,
        PictureError::Animated => Outcome::PictureAnimated,
        PictureError::TooSmall => Outcome::PictureTooSmall,
        PictureError::TooManyPixels => Outcome::PictureTooManyPixels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_depends_on_who_makes_it() {
        let sandbox = VideoWays {
            picture_alone: true,
            prompt_alone: true,
            both: true,
        };
        let from_pictures = VideoWays {
            prompt_alone: false,
            ..sandbox
        };
        let from_words = VideoWays {
            picture_alone: false,
            ..sandbox
        };
        let told = |ways, prompt, picture| {
            let video = Video::new(prompt, Aspect::Tall, 5).unwrap();
            missing(ways, &video, picture)
        };
        for ways in [sandbox, from_pictures, from_words] {
            assert_eq!(told(ways, "snow", true), None);
        }
        assert_eq!(told(sandbox, "", false), Some(Outcome::PromptMissing));
        assert_eq!(
            told(from_pictures, "snow", false),
            Some(Outcome::PictureMissing)
        );
        assert_eq!(told(from_pictures, "", true), None);
        assert_eq!(told(from_words, "", true), Some(Outcome::PromptMissing));
        assert_eq!(told(from_words, "snow", false), None);
    }

    #[test]
    fn a_picture_in_json_is_a_data_uri() {
        assert_eq!(
            read_data_uri("data:image/png;base64,AAEC").unwrap(),
            vec![0, 1, 2]
        );
        for text in [
            "https://127.0.0.1/secret.png",
            "data:text/plain;base64,AAEC",
            "data:image/png,AAEC",
            "data:image/png;base64,*",
        ] {
            assert!(read_data_uri(text).is_err(), "{text}");
        }
    }
}
