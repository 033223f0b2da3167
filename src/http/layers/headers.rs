//! Headers every answer carries.

use axum::extract::{Request, State as Extract};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::{Site, State};

pub async fn secure(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A letter of the sandbox has its own.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        set(
            headers,
            header::CONTENT_SECURITY_POLICY,
            &policy(&state.site),
        );
    }
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Without a referrer Leptos could not lead a refused form back to its page.
    set(headers, header::REFERRER_POLICY, "same-origin");
    set(
        headers,
        HeaderName::from_static("permissions-policy"),
        "geolocation=(), microphone=()",
    );
    if !headers.contains_key(header::CACHE_CONTROL) {
        set(headers, header::CACHE_CONTROL, "no-store");
    }
    if state.site.secure_cookies {
        set(
            headers,
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000",
        );
    }
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// No inline script or style. Browsers check `form-action` on redirects too, so the pages of the
/// payment providers are listed.
pub fn policy(site: &Site) -> String {
    let mut forms = "'self'".to_owned();
    for origin in site.payment_origins.iter() {
        forms.push(' ');
        forms.push_str(origin);
    }
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
         connect-src 'self'; font-src 'self'; media-src 'self'; form-action {forms}; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}
