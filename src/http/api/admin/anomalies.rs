use atelier_server::accounts::Scope;
use atelier_server::oversight::anomalies::{Anomalies, Anomaly};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::State;
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::csv::{self, Rows};
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

const HEAD: &[&str] = &["kind", "id", "user_id", "seen", "limit", "since"];

/// List what looks odd
///
/// It is looked at now; what of it stands in the ledger was found by the newest report of the reconciliation. Of very many of
/// a kind the first are told. With `Accept: text/csv` as a file.
#[utoipa::path(
    get,
    path = "/api/admin/anomalies",
    tag = "admin",
    params(Asked),
    responses((status = 200, description = "What looks odd", content((Anomalies = "application/json"), (String = "text/csv")))),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let found = state.services.lookout.find().await?;
    if !csv::is_wanted(asked.format.as_deref(), &headers) {
        return Ok(Json(found).into_response());
    }
    csv::answer("anomalies", HEAD, move |_: Option<()>| {
        let rows = found.items.iter().map(row).collect();
        async move { Ok(Rows { rows, next: None }) }
    })
    .await
}

fn row(anomaly: &Anomaly) -> Vec<String> {
    vec![
        anomaly.kind.as_str().to_owned(),
        anomaly.id.clone(),
        anomaly.user_id.clone().unwrap_or_default(),
        anomaly.seen.clone(),
        anomaly.limit.clone(),
        anomaly.since.to_rfc3339(),
    ]
}
