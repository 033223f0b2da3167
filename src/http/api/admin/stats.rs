use atelier_server::accounts::Scope;
use atelier_server::catalog::Money;
use atelier_server::oversight::{self, SiteDay};
use atelier_server::time::Timestamp;
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::State;
use crate::http::api::lists::{moment, word};
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::csv::{self, Rows};
use crate::http::openapi::shapes;
use crate::http::problem::{Problem, too_long_a_span};

/// Without `from`, so many days up to `to`.
const DAYS: i64 = 30;
const MOST_DAYS: i64 = 366;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// The first day; without it, thirty days.
    #[param(schema_with = shapes::moment)]
    from: Option<String>,
    /// The last day; without it, today.
    #[param(schema_with = shapes::moment)]
    to: Option<String>,
    /// What a line of the file is of; a day where it is not there.
    #[param(schema_with = shapes::word_of::<By>)]
    by: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

/// What a line of the file is of.
#[derive(Clone, Copy, Default, ToSchema)]
#[schema(rename_all = "snake_case")]
enum By {
    #[default]
    Day,
    /// A provider and its tool on a day, with what only they have.
    Provider,
}

impl By {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "day" => Some(Self::Day),
            "provider" => Some(Self::Provider),
            _ => None,
        }
    }
}

/// The site, day by day.
#[derive(Serialize, ToSchema)]
pub struct Daily {
    days: Vec<SiteDay>,
}

const OF_DAYS: &[&str] = &[
    "date",
    "revenue",
    "bought",
    "refunded",
    "sold",
    "given",
    "spent",
    "returned",
    "lapsed",
    "taken_back",
    "signed_up",
    "active",
    "paying",
    "succeeded",
    "failed",
    "cancelled",
    "seconds",
];

const OF_PROVIDERS: &[&str] = &[
    "date",
    "provider",
    "tool",
    "succeeded",
    "failed",
    "cancelled",
    "failure_percent",
    "seconds",
    "credits",
    "cost",
    "margin",
    "currency",
];

/// Read what each day came to
///
/// Revenue, credits, people and jobs over all accounts, by days in UTC, oldest first; at most 366 of them. With
/// `Accept: text/csv` as a file.
#[utoipa::path(
    get,
    path = "/api/admin/stats/daily",
    tag = "admin",
    params(Asked),
    responses((status = 200, description = "The days", content((Daily = "application/json"), (String = "text/csv")))),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn daily(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let services = &state.services;
    let to = moment("to", asked.to.as_deref(), Timestamp::parse)?
        .unwrap_or_else(|| services.clock.now());
    let from = moment("from", asked.from.as_deref(), Timestamp::parse)?;
    let from = from.unwrap_or_else(|| to.plus_days(1 - DAYS));
    if from.plus_days(MOST_DAYS) <= to {
        return Err(too_long_a_span("from", MOST_DAYS));
    }
    let by = word("by", asked.by.as_deref(), By::parse)?.unwrap_or_default();
    let costs = services.catalog.costs.as_ref();
    let days = oversight::daily(&services.db, costs, from, to).await?;
    if !csv::is_wanted(asked.format.as_deref(), &headers) {
        return Ok(Json(Daily { days }).into_response());
    }
    match by {
        By::Day => file("days", OF_DAYS, days.iter().map(of_day).collect()).await,
        By::Provider => {
            let rows = days.iter().flat_map(of_providers);
            file("providers", OF_PROVIDERS, rows.collect()).await
        }
    }
}

async fn file(
    name: &'static str,
    head: &'static [&'static str],
    rows: Vec<Vec<String>>,
) -> Result<Response, Problem> {
    csv::answer(name, head, move |_: Option<Timestamp>| {
        let rows = rows.clone();
        async move { Ok(Rows { rows, next: None }) }
    })
    .await
}

fn of_day(day: &SiteDay) -> Vec<String> {
    let joined = |each: Vec<(i64, &String)>| {
        let each = each.iter().map(|(n, currency)| format!("{n} {currency}"));
        each.collect::<Vec<_>>().join(" + ")
    };
    let money = |all: &'_ [Money]| {
        let each = all.iter().map(|one| (one.amount_minor, &one.currency));
        joined(each.collect())
    };
    let bought = day.bought.iter().map(|one| (one.credits, &one.currency));
    let (credits, users) = (&day.credits, &day.users);
    let jobs = day.done(None);
    let mut row = vec![
        day.date.clone(),
        money(&day.revenue),
        joined(bought.collect()),
        money(&day.refunded),
    ];
    let numbers = [
        credits.sold,
        credits.given,
        credits.spent,
        credits.returned,
        credits.lapsed,
        credits.taken_back,
        users.signed_up,
        users.active,
        users.paying,
        jobs.succeeded,
        jobs.failed,
        jobs.cancelled,
        jobs.seconds,
    ];
    row.extend(numbers.map(|number| number.to_string()));
    row
}

fn of_providers(day: &SiteDay) -> impl Iterator<Item = Vec<String>> {
    day.jobs.iter().map(|jobs| {
        let amount = |money: &Option<Money>| {
            let money = money.as_ref();
            money.map_or_else(String::new, |money| money.amount_minor.to_string())
        };
        let rate = jobs.failed_of_a_thousand();
        let rate = rate.map(|rate| format!("{}.{}", rate / 10, rate % 10));
        let currency = jobs.cost.as_ref().map(|cost| cost.currency.clone());
        vec![
            day.date.clone(),
            jobs.provider.clone(),
            jobs.tool.clone(),
            jobs.succeeded.to_string(),
            jobs.failed.to_string(),
            jobs.cancelled.to_string(),
            rate.unwrap_or_default(),
            jobs.seconds.to_string(),
            jobs.credits.to_string(),
            amount(&jobs.cost),
            amount(&jobs.margin),
            currency.unwrap_or_default(),
        ]
    })
}
