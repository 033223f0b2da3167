use std::time::Duration;

use atelier_app::forms::payments::checkout_request;
use atelier_app::session;
use atelier_server::accounts::{Email, Language, User};
use atelier_server::payments::{Provider, Started};
use axum::extract::State as Extract;
use axum::{Extension, Json};
use serde::Serialize;
use tower_sessions::Session;
use url::Url;
use utoipa::ToSchema;

use crate::http::State;
use crate::http::problem::Problem;
use crate::start::DEMO_EMAIL;

/// What is bought.
const ITEM: &str = "credits-10";
const GOOD_CARD: &str = "4242424242424242";
/// How long the event may take to be acted on.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How a purchase at the sandbox's Creem went.
#[derive(Serialize, ToSchema)]
pub struct TestedCreem {
    event_id: String,
    /// How the event was answered.
    status: u16,
    state: String,
    /// The credits that remained.
    before: i64,
    after: i64,
}

/// Buy a pack at the sandbox's Creem
///
/// Only in the sandbox: buys for whoever is signed in, else for the demo account, so that a really signed event
/// comes.
#[utoipa::path(
    get,
    path = "/api/test-creem",
    tag = "sandbox",
    responses((status = 200, description = "Which event came, and the credits before and after it", body = TestedCreem), (status = 404, description = "Creem is not played here"), (status = 503, description = "The event did not come in time")),
)]
pub async fn run(
    Extract(state): Extract<State>,
    Extension(session): Extension<Session>,
    Extension(language): Extension<Language>,
) -> Result<Json<TestedCreem>, Problem> {
    let sandbox = state.creem_sandbox.clone().ok_or_else(Problem::not_found)?;
    let user = buyer(&state, &session).await?;
    let services = &state.services;
    let before = services.wallet(&user.id).await?.figures.remaining;
    let offer = services
        .catalog
        .offer(ITEM)
        .ok_or_else(Problem::not_found)?;
    let id = user.id.clone();
    let request = checkout_request(user, offer, Provider::Creem, language, None);
    let answer = services.payments.checkout(request).await?;
    let started: Started = serde_json::from_str(&answer.body).map_err(Problem::internal)?;
    pay(&sandbox, &started.session_id).await?;
    let (event_id, state_of_event) = taken(&state, &started.session_id).await?;
    let after = services.wallet(&id).await?.figures.remaining;
    Ok(Json(TestedCreem {
        event_id,
        status: 200,
        state: state_of_event,
        before,
        after,
    }))
}

async fn buyer(state: &State, session: &Session) -> Result<User, Problem> {
    let signed_in = session::current_user(session).await;
    if let Some(user) = signed_in.map_err(Problem::from)? {
        return Ok(user);
    }
    let email = Email::parse(DEMO_EMAIL).ok_or_else(Problem::not_found)?;
    let demo = state.services.accounts.find_by_email(&email).await?;
    demo.ok_or_else(Problem::not_found)
}

/// Pays on the hosted page, which sends its webhook before it leads back.
async fn pay(sandbox: &Url, session_id: &str) -> Result<(), Problem> {
    let page = sandbox
        .join(&format!("checkout/{session_id}"))
        .map_err(Problem::internal)?;
    let browser = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE * 2)
        .build()
        .map_err(Problem::internal)?;
    let form = format!("card_number={GOOD_CARD}&webhook=before_redirect");
    let request = browser
        .post(page)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    request.send().await.map_err(Problem::internal)?;
    Ok(())
}

/// The event of the checkout once it was acted on, and how it ended.
async fn taken(state: &State, session_id: &str) -> Result<(String, String), Problem> {
    let payments = &state.services.payments;
    let looking = async {
        loop {
            match payments.event_about(Provider::Creem, session_id).await? {
                Some(event) if event.is_done() => return Ok((event.event_id, event.state)),
                _ => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, looking)
        .await
        .unwrap_or_else(|_| Err(Problem::provider_unavailable()))
}
