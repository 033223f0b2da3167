use std::collections::BTreeMap;

use atelier_server::catalog::{Catalog, Money};
use atelier_server::oversight::{SiteDay, SiteJobs};
use atelier_server::studio::{ProviderId, Tool};
use atelier_server::time::Timestamp;
use leptos::prelude::*;

use super::head;
use crate::components::chart::{Bar, Shape, chart, chart_of};
use crate::components::icon::{Icon, icon};
use crate::components::notice::{Notice, Tone};
use crate::components::seller::ai_name;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{OVERVIEW_DAYS, Visit};

const LIST: &str = "/api/admin/stats/daily";

/// What the days came to: money, credits, people, jobs.
pub fn page(visit: &Visit, days: &[SiteDay], anomalies: i64) -> AnyView {
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
    let whole = Whole::of(days);
    view! {
        {head(w, w.say("admin-overview-title"), "admin-overview-lead", format!("{LIST}?format=csv&from={from}"))}
        {odd(w, anomalies)}
        <nav class="filters" aria-label=w.say("admin-overview-span")><ul>{spans}</ul></nav>
        {figures(w, &whole)}
        <section class="part" aria-labelledby="charts-title">
            <div class="part-head"><h2 id="charts-title">{w.say("admin-overview-charts")}</h2></div>
            <div class="charts">{charts(w, days, &whole)}</div>
            {table(w, days)}
        </section>
        {providers(w, &visit.services.catalog, &whole)}
    }
    .into_any()
}

/// How much looks odd, if anything does.
fn odd(w: Words, anomalies: i64) -> Option<AnyView> {
    let notice = (anomalies > 0).then(|| {
        view! {
            <div class="notices">
                <Notice tone=Tone::Warn>
                    <p>
                        {w.count("admin-anomalies-waiting", anomalies)}" "
                        <a href=routes::ADMIN_ANOMALIES>{w.say("admin-anomalies-look")}</a>
                    </p>
                </Notice>
            </div>
        }
    });
    notice.map(IntoAny::into_any)
}

/// The days together.
#[derive(Default)]
struct Whole {
    revenue: BTreeMap<String, i64>,
    refunded: BTreeMap<String, i64>,
    /// Credits that were sold for each currency.
    bought: BTreeMap<String, i64>,
    sold: i64,
    given: i64,
    spent: i64,
    returned: i64,
    lapsed: i64,
    taken_back: i64,
    signed_up: i64,
    jobs: BTreeMap<(String, String), SiteJobs>,
}

impl Whole {
    fn of(days: &[SiteDay]) -> Self {
        let mut whole = Self::default();
        for day in days {
            let sum = |sums: &mut BTreeMap<String, i64>, all: &[Money]| {
                for one in all {
                    *sums.entry(one.currency.clone()).or_default() += one.amount_minor;
                }
            };
            sum(&mut whole.revenue, &day.revenue);
            sum(&mut whole.refunded, &day.refunded);
            for sold in &day.bought {
                *whole.bought.entry(sold.currency.clone()).or_default() += sold.credits;
            }
            whole.sold += day.credits.sold;
            whole.given += day.credits.given;
            whole.spent += day.credits.spent;
            whole.returned += day.credits.returned;
            whole.lapsed += day.credits.lapsed;
            whole.taken_back += day.credits.taken_back;
            whole.signed_up += day.users.signed_up;
            for jobs in &day.jobs {
                let name = (jobs.provider.clone(), jobs.tool.clone());
                let known = whole.jobs.entry(name).or_default();
                known.succeeded += jobs.succeeded;
                known.failed += jobs.failed;
                known.cancelled += jobs.cancelled;
                known.seconds += jobs.seconds;
                known.credits += jobs.credits;
            }
        }
        whole
    }
}

