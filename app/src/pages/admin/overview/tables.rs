use atelier_server::oversight::{SiteDay, SiteJobs};
use leptos::prelude::*;

use super::{date, maker, money, percent, seconds};
use crate::components::icon::{Icon, icon};
use crate::i18n::Words;

/// Days that the table has at most; the file has all of them.
const MOST_DAYS: usize = 31;

/// Columns of the table of days, behind the date.
const OF_DAYS: [&str; 15] = [
    "admin-revenue",
    "admin-refunded",
    "admin-sold",
    "admin-given",
    "admin-spent",
    "admin-returned",
    "admin-lapsed",
    "admin-taken-back",
    "admin-signed-up",
    "admin-active",
    "admin-paying",
    "admin-succeeded",
    "admin-failed",
    "admin-cancelled",
    "admin-length",
];

/// The newest days on which anything happened, newest first.
pub fn days(w: Words, days: &[SiteDay]) -> AnyView {
    let happened = days.iter().rev().filter(|day| {
        let empty = SiteDay {
            date: day.date.clone(),
            ..SiteDay::default()
        };
        **day != empty
    });
    let happened: Vec<&SiteDay> = happened.collect();
    let more = (happened.len() > MOST_DAYS).then(|| {
        let said = w.say_with("admin-days-newest", &[("n", MOST_DAYS.to_string().into())]);
        view! { <p class="soft">{said}</p> }
    });
    let rows: Vec<_> = happened
        .into_iter()
        .take(MOST_DAYS)
        .map(|day| row(w, day))
        .collect();
    view! {
        <details class="sum" id="days-table">
            <summary>{icon(Icon::Chevron)}{w.say("dash-chart-table")}</summary>
            {more}
            <div class="scroll" tabindex="0" role="region" aria-label=w.say("dash-chart-table")>
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{w.say("dash-chart-date")}</th>
                            {OF_DAYS.map(|key| view! { <th scope="col" class="end">{w.say(key)}</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

fn row(w: Words, day: &SiteDay) -> AnyView {
    let jobs = day.done(None);
    let numbers = [
        day.credits.sold,
        day.credits.given,
        day.credits.spent,
        day.credits.returned,
        day.credits.lapsed,
        day.credits.taken_back,
        day.users.signed_up,
        day.users.active,
        day.users.paying,
        jobs.succeeded,
        jobs.failed,
        jobs.cancelled,
    ];
    let length = jobs.mean_seconds().map(|mean| seconds(w, mean));
    let said = [money(w, &day.revenue), money(w, &day.refunded)]
        .into_iter()
        .chain(numbers.map(|number| w.number(number)))
        .chain([length.unwrap_or_default()]);
    let cells: Vec<_> = said
        .map(|said| view! { <td class="num end">{said}</td> })
        .collect();
    view! { <tr><th scope="row" class="num">{date(w, day)}</th>{cells}</tr> }.into_any()
}

/// Columns of the table of providers, behind the name.
const OF_PROVIDERS: [&str; 8] = [
    "admin-succeeded",
    "admin-failed",
    "admin-cancelled",
    "admin-failure-rate",
    "admin-length",
    "admin-credits",
    "admin-cost",
    "admin-margin",
];

/// How each provider did: failures, length, and what is left of what its jobs were paid.
pub fn providers(w: Words, whole: &SiteDay, file: String) -> AnyView {
    if whole.jobs.is_empty() {
        return ().into_any();
    }
    let rows: Vec<_> = whole.jobs.iter().map(|jobs| provider(w, jobs)).collect();
    view! {
        <section class="part" aria-labelledby="providers-title">
            <div class="part-head">
                <div>
                    <h2 id="providers-title">{w.say("admin-providers")}</h2>
                    <p class="soft">{w.say("admin-margin-how")}</p>
                </div>
                <a class="button screen" href=file download="">{icon(Icon::Download)}{w.say("admin-providers-csv")}</a>
            </div>
            <div class="scroll">
                <table class="table cards">
                    <thead>
                        <tr>
                            <th scope="col">{w.say("admin-provider")}</th>
                            {OF_PROVIDERS.map(|key| view! { <th scope="col" class="end">{w.say(key)}</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn provider(w: Words, jobs: &SiteJobs) -> AnyView {
    let money = |of: &Option<_>| of.as_ref().map(|one| money(w, std::slice::from_ref(one)));
    let rate = jobs.failed_of_a_thousand();
    let said = [
        Some(w.number(jobs.succeeded)),
        Some(w.number(jobs.failed)),
        Some(w.number(jobs.cancelled)),
        rate.map(|rate| percent(w, rate)),
        jobs.mean_seconds().map(|mean| seconds(w, mean)),
        Some(w.number(jobs.credits)),
        money(&jobs.cost),
        money(&jobs.margin),
    ];
    let cells = OF_PROVIDERS.into_iter().zip(said);
    let cells: Vec<_> = cells
        .map(|(key, said)| view! { <td class="num end" data-label=w.say(key)>{said}</td> })
        .collect();
    view! { <tr><th scope="row" class="first">{maker(w, jobs)}</th>{cells}</tr> }.into_any()
}
