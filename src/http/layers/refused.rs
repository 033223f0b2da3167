//! What is refused before a page is made is told to programs as a problem and to people as a page.

use std::collections::HashMap;

use atelier_app::components::seller::seller_of;
use atelier_app::routes;
use atelier_app::visit::{self, Content, Refusal, Visit};
use atelier_server::accounts::Language;
use axum::Json;
use axum::extract::{Request, State as Extract};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, REFERER};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::language;
use crate::http::problem::Problem;
use crate::http::{State, pages};

pub async fn draw(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    if !is_person(&request) {
        let language = language::of(&request);
        return in_words(&state, language, next.run(request).await);
    }
    let asked = asked(&state, &request);
    let response = next.run(request).await;
    match content(&response) {
        Some(content) => page(&state, Visit::turned_away(asked, content), response).await,
        None => response,
    }
}

/// A problem in the language a program asked for. Its code is the same in all.
fn in_words(state: &State, language: Language, response: Response) -> Response {
    let problem = response.extensions().get::<Problem>();
    match problem.filter(|problem| language != Language::En || problem.wants_contact()) {
        None => response,
        Some(problem) => {
            let seller = seller_of(&state.services.catalog);
            let problem = match problem.wants_contact() {
                true => problem.clone().with_contact(&seller.contact),
                false => problem.clone(),
            };
            let body = Json(problem.body(language)).into_response().into_body();
            let (mut parts, _) = response.into_parts();
            parts.headers.remove(CONTENT_LENGTH);
            Response::from_parts(parts, body)
        }
    }
}

/// Whether a browser shows the answer to somebody.
fn is_person(request: &Request) -> bool {
    let accepts = request.headers().get(ACCEPT);
    let accepts = accepts.and_then(|value| value.to_str().ok());
    let is_api = request.uri().path().starts_with("/api/");
    !is_api && accepts.is_some_and(|accepts| accepts.contains("text/html"))
}

fn content(response: &Response) -> Option<Content> {
    match response.extensions().get::<Problem>() {
        Some(problem) => problem.content(),
        None if response.status().is_server_error() && !is_page(response) => {
            Some(Content::Refused(Refusal::Internal { reference: None }))
        }
        None => None,
    }
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn asked(state: &State, request: &Request) -> visit::Request {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = if safe {
        request.uri().path().to_owned()
    } else {
        form_page(request.headers(), &state.site.url)
    };
    visit::Request {
        scripted: false,
        site: state.site.base(),
        as_of: None,
        services: state.services.clone(),
        user: None,
        session: None,
        language: language::of(request),
        path,
        query: if safe {
            pages::query(request)
        } else {
            HashMap::new()
        },
        flash: None,
        mail: None,
        stripe: None,
        creem: None,
        api: state.api.clone(),
        operation: state.operation.clone(),
    }
}

/// The page whose form was sent, to go back to.
fn form_page(headers: &HeaderMap, site: &Url) -> String {
    let referer = headers.get(REFERER).and_then(|value| value.to_str().ok());
    referer
        .and_then(|referer| Url::parse(referer).ok())
        .filter(|referer| referer.origin() == site.origin())
        .map_or_else(
            || routes::HOME.to_owned(),
            |referer| referer.path().to_owned(),
        )
}

/// The page, under the status and headers of what it stands for.
async fn page(state: &State, visit: Visit, instead_of: Response) -> Response {
    let (mut parts, _) = instead_of.into_parts();
    let (drawn, body) = pages::draw(state, visit).await.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    if let Some(kind) = drawn.headers.get(CONTENT_TYPE) {
        parts.headers.insert(CONTENT_TYPE, kind.clone());
    }
    Response::from_parts(parts, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back_from(referer: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(REFERER, referer.parse().unwrap());
        form_page(&headers, &"http://127.0.0.1:3000/".parse().unwrap())
    }

    #[test]
    fn one_goes_back_to_pages_of_our_own_only() {
        assert_eq!(back_from("http://127.0.0.1:3000/payments?x=1"), "/payments");
        assert_eq!(back_from("http://localhost:3000/payments"), "/");
        assert_eq!(back_from("nonsense"), "/");
    }
}
