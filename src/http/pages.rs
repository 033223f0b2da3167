//! Pages: the visit is prepared, then Leptos renders it. Leptos appends its hydration data behind
//! `</html>`; we hydrate nothing, so the answer is cut there.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use atelier_app::components::assets::Assets;
use atelier_app::flash::{self, Flash};
use atelier_app::forms::{self, accounts::language_cookie};
use atelier_app::visit::{self, SecureCookies, Visit};
use atelier_app::{App, session, shell};
use atelier_server::accounts::{Language, User, session_name};
use atelier_server::credits;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request, State as Extract};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use leptos_axum::{
    generate_route_list, handle_server_fns_with_context, render_app_async_with_context,
};
use tower_sessions::Session;

use super::State;
use super::layers::language::Prefix;
use super::problem::Problem;

/// A page is bounded; the statement is the longest.
const MOST_PAGE: usize = 4 * 1024 * 1024;

/// Every page of the app's own route table, and the server functions of its forms.
pub fn router(state: &State) -> Router<State> {
    let mut pages = Router::new();
    for route in generate_route_list(App) {
        pages = pages.route(&axum_path(route.path()), axum::routing::get(render));
    }
    let pages = pages
        .layer(from_fn(cut))
        .layer(from_fn_with_state(state.clone(), prepare));
    let forms = Router::new()
        .route("/do/{name}", axum::routing::post(run_form))
        .layer(from_fn_with_state(state.clone(), add_secure));
    pages.merge(forms)
}

/// Leptos writes `:id`, axum `{id}`.
fn axum_path(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.to_owned(),
    });
    let path = parts.collect::<Vec<_>>().join("/");
    if path.is_empty() {
        "/".to_owned()
    } else {
        path
    }
}

fn context(state: &State) -> impl Fn() + Clone + Send + Sync + 'static {
    let services = state.services.clone();
    let assets = ASSETS.clone();
    let demo = state.demo.clone();
    move || {
        provide_context(services.clone());
        provide_context(assets.clone());
        provide_context(demo.clone());
    }
}

static ASSETS: std::sync::LazyLock<Assets> =
    std::sync::LazyLock::new(|| Assets(Arc::new(super::assets::addresses())));

async fn render(Extract(state): Extract<State>, request: Request) -> Response {
    render_app_async_with_context(context(&state), shell)(request).await
}

async fn run_form(Extract(state): Extract<State>, request: Request) -> Response {
    let response = handle_server_fns_with_context(context(&state), request)
        .await
        .into_response();
    if !response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return response;
    }
    // Leptos would send people back to a page that knows nothing of it.
    let said = to_bytes(response.into_body(), LONGEST_ERROR).await;
    let said = said.unwrap_or_default();
    let problem = if said.ends_with(forms::INTERRUPTED.as_bytes()) {
        Problem::unavailable("a form was interrupted")
    } else if said.ends_with(forms::UNEXPECTED.as_bytes()) {
        Problem::internal("a form failed")
    } else {
        Problem::validation([("form", "wrong-form")])
    };
    problem.into_response()
}

/// A form's error is a few words.
const LONGEST_ERROR: usize = 1_000;

async fn add_secure(Extract(state): Extract<State>, mut request: Request, next: Next) -> Response {
    request
        .extensions_mut()
        .insert(SecureCookies(state.site.secure_cookies));
    next.run(request).await
}

