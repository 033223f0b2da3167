//! The language of an answer: a prefix of the path, then the cookie, then the account's, then
//! `Accept-Language`.

use atelier_app::forms::accounts::LANGUAGE_COOKIE;
use atelier_app::session;
use atelier_server::accounts::Language;
use axum::extract::Request;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::Response;
use tower_sessions::Session;

/// The language that a prefix of the path asked for.
#[derive(Clone, Copy, Debug)]
pub struct Prefix(pub Language);

/// The language a request asks for by itself, whoever is signed in; nothing where it is a program's.
#[derive(Clone, Copy, Debug)]
pub struct Asked(pub Option<Language>);

/// Takes `/en` or `/zh` off the path before it is routed.
pub fn take_prefix(mut request: Request) -> Request {
    if let Some((language, uri)) = without_prefix(request.uri()) {
        *request.uri_mut() = uri;
        request.extensions_mut().insert(Prefix(language));
    }
    request
}

fn without_prefix(uri: &Uri) -> Option<(Language, Uri)> {
    let rest = uri.path().strip_prefix('/')?;
    let (first, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let language = Language::parse(first)?;
    let path = match uri.query() {
        Some(query) => format!("/{rest}?{query}"),
        None => format!("/{rest}"),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Some((language, Uri::from_parts(parts).ok()?))
}

pub async fn find(mut request: Request, next: Next) -> Response {
    let mut language = of(&request);
    let is_known = chosen(&request).is_some();
    let session = request.extensions().get::<Session>().cloned();
    if let Some(session) = session.filter(|_| !is_known) {
        language = of_account(&session).await.unwrap_or(language);
    }
    let asked = Asked(asked(&request));
    request.extensions_mut().insert(asked);
    request.extensions_mut().insert(language);
    next.run(request).await
}

/// The language a request is answered in where nobody is asked for.
pub fn of(request: &Request) -> Language {
    asked(request).unwrap_or(Language::En)
}

fn asked(request: &Request) -> Option<Language> {
    chosen(request).or_else(|| from_header(request.headers()))
}

/// The language that was chosen in this browser.
fn chosen(request: &Request) -> Option<Language> {
    match request.extensions().get::<Prefix>() {
        Some(prefix) => Some(prefix.0),
        None => from_cookie(request.headers()),
    }
}

/// The language of whoever is signed in, where a browser does not know it yet.
async fn of_account(session: &Session) -> Option<Language> {
    // What the page itself will fail on.
    session::current_user(session).await.ok()??.language
}

fn from_cookie(headers: &HeaderMap) -> Option<Language> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(cookie::Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == LANGUAGE_COOKIE)
        .and_then(|cookie| Language::parse(cookie.value()))
}

/// The first language of the header that we speak, by weight (RFC 9110, 12.5.4).
fn from_header(headers: &HeaderMap) -> Option<Language> {
    let value = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best = (0.0, None);
    for range in value.split(',') {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or("").trim().to_ascii_lowercase();
        let weight = parts
            .find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok())
            .unwrap_or(1.0);
        let primary = tag.split('-').next().unwrap_or("");
        if let Some(language) = Language::parse(primary)
            && weight > best.0
        {
            best = (weight, Some(language));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_taken_off_and_the_query_kept() {
        let split = |uri: &str| {
            let (language, uri) = without_prefix(&uri.parse().unwrap())?;
            Some((language, uri.to_string()))
        };
        assert_eq!(
            split("/zh/payments?x=1"),
            Some((Language::Zh, "/payments?x=1".to_owned()))
        );
        assert_eq!(split("/en"), Some((Language::En, "/".to_owned())));
        assert_eq!(split("/zh/"), Some((Language::Zh, "/".to_owned())));
        assert_eq!(split("/zhong"), None);
        assert_eq!(split("/payments"), None);
    }

    #[test]
    fn the_header_decides_by_weight() {
        let pick = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, value.parse().unwrap());
            from_header(&headers)
        };
        assert_eq!(pick("zh-CN,zh;q=0.9,en;q=0.8"), Some(Language::Zh));
        assert_eq!(pick("en-GB,zh;q=0.9"), Some(Language::En));
        assert_eq!(pick("fr,zh;q=0.3"), Some(Language::Zh));
        for unknown in ["fr", "*", ""] {
            assert_eq!(pick(unknown), None);
        }
    }
}
