use atelier_server::accounts::Scope;
use atelier_server::oversight::{self, AuditFilter, AuditLine};
use atelier_server::time::Timestamp;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::set;
use crate::http::State;
use crate::http::api::lists::{List, Page, Wanted, moment};
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::openapi::shapes;
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Who did it: `admin:ID`, or `command-line`.
    actor: Option<String>,
    /// What was done.
    action: Option<String>,
    /// What it was done to, mostly the id of an account.
    target: Option<String>,
    /// From this day or moment on.
    #[param(schema_with = shapes::moment)]
    from: Option<String>,
    /// To the end of this day, or before this moment.
    #[param(schema_with = shapes::moment)]
    to: Option<String>,
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

const LIST: List<AuditLine, String> = List {
    name: "audit",
    head: &[
        "id", "at", "actor", "action", "target", "before", "after", "reason", "address",
    ],
    row,
    place: |it| it.id.clone(),
};

/// List what operators did
///
/// Newest first. With `Accept: text/csv` all of it as a file.
#[utoipa::path(
    get,
    path = "/api/admin/audit",
    tag = "admin",
    params(Asked),
    responses((status = 200, description = "A page of the log", content((Page<AuditLine> = "application/json"), (String = "text/csv")))),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let filter = AuditFilter {
        actor: set(asked.actor.as_ref()),
        action: set(asked.action.as_ref()),
        target: set(asked.target.as_ref()),
        from: moment("from", asked.from.as_deref(), Timestamp::parse)?,
        to: moment("to", asked.to.as_deref(), Timestamp::parse_end)?,
        before: None,
        limit: 0,
    };
    let wanted = Wanted::of(asked.limit, asked.format.as_deref(), &headers);
    let db = state.services.db.clone();
    let read = move |before, limit| {
        let db = db.clone();
        let filter = AuditFilter {
            before,
            limit,
            ..filter.clone()
        };
        async move { oversight::audit_lines(db.reader(), &filter).await }
    };
    LIST.answer(wanted, set(asked.cursor.as_ref()), read).await
}

fn row(line: AuditLine) -> Vec<String> {
    vec![
        line.id,
        line.at.to_rfc3339(),
        line.actor,
        line.action,
        line.target,
        line.before.unwrap_or_default(),
        line.after.unwrap_or_default(),
        line.reason.unwrap_or_default(),
        line.address.unwrap_or_default(),
    ]
}
