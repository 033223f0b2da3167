//! `GET /account/export`: everything we know of an account, as one archive.

use atelier_server::export::archive;
use axum::body::Body;
use axum::extract::State as Extract;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::State;
use super::caller::Caller;
use super::problem::Problem;

/// For a session only: no token, whatever its scopes, takes everything away at once.
pub async fn download(Extract(state): Extract<State>, caller: Caller) -> Result<Response, Problem> {
    caller.require_session()?;
    let services = state.services.clone();
    services.accounts.count_export(&caller.user).await??;
    let name = format!(
        "attachment; filename=\"atelier-{}.zip\"",
        services.clock.now().day()
    );
    let headers = [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    let body = Body::from_stream(archive(services, caller.user));
    Ok((headers, body).into_response())
}
