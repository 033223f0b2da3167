use atelier_app::components::batch::say_row;
use atelier_app::forms::batches::bulk_of;
use atelier_app::i18n::Words;
use atelier_server::accounts::{Language, Scope};
use atelier_server::oversight::{self, BatchLine, BatchState, Operator, RowState, Sheet, SheetRow};
use atelier_server::time::Timestamp;
use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::set;
use crate::http::State;
use crate::http::api::lists::{List, Page, Wanted, limit, place, word};
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::csv::{self, Rows};
use crate::http::openapi::shapes;
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RowsAsked {
    /// Only rows of which this became.
    #[param(schema_with = shapes::word_of::<RowState>)]
    state: Option<String>,
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before.
    #[param(schema_with = shapes::count)]
    cursor: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

/// A batch with a page of its rows.
#[derive(Serialize, ToSchema)]
pub struct WholeBatch {
    batch_id: String,
    state: BatchState,
    created_at: Timestamp,
    items: Vec<WholeRow>,
    next: Option<String>,
}

/// A row of a batch, with what became of it. What a program sent is known by what it changed alone.
#[derive(Serialize, ToSchema)]
pub struct WholeRow {
    /// From 0.
    row: usize,
    email: String,
    action: String,
    amount: String,
    reason: String,
    state: RowState,
    /// What it would leave, as long as it waits.
    before: Option<i64>,
    after: Option<i64>,
    changed: i64,
    undone: i64,
    entry_id: Option<String>,
    /// What stands in its way, in the language that was asked for.
    error: Option<String>,
}

const LIST: List<BatchLine, String> = List {
    name: "batches",
    head: &["batch_id", "created_at", "rows", "actor", "undone_at"],
    row: line,
    place: |it| it.batch_id.clone(),
};
const ROWS_HEAD: &[&str] = &[
    "row", "email", "action", "amount", "reason", "state", "before", "after", "changed", "undone",
    "entry_id", "error",
];

/// List batches
///
/// Newest first. With `Accept: text/csv` all of them as a file.
#[utoipa::path(
    get,
    path = "/api/admin/credits/bulk",
    tag = "admin",
    params(Asked),
    responses((status = 200, description = "A page of batches", content((Page<BatchLine> = "application/json"), (String = "text/csv")))),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let wanted = Wanted::of(asked.limit, asked.format.as_deref(), &headers);
    let db = state.services.db.clone();
    let read = move |before: Option<String>, limit| {
        let db = db.clone();
        async move { oversight::batches(&db, before.as_deref(), limit).await }
    };
    LIST.answer(wanted, set(asked.cursor.as_ref()), read).await
}

fn line(batch: BatchLine) -> Vec<String> {
    let undone_at = batch.undone_at.map(Timestamp::to_rfc3339);
    vec![
        batch.batch_id,
        batch.created_at.to_rfc3339(),
        batch.rows.to_string(),
        batch.actor,
        undone_at.unwrap_or_default(),
    ]
}

/// Read what became of a batch
///
/// In the order of its rows. With `Accept: text/csv` all of them as a file.
#[utoipa::path(
    get,
    path = "/api/admin/credits/bulk/{batch_id}",
    tag = "admin",
    params(RowsAsked),
    responses((status = 200, description = "The batch with a page of its rows", content((WholeBatch = "application/json"), (String = "text/csv")))),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn show(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
    Path(batch_id): Path<String>,
    Queried(asked): Queried<RowsAsked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let only = word("state", asked.state.as_deref(), RowState::parse)?;
    let parse = |text: &str| text.parse::<usize>().ok();
    let after = place(asked.cursor.as_deref(), parse)?;
    let sheet = find(&state, &caller, &batch_id).await?;
    let w = Words(language);
    let (batch_id, created_at, stands) = (sheet.batch_id, sheet.created_at, sheet.state);
    let rows = sheet.rows.into_iter().enumerate();
    let rows = rows.filter(|(at, row)| {
        only.is_none_or(|only| row.state == only) && after.is_none_or(|after| *at > after)
    });
    let rows = rows.map(|(at, row)| whole(w, at, row));
    if csv::is_wanted(asked.format.as_deref(), &headers) {
        let rows: Vec<Vec<String>> = rows.map(cells).collect();
        return csv::answer("batch", ROWS_HEAD, move |_: Option<()>| {
            let rows = rows.clone();
            async move { Ok(Rows { rows, next: None }) }
        })
        .await;
    }
    let wanted = limit(asked.limit);
    let most = usize::try_from(wanted).unwrap_or(usize::MAX);
    let rows: Vec<WholeRow> = rows.take(most + 1).collect();
    let page = Page::of(rows, wanted, |row| row.row.to_string());
    let batch = WholeBatch {
        batch_id,
        state: stands,
        created_at,
        items: page.items,
        next: page.next,
    };
    Ok(Json(batch).into_response())
}

async fn find(state: &State, caller: &Caller, batch_id: &str) -> Result<Sheet, Problem> {
    // No batch is called so, and not every database can be asked.
    if batch_id.contains('\0') {
        return Err(Problem::not_found());
    }
    let looks = Operator {
        actor: caller.as_operator().to_string(),
        address: None,
        reason: String::new(),
    };
    let bulk = bulk_of(&state.services, &caller.user, looks);
    let sheet = bulk.sheet(batch_id).await?;
    sheet.ok_or_else(Problem::not_found)
}

fn whole(w: Words, row: usize, kept: SheetRow) -> WholeRow {
    let error = say_row(w, &kept);
    WholeRow {
        row,
        email: kept.typed.email,
        action: kept.typed.action,
        amount: kept.typed.amount,
        reason: kept.typed.reason,
        state: kept.state,
        before: kept.before,
        after: kept.after,
        changed: kept.changed,
        undone: kept.undone,
        entry_id: kept.entry_id,
        error,
    }
}

fn cells(row: WholeRow) -> Vec<String> {
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    vec![
        // As people count, who look at a file.
        (row.row + 1).to_string(),
        row.email,
        row.action,
        row.amount,
        row.reason,
        row.state.as_str().to_owned(),
        number(row.before),
        number(row.after),
        row.changed.to_string(),
        row.undone.to_string(),
        row.entry_id.unwrap_or_default(),
        row.error.unwrap_or_default(),
    ]
}
