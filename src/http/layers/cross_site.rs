//! Unsafe requests from other sites are refused where a cookie would act for somebody.

use axum::extract::{Request, State as Extract};
use axum::http::header::{AUTHORIZATION, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use crate::http::State;
use crate::http::problem::Problem;

pub async fn refuse(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    // A bearer token is never sent by itself, so nobody else's page can use it.
    let by_token = is_bearer(request.headers());
    if safe || by_token || from_here(request.headers(), &state.site.url) {
        next.run(request).await
    } else {
        Problem::cross_site().into_response()
    }
}

/// Other schemes than `Bearer` browsers send by themselves.
fn is_bearer(headers: &HeaderMap) -> bool {
    let value = headers.get(AUTHORIZATION).map(|value| value.as_bytes());
    let scheme = value.and_then(|value| value.split(|byte| *byte == b' ').next());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
}

/// `Sec-Fetch-Site` decides where it is sent; without it `Origin` does; a request with neither does
/// not come from a browser's page.
fn from_here(headers: &HeaderMap, site: &Url) -> bool {
    if let Some(fetched) = headers.get("sec-fetch-site") {
        return fetched == "same-origin" || fetched == "none";
    }
    match headers.get(ORIGIN) {
        Some(origin) => origin.as_bytes() == site.origin().ascii_serialization().as_bytes(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        from_here(&headers, &"http://127.0.0.1:3000/".parse().unwrap())
    }

    #[test]
    fn only_a_bearer_token_speaks_for_itself() {
        for (value, exempt) in [
            ("Bearer atl_x", true),
            ("bearer atl_x", true),
            ("Basic YTpi", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            assert_eq!(is_bearer(&headers), exempt, "{value}");
        }
    }

    #[test]
    fn the_rule_of_the_contract() {
        assert!(passes(&[]));
        assert!(passes(&[("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("sec-fetch-site", "none")]));
        assert!(!passes(&[("sec-fetch-site", "same-site")]));
        assert!(!passes(&[("sec-fetch-site", "cross-site")]));
        assert!(!passes(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://127.0.0.1:3000")
        ]));
        assert!(passes(&[("origin", "http://127.0.0.1:3000")]));
        assert!(!passes(&[("origin", "http://localhost:3000")]));
        assert!(!passes(&[("origin", "null")]));
    }
}
