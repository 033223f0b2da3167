//! One file a page.
use crate::visit::Visit;
use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

pub fn shell() -> impl IntoView {
    view! { <!DOCTYPE html><html><head></head><body><App/></body></html> }
}

#[component]
pub fn App() -> impl IntoView {
    let visit = use_context::<http::request::Parts>()
        .and_then(|parts| parts.extensions.get::<Visit>().cloned());
    view! {
        <Router><Routes fallback=|| ()>
            <Route path=path!("/dashboard") view=move || visit.as_ref().map(|v| v.path.clone()) ssr=SsrMode::Async/>
        </Routes></Router>
    }
}
