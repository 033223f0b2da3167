//! What a person at Creem, or at the payer's bank, could do; and the book.
//!
//! Each way to act takes JSON or a form, `webhook` for how its events are sent, and `return_to`: the
//! page that a browser goes back to.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::CreemSandbox;
use super::api::Operation;
use super::errors::{Failure, Refusal};
use super::events::Act;
use super::request::{AtDesk, number};
use super::returns::{DisputeOutcome, Disputing, Refunding, Target};
use super::store::Kind;
use super::subscriptions::Renewal;
use crate::sandbox::book;
use crate::sandbox::webhook_mode::WebhookMode;
use crate::sandbox::webhooks::{Control, NOT_A_MODE};

pub fn router() -> Router<CreemSandbox> {
    Router::new()
        .route("/refunds", post(refund))
        .route("/disputes", post(dispute))
        .route("/renew", post(renew))
        .route("/webhooks", get(list_webhooks).post(control_webhooks))
        .route("/book", get(read_book))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    order: Option<String>,
    transaction: Option<String>,
    /// In cents.
    #[serde(default, deserialize_with = "number")]
    amount: Option<i64>,
    #[serde(default)]
    webhook: WebhookMode,
}

async fn refund(
    State(sandbox): State<CreemSandbox>,
    AtDesk { body, return_to }: AtDesk<RefundBody>,
) -> Result<Response, Failure> {
    let target = match (body.transaction, body.order) {
        (Some(id), None) => Target::Transaction(id),
        (None, Some(id)) => Target::Order(id),
        _ => return Err(Refusal::bad_request("Say either order or transaction").into()),
    };
    let amount = body.amount;
    let refunding = Refunding { target, amount };
    sandbox
        .act_at_desk(body.webhook, &refunding, return_to)
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
    AtDesk { body, return_to }: AtDesk<DisputeBody>,
) -> Result<Response, Failure> {
    let disputing = Disputing {
        transaction: body.transaction,
        outcome: body.outcome,
    };
    sandbox
        .act_at_desk(body.webhook, &disputing, return_to)
        .await
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
    AtDesk { body, return_to }: AtDesk<RenewBody>,
) -> Result<Response, Failure> {
    let renewal = Renewal {
        subscription: body.subscription,
        paid: body.outcome == RenewOutcome::Paid,
    };
    sandbox.act_at_desk(body.webhook, &renewal, return_to).await
}

async fn control_webhooks(
    State(sandbox): State<CreemSandbox>,
    AtDesk { body, return_to }: AtDesk<Control>,
) -> Result<Response, Failure> {
    if !body.is_settable() {
        return Err(Refusal::bad_request(NOT_A_MODE).into());
    }
    if body.action.is_none() && body.mode.is_none() {
        return Err(Refusal::bad_request("Say an action or a mode").into());
    }
    sandbox
        .act_at_desk(WebhookMode::AsSet, &body, return_to)
        .await
}

impl Operation for Control {
    async fn run(
        &self,
        _sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> Result<Value, Failure> {
        let done = self.perform::<Kind, _>(tx, act).await?;
        let event = self.event.as_deref().unwrap_or("none yet");
        Ok(done.ok_or_else(|| Refusal::not_found("Event", event))?)
    }
}

/// The newest events with what became of telling them.
async fn list_webhooks(State(sandbox): State<CreemSandbox>) -> Result<Json<Value>, Failure> {
    let view = sandbox.desk().await?;
    Ok(Json(
        json!({ "mode": view.webhook_mode, "items": view.events }),
    ))
}

impl CreemSandbox {
    /// Does what a form or a program asks for, and sends browsers back where they came from.
    async fn act_at_desk(
        &self,
        webhook: WebhookMode,
        operation: &(impl Operation + Sync),
        return_to: Option<String>,
    ) -> Result<Response, Failure> {
        let done = self.perform(webhook, operation).await?;
        Ok(match return_to {
            Some(path) => Redirect::to(&path).into_response(),
            None => done.into_response(),
        })
    }
}

async fn read_book(State(sandbox): State<CreemSandbox>) -> Result<Json<Value>, Failure> {
    sandbox.catch_up().await?;
    let items = book::items::<Kind>(sandbox.0.db.reader()).await?;
    let items = items
        .iter()
        .map(|item| item.named(["transaction", "checkout_id", "request_id"]));
    Ok(Json(json!({ "items": items.collect::<Vec<_>>() })))
}
