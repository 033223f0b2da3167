//! The session cookie: sent along when somebody comes back from a payment provider's page (`Lax`),
//! never readable by script, and living on while it is used.

use atelier_app::session;
use axum::extract::{Request, State as Extract};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use crate::http::State;
use crate::http::problem::Problem;

/// The cookie's name.
pub const COOKIE: &str = "atelier_session";
const LIFE: Duration = Duration::days(30);

pub fn layer(state: &State) -> SessionManagerLayer<atelier_server::accounts::SessionStore> {
    SessionManagerLayer::new(state.services.sessions.clone())
        .with_name(COOKIE)
        .with_same_site(SameSite::Lax)
        .with_secure(state.site.secure_cookies)
        .with_http_only(true)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(LIFE))
}

/// The session's own layer answers with an empty 500 when its store does not take a session.
pub async fn explain(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_empty = !response.headers().contains_key(CONTENT_TYPE);
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR && is_empty {
        return Problem::unavailable("a session could not be kept").into_response();
    }
    response
}

/// Extends the life of a session that is used, at most once a day.
pub async fn keep_alive(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let session = request.extensions().get::<Session>().cloned();
    if let Some(session) = session {
        match session::current_user(&session).await {
            Ok(Some(_)) => {
                let today = state.services.clock.now().day();
                if let Err(error) = session::touch(&session, &today).await {
                    return Problem::from(error).into_response();
                }
            }
            Ok(None) => {}
            Err(error) => return Problem::from(error).into_response(),
        }
    }
    next.run(request).await
}