/// Does the route's work and reads the wallet, before anything is rendered.
async fn prepare(Extract(state): Extract<State>, mut request: Request, next: Next) -> Response {
    let flash = flash_of(request.headers());
    let had_flash = flash.is_some();
    let chosen = request.extensions().get::<Prefix>().copied();
    let secure = state.site.secure_cookies;
    let asked = match asked(&state, &request, flash).await {
        Ok(asked) => asked,
        Err(problem) => return problem.into_response(),
    };
    if let (Some(Prefix(language)), Some(user)) = (chosen, &asked.user)
        && user.language != Some(language)
        && let Err(error) = state
            .services
            .accounts
            .set_language(&user.id, language)
            .await
    {
        return Problem::from(error).into_response();
    }
    match Visit::prepare(asked).await {
        Ok(visit) => request.extensions_mut().insert(visit),
        Err(error) => return Problem::from(error).into_response(),
    };
    let mut response = next.run(request).await;
    if had_flash {
        set_cookie(&mut response, &flash::removal(secure));
    }
    // The links of a page carry no prefix; what they lead to stays in the language.
    if let Some(Prefix(language)) = chosen {
        set_cookie(&mut response, &language_cookie(language, secure));
    }
    response
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// What the request says; the account is looked up afterwards, without borrowing the request.
fn asked(
    state: &State,
    request: &Request,
    flash: Option<Flash>,
) -> impl Future<Output = Result<visit::Request, Problem>> + use<> {
    let session = request.extensions().get::<Session>().cloned();
    let asked = visit::Request {
        services: state.services.clone(),
        user: None,
        session: None,
        language: request
            .extensions()
            .get::<Language>()
            .copied()
            .unwrap_or(Language::En),
        path: request.uri().path().to_owned(),
        query: query(request),
        flash,
        scripted: cookie_of(request.headers(), SCRIPT_COOKIE).is_some(),
        site: state.site.base(),
        as_of: None,
        mail: state.mail.clone(),
        stripe: state.stripe.clone(),
        creem: state.creem.clone(),
        api: state.api.clone(),
        operation: state.operation.clone(),
    };
    async move {
        let Some(session) = session else {
            return Ok(asked);
        };
        let user = session::current_user(&session).await;
        let as_of = session::wallet_version(&session).await;
        Ok(visit::Request {
            session: session.id().map(|id| session_name(&id)),
            user: user.map_err(Problem::from)?,
            as_of: as_of.map_err(Problem::from)?,
            ..asked
        })
    }
}

/// What is asked behind the `?`.
pub fn query(request: &Request) -> HashMap<String, String> {
    let query = Query::<HashMap<String, String>>::try_from_uri(request.uri());
    let mut query = query.map_or_else(|_| HashMap::new(), |query| query.0);
    // A NUL cannot be asked of every database.
    query.retain(|_, value| !value.contains('\0'));
    query
}

/// Set by `live.js` for as long as the browser is open.
const SCRIPT_COOKIE: &str = "script";

fn flash_of(headers: &HeaderMap) -> Option<Flash> {
    Flash::from_cookie(&cookie_of(headers, flash::COOKIE)?)
}

fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(cookie::Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

/// A page as the answer to something else: a refused upload shows its form again, at the same
/// address, with what was wrong.
pub async fn show(
    state: &State,
    user: User,
    language: Language,
    path: &str,
    flash: Flash,
    status: StatusCode,
) -> Response {
    let as_of = match credits::read_version(&state.services.db, &user.id).await {
        Ok(version) => Some(version),
        Err(error) => return Problem::from(error).into_response(),
    };
    let asked = visit::Request {
        services: state.services.clone(),
        user: Some(user),
        session: None,
        language,
        path: path.to_owned(),
        query: HashMap::new(),
        flash: Some(flash),
        scripted: false,
        site: state.site.base(),
        as_of,
        mail: None,
        stripe: None,
        creem: None,
        api: state.api.clone(),
        operation: state.operation.clone(),
    };
    let visit = match Visit::prepare(asked).await {
        Ok(visit) => visit,
        Err(error) => return Problem::from(error).into_response(),
    };
    let mut response = draw(state, visit).await;
    *response.status_mut() = status;
    response
}

/// The page of a visit that was prepared by hand.
pub async fn draw(state: &State, visit: Visit) -> Response {
    let mut request = Request::new(Body::empty());
    if let Ok(uri) = visit.path.parse() {
        *request.uri_mut() = uri;
    }
    request.extensions_mut().insert(visit);
    cut_page(render(Extract(state.clone()), request).await).await
}

/// Nothing is here: a page for people, a problem for programs.
pub async fn missing(Extract(state): Extract<State>, mut request: Request) -> Response {
    let program = request.uri().path().starts_with("/api/")
        || !matches!(*request.method(), Method::GET | Method::HEAD);
    if program {
        return Problem::not_found().into_response();
    }
    let asked = match asked(&state, &request, None).await {
        Ok(asked) => asked,
        Err(problem) => return problem.into_response(),
    };
    match Visit::missing(asked).await {
        Ok(visit) => request.extensions_mut().insert(visit),
        Err(error) => return Problem::from(error).into_response(),
    };
    cut_page(render(Extract(state), request).await).await
}

async fn cut(request: Request, next: Next) -> Response {
    cut_page(next.run(request).await).await
}

/// Drops everything behind `</html>`.
async fn cut_page(response: Response) -> Response {
    const END: &[u8] = b"</html>";
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MOST_PAGE).await else {
        return Problem::internal("a page was longer than allowed").into_response();
    };
    let end = bytes.windows(END.len()).rposition(|window| window == END);
    let page = end.map_or(bytes.clone(), |at| bytes.slice(..at + END.len()));
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_leptos_become_paths_of_axum() {
        assert_eq!(axum_path("/jobs/:id"), "/jobs/{id}");
        assert_eq!(axum_path("/payments"), "/payments");
        assert_eq!(axum_path(""), "/");
    }

    #[tokio::test]
    async fn a_page_ends_with_its_html() {
        let page = "<html><body>7</body></html><script>leftover</script>";
        let response = cut_page(Response::new(Body::from(page))).await;
        let bytes = to_bytes(response.into_body(), 1_000).await.unwrap();
        assert_eq!(bytes, "<html><body>7</body></html>");
    }
}
