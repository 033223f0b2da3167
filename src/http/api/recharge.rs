use atelier_server::accounts::Scope;
use atelier_server::idempotency;
use atelier_server::ids::RechargeId;
use atelier_server::payments::{Recharge, RefundError, RefundOnceError};
use axum::Json;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::admin::operator;
use super::lists::{Page, limit, place};
use crate::http::State;
use crate::http::body::{Fields, Queried};
use crate::http::caller::Caller;
use crate::http::keys;
use crate::http::openapi::{IdempotencyKey, shapes};
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before.
    #[param(schema_with = shapes::cursor)]
    cursor: Option<String>,
}

#[derive(ToSchema)]
pub struct RefundBody {
    /// In minor units; without it, all that is left.
    #[schema(minimum = 1)]
    pub amount_minor: Option<i64>,
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// List recharge records
///
/// One's own, newest first.
#[utoipa::path(
    get,
    path = "/api/recharge",
    tag = "payments",
    params(Asked),
    responses((status = 200, description = "A page of records", body = Page<Recharge>)),
    security(("session" = []), ("token" = ["credits:read"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    caller: Caller,
) -> Result<Json<Page<Recharge>>, Problem> {
    caller.require(Scope::CreditsRead)?;
    let wanted = limit(asked.limit);
    let before = place(asked.cursor.as_deref(), RechargeId::parse)?;
    let payments = &state.services.payments;
    let records = payments
        .recharges_of(&caller.user.id, before.as_ref(), wanted + 1)
        .await?;
    Ok(Json(Page::of(records, wanted, |record| {
        record.id.to_string()
    })))
}

/// Give money back through the provider
///
/// All that is left, or a part of it. The credits follow as with any refund.
#[utoipa::path(
    post,
    path = "/api/admin/recharges/{id}/refund",
    tag = "admin",
    params(IdempotencyKey),
    request_body = Option<RefundBody>,
    responses((status = 200, description = "The record", body = Recharge), (status = 409, description = "It is not paid"), (status = 503, description = "The payment provider does not answer")),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn refund(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
    mut fields: Fields,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let amount = fields.optional_integer("amount_minor");
    if amount.is_some_and(|amount| amount < 1) {
        fields.refuse("amount_minor", "wrong-above-zero");
    }
    let operator = operator(&caller, &mut fields);
    fields.check()?;
    let id = RechargeId::parse(&id).ok_or_else(Problem::not_found)?;
    let payments = &state.services.payments;
    if payments.recharge(&id).await?.is_none() {
        return Err(Problem::not_found());
    }
    let endpoint = format!("POST /api/admin/recharges/{id}/refund");
    let Some(scope) = keys::scope(&headers, &caller.user.id, endpoint, fields.hash())? else {
        payments.refund(&id, amount, None, &operator).await?;
        return Ok((StatusCode::OK, Json(read(&state, &id).await?)).into_response());
    };
    let answer = async || {
        let recharge = payments.recharge(&id).await?.ok_or(RefundError::NotPaid)?;
        Ok(idempotency::Answer {
            status: 200,
            body: serde_json::json!(recharge).to_string(),
            replayed: false,
        })
    };
    let (wished, key) = ((&id, amount), scope.key.as_str());
    let refunded = payments.refund_once(&scope, wished, key, &operator, answer);
    match refunded.await {
        Ok(answer) => Ok(keys::respond(answer)),
        Err(RefundOnceError::Key(refused)) => Err(refused.into()),
        Err(RefundOnceError::Refund(error)) => Err(error.into()),
    }
}

async fn read(state: &State, id: &RechargeId) -> Result<Recharge, Problem> {
    let recharge = state.services.payments.recharge(id).await?;
    recharge.ok_or_else(Problem::not_found)
}