fn figures(w: Words, whole: &Whole) -> AnyView {
    let money = |key: &str, sums: &BTreeMap<String, i64>| {
        let said = sums
            .iter()
            .map(|(currency, amount)| w.money(*amount, currency));
        let said = said.collect::<Vec<_>>().join(" + ");
        let said = if said.is_empty() { w.number(0) } else { said };
        (w.say(key), said)
    };
    let number = |key: &str, value: i64| (w.say(key), w.number(value));
    let figures: Vec<_> = [
        money("admin-revenue", &whole.revenue),
        money("admin-refunded", &whole.refunded),
        number("admin-sold", whole.sold),
        number("admin-given", whole.given),
        number("admin-spent", whole.spent),
        number("admin-returned", whole.returned),
        number("admin-lapsed", whole.lapsed),
        number("admin-taken-back", whole.taken_back),
        number("admin-signed-up", whole.signed_up),
    ]
    .into_iter()
    .map(|(name, value)| view! { <div><dt>{name}</dt><dd class="figure">{value}</dd></div> })
    .collect();
    view! { <dl class="figures">{figures}</dl> }.into_any()
}

/// A number of a day.
type Figure = fn(&SiteDay) -> i64;

fn charts(w: Words, days: &[SiteDay], whole: &Whole) -> Vec<AnyView> {
    let mut charts: Vec<AnyView> = whole
        .revenue
        .keys()
        .map(|currency| {
            let of = |day: &SiteDay| {
                let money = day.revenue.iter().find(|money| money.currency == *currency);
                money.map_or(0, |money| money.amount_minor)
            };
            let name = ("currency", currency.to_uppercase().into());
            let title = w.say_with("admin-chart-revenue", &[name]);
            let say = |amount| w.money(amount, currency);
            chart_of(
                w,
                title.clone(),
                title,
                Shape::Bars,
                &bars(w, days, of),
                &say,
            )
        })
        .collect();
    let numbers: [(&str, Figure); 7] = [
        ("admin-sold", |day| day.credits.sold),
        ("admin-spent", |day| day.credits.spent),
        ("admin-signed-up", |day| day.users.signed_up),
        ("admin-active", |day| day.users.active),
        ("admin-paying", |day| day.users.paying),
        ("admin-succeeded", |day| {
            day.jobs.iter().map(|jobs| jobs.succeeded).sum()
        }),
        ("admin-failed", |day| {
            day.jobs.iter().map(|jobs| jobs.failed).sum()
        }),
    ];
    charts.extend(numbers.into_iter().map(|(key, of)| {
        let title = w.say(key);
        chart(w, title.clone(), title, Shape::Bars, &bars(w, days, of))
    }));
    charts
}

fn bars(w: Words, days: &[SiteDay], of: impl Fn(&SiteDay) -> i64) -> Vec<Bar> {
    days.iter()
        .map(|day| Bar {
            day: name(w, day),
            value: of(day),
        })
        .collect()
}

fn name(w: Words, day: &SiteDay) -> String {
    Timestamp::parse(&day.date).map_or_else(String::new, |at| w.day(at))
}

