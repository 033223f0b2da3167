//! `/v1/…`: the part of Stripe's HTTP API that is played.

mod call;
mod catalog;
mod customers;
mod events;
mod expand;
mod gate;
mod idempotency;
mod invoices;
mod lines;
mod listing;
mod new_session;
mod payments;
mod portal;
mod sessions;
mod subscriptions;
pub mod webhook_endpoints;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use http::{Method, StatusCode, Uri};
use serde_json::Value;
use sqlx::AnyConnection;

use super::StripeSandbox;
use super::errors::{Failure, Refusal, json_response};
use super::events::{Act, Origin};
use super::refunds::NewRefund;
use super::store::{self, Kind};

pub use call::Call;
pub use idempotency::InFlight;
pub use new_session::{at_least, check_step};

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .merge(sessions::router())
        .merge(payments::router())
        .merge(customers::router())
        .merge(catalog::router())
        .merge(subscriptions::router())
        .merge(invoices::router())
        .merge(portal::router())
        .merge(events::router())
        .merge(webhook_endpoints::router())
        .route("/refunds", get(payments::list_refunds).post(refund))
        .fallback(unknown_v1_url)
        .method_not_allowed_fallback(unknown_v1_url)
        .layer(middleware::from_fn(gate::gate))
}

/// Stripe's answer to an address or method it does not know.
pub async fn unknown_url(method: Method, uri: Uri) -> Response {
    Failure::from(Refusal::unknown_url(method.as_str(), uri.path())).into_response()
}

async fn unknown_v1_url(method: Method, uri: Uri) -> Response {
    let path = format!("/v1{}", uri.path());
    Failure::from(Refusal::unknown_url(method.as_str(), &path)).into_response()
}

async fn refund(State(sandbox): State<StripeSandbox>, call: Call) -> Result<Response, Failure> {
    sandbox
        .perform(&call, Kind::Refund, &NewRefund::parse(&call.params())?)
        .await
}

/// Something that changes objects.
pub trait Operation {
    /// Does it inside the caller's transaction, and gives back the object to answer with.
    ///
    /// A refusal is kept under the idempotency key and committed, so everything is checked before
    /// anything is written.
    fn run(
        &self,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> impl Future<Output = Result<Value, Failure>> + Send;
}

impl StripeSandbox {
    /// Performs the call in one transaction, at most once for its idempotency key.
    pub(super) async fn perform(
        &self,
        call: &Call,
        kind: Kind,
        operation: &(impl Operation + Sync),
    ) -> Result<Response, Failure> {
        let paths = expand::parse(kind, &call.params())?;
        let key = call.idempotency_key.as_deref();
        let _flight = key.map(|key| self.0.own.in_flight.enter(key)).transpose()?;
        self.catch_up().await?;
        let now = self.0.clock.now();
        let mut tx = self.0.db.begin().await?;
        if let Some(key) = key
            && let Some(kept) = idempotency::claim(&mut tx, key, &call.fingerprint(), now).await?
        {
            return kept.replay();
        }
        let origin = Origin {
            request_id: call.request_id.clone(),
            idempotency_key: call.idempotency_key.clone(),
        };
        let mut act = self.act(now, origin, call.webhook);
        let (status, body) = match operation.run(&mut tx, &mut act).await {
            Ok(mut shape) => {
                expand::apply(&mut tx, &mut shape, &paths).await?;
                (StatusCode::OK, shape)
            }
            Err(Failure::Refused(refusal)) => (refusal.status, refusal.body()),
            Err(failure) => return Err(failure),
        };
        let body = body.to_string();
        if let Some(key) = key {
            idempotency::keep(&mut tx, key, status, &body).await?;
        }
        tx.commit().await?;
        self.wake();
        self.deliver_before_redirect(act.into_held()).await;
        Ok(json_response(status, body))
    }

    /// Answers with one object; `param` is Stripe's name for its id.
    async fn retrieve(
        &self,
        call: &Call,
        kind: Kind,
        id: &str,
        param: &str,
    ) -> Result<Response, Failure> {
        call.params().only(&["client_secret", "expand"])?;
        let paths = expand::parse(kind, &call.params())?;
        self.catch_up().await?;
        let mut reader = self.0.db.reader().acquire().await?;
        let object = store::find(&mut reader, kind, id).await?;
        let mut shape = object
            .ok_or_else(|| kind.missing(id, param).in_url())?
            .shape;
        expand::apply(&mut reader, &mut shape, &paths).await?;
        Ok(json_response(StatusCode::OK, shape.to_string()))
    }
}
