use atelier_server::accounts::Scope;
use atelier_server::credits::{self, DayTotals};
use atelier_server::studio::JobCounts;
use axum::Json;
use axum::extract::State as Extract;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::State;
use crate::http::caller::Caller;
use crate::http::problem::Problem;

const DAYS: i64 = 30;

/// Figures of the last thirty days.
#[derive(Serialize, ToSchema)]
pub struct Stats {
    balance: i64,
    days: Vec<DayTotals>,
    jobs: JobCounts,
}

/// Read the last thirty days
///
/// The balance, what was used and received each day in UTC, and jobs by state.
#[utoipa::path(
    get,
    path = "/api/stats",
    tag = "credits",
    responses((status = 200, description = "The figures", body = Stats)),
    security(("session" = []), ("token" = ["credits:read"])),
)]
pub async fn show(Extract(state): Extract<State>, caller: Caller) -> Result<Json<Stats>, Problem> {
    caller.require(Scope::CreditsRead)?;
    let services = &state.services;
    let user = &caller.user.id;
    let now = services.clock.now();
    let wallet = services.wallet(user).await?;
    let days = credits::daily_totals(&services.db, user, DAYS, now).await?;
    let jobs = services.studio.count_jobs(user).await?;
    Ok(Json(Stats {
        balance: wallet.figures.remaining,
        days,
        jobs,
    }))
}
