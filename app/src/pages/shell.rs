use std::sync::Arc;

use http::header::{HeaderValue, LOCATION, REFRESH};
use http::request::Parts;
use http::{HeaderName, StatusCode};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use super::{App, title};
use crate::components::assets::asset;
use crate::components::bar::top;
use crate::components::foot::foot;
use crate::components::toasts::toasts;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// The whole document. The visit was put into the request's extensions before; status and headers
/// of the answer follow from it.
pub fn shell() -> impl IntoView {
    let parts = use_context::<Parts>();
    let visit = parts.and_then(|parts| parts.extensions.get::<Visit>().cloned())?;
    answer(&visit);
    if must_leave(&visit).is_some() {
        return None;
    }
    let visit = Arc::new(visit);
    provide_context(visit.clone());
    Some(document(&visit))
}

fn document(visit: &Visit) -> AnyView {
    let w = visit.words();
    let signed_in = visit.wallet.as_ref();
    view! {
        <!DOCTYPE html>
        <html
            lang=w.tag()
            data-live=signed_in.map(|_| "on")
            data-user=signed_in.map(|wallet| wallet.user_id.to_string())
            data-wallet-version=signed_in.map(|wallet| wallet.version.to_string())
            data-as-of=visit.as_of.map(|version| version.to_string())
        >
            {head(visit)}
            <body>
                {top(visit)}
                <App/>
                {foot(visit)}
                {toasts(w)}
            </body>
        </html>
    }
    .into_any()
}

fn head(visit: &Visit) -> AnyView {
    let w = visit.words();
    let title = w.say_with("common-title", &[("page", title::of(visit).into())]);
    view! {
        <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>{title}</title>
            <meta name="description" content=w.say("common-description")/>
            <meta name="theme-color" content="#f5f3ef" media="(prefers-color-scheme: light)"/>
            <meta name="theme-color" content="#151412" media="(prefers-color-scheme: dark)"/>
            <link rel="icon" href=asset("icon.svg") type="image/svg+xml"/>
            {[w, w.other()].map(|w| alternate(w, visit))}
            {own_language(visit)}
            <link rel="stylesheet" href=asset("app.css")/>
            <script type="module" src=asset("live.js")></script>
        </head>
    }
    .into_any()
}

/// The same page in one of the languages, by its whole address, as search engines want it.
fn alternate(w: Words, visit: &Visit) -> impl IntoView + use<> {
    let href = format!("{}/{}{}", visit.site, w.0.as_str(), visit.address());
    view! { <link rel="alternate" hreflang=w.0.as_str() href=href/> }
}

/// The same page in the reader's own language.
fn own_language(visit: &Visit) -> impl IntoView + use<> {
    let href = format!("{}{}", visit.site, visit.address());
    view! { <link rel="alternate" hreflang="x-default" href=href/> }
}

/// Where the visit belongs instead: to sign in first, or past signing in.
fn must_leave(visit: &Visit) -> Option<String> {
    if matches!(visit.content, Content::SignInFirst) {
        return Some(routes::sign_in_then(&visit.address()));
    }
    let entrance = [routes::SIGN_IN, routes::SIGN_UP].contains(&visit.path.as_str());
    let next = visit.asked("next");
    (entrance && visit.user.is_some()).then(|| routes::safe_next(next))
}

/// Status and headers of the answer. The redirect is written here and not by `leptos_axum::redirect`,
/// which leaves the status at 200 for whoever does not ask for `text/html` by name.
fn answer(visit: &Visit) {
    let Some(options) = use_context::<ResponseOptions>() else {
        return;
    };
    if let Some(target) = must_leave(visit) {
        options.set_status(StatusCode::SEE_OTHER);
        return header(&options, LOCATION, &target);
    }
    if let Ok(status) = StatusCode::from_u16(visit.status()) {
        options.set_status(status);
    }
    if let Some((seconds, target)) = visit.refresh() {
        header(&options, REFRESH, &format!("{seconds};url={target}"));
    }
}

fn header(options: &ResponseOptions, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        options.insert_header(name, value);
    }
}
