use axum::extract::State as Extract;

use super::State;
use super::problem::Problem;

/// Say that the process answers
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "description",
    responses((status = 200, description = "It does", body = String)),
)]
pub async fn alive() -> &'static str {
    "ok"
}

/// Say whether the process can do its work
///
/// It is not stopping, and the database answers.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "description",
    responses((status = 200, description = "It can", body = String)),
)]
pub async fn ready(Extract(state): Extract<State>) -> Result<&'static str, Problem> {
    if state.stop.is_cancelled() || state.services.db.ping().await.is_err() {
        return Err(Problem::not_ready());
    }
    Ok("ready")
}
