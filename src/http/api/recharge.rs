use atelier_server::accounts::Scope;
use atelier_server::ids::RechargeId;
use atelier_server::payments::Recharge;
use axum::Json;
use axum::extract::State as Extract;
use serde::Deserialize;

use super::{Page, limit};
use crate::http::State;
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::problem::Problem;

#[derive(Deserialize)]
pub struct Asked {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// `GET /api/recharge`: one's own recharge records, newest first.
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    caller: Caller,
) -> Result<Json<Page<Recharge>>, Problem> {
    caller.require(Scope::CreditsRead)?;
    let wanted = limit(asked.limit);
    let before = match asked.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        Some(text) => Some(
            RechargeId::parse(text)
                .ok_or_else(|| Problem::validation([("cursor", "is not one of this list")]))?,
        ),
        None => None,
    };
    let payments = &state.services.payments;
    let records = payments
        .recharges_of(&caller.user.id, before.as_ref(), wanted + 1)
        .await?;
    Ok(Json(Page::of(records, wanted, |record| {
        record.id.to_string()
    })))
}
