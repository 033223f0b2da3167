//! The operator's pages. One file a page; what they share stands here.

mod anomalies;
mod audit;
mod batch;
mod bulk;
mod event;
mod events;
mod job;
mod jobs;
mod overview;
mod people;
mod person;
mod purchase;
mod purchases;
mod reconciliation;
mod refund;
mod settings;
mod statement;
mod subscriptions;

use atelier_server::time::Timestamp;
use leptos::prelude::*;

use crate::components::field::field_error;
use crate::components::icon::{Icon, icon};
use crate::components::outcome::{outcome_notice, say_outcome};
use crate::flash::{Flash, Form, Outcome};
use crate::forms::admin::LONGEST_REASON;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{AdminPage, Content, Visit};

pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Admin(page) = &visit.content else {
        return None;
    };
    let inside = match &**page {
        AdminPage::Overview { days, waiting } => overview::page(visit, days, waiting),
        AdminPage::People {
            people,
            search,
            standing,
            next,
        } => people::page(visit, people, search, *standing, next.as_deref()),
        AdminPage::Person(page) => person::page(visit, page),
        AdminPage::Audit { lines, asked, next } => {
            audit::page(visit, lines, asked, next.as_deref())
        }
        AdminPage::Events {
            events,
            failed,
            state,
            next,
        } => events::page(visit, events, *failed, *state, next.as_deref()),
        AdminPage::Event(page) => event::page(visit, page),
        AdminPage::Jobs(page) => jobs::page(visit, page),
        AdminPage::Job(page) => job::page(visit, page),
        AdminPage::Bulk(page) => bulk::page(visit, page),
        AdminPage::Batch(page) => batch::page(visit, page),
        AdminPage::Settings(page) => settings::page(visit, page),
        AdminPage::Reconciliation(page) => reconciliation::page(visit, page),
        AdminPage::Purchases(page) => purchases::page(visit, page),
        AdminPage::Purchase(page) => purchase::page(visit, page),
        AdminPage::Subscriptions(page) => subscriptions::page(visit, page),
        AdminPage::Statement(page) => statement::page(visit, page),
        AdminPage::Anomalies(page) => anomalies::page(visit, page),
    };
    let w = visit.words();
    let flash = visit.flash.as_ref();
    let notice =
        outcome_notice(w, flash, Form::Admin).or_else(|| outcome_notice(w, flash, Form::Batch));
    let notice = notice.map(|notice| view! { <div class="notices">{notice}</div> });
    let main = view! {
        <main id="main" class="wrap admin">
            {places(w, &visit.path)}
            {notice}
            {inside}
        </main>
    };
    Some(main.into_any())
}

const PLACES: [(&str, &str); 11] = [
    (routes::ADMIN, "admin-overview-page"),
    (routes::ADMIN_USERS, "admin-people-page"),
    (routes::ADMIN_BULK, "admin-bulk-page"),
    (routes::ADMIN_PURCHASES, "admin-purchases-page"),
    (routes::ADMIN_SUBSCRIPTIONS, "admin-subscriptions-page"),
    (routes::ADMIN_JOBS, "admin-jobs-page"),
    (routes::ADMIN_EVENTS, "admin-events-page"),
    (routes::ADMIN_RECONCILIATION, "admin-reconciliation-page"),
    (routes::ADMIN_ANOMALIES, "admin-anomalies-page"),
    (routes::ADMIN_AUDIT, "admin-audit-page"),
    (routes::ADMIN_SETTINGS, "admin-settings-page"),
];

fn places(w: Words, path: &str) -> AnyView {
    let links: Vec<_> = PLACES
        .into_iter()
        .map(|(href, key)| {
            let here = match href {
                routes::ADMIN => path == href,
                _ => path.starts_with(href),
            };
            let current = here.then_some("true");
            view! { <li><a href=href aria-current=current>{w.say(key)}</a></li> }
        })
        .collect();
    view! { <nav class="filters" aria-label=w.say("admin-places")><ul>{links}</ul></nav> }
        .into_any()
}

