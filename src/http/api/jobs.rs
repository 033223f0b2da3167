use atelier_server::accounts::Scope;
use atelier_server::idempotency::BodyHash;
use atelier_server::ids::JobId;
use atelier_server::studio::{FileKind, Job, StoredFile};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Page, limit};
use crate::http::State;
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::keys;
use crate::http::problem::Problem;

#[derive(Deserialize)]
pub struct Asked {
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
pub struct How {
    download: Option<String>,
}

pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    caller: Caller,
) -> Result<Json<Page<Job>>, Problem> {
    caller.require(Scope::Jobs)?;
    let wanted = limit(asked.limit);
    let before = match asked.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        Some(text) => Some(
            JobId::parse(text)
                .ok_or_else(|| Problem::validation([("cursor", "is not one of this list")]))?,
        ),
        None => None,
    };
    let jobs = state
        .services
        .studio
        .jobs_of(&caller.user.id, before.as_ref(), wanted + 1)
        .await?;
    Ok(Json(Page::of(jobs, wanted, |job| job.id.to_string())))
}

pub async fn show(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Job>, Problem> {
    Ok(Json(readable(&state, &caller, &id).await?))
}

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

pub async fn delete(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    let job = own(&state, &caller, &id).await?;
    state.services.studio.delete(&job).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn result(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    Queried(how): Queried<How>,
    caller: Caller,
) -> Result<Response, Problem> {
    picture(
        &state,
        &caller,
        &id,
        FileKind::Result,
        how.download.is_some(),
    )
    .await
}

pub async fn person(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Response, Problem> {
    picture(&state, &caller, &id, FileKind::Person, false).await
}

pub async fn garment(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Response, Problem> {
    picture(&state, &caller, &id, FileKind::Garment, false).await
}

async fn picture(
    state: &State,
    caller: &Caller,
    id: &str,
    kind: FileKind,
    download: bool,
) -> Result<Response, Problem> {
    let job = readable(state, caller, id).await?;
    let studio = &state.services.studio;
    let file = studio
        .file_of(&job.id, kind)
        .await?
        .ok_or_else(Problem::not_found)?;
    let bytes = studio.bytes_of(&file).await?;
    let mut response = (picture_headers(&file), Body::from(bytes)).into_response();
    if download {
        let name = format!(
            "attachment; filename=\"atelier-{}.{}\"",
            job.id,
            extension(&file)
        );
        if let Ok(value) = name.parse() {
            response
                .headers_mut()
                .insert(header::CONTENT_DISPOSITION, value);
        }
    }
    Ok(response)
}

fn picture_headers(file: &StoredFile) -> [(header::HeaderName, String); 2] {
    // They are somebody's own: kept nowhere, so that they are gone after signing out and deleting.
    let keep = "private, no-store".to_owned();
    [
        (header::CONTENT_TYPE, file.media_type.clone()),
        (header::CACHE_CONTROL, keep),
    ]
}

fn extension(file: &StoredFile) -> &'static str {
    match file.media_type.as_str() {
        "image/jpeg" => "jpg",
        "image/webp" => "webp",
        _ => "png",
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
