use atelier_server::accounts::Scope;
use atelier_server::ids::UserId;
use atelier_server::payments::{Errand, Subscriber, SubscriberFilter, SubscriptionStatus};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ROWS_A_PAGE, set};
use crate::http::State;
use crate::http::api::jobs::word;
use crate::http::api::{Page, limit};
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::csv::{self, Rows};
use crate::http::openapi::shapes;
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Only those that stand so.
    #[param(schema_with = shapes::word_of::<SubscriptionStatus>)]
    status: Option<String>,
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

const HEAD: &[&str] = &[
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
];

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
        user: word("user_id", asked.user_id.as_deref(), UserId::parse)?,
        after: set(asked.cursor.as_ref()),
        limit: ROWS_A_PAGE,
    };
    if csv::is_wanted(asked.format.as_deref(), &headers) {
        return csv::answer("subscriptions", HEAD, move |next: Option<String>| {
            let payments = payments.clone();
            let filter = SubscriberFilter {
                after: next.or_else(|| filter.after.clone()),
                ..filter.clone()
            };
            async move {
                let subscribers = payments.subscribers(&filter).await?;
                let cursor = |subscriber: &Subscriber| subscriber.id.clone();
                Ok(Rows::of(subscribers, ROWS_A_PAGE, cursor, row))
            }
        })
        .await;
    }
    let wanted = limit(asked.limit);
    let filter = SubscriberFilter {
        limit: wanted + 1,
        ..filter
    };
    let subscribers = payments.subscribers(&filter).await?;
    Ok(Json(Page::of(subscribers, wanted, |it| it.id.clone())).into_response())
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
