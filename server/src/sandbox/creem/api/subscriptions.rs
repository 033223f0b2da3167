use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use crate::sandbox::creem::CreemSandbox;
use crate::sandbox::creem::errors::{Failure, Refusal};
use crate::sandbox::creem::request::{Asked, Body};
use crate::sandbox::creem::store::{self, Kind};
use crate::sandbox::creem::subscriptions::{Cancel, CancelMode, Resume, UpdateBehavior, Upgrade};
use crate::sandbox::webhook_mode::WebhookMode;

pub fn router() -> Router<CreemSandbox> {
    Router::new()
        .route("/subscriptions", get(retrieve))
        .route("/subscriptions/{id}/cancel", post(cancel))
        .route("/subscriptions/{id}/resume", post(resume))
        .route("/subscriptions/{id}/upgrade", post(upgrade))
}

#[derive(Deserialize)]
struct Which {
    subscription_id: String,
}

async fn retrieve(
    State(sandbox): State<CreemSandbox>,
    Asked(which): Asked<Which>,
) -> Result<Json<Value>, Failure> {
    sandbox.catch_up().await?;
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let found = store::find(&mut reader, Kind::Subscription, &which.subscription_id).await?;
    let found = found.ok_or_else(|| Refusal::not_found("Subscription", &which.subscription_id))?;
    Ok(Json(sandbox.show_subscription(&mut reader, &found).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelBody {
    #[serde(default)]
    mode: CancelMode,
    #[serde(rename = "onExecute")]
    on_execute: Option<String>,
}

async fn cancel(
    State(sandbox): State<CreemSandbox>,
    Path(subscription): Path<String>,
    Body(body): Body<CancelBody>,
) -> Result<Json<Value>, Failure> {
    if body.on_execute.is_some_and(|what| what != "cancel") {
        return Err(Refusal::unplayed("pausing").into());
    }
    let mode = body.mode;
    let wish = Cancel { subscription, mode };
    sandbox.perform(WebhookMode::AsSet, &wish).await
}

async fn resume(
    State(sandbox): State<CreemSandbox>,
    Path(subscription): Path<String>,
) -> Result<Json<Value>, Failure> {
    sandbox
        .perform(WebhookMode::AsSet, &Resume { subscription })
        .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpgradeBody {
    product_id: String,
    #[serde(default)]
    update_behavior: UpdateBehavior,
}

async fn upgrade(
    State(sandbox): State<CreemSandbox>,
    Path(subscription): Path<String>,
    Body(body): Body<UpgradeBody>,
) -> Result<Json<Value>, Failure> {
    let wish = Upgrade {
        subscription,
        product: body.product_id,
        behavior: body.update_behavior,
    };
    sandbox.perform(WebhookMode::AsSet, &wish).await
}
