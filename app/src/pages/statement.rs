use atelier_server::credits::EntryKind;
use leptos::prelude::*;

use crate::components::icon::{Icon, icon};
use crate::components::line::{Reader, kind_key, statement_table};
use crate::components::link::button_link;
use crate::components::pager::pager;
use crate::components::reason::Books;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, StatementPage, Visit};

/// Every change of the wallet, with a filter and as a file.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Statement(page) = &visit.content else {
        return None;
    };
    let w = visit.words();
    let email = visit.user.as_ref().map_or("", |user| user.email.as_str());
    let print = [("email", email.into()), ("date", w.date(visit.now).into())];
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div><h1>{w.say("statement-title")}</h1><p class="lead">{w.say("statement-lead")}</p></div>
                <a class="button screen" href=csv_of(page, &[]) download="">
                    {icon(Icon::Download)}{w.say("statement-csv")}
                </a>
            </div>
            <p class="paper-only">{w.say_with("statement-print-note", &print)}</p>
            {filter(w, page, routes::STATEMENT.to_owned())}
            <section data-live-region="statement" aria-label=w.say("statement-title")>
                {entries(visit, page, Reader::Owner)}
            </section>
        </main>
    };
    Some(main.into_any())
}

/// The same entries as a file, with `more` in its address.
pub fn csv_of(page: &StatementPage, more: &[(&str, &str)]) -> String {
    let kind = page.kind.map_or("", EntryKind::as_str);
    let mut address = format!("{}?format=csv", routes::ENTRIES);
    let asked = [("kind", kind), ("from", &page.from), ("to", &page.to)];
    for (name, value) in asked.iter().chain(more) {
        if !value.is_empty() {
            address.push_str(&format!("&{name}={}", routes::encode(value)));
        }
    }
    address
}

fn is_filtered(page: &StatementPage) -> bool {
    page.kind.is_some() || !page.from.is_empty() || !page.to.is_empty()
}

/// Which entries; `here` is the page that shows them.
pub fn filter(w: Words, page: &StatementPage, here: String) -> AnyView {
    let kinds: Vec<_> = EntryKind::ALL
        .iter()
        .map(|kind| {
            let selected = page.kind == Some(*kind);
            view! { <option value=kind.as_str() selected=selected>{w.say(kind_key(*kind))}</option> }
        })
        .collect();
    let clear = is_filtered(page)
        .then(|| button_link("plain", here.clone(), w.say("statement-filter-clear")));
    view! {
        <form class="filter" method="get" action=here>
            <div class="field">
                <label for="kind">{w.say("statement-filter-kind")}</label>
                <select class="input" id="kind" name="kind">
                    <option value="">{w.say("statement-filter-all")}</option>
                    {kinds}
                </select>
            </div>
            {day_field("from", w.say("statement-filter-from"), &page.from)}
            {day_field("to", w.say("statement-filter-to"), &page.to)}
            <button class="button">{w.say("statement-filter-button")}</button>
            {clear}
        </form>
    }
    .into_any()
}

fn day_field(name: &'static str, label: String, value: &str) -> impl IntoView + use<> {
    let value = (!value.is_empty()).then(|| value.to_owned());
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input class="input" id=name name=name type="date" value=value/>
        </div>
    }
}

/// A page of the entries, and the way to the next.
pub fn entries(visit: &Visit, page: &StatementPage, reader: Reader) -> AnyView {
    let w = visit.words();
    if page.entries.is_empty() {
        let none = if is_filtered(page) {
            "statement-none-filtered"
        } else {
            "statement-none"
        };
        return view! { <div class="empty"><p class="soft">{w.say(none)}</p></div> }.into_any();
    }
    let books = Books {
        catalog: &visit.services.catalog,
        recharges: &page.recharges,
    };
    let next = page
        .next
        .map(|before| visit.address_with(&[("before", &before.to_string())]));
    view! {
        {statement_table(w, books, &page.entries, reader)}
        {pager(w, next)}
    }
    .into_any()
}
