use axum::extract::State as Extract;
use axum::http::StatusCode;

use super::State;

/// The process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// The process can do its work: it is not stopping, and the database answers.
pub async fn ready(Extract(state): Extract<State>) -> Result<&'static str, StatusCode> {
    if state.stop.is_cancelled() || state.services.db.ping().await.is_err() {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok("ready")
}
