use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::paging::Paging;
use crate::sandbox::creem::CreemSandbox;
use crate::sandbox::creem::errors::{Failure, Refusal};
use crate::sandbox::creem::request::{Asked, Body};
use crate::sandbox::creem::returns::{Refunding, Target};
use crate::sandbox::creem::store::{self, Kind, Page};
use crate::sandbox::webhook_mode::WebhookMode;

pub fn router() -> Router<CreemSandbox> {
    Router::new()
        .route("/transactions", get(retrieve))
        .route("/transactions/search", get(search))
        .route("/refunds", post(refund))
}

#[derive(Deserialize)]
struct Which {
    transaction_id: String,
}

async fn retrieve(
    State(sandbox): State<CreemSandbox>,
    Asked(which): Asked<Which>,
) -> Result<Json<Value>, Failure> {
    sandbox.catch_up().await?;
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let found = store::find(&mut reader, Kind::Transaction, &which.transaction_id).await?;
    let found = found.ok_or_else(|| Refusal::not_found("Transaction", &which.transaction_id))?;
    Ok(Json(found.shape))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    customer_id: Option<String>,
    order_id: Option<String>,
    product_id: Option<String>,
    page_number: Option<i64>,
    page_size: Option<i64>,
}

async fn search(
    State(sandbox): State<CreemSandbox>,
    Asked(asked): Asked<Search>,
) -> Result<Json<Value>, Failure> {
    let paging = Paging::new(asked.page_number, asked.page_size)?;
    sandbox.catch_up().await?;
    let mut page = Page::newest(Kind::Transaction, paging.size);
    page.offset = paging.offset();
    page.labels = [
        ("customer", asked.customer_id),
        ("order", asked.order_id),
        ("product", asked.product_id),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let (found, _) = store::list(&mut reader, &page).await?;
    let total = store::count(&mut reader, &page).await?;
    let items = found.into_iter().map(|object| object.shape).collect();
    Ok(Json(paging.answer(items, total)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    transaction_id: String,
}

/// Creem: the API gives back all that is left, and says no more than how that stands.
async fn refund(
    State(sandbox): State<CreemSandbox>,
    Body(body): Body<RefundBody>,
) -> Result<Json<Value>, Failure> {
    let refunding = Refunding {
        target: Target::Transaction(body.transaction_id),
        amount: None,
    };
    let Json(refund) = sandbox.perform(WebhookMode::AsSet, &refunding).await?;
    Ok(Json(json!({ "status": refund["status"] })))
}
