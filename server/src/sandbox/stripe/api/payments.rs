//! Payment intents, charges, refunds and disputes, as far as they are read.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{Call, listing};
use crate::sandbox::stripe::StripeSandbox;
use crate::sandbox::stripe::errors::Failure;
use crate::sandbox::stripe::store::{self, Kind};

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/payment_intents/{id}", get(retrieve_intent))
        .route("/charges", get(list_charges))
        .route("/charges/{id}", get(retrieve_charge))
        .route("/refunds/{id}", get(retrieve_refund))
        .route("/disputes", get(list_disputes))
        .route("/disputes/{id}", get(retrieve_dispute))
}

type Id = Path<String>;
type Sandbox = State<StripeSandbox>;

async fn retrieve_intent(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    sandbox
        .retrieve(&call, Kind::PaymentIntent, &id, "intent")
        .await
}

async fn retrieve_charge(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    sandbox.retrieve(&call, Kind::Charge, &id, "id").await
}

async fn retrieve_refund(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    sandbox.retrieve(&call, Kind::Refund, &id, "id").await
}

async fn retrieve_dispute(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    sandbox.retrieve(&call, Kind::Dispute, &id, "dispute").await
}

async fn list_charges(sandbox: Sandbox, call: Call) -> Result<Response, Failure> {
    list_by_intent(&sandbox, &call, Kind::Charge, &["payment_intent"]).await
}

pub async fn list_refunds(sandbox: Sandbox, call: Call) -> Result<Response, Failure> {
    list_by_intent(&sandbox, &call, Kind::Refund, &["charge", "payment_intent"]).await
}

async fn list_disputes(sandbox: Sandbox, call: Call) -> Result<Response, Failure> {
    list_by_intent(
        &sandbox,
        &call,
        Kind::Dispute,
        &["charge", "payment_intent"],
    )
    .await
}

/// A list of what belongs to payment intents, named directly or by their charge.
async fn list_by_intent(
    sandbox: &StripeSandbox,
    call: &Call,
    kind: Kind,
    own: &[&str],
) -> Result<Response, Failure> {
    sandbox.catch_up().await?;
    let params = call.params();
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let mut page = listing::page(&mut reader, kind, &params, own).await?;
    page.parent = params.text("payment_intent")?;
    if let Some(id) = params.text("charge")? {
        let charge = store::find(&mut reader, Kind::Charge, &id).await?;
        page.parent = charge
            .ok_or_else(|| Kind::Charge.missing(&id, "charge"))?
            .parent;
    }
    listing::answer(&mut reader, &page, &params).await
}
