//! The HTTP edge: one table of routes, the layers around them, problem+json.

pub mod api;
pub mod api_limit;
pub mod assets;
pub mod body;
pub mod caller;
pub mod csv;
pub mod health;
pub mod keys;
pub mod layers;
pub mod letters;
pub mod live;
pub mod pages;
pub mod problem;
pub mod sandbox;
pub mod upload;
pub mod webhooks;

use std::ops::Deref;
use std::sync::Arc;

use atelier_app::components::demo::DemoAccounts;
use atelier_app::visit::LetterBox;
use atelier_server::sandbox::creem::CreemSandbox;
use atelier_server::sandbox::stripe::StripeSandbox;
use atelier_server::services::Services;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use url::Url;

use api_limit::ApiLimit;

/// What handlers need. One pointer: every layer of a request has its own.
#[derive(Clone)]
pub struct State(Arc<Inside>);

/// What the state is.
pub struct Inside {
    pub services: Services,
    pub api_limit: ApiLimit,
    pub site: Site,
    /// Ends open streams when the program stops.
    pub stop: CancellationToken,
    pub mail: Option<LetterBox>,
    /// Our own Stripe, where it stands in for the real one.
    pub stripe: Option<StripeSandbox>,
    /// The same of Creem.
    pub creem: Option<CreemSandbox>,
    /// Told to everybody who comes to sign in.
    pub demo: DemoAccounts,
    pub streams: live::Streams,
    /// Where this process reaches the sandbox's Creem, if it plays one.
    pub creem_sandbox: Option<Url>,
}

impl State {
    pub fn new(inside: Inside) -> Self {
        Self(Arc::new(inside))
    }
}

impl Deref for State {
    type Target = Inside;

    fn deref(&self) -> &Inside {
        &self.0
    }
}

/// The public face of the site.
#[derive(Clone, Debug)]
pub struct Site {
    /// Ends in a slash.
    pub url: Url,
    /// Origins a form may lead to: the payment providers switched on.
    pub payment_origins: Arc<[String]>,
    pub secure_cookies: bool,
}

impl Site {
    /// The address without its slash, to be followed by a path.
    pub fn base(&self) -> String {
        self.url.as_str().trim_end_matches('/').to_owned()
    }
}

/// An API request is small; uploads and webhooks have their own limits.
const MOST_BODY: usize = 64 * 1024;
const MOST_WEBHOOK: usize = 1024 * 1024;
/// Five thousand rows with their reasons.
const MOST_BULK: usize = 4 * 1024 * 1024;
/// Two pictures of 10 MB and the words around them; each file is limited by itself.
const MOST_UPLOAD: usize = 48 * 1024 * 1024;

