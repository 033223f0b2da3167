//! Invoices and their payments, as far as they are read.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{Call, listing};
use crate::sandbox::stripe::StripeSandbox;
use crate::sandbox::stripe::errors::Failure;
use crate::sandbox::stripe::store::Kind;

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/invoices", get(list_invoices))
        .route("/invoices/{id}", get(retrieve_invoice))
        .route("/invoice_payments", get(list_payments))
        .route("/invoice_payments/{id}", get(retrieve_payment))
}

type Id = Path<String>;
type Sandbox = State<StripeSandbox>;

async fn retrieve_invoice(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    sandbox.retrieve(&call, Kind::Invoice, &id, "invoice").await
}

async fn retrieve_payment(sandbox: Sandbox, Path(id): Id, call: Call) -> Result<Response, Failure> {
    sandbox
        .retrieve(&call, Kind::InvoicePayment, &id, "invoice_payment")
        .await
}

async fn list_invoices(State(sandbox): Sandbox, call: Call) -> Result<Response, Failure> {
    sandbox.catch_up().await?;
    let params = call.params();
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let own = ["customer", "status", "subscription"];
    let mut page = listing::page(&mut reader, Kind::Invoice, &params, &own).await?;
    let statuses = ["draft", "open", "paid", "uncollectible", "void"];
    page.facets.extend(params.one_of("status", &statuses)?);
    page.parent = params.text("subscription")?;
    listing::label(&mut page, &params, "customer")?;
    listing::answer(&mut reader, &page, &params).await
}

async fn list_payments(State(sandbox): Sandbox, call: Call) -> Result<Response, Failure> {
    sandbox.catch_up().await?;
    let params = call.params();
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let own = ["invoice", "payment", "status"];
    let mut page = listing::page(&mut reader, Kind::InvoicePayment, &params, &own).await?;
    page.facets
        .extend(params.one_of("status", &["canceled", "open", "paid"])?);
    page.parent = params.text("invoice")?;
    if let Some(payment) = params.child("payment")? {
        payment.only_or_unplayed(&["payment_intent", "type"], &["payment_record"])?;
        payment
            .one_of("type", &["payment_intent"])?
            .ok_or_else(|| payment.missing("type"))?;
        listing::label(&mut page, &payment, "payment_intent")?;
    }
    listing::answer(&mut reader, &page, &params).await
}
