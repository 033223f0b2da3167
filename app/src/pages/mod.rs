//! One file a page. A page is a function from the [`Visit`] to its `<main>`; what is around it stands
//! in [`shell`].
//!
//! To add one: its address in `routes.rs` and, if it is personal, in `visit.rs`; its function here;
//! a `<Route>` in [`App`]; its title in `title.rs`. A test holds that these agree.

mod account;
mod admin;
mod api_docs;
mod cancelled;
mod change_email;
mod dashboard;
mod forgot;
mod gallery;
mod goodbye;
mod home;
mod job;
mod mail;
mod not_found;
mod payments;
mod privacy;
mod receipt;
mod refused;
mod reset;
mod sandbox;
mod shell;
mod sign_in;
mod sign_up;
mod statement;
mod styleguide;
mod success;
mod terms;
mod title;
mod try_on;
mod verify;
mod video;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

use crate::visit::{Content, Visit};
pub use shell::shell;

/// What is being rendered; nothing while the routes are only listed.
fn visit() -> Option<Arc<Visit>> {
    use_context()
}

/// The page at an address, unless the visit says otherwise.
fn show(page: fn(&Visit) -> Option<AnyView>) -> AnyView {
    let Some(visit) = visit() else {
        return ().into_any();
    };
    match &visit.content {
        Content::Refused(refusal) => refused::page(&visit, refusal),
        Content::NotFound => not_found::page(&visit),
        _ => page(&visit).unwrap_or_else(|| not_found::page(&visit)),
    }
}

/// Every page by its address. Each is rendered whole on the server, with its figures.
#[component]
pub fn App() -> impl IntoView {
    const WHOLE: SsrMode = SsrMode::Async;
    view! {
        <Router>
            <FlatRoutes fallback=|| show(|visit| Some(not_found::page(visit)))>
                <Route path=path!("/") view=|| show(home::page) ssr=WHOLE/>
                <Route path=path!("/sign-up") view=|| show(sign_up::page) ssr=WHOLE/>
                <Route path=path!("/sign-in") view=|| show(sign_in::page) ssr=WHOLE/>
                <Route path=path!("/forgot") view=|| show(forgot::page) ssr=WHOLE/>
                <Route path=path!("/reset/:token") view=|| show(reset::page) ssr=WHOLE/>
                <Route path=path!("/verify/:token") view=|| show(verify::page) ssr=WHOLE/>
                <Route path=path!("/change-email/:token") view=|| show(change_email::page) ssr=WHOLE/>
                <Route path=path!("/terms") view=|| show(terms::page) ssr=WHOLE/>
                <Route path=path!("/privacy") view=|| show(privacy::page) ssr=WHOLE/>
                <Route path=path!("/dashboard") view=|| show(dashboard::page) ssr=WHOLE/>
                <Route path=path!("/payments") view=|| show(payments::page) ssr=WHOLE/>
                <Route path=path!("/payments/success") view=|| show(success::page) ssr=WHOLE/>
                <Route path=path!("/payment/success") view=|| show(success::page) ssr=WHOLE/>
                <Route path=path!("/success") view=|| show(success::page) ssr=WHOLE/>
                <Route path=path!("/payments/cancelled") view=|| show(cancelled::page) ssr=WHOLE/>
                <Route path=path!("/payments/receipts/:id") view=|| show(receipt::page) ssr=WHOLE/>
                <Route path=path!("/try-on") view=|| show(try_on::page) ssr=WHOLE/>
                <Route path=path!("/video") view=|| show(video::page) ssr=WHOLE/>
                <Route path=path!("/jobs/:id") view=|| show(job::page) ssr=WHOLE/>
                <Route path=path!("/gallery") view=|| show(gallery::page) ssr=WHOLE/>
                <Route path=path!("/statement") view=|| show(statement::page) ssr=WHOLE/>
                <Route path=path!("/account") view=|| show(account::page) ssr=WHOLE/>
                <Route path=path!("/goodbye") view=|| show(goodbye::page) ssr=WHOLE/>
                <Route path=path!("/admin") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/users") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/users/:id") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/users/:id/statement") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/audit") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/webhooks") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/webhooks/:id") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/jobs") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/jobs/:id") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/bulk") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/bulk/:batch_id") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/settings") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/purchases") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/purchases/:id") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/subscriptions") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/api/docs") view=|| show(api_docs::page) ssr=WHOLE/>
                <Route path=path!("/admin/reconciliation") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/admin/anomalies") view=|| show(admin::page) ssr=WHOLE/>
                <Route path=path!("/styleguide") view=|| show(styleguide::page) ssr=WHOLE/>
                <Route path=path!("/sandbox") view=|| show(sandbox::page) ssr=WHOLE/>
                <Route path=path!("/sandbox/mail") view=|| show(mail::page) ssr=WHOLE/>
                <Route path=path!("/test-credits") view=|| show(sandbox::test_credits::page) ssr=WHOLE/>
            </FlatRoutes>
        </Router>
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use leptos_axum::generate_route_list;

    use super::*;
    use crate::routes;

    #[tokio::test]
    async fn every_address_has_its_page() {
        let routed = generate_route_list(App);
        let routed: BTreeSet<String> = routed.iter().map(|route| route.path().to_owned()).collect();
        let plain = [
            routes::HOME,
            routes::SIGN_UP,
            routes::SIGN_IN,
            routes::FORGOT,
            routes::TERMS,
            routes::PRIVACY,
            routes::DASHBOARD,
            routes::PAYMENTS,
            routes::SUCCESS,
            routes::CANCELLED,
            routes::TRY_ON,
            routes::VIDEO,
            routes::GALLERY,
            routes::STATEMENT,
            routes::ACCOUNT,
            routes::GOODBYE,
            routes::ADMIN,
            routes::ADMIN_USERS,
            routes::ADMIN_AUDIT,
            routes::ADMIN_EVENTS,
            routes::ADMIN_JOBS,
            routes::ADMIN_SETTINGS,
            routes::ADMIN_BULK,
            routes::ADMIN_PURCHASES,
            routes::ADMIN_SUBSCRIPTIONS,
            routes::API_DOCS,
            routes::ADMIN_RECONCILIATION,
            routes::ADMIN_ANOMALIES,
            routes::STYLEGUIDE,
            routes::SANDBOX,
            routes::SANDBOX_MAIL,
            routes::TEST_CREDITS,
        ];
        let mut known: BTreeSet<String> = plain
            .iter()
            .chain(&routes::SUCCESS_ALIASES)
            .map(|path| (*path).to_owned())
            .collect();
        known.insert(routes::job("{id}"));
        known.insert(routes::receipt("{id}"));
        known.insert(routes::person("{id}"));
        known.insert(routes::overseen_job("{id}"));
        known.insert(routes::event("{id}"));
        known.insert(routes::batch("{batch_id}"));
        known.insert(routes::statement_of("{id}"));
        known.insert(routes::purchase("{id}"));
        known.insert(format!("{}/{{token}}", routes::RESET));
        known.insert(format!("{}/{{token}}", routes::VERIFY));
        known.insert(format!("{}/{{token}}", routes::CHANGE_EMAIL));
        assert_eq!(routed, known);
    }

    #[test]
    fn without_a_visit_nothing_is_shown() {
        Owner::new().with(|| assert_eq!(shell().into_view().to_html(), "<!>"));
    }
}
