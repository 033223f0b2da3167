mod charts;
mod tables;

use atelier_server::catalog::Money;
use atelier_server::oversight::{Margins, SiteDay, SiteJobs, Waiting};
use atelier_server::studio::{ProviderId, Tool};
use atelier_server::time::Timestamp;
use leptos::prelude::*;

use super::head;
use crate::components::notice::{Notice, Tone};
use crate::components::seller::ai_name;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{OVERVIEW_DAYS, Visit};

const LIST: &str = "/api/admin/stats/daily";

/// What the days came to: money, credits, people, jobs, providers.
pub fn page(visit: &Visit, days: &[SiteDay], waiting: &Waiting) -> AnyView {
    let w = visit.words();
    let span = days.len() as i64;
    let from = days.first().map_or("", |day| &day.date);
    let spans: Vec<_> = OVERVIEW_DAYS
        .into_iter()
        .map(|each| {
            let href = format!("{}?days={each}", routes::ADMIN);
            let current = (each == span).then_some("true");
            view! {
                <li><a href=href aria-current=current>{w.say_with("admin-days", &[("n", w.number(each).into())])}</a></li>
            }
        })
        .collect();
    let margins = Margins::over(days, visit.services.catalog.costs.as_ref());
    let whole = together(days, margins.as_ref());
    let file = format!("{LIST}?format=csv&from={from}");
    let of_providers = format!("{file}&by=provider");
    view! {
        {head(w, w.say("admin-overview-title"), "admin-overview-lead", file)}
        {to_look_at(w, waiting)}
        <nav class="filters" aria-label=w.say("admin-overview-span")><ul>{spans}</ul></nav>
        {figures(w, &whole)}
        {charts::section(w, days, &whole, margins.as_ref())}
        {tables::providers(w, &whole, of_providers)}
    }
    .into_any()
}

/// Several days as one, with what was left of what their jobs were paid.
fn together(days: &[SiteDay], margins: Option<&Margins>) -> SiteDay {
    let mut whole = SiteDay::together(days);
    if let Some(margins) = margins {
        margins.tell(&mut whole);
    }
    whole
}

/// What waits for the operator, if anything does.
fn to_look_at(w: Words, waiting: &Waiting) -> Option<AnyView> {
    let counts = [
        (
            "admin-findings-waiting",
            waiting.findings,
            routes::ADMIN_RECONCILIATION,
        ),
        (
            "admin-anomalies-waiting",
            waiting.anomalies,
            routes::ADMIN_ANOMALIES,
        ),
        (
            "admin-failed-waiting",
            waiting.failed_events,
            routes::ADMIN_EVENTS_FAILED,
        ),
    ];
    let not_asked = (waiting.not_asked > 0).then(|| {
        (
            w.say("admin-not-asked-waiting"),
            routes::ADMIN_RECONCILIATION,
        )
    });
    let lines: Vec<_> = counts
        .into_iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(key, count, href)| (w.count(key, count), href))
        .chain(not_asked)
        .map(|(said, href)| view! { <p><a href=href>{said}</a></p> })
        .collect();
    let notice = (!lines.is_empty()).then(|| {
        view! { <div class="notices"><Notice tone=Tone::Warn>{lines}</Notice></div> }
    });
    notice.map(IntoAny::into_any)
}

fn figures(w: Words, whole: &SiteDay) -> AnyView {
    let number = |key: &str, value: i64| (w.say(key), w.number(value));
    let numbers = [
        number("admin-sold", whole.credits.sold),
        number("admin-given", whole.credits.given),
        number("admin-spent", whole.credits.spent),
        number("admin-returned", whole.credits.returned),
        number("admin-lapsed", whole.credits.lapsed),
        number("admin-taken-back", whole.credits.taken_back),
        number("admin-signed-up", whole.users.signed_up),
    ];
    let money = amounts(w, ["admin-revenue", "admin-revenue-in"], &whole.revenue);
    let refunded = amounts(w, ["admin-refunded", "admin-refunded-in"], &whole.refunded);
    let figures: Vec<_> = [money, refunded, numbers.into()]
        .into_iter()
        .flatten()
        .map(|(name, value)| view! { <div><dt>{name}</dt><dd class="figure">{value}</dd></div> })
        .collect();
    view! { <dl class="figures overview">{figures}</dl> }.into_any()
}

/// Each currency by itself, so that an amount stays on its line.
fn amounts(w: Words, [none, one]: [&str; 2], all: &[Money]) -> Vec<(String, String)> {
    if all.is_empty() {
        return vec![(w.say(none), w.number(0))];
    }
    let each = all.iter().map(|money| {
        let name = ("currency", money.currency.to_uppercase().into());
        let amount = w.money(money.amount_minor, &money.currency);
        (w.say_with(one, &[name]), amount)
    });
    each.collect()
}

/// Amounts of several currencies.
fn money(w: Words, all: &[Money]) -> String {
    let said = all
        .iter()
        .map(|one| w.money(one.amount_minor, &one.currency));
    said.collect::<Vec<_>>().join(" + ")
}

fn date(w: Words, day: &SiteDay) -> String {
    Timestamp::parse(&day.date).map_or_else(String::new, |at| w.day(at))
}

fn tool(w: Words, tool: &str) -> String {
    Tool::parse(tool).map_or_else(|| tool.to_owned(), |tool| w.about("admin-tool", tool))
}

/// Who did these jobs, and with what.
fn maker(w: Words, jobs: &SiteJobs) -> String {
    let provider = ProviderId::parse(&jobs.provider).map(|known| ai_name(known).to_owned());
    let provider = provider.unwrap_or_else(|| jobs.provider.clone());
    format!("{provider}{}{}", w.comma(), tool(w, &jobs.tool))
}

/// Parts of a thousand in percent.
fn percent(w: Words, of_a_thousand: i64) -> String {
    w.say_with("admin-percent", &[("n", w.tenths(of_a_thousand).into())])
}

fn seconds(w: Words, seconds: i64) -> String {
    w.say_with("admin-seconds", &[("n", w.number(seconds).into())])
}
