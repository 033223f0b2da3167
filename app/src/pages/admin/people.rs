use atelier_server::oversight::{Person, Standing};
use leptos::prelude::*;

use super::{choice, csv_address, head, moment, nothing, text_filter};
use crate::components::pager::pager;
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

const LIST: &str = "/api/admin/users";

/// Everybody, or those that are looked for.
pub fn page(
    visit: &Visit,
    people: &[Person],
    search: &str,
    standing: Option<Standing>,
    next: Option<&str>,
) -> AnyView {
    let w = visit.words();
    let chosen = standing.map_or("", Standing::as_str);
    let csv = csv_address(LIST, &[("q", search), ("standing", chosen)]);
    let next = next.map(|after| visit.address_with(&[("after", after)]));
    let list = if people.is_empty() {
        nothing(w)
    } else {
        table(w, people)
    };
    view! {
        {head(w, w.say("admin-people-title"), "admin-people-lead", csv)}
        <form class="filter" method="get" action=routes::ADMIN_USERS>
            {text_filter("q", w.say("admin-people-search"), "search", search)}
            {choice("standing", w.say("admin-people-standing"), w.say("admin-all"), standings(w), chosen)}
            <button class="button">{w.say("statement-filter-button")}</button>
        </form>
        {list}
        {pager(w, next)}
    }
    .into_any()
}

fn standings(w: Words) -> Vec<(&'static str, String)> {
    let all = Standing::ALL.iter();
    all.map(|standing| (standing.as_str(), w.say(standing_key(*standing))))
        .collect()
}

const fn standing_key(standing: Standing) -> &'static str {
    match standing {
        Standing::Admin => "admin-standing-admin",
        Standing::Blocked => "admin-standing-blocked",
        Standing::Unverified => "admin-standing-unverified",
        Standing::Debt => "admin-standing-debt",
        Standing::Stopped => "admin-standing-stopped",
    }
}

/// What is worth knowing of somebody before anything else.
pub fn standing(w: Words, person: &Person) -> AnyView {
    let (value, key) = if person.blocked {
        ("failed", "admin-standing-blocked")
    } else if person.stopped {
        ("failed", "admin-standing-stopped")
    } else if person.wallet.credits.debt > 0 {
        ("pending", "admin-standing-debt")
    } else if !person.verified {
        ("pending", "admin-standing-unverified")
    } else if person.role.as_str() == "admin" {
        ("completed", "admin-standing-admin")
    } else {
        ("completed", "admin-standing-user")
    };
    view! { <span class="state" data-value=value>{w.say(key)}</span> }.into_any()
}

fn table(w: Words, people: &[Person]) -> AnyView {
    let rows: Vec<_> = people.iter().map(|person| row(w, person)).collect();
    view! {
        <div class="scroll">
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("auth-email")}</th>
                        <th scope="col">{w.say("admin-people-standing")}</th>
                        <th scope="col">{w.say("admin-people-since")}</th>
                        <th scope="col" class="end">{w.say("admin-remaining")}</th>
                        <th scope="col" class="end">{w.say("admin-total")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(w: Words, person: &Person) -> impl IntoView + use<> {
    let credits = &person.wallet.credits;
    let (href, email) = (routes::person(person.id.as_str()), person.email.clone());
    view! {
        <tr>
            <th scope="row" class="first"><a href=href>{email}</a></th>
            <td class="right">{standing(w, person)}</td>
            <td class="num soft">{moment(w, person.created_at)}</td>
            <td class="num end" data-label=w.say("admin-remaining")>{w.number(credits.remaining)}</td>
            <td class="num end" data-label=w.say("admin-total")>{w.number(credits.total)}</td>
        </tr>
    }
}