/// The table of routes. Everything a browser or program with a session or token may ask.
fn personal(state: &State) -> Router<State> {
    let uploads = Router::new()
        .route("/api/try-on", post(api::try_on::create))
        .route("/try-on", post(api::try_on::submit_form))
        .route("/api/video/generate", post(api::video::create))
        .route("/video", post(api::video::submit_form))
        .layer(DefaultBodyLimit::max(MOST_UPLOAD));
    let bulk = Router::new()
        .route("/api/admin/credits/bulk", post(api::admin::bulk::apply))
        .layer(DefaultBodyLimit::max(MOST_BULK));
    let api = Router::new()
        .route("/api/auth/sign-up", post(api::auth::sign_up))
        .route("/api/auth/sign-in", post(api::auth::sign_in))
        .route("/api/auth/sign-out", post(api::auth::sign_out))
        .route("/api/auth/forgot", post(api::auth::forgot))
        .route("/api/auth/reset", post(api::auth::reset))
        .route("/api/auth/me", get(api::auth::me))
        .route("/auth/me", get(api::auth::me))
        .route("/api/user/sync", get(api::sync::show).post(api::sync::put))
        .route(
            "/api/tokens",
            get(api::tokens::list).post(api::tokens::create),
        )
        .route("/api/tokens/{id}", delete(api::tokens::revoke))
        .route("/api/catalog", get(api::catalog::show))
        .route(
            "/api/credits",
            get(api::credits::show).post(api::credits::adjust),
        )
        .route("/api/credits/entries", get(api::entries::list))
        .route("/api/checkout", post(api::checkout::create))
        .route("/api/checkout/portal", post(api::checkout::portal))
        .route(
            "/api/recharge",
            get(api::recharge::list).post(api::checkout::recharge),
        )
        .route(
            "/api/admin/recharges/{id}/refund",
            post(api::recharge::refund),
        )
        .route(
            "/api/admin/credits/bulk/{batch_id}/undo",
            post(api::admin::bulk::undo),
        )
        .route("/api/admin/users", get(api::admin::users::list))
        .route("/api/admin/users/{id}", get(api::admin::users::show))
        .route(
            "/api/admin/users/{id}/block",
            post(api::admin::users::block),
        )
        .route("/api/admin/audit", get(api::admin::audit::list))
        .route(
            "/api/admin/webhook-events",
            get(api::admin::webhook_events::list),
        )
        .route(
            "/api/admin/webhook-events/{id}",
            get(api::admin::webhook_events::show),
        )
        .route(
            "/api/admin/webhook-events/{id}/replay",
            post(api::admin::webhook_events::replay),
        )
        .route("/api/jobs", get(api::jobs::list))
        .route(
            "/api/jobs/{id}",
            get(api::jobs::show).delete(api::jobs::delete),
        )
        .route("/api/jobs/{id}/cancel", post(api::jobs::cancel))
        .route("/api/jobs/{id}/result", get(api::jobs::result))
        .route("/api/jobs/{id}/link", post(api::jobs::link))
        .route("/jobs/{id}/person", get(api::jobs::person))
        .route("/jobs/{id}/garment", get(api::jobs::garment))
        .route("/jobs/{id}/picture", get(api::jobs::picture))
        .route("/sandbox/mail/{id}", get(letters::show))
        .route("/api/stats", get(api::stats::show))
        .route("/api/test-creem", get(api::test_creem::run))
        .route("/live", get(live::stream))
        .layer(DefaultBodyLimit::max(MOST_BODY));
    pages::router(state).merge(api).merge(uploads).merge(bulk)
}

/// What providers and machines ask: no session, no cookie, no cross-site rule.
fn machines() -> Router<State> {
    Router::new()
        .route(
            "/api/try-on/callback/{token}",
            post(api::callbacks::one_job),
        )
        .route("/api/video/callback/{token}", post(api::callbacks::one_job))
        .route("/api/v1/webhooks/stripe", post(webhooks::stripe))
        .route("/api/webhooks/stripe", post(webhooks::stripe))
        .route("/api/webhooks/creem", post(webhooks::creem))
        .route("/api/webhooks/replicate", post(api::callbacks::replicate))
        .layer(DefaultBodyLimit::max(MOST_WEBHOOK))
        .route("/api/links/{token}", get(api::jobs::linked))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/assets/{*name}", get(assets::serve))
}

/// The whole site, with `sandboxes` mounted beside it.
pub fn router(state: State, sandboxes: Router) -> Router {
    personal(&state)
        .fallback(pages::missing)
        .method_not_allowed_fallback(async || problem::Problem::method_not_allowed())
        .layer(from_fn(api_limit::tell))
        .layer(from_fn(layers::language::find))
        .layer(from_fn_with_state(
            state.clone(),
            layers::session::keep_alive,
        ))
        .layer(layers::session::layer(&state))
        .layer(from_fn(layers::session::explain))
        .layer(from_fn_with_state(
            state.clone(),
            layers::cross_site::refuse,
        ))
        .merge(machines())
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(state.clone(), layers::refused::draw))
        .layer(from_fn_with_state(state.clone(), layers::headers::secure))
        .with_state(state)
        .merge(sandboxes)
}
