use atelier_server::accounts::Scope;
use atelier_server::credits::{self, DayTotals};
use atelier_server::studio::JobCounts;
use axum::Json;
use axum::extract::State as Extract;
use serde::Serialize;

use crate::http::State;
use crate::http::caller::Caller;
use crate::http::problem::Problem;

const DAYS: i64 = 30;

#[derive(Serialize)]
pub struct Stats {
    balance: i64,
    days: Vec<DayTotals>,
    jobs: JobCounts,
}

/// `GET /api/stats`: balance, the last 30 days, jobs by state.
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
