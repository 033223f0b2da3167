use atelier_server::accounts::Scope;
use atelier_server::ids::UserId;
use atelier_server::payments::{
    Errand, Provider, Subscriber, SubscriberFilter, SubscriptionStatus,
};
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::set;
use crate::http::State;
use crate::http::api::lists::{List, Page, Wanted, word};
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::openapi::shapes;
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Its own id, that of its account, or the whole address of the account.
    q: Option<String>,
    /// Only those that stand so.
    #[param(schema_with = shapes::word_of::<SubscriptionStatus>)]
    status: Option<String>,
    /// Only those paid through this provider.
    #[param(schema_with = shapes::word_of::<Provider>)]
    provider: Option<String>,
    /// Only those of this account.
    #[param(schema_with = shapes::cursor)]
    user_id: Option<String>,
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before. Behind one that is not there comes nothing.
    cursor: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

const LIST: List<Subscriber, String> = List {
    name: "subscriptions",
    head: &[
        "id",
        "user_id",
        "provider",
        "plan",
        "status",
        "renews",
        "surplus",
        "errand",
        "period_start",
        "period_end",
        "created_at",
        "ended_at",
    ],
    row,
    place: |it| it.id.clone(),
};

/// List everybody's subscriptions
///
/// Newest first. With `Accept: text/csv` all of them as a file.
#[utoipa::path(
    get,
    path = "/api/admin/subscriptions",
    tag = "admin",
    params(Asked),
    responses((status = 200, description = "A page of subscriptions", content((Page<Subscriber> = "application/json"), (String = "text/csv")))),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let payments = state.services.payments.clone();
    let filter = SubscriberFilter {
        status: word("status", asked.status.as_deref(), SubscriptionStatus::parse)?,
        provider: word("provider", asked.provider.as_deref(), Provider::parse)?,
        search: asked.q.unwrap_or_default(),
        user: word("user_id", asked.user_id.as_deref(), UserId::parse)?,
        after: None,
        limit: 0,
    };
    let wanted = Wanted::of(asked.limit, asked.format.as_deref(), &headers);
    let read = move |after, limit| {
        let payments = payments.clone();
        let filter = SubscriberFilter {
            after,
            limit,
            ..filter.clone()
        };
        async move { payments.subscribers(&filter).await }
    };
    LIST.answer(wanted, set(asked.cursor.as_ref()), read).await
}

fn row(subscriber: Subscriber) -> Vec<String> {
    let ended_at = subscriber.ended_at.map(|at| at.to_rfc3339());
    vec![
        subscriber.id,
        subscriber.user_id.to_string(),
        subscriber.provider.as_str().to_owned(),
        subscriber.plan,
        subscriber.status.as_str().to_owned(),
        subscriber.renews.to_string(),
        subscriber.surplus.to_string(),
        subscriber.errand.map_or("", Errand::as_str).to_owned(),
        subscriber.period_start.to_rfc3339(),
        subscriber.period_end.to_rfc3339(),
        subscriber.created_at.to_rfc3339(),
        ended_at.unwrap_or_default(),
    ]
}
