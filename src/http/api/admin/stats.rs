use atelier_server::accounts::Scope;
use atelier_server::oversight::{self, SiteDay};
use atelier_server::time::Timestamp;
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::State;
use crate::http::api::lists::moment;
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
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

/// The site, day by day.
#[derive(Serialize, ToSchema)]
pub struct Daily {
    days: Vec<SiteDay>,
}

const HEAD: &[&str] = &[
    "date",
    "revenue",
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
    let days = oversight::daily(&services.db, from, to).await?;
    if !csv::is_wanted(asked.format.as_deref(), &headers) {
        return Ok(Json(Daily { days }).into_response());
    }
    let rows: Vec<Vec<String>> = days.iter().map(row).collect();
    csv::answer("days", HEAD, move |_: Option<Timestamp>| {
        let rows = rows.clone();
        async move { Ok(Rows { rows, next: None }) }
    })
    .await
}

fn row(day: &SiteDay) -> Vec<String> {
    let money = |all: &[atelier_server::catalog::Money]| {
        let each = all
            .iter()
            .map(|one| format!("{} {}", one.amount_minor, one.currency));
        each.collect::<Vec<_>>().join(" + ")
    };
    let (credits, users) = (&day.credits, &day.users);
    let jobs = |of: fn(&oversight::SiteJobs) -> i64| day.jobs.iter().map(of).sum::<i64>();
    let mut row = vec![day.date.clone(), money(&day.revenue), money(&day.refunded)];
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
        jobs(|jobs| jobs.succeeded),
        jobs(|jobs| jobs.failed),
        jobs(|jobs| jobs.cancelled),
    ];
    row.extend(numbers.map(|number| number.to_string()));
    row
}
