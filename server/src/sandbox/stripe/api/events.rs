//! Events, for those who ask instead of waiting for webhooks.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{Call, listing};
use crate::sandbox::stripe::StripeSandbox;
use crate::sandbox::stripe::errors::{Failure, Refusal};
use crate::sandbox::stripe::store::Kind;

/// Stripe: up to 20 types.
const MAX_TYPES: usize = 20;

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/events", get(list))
        .route("/events/{id}", get(retrieve))
}

async fn retrieve(
    State(sandbox): State<StripeSandbox>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Failure> {
    sandbox.retrieve(&call, Kind::Event, &id, "id").await
}

async fn list(State(sandbox): State<StripeSandbox>, call: Call) -> Result<Response, Failure> {
    sandbox.catch_up().await?;
    let params = call.params();
    if params.has("delivery_success") {
        return Err(Refusal::unplayed("the filter `delivery_success`", "delivery_success").into());
    }
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let mut page = listing::page(&mut reader, Kind::Event, &params, &["type", "types"]).await?;
    page.facets = params.texts("types")?;
    page.facets.extend(params.text("type")?);
    if page.facets.len() > MAX_TYPES {
        let message = format!("You may only specify up to {MAX_TYPES} types.");
        return Err(Refusal::invalid(message).param("types").into());
    }
    if page
        .facets
        .iter()
        .any(|kind| kind.contains(['*', ',', '%']))
    {
        return Err(Refusal::unplayed("event types with wildcards", "type").into());
    }
    listing::answer(&mut reader, &page, &params).await
}
