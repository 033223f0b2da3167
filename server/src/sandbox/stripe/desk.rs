//! What a person at Stripe, or at the payer's bank, could do; and the book.
//!
//! Each way to act takes JSON or a form, `webhook` for how its events are sent, and `return_to`: the
//! page that a browser goes back to.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::api::{Call, Operation};
use super::billing::Renewal;
use super::disputes::Disputing;
use super::errors::{Failure, Refusal};
use super::params::Params;
use super::refunds::NewRefund;
use super::store::Kind;
use super::{StripeSandbox, webhooks};
use crate::sandbox::book;

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/refunds", post(refund))
        .route("/disputes", post(dispute))
        .route("/renew", post(renew))
        .route("/webhooks", get(list_webhooks).post(control_webhooks))
        .route("/book", get(read_book))
}

type Sandbox = State<StripeSandbox>;

async fn refund(State(sandbox): Sandbox, call: Call) -> Result<Response, Failure> {
    sandbox
        .act_at_desk(call, Kind::Refund, NewRefund::parse_at_desk)
        .await
}

async fn dispute(State(sandbox): Sandbox, call: Call) -> Result<Response, Failure> {
    sandbox
        .act_at_desk(call, Kind::Dispute, Disputing::parse)
        .await
}

async fn renew(State(sandbox): Sandbox, call: Call) -> Result<Response, Failure> {
    sandbox
        .act_at_desk(call, Kind::Subscription, Renewal::parse)
        .await
}

async fn control_webhooks(State(sandbox): Sandbox, call: Call) -> Result<Response, Failure> {
    sandbox
        .act_at_desk(call, Kind::Event, webhooks::parse)
        .await
}

/// The newest events with what became of telling them.
async fn list_webhooks(State(sandbox): Sandbox) -> Result<Json<Value>, Failure> {
    let view = sandbox.desk().await?;
    Ok(Json(
        json!({ "mode": view.webhook_mode, "items": view.events }),
    ))
}

impl StripeSandbox {
    /// Performs what a form or a program asks for, and sends browsers back where they came from.
    async fn act_at_desk<O: Operation + Sync>(
        &self,
        mut call: Call,
        kind: Kind,
        parse: impl Fn(&Params<'_>) -> Result<O, Refusal>,
    ) -> Result<Response, Failure> {
        call.take_webhook_mode()?;
        let back = call.take_return_to()?;
        let answer = self.perform(&call, kind, &parse(&call.params())?).await?;
        Ok(match back {
            Some(path) if answer.status().is_success() => Redirect::to(&path).into_response(),
            _ => answer,
        })
    }
}

async fn read_book(State(sandbox): Sandbox) -> Result<Json<Value>, Failure> {
    sandbox.catch_up().await?;
    let items = book::items::<Kind>(sandbox.0.db.reader()).await?;
    let items = items.into_iter().map(|item| {
        let mut named = item.named(["payment_intent", "session_id", "client_reference_id"]);
        named["invoice"] = json!(item.invoice);
        named
    });
    Ok(Json(json!({ "items": items.collect::<Vec<_>>() })))
}