/// The head of a page with its list as a file.
fn head(w: Words, title: String, lead: &str, csv: String) -> AnyView {
    view! {
        <div class="head">
            <div><h1>{title}</h1><p class="lead">{w.say(lead)}</p></div>
            <a class="button screen" href=csv download="">{icon(Icon::Download)}{w.say("statement-csv")}</a>
        </div>
    }
    .into_any()
}

fn moment(w: Words, at: Timestamp) -> AnyView {
    view! { <time datetime=at.to_rfc3339()>{w.moment(at)}</time> }.into_any()
}

/// What was wrong with a field, if anything was.
fn outcome_at(w: Words, flash: Option<&Flash>, outcome: Outcome) -> Option<String> {
    let happened = flash.is_some_and(|flash| flash.has(outcome));
    happened.then(|| say_outcome(w, Form::Admin, outcome, None))
}

fn nothing(w: Words) -> AnyView {
    view! { <div class="empty"><p class="soft">{w.say("admin-nothing")}</p></div> }.into_any()
}

/// The address of a list as a file, with its filter.
fn csv_address(list: &str, filter: &[(&str, &str)]) -> String {
    let set = filter.iter().filter(|(_, value)| !value.is_empty());
    let pairs: String = set
        .map(|(name, value)| format!("&{name}={}", routes::encode(value)))
        .collect();
    format!("{list}?format=csv{pairs}")
}

/// One of the words a list is filtered by; empty shows all.
fn choice(
    name: &'static str,
    label: String,
    all: String,
    words: Vec<(&'static str, String)>,
    chosen: &str,
) -> AnyView {
    let options: Vec<_> = words
        .into_iter()
        .map(|(word, said)| view! { <option value=word selected=word == chosen>{said}</option> })
        .collect();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select class="input" id=name name=name><option value="">{all}</option>{options}</select>
        </div>
    }
    .into_any()
}

fn text_filter(name: &'static str, label: String, kind: &'static str, value: &str) -> AnyView {
    let value = (!value.is_empty()).then(|| value.to_owned());
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input class="input" id=name name=name type=kind value=value autocomplete="off"/>
        </div>
    }
    .into_any()
}

/// The field that asks why something is done.
fn because(w: Words, flash: Option<&Flash>, value: &str) -> AnyView {
    because_at("f-why", Outcome::WhyMissing, w, flash, value)
}

/// The same where a page has several.
fn because_at(
    field: &'static str,
    missing: Outcome,
    w: Words,
    flash: Option<&Flash>,
    value: &str,
) -> AnyView {
    let error_id = format!("{field}-error");
    let error = outcome_at(w, flash, missing);
    let error = error.map(|said| field_error(error_id.clone(), said, None));
    let described = error.is_some().then_some(error_id);
    let value = (!value.is_empty()).then(|| value.to_owned());
    view! {
        <div class="field">
            <label for=field>{w.say("admin-reason")}</label>
            <input
                class="input" id=field name="reason" autocomplete="off" required=true value=value
                maxlength=LONGEST_REASON.to_string() aria-invalid=described.is_some().then_some("true")
                aria-describedby=described
            />
            {error}
        </div>
    }
    .into_any()
}

/// A list whose rows each have a button that does something. Why is asked once, above it, beside what does it to `all` of them;
/// the Enter key in that field chooses no row.
fn with_reason(
    w: Words,
    flash: Option<&Flash>,
    action: &'static str,
    why: &str,
    all: Option<AnyView>,
    list: AnyView,
) -> AnyView {
    let field = because_at("f-row-why", Outcome::ReasonOfRowMissing, w, flash, why);
    view! {
        <form class="with-reason" method="post" action=action>
            <button hidden=true disabled=true></button>
            <div class="filter">{field}{all}</div>
            <p class="hint">{w.say("admin-why-of-rows")}</p>
            {list}
        </form>
    }
    .into_any()
}
