//! What a person at Stripe, or at the payer's bank, could do; and the book.

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::api::Call;
use super::disputes::Disputing;
use super::errors::{Failure, Refusal};
use super::params::Params;
use super::refunds::NewRefund;
use super::store::Kind;
use super::{StripeSandbox, book};

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/refunds", post(refund))
        .route("/disputes", post(dispute))
        .route("/renew", post(renew))
        .route("/book", get(read_book))
}

async fn refund(State(sandbox): State<StripeSandbox>, mut call: Call) -> Result<Response, Failure> {
    call.take_webhook_mode()?;
    sandbox
        .perform(&call, Kind::Refund, &NewRefund::parse(&call.params())?)
        .await
}

async fn dispute(
    State(sandbox): State<StripeSandbox>,
    mut call: Call,
) -> Result<Response, Failure> {
    call.take_webhook_mode()?;
    sandbox
        .perform(&call, Kind::Dispute, &Disputing::parse(&call.params())?)
        .await
}

/// There are no subscriptions yet, so none can be renewed.
async fn renew(mut call: Call) -> Result<Response, Failure> {
    call.take_webhook_mode()?;
    let params: Params<'_> = call.params();
    params.only(&["subscription", "outcome"])?;
    params.one_of("outcome", &["paid", "failed"])?;
    let subscription = params.required("subscription")?;
    Err(Refusal::missing("subscription", &subscription, "subscription").into())
}

async fn read_book(State(sandbox): State<StripeSandbox>) -> Result<Json<Value>, Failure> {
    sandbox.catch_up().await?;
    let items = book::items(sandbox.0.db.reader()).await?;
    Ok(Json(json!({ "items": items })))
}
