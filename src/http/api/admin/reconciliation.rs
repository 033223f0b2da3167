use atelier_server::accounts::Scope;
use atelier_server::oversight::reconciliation::{Item, Kind, Mended, Reconciliation, Report};
use atelier_server::time::Timestamp;
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::operator;
use crate::http::State;
use crate::http::body::{Fields, Queried};
use crate::http::caller::Caller;
use crate::http::csv::{self, Rows};
use crate::http::keys;
use crate::http::openapi::IdempotencyKey;
use crate::http::problem::{Problem, one_of};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Not a check now, but what one found before: its id, or `newest`.
    report: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

/// What a click did.
#[derive(Serialize, ToSchema)]
pub struct Done {
    kind: Kind,
    id: String,
    /// `done`, `nothing_wrong` or `remains`.
    outcome: Mended,
}

const HEAD: &[&str] = &[
    "kind",
    "id",
    "user_id",
    "expected",
    "found",
    "mend",
    "mended_at",
];

/// Check payments, ledger and jobs against each other
///
/// It is done now, and asks the payment providers about every purchase: with thousands of them that takes minutes, and
/// `?report=newest` answers what the last check found at once. Of very many findings the first are told. With `Accept: text/csv`
/// as a file.
#[utoipa::path(
    get,
    path = "/api/admin/reconciliation",
    tag = "admin",
    params(Asked),
    responses(
        (status = 200, description = "What was found", content((Report = "application/json"), (String = "text/csv"))),
        (status = 404, description = "No such report is kept"),
    ),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let reconciliation = Reconciliation::of(&state.services);
    let report = match asked.report {
        Some(id) if id.contains('\0') => return Err(Problem::not_found()),
        Some(id) if id == "newest" => {
            let newest = reconciliation.reports(1).await?.pop();
            let newest = newest.ok_or_else(Problem::not_found)?;
            kept(&reconciliation, &newest.id).await?
        }
        Some(id) => kept(&reconciliation, &id).await?,
        None => reconciliation.check().await?,
    };
    if !csv::is_wanted(asked.format.as_deref(), &headers) {
        return Ok(Json(report).into_response());
    }
    csv::answer("reconciliation", HEAD, move |_: Option<()>| {
        let rows = report.items.iter().map(row).collect();
        async move { Ok(Rows { rows, next: None }) }
    })
    .await
}

async fn kept(reconciliation: &Reconciliation, id: &str) -> Result<Report, Problem> {
    let report = reconciliation.kept(id).await?;
    report.ok_or_else(Problem::not_found)
}

fn row(item: &Item) -> Vec<String> {
    vec![
        item.kind.as_str().to_owned(),
        item.id.clone(),
        item.user_id.clone().unwrap_or_default(),
        item.expected.clone(),
        item.found.clone(),
        item.mend.as_str().to_owned(),
        item.mended_at
            .map(Timestamp::to_rfc3339)
            .unwrap_or_default(),
    ]
}

/// A finding, by its kind and id.
#[derive(ToSchema)]
pub struct MendBody {
    pub kind: Kind,
    pub id: String,
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// Mend a finding
///
/// By the path that is usual for it, and only if it is found still.
#[utoipa::path(
    post,
    path = "/api/admin/reconciliation/mend",
    tag = "admin",
    params(IdempotencyKey),
    request_body = MendBody,
    responses(
        (status = 200, description = "What became of it", body = Done),
        (status = 409, description = "Nothing tells what would be right, or the key is in flight"),
        (status = 503, description = "A provider does not answer"),
    ),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn mend(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    caller: Caller,
    mut fields: Fields,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let kind = fields.text("kind");
    let id = fields.text("id");
    let known = Kind::parse(&kind);
    if known.is_none() {
        fields.refuse("kind", one_of(Kind::ALL.iter().map(|kind| kind.as_str())));
    }
    let operator = operator(&caller, &mut fields);
    fields.check()?;
    let kind = known.ok_or_else(Problem::not_found)?;
    let endpoint = "POST /api/admin/reconciliation/mend";
    let key = keys::scope(&headers, &caller.user.id, endpoint, fields.hash())?;
    let reconciliation = Reconciliation::of(&state.services);
    keys::once(&state.services, key, async move {
        let outcome = reconciliation.mend(kind, &id, &operator).await?;
        Ok(Done { kind, id, outcome })
    })
    .await
}
