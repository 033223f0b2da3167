use atelier_server::accounts::Scope;
use atelier_server::idempotency::BodyHash;
use atelier_server::ids::JobId;
use atelier_server::studio::{
    Deletion, FileKind, Job, JobFilter, JobState, Link, StoredFile, Tool,
};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::lists::{Page, limit, place, word};
use crate::http::State;
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::keys;
use crate::http::openapi::{File, IdempotencyKey, shapes};
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before.
    #[param(schema_with = shapes::cursor)]
    cursor: Option<String>,
    /// Only jobs of this tool.
    #[param(schema_with = shapes::word_of::<Tool>)]
    tool: Option<String>,
    /// Only those in this state.
    #[param(schema_with = shapes::word_of::<JobState>)]
    state: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// Sent as a download with a name of its own.
    download: Option<String>,
}

/// List jobs
///
/// One's own, newest first.
#[utoipa::path(
    get,
    path = "/api/jobs",
    tag = "studio",
    params(Asked),
    responses((status = 200, description = "A page of jobs", body = Page<Job>)),
    security(("session" = []), ("token" = ["jobs"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    caller: Caller,
) -> Result<Json<Page<Job>>, Problem> {
    caller.require(Scope::Jobs)?;
    let wanted = limit(asked.limit);
    let before = place(asked.cursor.as_deref(), JobId::parse)?;
    let filter = JobFilter {
        tool: word("tool", asked.tool.as_deref(), Tool::parse)?,
        state: word("state", asked.state.as_deref(), JobState::parse)?,
    };
    let jobs = state
        .services
        .studio
        .jobs_of(&caller.user.id, filter, before.as_ref(), wanted + 1)
        .await?;
    Ok(Json(Page::of(jobs, wanted, |job| job.id.to_string())))
}

/// Read a job
#[utoipa::path(
    get,
    path = "/api/jobs/{id}",
    tag = "studio",
    responses((status = 200, description = "The job", body = Job)),
    security(("session" = []), ("token" = ["jobs"])),
)]
pub async fn show(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Job>, Problem> {
    Ok(Json(readable(&state, &caller, &id).await?))
}

/// Cancel a job
///
/// A job that waits ends at once and costs nothing; of one that runs it is a wish.
#[utoipa::path(
    post,
    path = "/api/jobs/{id}/cancel",
    tag = "studio",
    params(IdempotencyKey),
    responses((status = 200, description = "The job", body = Job), (status = 409, description = "It has ended, or the key is in flight")),
    security(("session" = []), ("token" = ["jobs"])),
)]
pub async fn cancel(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    let job = own(&state, &caller, &id).await?;
    let endpoint = format!("POST /api/jobs/{}/cancel", job.id);
    let key = keys::scope(&headers, &caller.user.id, endpoint, BodyHash::of(&[]))?;
    let answer = state.services.studio.cancel(&job, key.as_ref()).await?;
    Ok(keys::respond(answer))
}

/// Delete a job with its files
#[utoipa::path(
    delete,
    path = "/api/jobs/{id}",
    tag = "studio",
    responses((status = 204, description = "It is gone"), (status = 409, description = "It has not ended")),
    security(("session" = []), ("token" = ["jobs"])),
)]
pub async fn delete(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    let job = own(&state, &caller, &id).await?;
    state
        .services
        .studio
        .delete(&job, Deletion::ForGood)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Fetch what a job made
///
/// The whole file, or the part that `Range` asks for.
#[utoipa::path(
    get,
    path = "/api/jobs/{id}/result",
    tag = "studio",
    params(How),
    responses((status = 200, description = "The file", content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp"), (File = "video/mp4"))), (status = 206, description = "A part of it", content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp"), (File = "video/mp4"))), (status = 416, description = "There is no such part")),
    security(("session" = []), ("token" = ["jobs"])),
)]
pub async fn result(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    Queried(how): Queried<How>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    let (job, file) = find_file(&state, &caller, &id, FileKind::Result).await?;
    let mut response = send(&state, &file, &headers).await?;
    if how.download.is_some() {
        name_it(&mut response, &job, &file);
    }
    Ok(response)
}

