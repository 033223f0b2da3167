use atelier_server::credits::DayTotals;
use atelier_server::time::Timestamp;
use leptos::prelude::*;

use crate::components::chart::{Bar, Shape, chart};
use crate::components::icon::{Icon, icon};
use crate::i18n::Words;

/// Use and balance of the last days, with a table of the same.
pub fn charts(w: Words, days: &[DayTotals], remaining: i64) -> AnyView {
    let used: i64 = days.iter().map(|day| day.used).sum();
    let balances = balances(days, remaining);
    let used_chart = if used == 0 {
        view! { <p class="soft">{w.say("dash-chart-used-none")}</p> }.into_any()
    } else {
        let label = w.say_with("dash-chart-used-label", &[("n", w.number(used).into())]);
        let bars = bars(w, days, days.iter().map(|day| day.used));
        chart(w, w.say("dash-chart-used"), label, Shape::Bars, &bars)
    };
    let first = balances.first().copied().unwrap_or(remaining);
    let args = [
        ("first", w.number(first).into()),
        ("last", w.number(remaining).into()),
    ];
    let label = w.say_with("dash-chart-balance-label", &args);
    let bars = bars(w, days, balances.iter().copied());
    let balance_chart = chart(w, w.say("dash-chart-balance"), label, Shape::Steps, &bars);
    view! {
        <section class="part" aria-labelledby="charts-title" data-live-region="dash-charts">
            <div class="part-head"><h2 id="charts-title">{w.say("dash-charts-title")}</h2></div>
            <div class="charts">{used_chart}{balance_chart}</div>
            {table(w, days, &balances)}
        </section>
    }
    .into_any()
}

/// What could be spent at the end of each day: nothing by who owed. Of today, what is there now.
fn balances(days: &[DayTotals], remaining: i64) -> Vec<i64> {
    let mut balances: Vec<i64> = days.iter().map(|day| day.balance.max(0)).collect();
    if let Some(today) = balances.last_mut() {
        *today = remaining;
    }
    balances
}

fn bars(w: Words, days: &[DayTotals], values: impl Iterator<Item = i64>) -> Vec<Bar> {
    let bars = days.iter().zip(values);
    bars.map(|(day, value)| Bar {
        day: name(w, day),
        value: Some(value),
    })
    .collect()
}

fn name(w: Words, day: &DayTotals) -> String {
    Timestamp::parse(&day.date).map_or_else(String::new, |at| w.day(at))
}

/// The days on which anything happened, newest first.
fn table(w: Words, days: &[DayTotals], balances: &[i64]) -> AnyView {
    let last = days.len().saturating_sub(1);
    let shown = days.iter().zip(balances).enumerate().rev();
    let shown = shown.filter(|(index, (day, _))| *index == last || day.used + day.received != 0);
    let rows: Vec<_> = shown
        .map(|(_, (day, balance))| {
            view! {
                <tr>
                    <th scope="row">{name(w, day)}</th>
                    <td class="num end">{w.number(day.used)}</td>
                    <td class="num end">{w.number(day.received)}</td>
                    <td class="num end">{w.number(*balance)}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <details class="sum" id="chart-table">
            <summary>{icon(Icon::Chevron)}{w.say("dash-chart-table")}</summary>
            <table class="table days">
                <thead>
                    <tr>
                        <th scope="col">{w.say("dash-chart-date")}</th>
                        <th scope="col" class="end">{w.say("dash-used")}</th>
                        <th scope="col" class="end">{w.say("dash-chart-received")}</th>
                        <th scope="col" class="end">{w.say("dash-remaining")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
    .into_any()
}