/// The days on which anything happened, newest first.
fn table(w: Words, days: &[SiteDay]) -> AnyView {
    let rows: Vec<_> = days
        .iter()
        .rev()
        .filter(|day| {
            let empty = SiteDay {
                date: day.date.clone(),
                ..SiteDay::default()
            };
            **day != empty
        })
        .map(|day| row(w, day))
        .collect();
    view! {
        <details class="sum" id="days-table">
            <summary>{icon(Icon::Chevron)}{w.say("dash-chart-table")}</summary>
            <div class="scroll" tabindex="0" role="region" aria-label=w.say("dash-chart-table")>
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{w.say("dash-chart-date")}</th>
                            <th scope="col" class="end">{w.say("admin-revenue")}</th>
                            <th scope="col" class="end">{w.say("admin-refunded")}</th>
                            <th scope="col" class="end">{w.say("admin-sold")}</th>
                            <th scope="col" class="end">{w.say("admin-given")}</th>
                            <th scope="col" class="end">{w.say("admin-spent")}</th>
                            <th scope="col" class="end">{w.say("admin-returned")}</th>
                            <th scope="col" class="end">{w.say("admin-lapsed")}</th>
                            <th scope="col" class="end">{w.say("admin-signed-up")}</th>
                            <th scope="col" class="end">{w.say("admin-active")}</th>
                            <th scope="col" class="end">{w.say("admin-paying")}</th>
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
    let money = |all: &[Money]| {
        let said = all
            .iter()
            .map(|one| w.money(one.amount_minor, &one.currency));
        said.collect::<Vec<_>>().join(" + ")
    };
    let numbers = [
        day.credits.sold,
        day.credits.given,
        day.credits.spent,
        day.credits.returned,
        day.credits.lapsed,
        day.users.signed_up,
        day.users.active,
        day.users.paying,
    ];
    let numbers = numbers.map(|number| view! { <td class="num end">{w.number(number)}</td> });
    view! {
        <tr>
            <th scope="row">{name(w, day)}</th>
            <td class="num end">{money(&day.revenue)}</td>
            <td class="num end">{money(&day.refunded)}</td>
            {numbers}
        </tr>
    }
    .into_any()
}

/// How each provider did: failures, length, and what is left of what its jobs were paid.
fn providers(w: Words, catalog: &Catalog, whole: &Whole) -> AnyView {
    let rows: Vec<_> = whole
        .jobs
        .iter()
        .map(|((provider, tool), jobs)| {
            let ended = (jobs.succeeded + jobs.failed).max(1);
            let rate = w.say_with("admin-percent", &[("n", w.number(jobs.failed * 100 / ended).into())]);
            let length = (jobs.succeeded > 0).then(|| {
                let seconds = w.number(jobs.seconds / jobs.succeeded);
                w.say_with("admin-seconds", &[("n", seconds.into())])
            });
            let name = ProviderId::parse(provider).map(|known| ai_name(known).to_owned());
            let name = name.unwrap_or_else(|| provider.clone());
            let made = Tool::parse(tool).map(|tool| w.about("admin-tool", tool));
            view! {
                <tr>
                    <th scope="row" class="first">{name}", "{made}</th>
                    <td class="num end" data-label=w.say("admin-succeeded")>{w.number(jobs.succeeded)}</td>
                    <td class="num end" data-label=w.say("admin-failed")>{w.number(jobs.failed)}</td>
                    <td class="num end" data-label=w.say("admin-failure-rate")>{rate}</td>
                    <td class="num end" data-label=w.say("admin-length")>{length}</td>
                    <td class="num end" data-label=w.say("admin-credits")>{w.number(jobs.credits)}</td>
                    <td class="num end" data-label=w.say("admin-margin")>{margin(w, catalog, whole, tool, jobs)}</td>
                </tr>
            }
        })
        .collect();
    if rows.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="part" aria-labelledby="providers-title">
            <div class="part-head">
                <h2 id="providers-title">{w.say("admin-providers")}</h2>
                <p class="soft">{w.say("admin-margin-how")}</p>
            </div>
            <div class="scroll">
                <table class="table cards">
                    <thead>
                        <tr>
                            <th scope="col">{w.say("admin-provider")}</th>
                            <th scope="col" class="end">{w.say("admin-succeeded")}</th>
                            <th scope="col" class="end">{w.say("admin-failed")}</th>
                            <th scope="col" class="end">{w.say("admin-failure-rate")}</th>
                            <th scope="col" class="end">{w.say("admin-length")}</th>
                            <th scope="col" class="end">{w.say("admin-credits")}</th>
                            <th scope="col" class="end">{w.say("admin-margin")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

/// What the credits of its jobs were sold for in the currency of the costs, less what the provider asks; nothing where
/// the catalogue names no costs, or nothing was sold for that currency.
fn margin(
    w: Words,
    catalog: &Catalog,
    whole: &Whole,
    tool: &str,
    jobs: &SiteJobs,
) -> Option<String> {
    let costs = catalog.costs.as_ref()?;
    let bought = whole
        .bought
        .get(&costs.currency)
        .copied()
        .filter(|bought| *bought > 0)?;
    let revenue = whole.revenue.get(&costs.currency).copied().unwrap_or(0);
    let each = match tool {
        "try_on" => costs.try_on,
        _ => costs.video,
    };
    let earned = i128::from(jobs.credits) * i128::from(revenue) / i128::from(bought);
    let left = earned - i128::from(jobs.succeeded) * i128::from(each);
    Some(w.money(i64::try_from(left).ok()?, &costs.currency))
}
