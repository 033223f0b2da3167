use atelier_server::accounts::Scope;
use atelier_server::ids::RechargeId;
use atelier_server::payments::{HeldBack, Provider, Purchase, PurchaseFilter, Standing};
use atelier_server::time::Timestamp;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::State;
use crate::http::api::lists::{List, Page, Wanted, place, word};
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::openapi::shapes;
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// An id of the record, its account, its checkout, its payment or its subscription, or the whole address of the account.
    q: Option<String>,
    /// Only those that stand so.
    #[param(schema_with = shapes::word_of::<Standing>)]
    status: Option<String>,
    /// Only those paid through this provider.
    #[param(schema_with = shapes::word_of::<Provider>)]
    provider: Option<String>,
    /// Only those whose payment came and gave nothing: `any`, or for this reason.
    #[param(schema_with = shapes::word_of::<HeldBack>)]
    held_back: Option<String>,
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before.
    #[param(schema_with = shapes::cursor)]
    cursor: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

const LIST: List<Purchase, RechargeId> = List {
    name: "recharges",
    head: &[
        "id",
        "user_id",
        "provider",
        "item",
        "amount_minor",
        "currency",
        "credits",
        "bonus",
        "status",
        "held_back",
        "paid_minor",
        "returned_minor",
        "payment_method",
        "payment_id",
        "session_id",
        "subscription_id",
        "created_at",
        "completed_at",
    ],
    row,
    place: |it| it.recharge.id.clone(),
};

/// List everybody's recharge records
///
/// Newest first. With `Accept: text/csv` all of them as a file.
#[utoipa::path(
    get,
    path = "/api/admin/recharges",
    tag = "admin",
    params(Asked),
    responses((status = 200, description = "A page of records", content((Page<Purchase> = "application/json"), (String = "text/csv")))),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let filter = PurchaseFilter {
        standing: word("status", asked.status.as_deref(), Standing::parse)?,
        provider: word("provider", asked.provider.as_deref(), Provider::parse)?,
        held_back: word("held_back", asked.held_back.as_deref(), HeldBack::parse)?,
        search: asked.q.clone().unwrap_or_default(),
        before: None,
        limit: 0,
    };
    let wanted = Wanted::of(asked.limit, asked.format.as_deref(), &headers);
    let before = place(asked.cursor.as_deref(), RechargeId::parse)?;
    let payments = state.services.payments.clone();
    let read = move |before, limit| {
        let payments = payments.clone();
        let filter = PurchaseFilter {
            before,
            limit,
            ..filter.clone()
        };
        async move { payments.purchases(&filter).await }
    };
    LIST.answer(wanted, before, read).await
}

fn row(purchase: Purchase) -> Vec<String> {
    let Purchase {
        recharge,
        user_id,
        held_back,
        ..
    } = purchase;
    let time = |at: Option<Timestamp>| at.map(|at| at.to_rfc3339()).unwrap_or_default();
    let paid = recharge.paid_minor.map(|paid| paid.to_string());
    vec![
        recharge.id.to_string(),
        user_id.to_string(),
        recharge.provider.as_str().to_owned(),
        recharge.item,
        recharge.amount_minor.to_string(),
        recharge.currency,
        recharge.credits.to_string(),
        recharge.bonus.to_string(),
        recharge.standing.as_str().to_owned(),
        held_back.unwrap_or_default(),
        paid.unwrap_or_default(),
        recharge.returned_minor.to_string(),
        recharge.payment_method.unwrap_or_default(),
        recharge.payment_id.unwrap_or_default(),
        recharge.session_id.unwrap_or_default(),
        recharge.subscription_id.unwrap_or_default(),
        recharge.created_at.to_rfc3339(),
        time(recharge.completed_at),
    ]
}
