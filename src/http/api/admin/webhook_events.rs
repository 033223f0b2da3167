use atelier_server::accounts::Scope;
use atelier_server::ids::InboxId;
use atelier_server::payments::{EventState, KeptEvent};
use axum::Json;
use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::operator;
use crate::http::State;
use crate::http::api::lists::{List, Page, Wanted, place, word};
use crate::http::body::{Fields, Queried};
use crate::http::caller::Caller;
use crate::http::keys;
use crate::http::openapi::{IdempotencyKey, Reason, shapes};
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Only those in this state.
    #[param(schema_with = shapes::word_of::<EventState>)]
    state: Option<String>,
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before.
    #[param(schema_with = shapes::cursor)]
    cursor: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

/// An event with what the provider sent.
#[derive(Serialize, ToSchema)]
pub struct WholeEvent {
    #[serde(flatten)]
    event: KeptEvent,
    payload: String,
}

const LIST: List<KeptEvent, InboxId> = List {
    name: "webhook-events",
    head: &[
        "id",
        "provider",
        "event_id",
        "kind",
        "object_id",
        "origin",
        "state",
        "reason",
        "attempts",
        "next_at",
        "received_at",
        "processed_at",
    ],
    row,
    place: |it| it.id.clone(),
};

/// List what payment providers told
///
/// Newest first. With `Accept: text/csv` all of it as a file.
#[utoipa::path(
    get,
    path = "/api/admin/webhook-events",
    tag = "admin",
    params(Asked),
    responses((status = 200, description = "A page of events", content((Page<KeptEvent> = "application/json"), (String = "text/csv")))),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let in_state = word("state", asked.state.as_deref(), EventState::parse)?;
    let wanted = Wanted::of(asked.limit, asked.format.as_deref(), &headers);
    let before = place(asked.cursor.as_deref(), InboxId::parse)?;
    let payments = state.services.payments.clone();
    let read = move |before: Option<InboxId>, limit| {
        let payments = payments.clone();
        async move { payments.events(in_state, before.as_ref(), limit).await }
    };
    LIST.answer(wanted, before, read).await
}

fn row(event: KeptEvent) -> Vec<String> {
    let time = |at: Option<atelier_server::time::Timestamp>| {
        at.map(|at| at.to_rfc3339()).unwrap_or_default()
    };
    vec![
        event.id.to_string(),
        event.provider.as_str().to_owned(),
        event.event_id,
        event.kind,
        event.object_id.unwrap_or_default(),
        event.origin,
        event.state.as_str().to_owned(),
        event.reason.unwrap_or_default(),
        event.attempts.to_string(),
        time(event.next_at),
        event.received_at.to_rfc3339(),
        time(event.processed_at),
    ]
}

/// Read an event with what was sent
#[utoipa::path(
    get,
    path = "/api/admin/webhook-events/{id}",
    tag = "admin",
    responses((status = 200, description = "The event", body = WholeEvent)),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn show(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<WholeEvent>, Problem> {
    caller.require(Scope::Admin)?;
    let id = InboxId::parse(&id).ok_or_else(Problem::not_found)?;
    let found = state.services.payments.event(&id).await?;
    let (event, payload) = found.ok_or_else(Problem::not_found)?;
    Ok(Json(WholeEvent { event, payload }))
}

/// Let an event be acted on again
///
/// What it is about is read anew at the provider.
#[utoipa::path(
    post,
    path = "/api/admin/webhook-events/{id}/replay",
    tag = "admin",
    params(IdempotencyKey),
    request_body = Option<Reason>,
    responses((status = 200, description = "The event", body = KeptEvent), (status = 409, description = "It could not be read, so nothing can be done, or the key is in flight")),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn replay(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
    mut fields: Fields,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let operator = operator(&caller, &mut fields);
    fields.check()?;
    let id = InboxId::parse(&id).ok_or_else(Problem::not_found)?;
    let endpoint = format!("POST /api/admin/webhook-events/{id}/replay");
    let key = keys::scope(&headers, &caller.user.id, endpoint, fields.hash())?;
    let payments = state.services.payments.clone();
    keys::once(&state.services, key, async move {
        if payments.event(&id).await?.is_none() {
            return Err(Problem::not_found());
        }
        if !payments.replay(&id, &operator).await? {
            return Err(Problem::conflict("problem-conflict-unparsed"));
        }
        let found = payments.event(&id).await?;
        let (event, _) = found.ok_or_else(Problem::not_found)?;
        Ok(event)
    })
    .await
}

#[derive(Serialize, ToSchema)]
pub struct Replayed {
    /// How many events are acted on again.
    replayed: u64,
}

/// Let every failed event be acted on again
#[utoipa::path(
    post,
    path = "/api/admin/webhook-events/replay-failed",
    tag = "admin",
    params(IdempotencyKey),
    request_body = Option<Reason>,
    responses((status = 200, description = "How many there were", body = Replayed), (status = 409, description = "The key is in flight")),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn replay_failed(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    caller: Caller,
    mut fields: Fields,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let operator = operator(&caller, &mut fields);
    fields.check()?;
    let endpoint = "POST /api/admin/webhook-events/replay-failed";
    let key = keys::scope(&headers, &caller.user.id, endpoint, fields.hash())?;
    let payments = state.services.payments.clone();
    keys::once(&state.services, key, async move {
        let replayed = payments.replay_failed(&operator).await?;
        Ok(Replayed { replayed })
    })
    .await
}
