use atelier_server::accounts::Scope;
use atelier_server::oversight::{self, AuditFilter, AuditLine};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{ROWS_A_PAGE, moment, set};
use crate::http::State;
use crate::http::api::{Page, limit};
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::csv::{self, Rows};
use crate::http::problem::Problem;

#[derive(Deserialize)]
pub struct Asked {
    actor: Option<String>,
    action: Option<String>,
    target: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
    format: Option<String>,
}

const HEAD: &[&str] = &[
    "id", "at", "actor", "action", "target", "before", "after", "reason", "address",
];

/// What operators did, newest first.
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
        from: moment("from", asked.from.as_ref(), false)?,
        to: moment("to", asked.to.as_ref(), true)?,
        before: set(asked.cursor.as_ref()),
        limit: ROWS_A_PAGE,
    };
    let db = state.services.db.clone();
    if csv::is_wanted(asked.format.as_deref(), &headers) {
        return csv::answer("audit", HEAD, move |before: Option<String>| {
            let db = db.clone();
            let filter = AuditFilter {
                before: before.or_else(|| filter.before.clone()),
                ..filter.clone()
            };
            async move {
                let lines = oversight::audit_lines(db.reader(), &filter).await?;
                Ok(Rows::of(lines, ROWS_A_PAGE, |line| line.id.clone(), row))
            }
        })
        .await;
    }
    let wanted = limit(asked.limit);
    let filter = AuditFilter {
        limit: wanted + 1,
        ..filter
    };
    let lines = oversight::audit_lines(db.reader(), &filter).await?;
    Ok(Json(Page::of(lines, wanted, |line| line.id.clone())).into_response())
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
