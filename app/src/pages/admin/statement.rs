use atelier_server::credits::{Cause, Sum};
use leptos::prelude::*;

use super::head;
use crate::components::line::Reader;
use crate::components::link::text_link;
use crate::i18n::Words;
use crate::pages::statement::{csv_of, entries, filter};
use crate::routes;
use crate::visit::{OwnersStatement, Visit};

/// Every change of somebody's credits, as the operator reads it, and what all of them come to.
pub fn page(visit: &Visit, page: &OwnersStatement) -> AnyView {
    let w = visit.words();
    let person = &page.person;
    let id = person.id.as_str();
    let title = w.say_with(
        "admin-statement-title",
        &[("email", person.email.clone().into())],
    );
    let csv = csv_of(&page.statement, &[("user_id", id)]);
    view! {
        {head(w, title, "admin-statement-lead", csv)}
        <p>{text_link(routes::person(id), person.email.clone())}</p>
        {page.sums.as_ref().map(|all| view! {
            <section>
                <h2>{w.say("admin-statement-sums")}</h2>
                {sums(w, all)}
            </section>
        })}
        <section>
            <h2>{w.say("statement-title")}</h2>
            {filter(w, &page.statement, routes::statement_of(id))}
            {entries(visit, &page.statement, Reader::Operator)}
        </section>
    }
    .into_any()
}

/// What came in and what went, by its cause; the last line is what is left, or owed.
fn sums(w: Words, sums: &[Sum]) -> AnyView {
    let rows: Vec<_> = sums
        .iter()
        .map(|sum| {
            let (name, value) = (sum.cause.as_str(), sum.amount.to_string());
            view! {
                <tr data-testid=format!("sum-{name}") data-value=value>
                    <th scope="row" class="first">{w.say(cause_key(sum.cause))}</th>
                    <td class="num end" data-label=w.say("admin-statement-entries")>{w.number(sum.entries)}</td>
                    <td class="num end first">{w.signed(sum.amount)}</td>
                </tr>
            }
        })
        .collect();
    let balance: i64 = sums.iter().map(|sum| sum.amount).sum();
    view! {
        <table class="table cards">
            <thead>
                <tr>
                    <th scope="col">{w.say("statement-what")}</th>
                    <th scope="col" class="end">{w.say("admin-statement-entries")}</th>
                    <th scope="col" class="end">{w.say("statement-amount")}</th>
                </tr>
            </thead>
            <tbody>
                {rows}
                <tr data-testid="sum-balance" data-value=balance.to_string()>
                    <th scope="row" class="first">{w.say("admin-sum-balance")}</th>
                    <td></td>
                    <td class="num end first"><strong>{w.number(balance)}</strong></td>
                </tr>
            </tbody>
        </table>
    }
    .into_any()
}

const fn cause_key(cause: Cause) -> &'static str {
    match cause {
        Cause::Initial => "admin-sum-initial",
        Cause::Purchase => "admin-sum-purchase",
        Cause::Bonus => "admin-sum-bonus",
        Cause::Added => "admin-sum-added",
        Cause::TryOn => "admin-sum-try-on",
        Cause::Video => "admin-sum-video",
        Cause::OwnDeduction => "admin-sum-own",
        Cause::Deducted => "admin-sum-deducted",
        Cause::TakenBack => "admin-sum-taken-back",
        Cause::Lapsed => "admin-sum-lapsed",
        Cause::Other => "admin-sum-other",
    }
}