/// Makes it a download with a name of its own.
fn name_it(response: &mut Response, job: &Job, file: &StoredFile) {
    let name = format!(
        "attachment; filename=\"atelier-{}.{}\"",
        job.id,
        file.extension()
    );
    if let Ok(value) = name.parse() {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
}

/// Make a link to what a job made
///
/// It opens for ten minutes, without a session.
#[utoipa::path(
    post,
    path = "/api/jobs/{id}/link",
    tag = "studio",
    responses((status = 201, description = "The link", body = Link)),
    security(("session" = []), ("token" = ["jobs"])),
)]
pub async fn link(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<(StatusCode, Json<Link>), Problem> {
    let job = own(&state, &caller, &id).await?;
    let studio = &state.services.studio;
    if studio.file_of(&job.id, FileKind::Result).await?.is_none() {
        return Err(Problem::not_found());
    }
    let link = studio.link(&job.id);
    let url = state
        .site
        .url
        .join(&link.url)
        .map_err(|_| Problem::not_found())?;
    let url = url.into();
    Ok((StatusCode::CREATED, Json(Link { url, ..link })))
}

/// Fetch a file by its link
#[utoipa::path(
    get,
    path = "/api/links/{token}",
    tag = "studio",
    params(How),
    responses((status = 200, description = "The file", content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp"), (File = "video/mp4"))), (status = 206, description = "A part of it", content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp"), (File = "video/mp4"))), (status = 416, description = "There is no such part")),
)]
pub async fn linked(
    Extract(state): Extract<State>,
    Path(token): Path<String>,
    Queried(how): Queried<How>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = state.services.studio.linked(&token).await?;
    let (job, file) = found.ok_or_else(Problem::not_found)?;
    let mut response = send(&state, &file, &headers).await?;
    if how.download.is_some() {
        name_it(&mut response, &job, &file);
    }
    Ok(response)
}

/// Fetch the photo of the person
#[utoipa::path(
    get,
    path = "/jobs/{id}/person",
    tag = "studio",
    responses((status = 200, description = "The picture", content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp"))), (status = 206, description = "A part of it", content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp"))), (status = 416, description = "There is no such part")),
    security(("session" = []), ("token" = ["jobs"])),
)]
pub async fn person(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    original(&state, &caller, &id, FileKind::Person, &headers).await
}

/// Fetch the photo of the garment
#[utoipa::path(
    get,
    path = "/jobs/{id}/garment",
    tag = "studio",
    responses((status = 200, description = "The picture", content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp"))), (status = 206, description = "A part of it", content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp"))), (status = 416, description = "There is no such part")),
    security(("session" = []), ("token" = ["jobs"])),
)]
pub async fn garment(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    original(&state, &caller, &id, FileKind::Garment, &headers).await
}

/// Fetch the picture that a video can begin with
#[utoipa::path(
    get,
    path = "/jobs/{id}/picture",
    tag = "studio",
    responses((status = 200, description = "The picture", content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp"))), (status = 206, description = "A part of it", content((File = "image/png"), (File = "image/jpeg"), (File = "image/webp"))), (status = 416, description = "There is no such part")),
    security(("session" = []), ("token" = ["jobs"])),
)]
pub async fn picture(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    let job = readable(&state, &caller, &id).await?;
    let file = state.services.studio.beginning_of(&job).await?;
    send(&state, &file.ok_or_else(Problem::not_found)?, &headers).await
}

async fn original(
    state: &State,
    caller: &Caller,
    id: &str,
    kind: FileKind,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (_, file) = find_file(state, caller, id, kind).await?;
    send(state, &file, headers).await
}

