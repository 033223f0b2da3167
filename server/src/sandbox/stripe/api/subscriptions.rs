//! Subscriptions: read, listed, changed, ended.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{Call, listing};
use crate::sandbox::stripe::StripeSandbox;
use crate::sandbox::stripe::billing::{Cancelling, Changing};
use crate::sandbox::stripe::errors::Failure;
use crate::sandbox::stripe::store::Kind;

/// Stripe's name for a subscription's id in messages.
const PARAM: &str = "id";

pub fn router() -> Router<StripeSandbox> {
    Router::new().route("/subscriptions", get(list)).route(
        "/subscriptions/{id}",
        get(retrieve).post(update).delete(cancel),
    )
}

type Id = Path<String>;
type Sandbox = State<StripeSandbox>;

async fn retrieve(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    sandbox
        .retrieve(&call, Kind::Subscription, &id, PARAM)
        .await
}

async fn update(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    let change = Changing::parse(id, &call.params())?;
    sandbox.perform(&call, Kind::Subscription, &change).await
}

async fn cancel(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    let end = Cancelling::parse(id, &call.params())?;
    sandbox.perform(&call, Kind::Subscription, &end).await
}

/// What a list without a status shows: whatever is not over.
const NOT_OVER: &[&str] = &[
    "active",
    "incomplete",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
];
const OVER: &[&str] = &["canceled", "incomplete_expired"];

async fn list(State(sandbox): Sandbox, call: Call) -> Result<Response, Failure> {
    sandbox.catch_up().await?;
    let params = call.params();
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let own = ["customer", "price", "status"];
    let mut page = listing::page(&mut reader, Kind::Subscription, &params, &own).await?;
    let statuses = [NOT_OVER, OVER, &["all", "ended"]].concat();
    let asked = params.one_of("status", &statuses)?;
    let wanted: &[&str] = match asked.as_deref() {
        None => NOT_OVER,
        Some("all") => &[],
        Some("ended") => OVER,
        Some(one) => &[one],
    };
    page.facets = wanted.iter().map(|&status| status.to_owned()).collect();
    page.parent = params.text("customer")?;
    listing::label(&mut page, &params, "price")?;
    listing::answer(&mut reader, &page, &params).await
}
