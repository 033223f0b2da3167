//! Checkout Sessions: made, read, listed, expired.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::Value;
use sqlx::AnyConnection;

use super::new_session::NewSession;
use super::{Call, Operation, listing};
use crate::sandbox::stripe::errors::{Failure, Refusal, json_response};
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::store::{self, Kind};
use crate::sandbox::stripe::{StripeSandbox, after, shapes};

/// Stripe's name for a session's id in messages.
const PARAM: &str = "session";

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/checkout/sessions", get(list).post(create))
        .route("/checkout/sessions/{id}", get(retrieve))
        .route("/checkout/sessions/{id}/line_items", get(list_line_items))
        .route("/checkout/sessions/{id}/expire", post(expire))
}

async fn create(State(sandbox): State<StripeSandbox>, call: Call) -> Result<Response, Failure> {
    let page_url = format!("{}checkout/", sandbox.0.settings.hosted_base);
    let new = NewSession::parse(&call.params(), page_url)?;
    sandbox.perform(&call, Kind::Session, &new).await
}

async fn retrieve(
    State(sandbox): State<StripeSandbox>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Failure> {
    sandbox.retrieve(&call, Kind::Session, &id, PARAM).await
}

async fn list(State(sandbox): State<StripeSandbox>, call: Call) -> Result<Response, Failure> {
    sandbox.catch_up().await?;
    let params = call.params();
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let own = ["customer", "payment_intent", "status", "subscription"];
    let mut page = listing::page(&mut reader, Kind::Session, &params, &own).await?;
    page.facets
        .extend(params.one_of("status", &["open", "complete", "expired"])?);
    page.parent = params.text("customer")?;
    listing::label(&mut page, &params, "subscription")?;
    if let Some(id) = params.text("payment_intent")? {
        let intent = store::find(&mut reader, Kind::PaymentIntent, &id).await?;
        let intent = intent.ok_or_else(|| Kind::PaymentIntent.missing(&id, "payment_intent"))?;
        page.id = intent.parent;
    }
    listing::answer(&mut reader, &page, &params).await
}

async fn list_line_items(
    State(sandbox): State<StripeSandbox>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Failure> {
    let params = call.params();
    params.only(&["ending_before", "expand", "limit", "starting_after"])?;
    let limit = usize::try_from(listing::limit(&params)?).unwrap_or(usize::MAX);
    let after = params.text("starting_after")?;
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let session = store::find(&mut reader, Kind::Session, &id).await?;
    let items = session
        .ok_or_else(|| Kind::Session.missing(&id, PARAM).in_url())?
        .notes
        .line_items;
    let first = match after {
        None => 0,
        Some(after) => items
            .iter()
            .position(|item| item["id"] == after.as_str())
            .map(|place| place + 1)
            .ok_or_else(|| Refusal::missing("line_item", &after, "starting_after"))?,
    };
    let has_more = items.len() > first.saturating_add(limit);
    let data = items.into_iter().skip(first).take(limit).collect();
    let url = format!("/v1/checkout/sessions/{id}/line_items");
    Ok(json_response(
        StatusCode::OK,
        shapes::list(data, has_more, &url).to_string(),
    ))
}

async fn expire(
    State(sandbox): State<StripeSandbox>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Failure> {
    call.params().only(&["expand"])?;
    sandbox
        .perform(&call, Kind::Session, &Expiring { id })
        .await
}

/// The wish to close an open session.
struct Expiring {
    id: String,
}

impl Operation for Expiring {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let session = store::lock(tx, Kind::Session, &self.id).await?;
        let mut session = session.ok_or_else(|| Kind::Session.missing(&self.id, PARAM).in_url())?;
        let status = session.text("status").unwrap_or_default();
        if status != "open" {
            let message = format!(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout \
                 Session has a status of `{status}`."
            );
            return Err(Refusal::invalid(message).param(PARAM).into());
        }
        after::expire(tx, act, &mut session).await?;
        Ok(session.shape)
    }
}