async fn find_file(
    state: &State,
    caller: &Caller,
    id: &str,
    kind: FileKind,
) -> Result<(Job, StoredFile), Problem> {
    let job = readable(state, caller, id).await?;
    let file = state.services.studio.file_of(&job.id, kind).await?;
    Ok((job, file.ok_or_else(Problem::not_found)?))
}

/// A file, or the part of it that is asked for: players of videos jump about in them.
async fn send(state: &State, file: &StoredFile, headers: &HeaderMap) -> Result<Response, Problem> {
    let studio = &state.services.studio;
    let whole = u64::try_from(file.bytes).unwrap_or_default();
    let mut response = match asked_part(headers, whole) {
        Part::All => Body::from(studio.bytes_of(file).await?).into_response(),
        Part::From(first, last) => {
            let bytes = studio.part_of(file, first..last + 1).await?;
            let range = format!("bytes {first}-{last}/{whole}");
            let part = (
                StatusCode::PARTIAL_CONTENT,
                [(header::CONTENT_RANGE, range)],
                bytes,
            );
            part.into_response()
        }
        Part::Nowhere => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{whole}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
    };
    let headers = response.headers_mut();
    if let Ok(media) = file.media_type.parse() {
        headers.insert(header::CONTENT_TYPE, media);
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // They are somebody's own: kept nowhere, so that they are gone after signing out and deleting.
    let keep = HeaderValue::from_static("private, no-store");
    headers.insert(header::CACHE_CONTROL, keep);
    Ok(response)
}

/// What a `Range` header asks for: the first and the last byte.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    All,
    From(u64, u64),
    Nowhere,
}

/// One range is followed; what cannot be read, and several at once, get the whole file, as RFC 9110
/// (14.2) allows.
fn asked_part(headers: &HeaderMap, whole: u64) -> Part {
    let asked = headers
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok());
    let Some(Ok(asked)) = asked.map(http_range_header::parse_range_header) else {
        return Part::All;
    };
    match asked.validate(whole) {
        Ok(ranges) => match &ranges[..] {
            [one] => Part::From(*one.start(), *one.end()),
            _ => Part::All,
        },
        Err(_) => Part::Nowhere,
    }
}

/// A job the caller may look at: their own, or any for an administrator. Others do not exist.
async fn readable(state: &State, caller: &Caller, id: &str) -> Result<Job, Problem> {
    caller.require(Scope::Jobs)?;
    let job = find(state, id).await?;
    if job.user_id == caller.user.id || caller.is_admin() {
        Ok(job)
    } else {
        Err(Problem::not_found())
    }
}

async fn own(state: &State, caller: &Caller, id: &str) -> Result<Job, Problem> {
    caller.require(Scope::Jobs)?;
    let job = find(state, id).await?;
    if job.user_id == caller.user.id {
        Ok(job)
    } else {
        Err(Problem::not_found())
    }
}

async fn find(state: &State, id: &str) -> Result<Job, Problem> {
    let id = JobId::parse(id).ok_or_else(Problem::not_found)?;
    state
        .services
        .studio
        .job(&id)
        .await?
        .ok_or_else(Problem::not_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_file_is_asked_for_as_players_do() {
        let part = |range: &str| {
            let headers = HeaderMap::from_iter([(header::RANGE, range.parse().unwrap())]);
            asked_part(&headers, 100)
        };
        assert_eq!(part("bytes=0-"), Part::From(0, 99));
        assert_eq!(part("bytes=10-19"), Part::From(10, 19));
        assert_eq!(part("bytes=-5"), Part::From(95, 99));
        assert_eq!(part("bytes=90-500"), Part::From(90, 99));
        assert_eq!(part("bytes=100-"), Part::Nowhere);
        assert_eq!(part("bytes=0-1,5-6"), Part::All);
        assert_eq!(part("pages=1"), Part::All);
        assert_eq!(asked_part(&HeaderMap::new(), 100), Part::All);
    }
}
