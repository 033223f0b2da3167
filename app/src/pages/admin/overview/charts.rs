use std::collections::BTreeSet;

use atelier_server::oversight::{Margins, SiteDay, SiteJobs};
use leptos::prelude::*;

use super::{date, maker, percent, seconds, tables, together, tool};
use crate::components::chart::{Bar, Shape, chart_of};
use crate::i18n::Words;

/// The days of a bar where there are more days than a chart has room for.
const WEEK: usize = 7;
const MOST_DAYS: usize = 100;

/// A number of some days; nothing where they have none.
type Figure<'a> = &'a dyn Fn(&SiteDay) -> Option<i64>;
/// How it is written.
type Say<'a> = &'a dyn Fn(i64) -> String;

/// All charts, in groups, and the table of the same.
pub fn section(w: Words, days: &[SiteDay], whole: &SiteDay, margins: Option<&Margins>) -> AnyView {
    let charts = Charts::new(w, days, margins);
    let groups = [
        ("admin-money", charts.money(whole)),
        ("admin-credits", charts.credits()),
        ("admin-people", charts.people()),
        ("admin-jobs", charts.jobs(whole)),
        ("admin-providers", charts.providers(whole)),
    ];
    let groups: Vec<_> = groups
        .into_iter()
        .filter(|(_, charts)| !charts.is_empty())
        .map(|(title, charts)| {
            view! { <h3>{w.say(title)}</h3><div class="charts">{charts}</div> }
        })
        .collect();
    let title = match charts.days_a_bar {
        1 => "admin-overview-charts",
        _ => "admin-overview-weeks",
    };
    let how = (charts.days_a_bar > 1)
        .then(|| view! { <p class="soft">{w.say("admin-overview-weeks-how")}</p> });
    view! {
        <section class="part" aria-labelledby="charts-title">
            <div class="part-head"><div><h2 id="charts-title">{w.say(title)}</h2>{how}</div></div>
            {groups}
            {tables::days(w, days)}
        </section>
    }
    .into_any()
}

/// What is drawn: the days one by one, or the weeks up to the last day. Those before the first whole week are left out.
struct Charts {
    w: Words,
    bars: Vec<SiteDay>,
    days_a_bar: i64,
}

impl Charts {
    fn new(w: Words, days: &[SiteDay], margins: Option<&Margins>) -> Self {
        if days.len() <= MOST_DAYS {
            return Self {
                w,
                bars: days.to_vec(),
                days_a_bar: 1,
            };
        }
        let weeks = days.rchunks_exact(WEEK).rev();
        Self {
            w,
            bars: weeks.map(|week| together(week, margins)).collect(),
            days_a_bar: WEEK as i64,
        }
    }

    fn of(&self, title: String, say: Say<'_>, figure: Figure<'_>) -> AnyView {
        let bars: Vec<Bar> = self
            .bars
            .iter()
            .map(|days| Bar {
                day: date(self.w, days),
                value: figure(days),
            })
            .collect();
        chart_of(self.w, title.clone(), title, Shape::Bars, &bars, say)
    }

    fn count(&self, key: &str, figure: fn(&SiteDay) -> i64) -> AnyView {
        let say = |value| self.w.number(value);
        self.of(self.w.say(key), &say, &|days| Some(figure(days)))
    }

    /// Of several days the mean: somebody who comes on each of them would count on each.
    fn mean(&self, key: &str, figure: fn(&SiteDay) -> i64) -> AnyView {
        let say = |value| self.w.number(value);
        let mean = |days: &SiteDay| Some((figure(days) + self.days_a_bar / 2) / self.days_a_bar);
        self.of(self.w.say(key), &say, &mean)
    }

    fn money(&self, whole: &SiteDay) -> Vec<AnyView> {
        let w = self.w;
        let charts = whole.revenue.iter().map(|revenue| {
            let currency = &revenue.currency;
            let name = ("currency", currency.to_uppercase().into());
            let title = w.say_with("admin-revenue-in", &[name]);
            self.of(title, &|amount| w.money(amount, currency), &|days| {
                let mut all = days.revenue.iter();
                let money = all.find(|money| money.currency == *currency);
                Some(money.map_or(0, |money| money.amount_minor))
            })
        });
        charts.collect()
    }

    fn credits(&self) -> Vec<AnyView> {
        vec![
            self.count("admin-sold", |days| days.credits.sold),
            self.count("admin-given", |days| days.credits.given),
            self.count("admin-spent", |days| days.credits.spent),
            self.count("admin-returned", |days| days.credits.returned),
            self.count("admin-lapsed", |days| days.credits.lapsed),
            self.count("admin-taken-back", |days| days.credits.taken_back),
        ]
    }

    fn people(&self) -> Vec<AnyView> {
        vec![
            self.count("admin-signed-up", |days| days.users.signed_up),
            self.mean("admin-active", |days| days.users.active),
            self.mean("admin-paying", |days| days.users.paying),
        ]
    }

    fn jobs(&self, whole: &SiteDay) -> Vec<AnyView> {
        let w = self.w;
        let mut charts = vec![
            self.count("admin-succeeded", |days| days.done(None).succeeded),
            self.count("admin-failed", |days| days.done(None).failed),
            self.count("admin-cancelled", |days| days.done(None).cancelled),
        ];
        let succeeded = whole.jobs.iter().filter(|jobs| jobs.succeeded > 0);
        let tools: BTreeSet<&str> = succeeded.map(|jobs| jobs.tool.as_str()).collect();
        charts.extend(tools.into_iter().map(|name| {
            let title = w.say_with("admin-chart-length", &[("tool", tool(w, name).into())]);
            self.of(title, &|value| seconds(w, value), &|days| {
                days.done(Some(name)).mean_seconds()
            })
        }));
        charts
    }

    /// How often each failed, and what was left, where that is known.
    fn providers(&self, whole: &SiteDay) -> Vec<AnyView> {
        let w = self.w;
        let charts = whole.jobs.iter().flat_map(|of| {
            let maker = || [("maker", maker(w, of).into())];
            let failed = of.failed_of_a_thousand().map(|_| {
                let title = w.say_with("admin-chart-failure-rate", &maker());
                self.of(title, &|value| percent(w, value), &|days| {
                    jobs_of(days, of)?.failed_of_a_thousand()
                })
            });
            let margin = of.margin.as_ref().map(|margin| {
                let title = w.say_with("admin-chart-margin", &maker());
                let say = |amount| w.money(amount, &margin.currency);
                self.of(title, &say, &|days| {
                    Some(jobs_of(days, of)?.margin.as_ref()?.amount_minor)
                })
            });
            [failed, margin].into_iter().flatten()
        });
        charts.collect()
    }
}

/// Those of the same provider and tool.
fn jobs_of<'a>(days: &'a SiteDay, of: &SiteJobs) -> Option<&'a SiteJobs> {
    let is_its = |jobs: &&SiteJobs| jobs.provider == of.provider && jobs.tool == of.tool;
    days.jobs.iter().find(is_its)
}
