//! The HTTP edge: one table of routes, the layers around them, problem+json.

pub mod api;
pub mod api_limit;
pub mod assets;
pub mod batch_table;
pub mod batches;
pub mod body;
pub mod caller;
pub mod csv;
pub mod export;
pub mod health;
pub mod keys;
pub mod layers;
pub mod letters;
pub mod live;
pub mod metrics;
pub mod openapi;
pub mod pages;
pub mod problem;
pub mod sandbox;
pub mod upload;
pub mod webhooks;

use std::ops::Deref;
use std::sync::Arc;

use atelier_app::components::demo::DemoAccounts;
use atelier_app::visit::{LetterBox, Operation};
use atelier_server::sandbox::creem::CreemSandbox;
use atelier_server::sandbox::stripe::StripeSandbox;
use atelier_server::services::Services;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use url::Url;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
    pub metrics: metrics::Metrics,
    /// Where this process reaches the sandbox's Creem, if it plays one.
    pub creem_sandbox: Option<Url>,
    /// The description of the HTTP API.
    pub api: Arc<Value>,
    /// What this process was started with.
    pub operation: Arc<Operation>,
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
/// Ten thousand rows with their reasons, as a body or as a file of a form.
const MOST_BULK: usize = 8 * 1024 * 1024;
/// Two pictures of 10 MB and the words around them; each file is limited by itself.
const MOST_UPLOAD: usize = 48 * 1024 * 1024;

/// What programs and pages may ask with a session or a token; some of it without.
fn api() -> OpenApiRouter<State> {
    let uploads = OpenApiRouter::default()
        .routes(routes!(api::try_on::create))
        .routes(routes!(api::video::create))
        .layer(DefaultBodyLimit::max(MOST_UPLOAD));
    let bulk = OpenApiRouter::default()
        .routes(routes!(api::admin::batches::list, api::admin::bulk::apply))
        .layer(DefaultBodyLimit::max(MOST_BULK));
    OpenApiRouter::default()
        .routes(routes!(api::auth::sign_up))
        .routes(routes!(api::auth::sign_in))
        .routes(routes!(api::auth::sign_out))
        .routes(routes!(api::auth::forgot))
        .routes(routes!(api::auth::reset))
        .routes(routes!(api::auth::me))
        .routes(routes!(api::auth::me_too))
        .routes(routes!(api::sync::show, api::sync::put))
        .routes(routes!(api::tokens::list, api::tokens::create))
        .routes(routes!(api::tokens::revoke))
        .routes(routes!(api::catalog::show))
        .routes(routes!(api::credits::show, api::credits::adjust))
        .routes(routes!(api::entries::list))
        .routes(routes!(api::checkout::create))
        .routes(routes!(api::checkout::portal))
        .routes(routes!(api::recharge::list, api::checkout::recharge))
        .routes(routes!(api::jobs::list))
        .routes(routes!(api::jobs::show, api::jobs::delete))
        .routes(routes!(api::jobs::cancel))
        .routes(routes!(api::jobs::result))
        .routes(routes!(api::jobs::link))
        .routes(routes!(api::jobs::person))
        .routes(routes!(api::jobs::garment))
        .routes(routes!(api::jobs::picture))
        .routes(routes!(api::stats::show))
        .routes(routes!(api::recharge::refund))
        .routes(routes!(api::admin::bulk::undo))
        .routes(routes!(api::admin::batches::show))
        .routes(routes!(api::admin::users::list))
        .routes(routes!(api::admin::users::show))
        .routes(routes!(api::admin::users::block))
        .routes(routes!(api::admin::recharges::list))
        .routes(routes!(api::admin::subscriptions::list))
        .routes(routes!(api::admin::users::stop))
        .routes(routes!(api::admin::anomalies::list))
        .routes(routes!(api::admin::stats::daily))
        .routes(routes!(api::admin::reconciliation::list))
        .routes(routes!(api::admin::reconciliation::mend))
        .routes(routes!(api::admin::audit::list))
        .routes(routes!(api::admin::jobs::list))
        .routes(routes!(api::admin::webhook_events::list))
        .routes(routes!(api::admin::webhook_events::show))
        .routes(routes!(api::admin::webhook_events::replay))
        .routes(routes!(api::admin::webhook_events::replay_failed))
        .routes(routes!(api::test_creem::run))
        .routes(routes!(live::stream))
        .routes(routes!(openapi::show))
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .merge(uploads)
        .merge(bulk)
}

/// What providers and machines ask: no session, no cookie, no cross-site rule.
fn machines() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(api::callbacks::try_on))
        .routes(routes!(api::callbacks::video))
        .routes(routes!(api::callbacks::replicate))
        .routes(routes!(webhooks::stripe))
        .routes(routes!(webhooks::stripe_too))
        .routes(routes!(webhooks::creem))
        .layer(DefaultBodyLimit::max(MOST_WEBHOOK))
        .routes(routes!(api::jobs::linked))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::show))
}

/// What only pages use: the forms that send files, the archive of an account, and the letters of the sandbox.
fn forms() -> Router<State> {
    Router::new()
        .route("/try-on", post(api::try_on::submit_form))
        .route("/video", post(api::video::submit_form))
        .route("/admin/bulk", post(batches::keep))
        .layer(DefaultBodyLimit::max(MOST_UPLOAD))
        .route("/account/export", get(export::download))
        .route("/sandbox/mail/{id}", get(letters::show))
}

/// What is the same for everybody: the files of pages, and the client at addresses that stay.
fn files() -> Router<State> {
    Router::new()
        .route("/assets/{*name}", get(assets::serve))
        .route("/atelier.js", get(assets::serve_plain))
        .route("/atelier.d.ts", get(assets::serve_plain))
}

/// The whole site, with `sandboxes` mounted beside it.
pub fn router(state: State, sandboxes: Router) -> Router {
    pages::router(&state)
        .merge(forms())
        .merge(Router::from(api()))
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
        .merge(Router::from(machines()))
        .merge(files())
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(state.clone(), metrics::count))
        .layer(from_fn_with_state(state.clone(), layers::refused::draw))
        .layer(from_fn_with_state(state.clone(), layers::headers::secure))
        .with_state(state)
        .merge(sandboxes)
}
