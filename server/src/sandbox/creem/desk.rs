//! What a person at Creem, or at the payer's bank, could do; and the book.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::{Failure, Refusal};
use super::request::Body;
use super::returns::{DisputeOutcome, Disputing, Refunding, Target};
use super::subscriptions::Renewal;
use super::{CreemSandbox, book};
use crate::sandbox::webhook_mode::WebhookMode;

pub fn router() -> Router<CreemSandbox> {
    Router::new()
        .route("/refunds", post(refund))
        .route("/disputes", post(dispute))
        .route("/renew", post(renew))
        .route("/book", get(read_book))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    order: Option<String>,
    transaction: Option<String>,
    amount: Option<i64>,
    #[serde(default)]
    webhook: WebhookMode,
}

async fn refund(
    State(sandbox): State<CreemSandbox>,
    Body(body): Body<RefundBody>,
) -> Result<Json<Value>, Failure> {
    let target = match (body.transaction, body.order) {
        (Some(id), None) => Target::Transaction(id),
        (None, Some(id)) => Target::Order(id),
        _ => return Err(Refusal::bad_request("Say either order or transaction").into()),
    };
    let amount = body.amount;
    sandbox
        .perform(body.webhook, &Refunding { target, amount })
        .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisputeBody {
    transaction: String,
    outcome: Option<DisputeOutcome>,
    #[serde(default)]
    webhook: WebhookMode,
}

async fn dispute(
    State(sandbox): State<CreemSandbox>,
    Body(body): Body<DisputeBody>,
) -> Result<Json<Value>, Failure> {
    let disputing = Disputing {
        transaction: body.transaction,
        outcome: body.outcome,
    };
    sandbox.perform(body.webhook, &disputing).await
}

#[derive(Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RenewOutcome {
    #[default]
    Paid,
    Failed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RenewBody {
    subscription: String,
    #[serde(default)]
    outcome: RenewOutcome,
    #[serde(default)]
    webhook: WebhookMode,
}

async fn renew(
    State(sandbox): State<CreemSandbox>,
    Body(body): Body<RenewBody>,
) -> Result<Json<Value>, Failure> {
    let renewal = Renewal {
        subscription: body.subscription,
        paid: body.outcome == RenewOutcome::Paid,
    };
    sandbox.perform(body.webhook, &renewal).await
}

async fn read_book(State(sandbox): State<CreemSandbox>) -> Result<Json<Value>, Failure> {
    sandbox.catch_up().await?;
    let items = book::items(sandbox.0.db.reader()).await?;
    Ok(Json(json!({ "items": items })))
}
