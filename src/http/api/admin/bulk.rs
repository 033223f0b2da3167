use atelier_app::components::batch::{say_fault, say_problem};
use atelier_app::forms::batches::bulk_of;
use atelier_app::i18n::{Text, Words};
use atelier_server::accounts::{Language, Scope};
use atelier_server::credits::Action;
use atelier_server::oversight::{Batch, BatchRow, BulkError, RowFault, RowResult};
use atelier_server::secret;
use axum::Extension;
use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::{
    AnyOfBuilder, Array, ArrayBuilder, Object, ObjectBuilder, SchemaType,
};
use utoipa::{PartialSchema, ToSchema};

use super::operator;
use crate::http::State;
use crate::http::body::Fields;
use crate::http::caller::Caller;
use crate::http::keys;
use crate::http::openapi::{IdempotencyKey, Reason, shapes};
use crate::http::problem::{Problem, too_long};

const LONGEST_ID: usize = 100;
const MOST_ROWS: usize = Batch::MOST_ROWS;

/// What became of a batch, or would become of it.
#[derive(Serialize, ToSchema)]
pub struct BatchReport {
    batch_id: String,
    dry_run: bool,
    applied: usize,
    failed: usize,
    rows: Vec<ReportRow>,
}

#[derive(Serialize, ToSchema)]
struct ReportRow {
    #[serde(flatten)]
    result: RowResult,
    /// Why it was not done, in the language that was asked for.
    error: Option<String>,
}

/// A batch of changes.
#[derive(ToSchema)]
pub struct BatchBody {
    #[schema(schema_with = shapes::batch_id)]
    pub batch_id: String,
    /// Whether it is only tried out. Has to be named.
    pub dry_run: bool,
    /// One that makes no sense is no reason to refuse the others: it is named in the answer.
    #[schema(schema_with = rows)]
    pub rows: Vec<BatchRowBody>,
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

fn anything() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::AnyValue)
        .build()
}

fn rows() -> Array {
    let row = AnyOfBuilder::new()
        .item(BatchRowBody::schema())
        .item(anything());
    ArrayBuilder::new()
        .items(row)
        .min_items(Some(1))
        .max_items(Some(MOST_ROWS))
        .build()
}

#[derive(ToSchema)]
pub struct BatchRowBody {
    pub email: String,
    pub action: Action,
    pub amount: i64,
    #[schema(max_length = 500)]
    pub reason: String,
}

/// Change wallets by the batch
///
/// Each row is a transaction of its own, known by batch and row: sent again, a batch goes on where it stopped and
/// repeats nothing. A row that makes no sense is named and keeps no other from being done.
#[utoipa::path(
    post,
    path = "/api/admin/credits/bulk",
    tag = "admin",
    params(IdempotencyKey),
    request_body = BatchBody,
    responses((status = 200, description = "What became of each row, or would", body = BatchReport), (status = 409, description = "The batch was undone, or the key is in flight")),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn apply(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
    headers: HeaderMap,
    caller: Caller,
    mut fields: Fields,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let w = Words(language);
    let batch_id = id(fields.text("batch_id"), &mut fields);
    // Named always: what moves credits in thousands of wallets is not begun by a forgotten word.
    let dry_run = fields.boolean("dry_run");
    let rows = fields.list("rows");
    if fields.check().is_ok() && (rows.is_empty() || rows.len() > MOST_ROWS) {
        let most = [("least", "1".to_owned()), ("most", MOST_ROWS.to_string())];
        fields.refuse("rows", Text::with("wrong-count", most));
    }
    let operator = operator(&caller, &mut fields);
    fields.check()?;
    let hash = secret::hash(&Value::from(rows.clone()).to_string());
    let mut batch = Batch {
        id: batch_id.clone(),
        hash,
        count: rows.len(),
        rows: Vec::new(),
    };
    let mut reports = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        match read(at, &row) {
            Ok(row) => batch.rows.push(row),
            Err(fault) => reports.push(senseless(at, &row, say_fault(w, fault))),
        }
    }
    let endpoint = "POST /api/admin/credits/bulk";
    let key = keys::scope(&headers, &caller.user.id, endpoint, fields.hash())?;
    let bulk = bulk_of(&state.services, &caller.user, operator);
    keys::once(&state.services, key, async move {
        let results = match dry_run {
            true => bulk.preview(&batch).await?,
            false => bulk.apply(&batch).await?,
        };
        reports.extend(results.into_iter().map(|result| told(w, result)));
        reports.sort_by_key(|report| report.result.row);
        Ok(report(batch_id, dry_run, reports))
    })
    .await
}

/// Undo a batch
///
/// As far as its credits are still free; the rest is reported.
#[utoipa::path(
    post,
    path = "/api/admin/credits/bulk/{batch_id}/undo",
    tag = "admin",
    params(IdempotencyKey),
    request_body = Option<Reason>,
    responses((status = 200, description = "What became of each row", body = BatchReport), (status = 409, description = "The key is in flight")),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn undo(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
    Path(batch_id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
    mut fields: Fields,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let operator = operator(&caller, &mut fields);
    fields.check()?;
    // No batch is called so, and not every database can be asked.
    if batch_id.contains('\0') {
        return Err(Problem::not_found());
    }
    let endpoint = format!("POST /api/admin/credits/bulk/{batch_id}/undo");
    let key = keys::scope(&headers, &caller.user.id, endpoint, fields.hash())?;
    let bulk = bulk_of(&state.services, &caller.user, operator);
    let w = Words(language);
    keys::once(&state.services, key, async move {
        let results = bulk.undo(&batch_id).await?;
        let reports = results.into_iter().map(|result| told(w, result));
        Ok(report(batch_id, false, reports.collect()))
    })
    .await
}

fn id(text: String, fields: &mut Fields) -> String {
    if text.chars().count() > LONGEST_ID {
        fields.refuse("batch_id", too_long(LONGEST_ID));
    }
    if fields.check().is_ok() && text.trim().is_empty() {
        fields.refuse("batch_id", "wrong-missing");
    }
    text
}

/// A row, or what is wrong with it first.
fn read(at: usize, row: &Value) -> Result<BatchRow, RowFault> {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let amount = row.get("amount").and_then(Value::as_i64);
    BatchRow::read(at, text("email"), text("action"), amount, text("reason"))
}

fn senseless(at: usize, row: &Value, error: String) -> ReportRow {
    let email = row.get("email").and_then(Value::as_str).unwrap_or_default();
    let result = RowResult {
        row: at,
        email: email.to_owned(),
        ok: false,
        before: None,
        after: None,
        entry: None,
        moved: 0,
        problem: None,
    };
    ReportRow {
        result,
        error: Some(error),
    }
}

fn told(w: Words, result: RowResult) -> ReportRow {
    let error = result.problem.map(|problem| say_problem(w, problem));
    ReportRow { result, error }
}

fn report(batch_id: String, dry_run: bool, rows: Vec<ReportRow>) -> BatchReport {
    let applied = rows.iter().filter(|row| row.result.ok).count();
    BatchReport {
        batch_id,
        dry_run,
        applied,
        failed: rows.len() - applied,
        rows,
    }
}

impl From<BulkError> for Problem {
    fn from(error: BulkError) -> Self {
        match error {
            BulkError::OtherRows => Self::validation([("rows", "wrong-other-rows")]),
            BulkError::Unknown => Self::not_found(),
            BulkError::Undone => Self::conflict("problem-conflict-undone"),
            BulkError::Forbidden => Self::forbidden(),
            BulkError::Database(error) => error.into(),
        }
    }
}
