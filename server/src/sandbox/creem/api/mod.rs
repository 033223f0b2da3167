//! `/v1/…`: the part of Creem's HTTP API that is played.

mod checkouts;
mod customers;
mod gate;
mod paging;
mod products;
mod subscriptions;
mod transactions;

use axum::response::{IntoResponse, Response};
use axum::{Json, Router, middleware};
use http::{Method, Uri};
use serde_json::Value;
use sqlx::AnyConnection;

use super::CreemSandbox;
use super::errors::{Failure, Refusal};
use super::events::Act;
use crate::sandbox::webhook_mode::WebhookMode;

pub fn router() -> Router<CreemSandbox> {
    Router::new()
        .merge(checkouts::router())
        .merge(customers::router())
        .merge(products::router())
        .merge(subscriptions::router())
        .merge(transactions::router())
        .fallback(unknown_url)
        .method_not_allowed_fallback(unknown_url)
        .layer(middleware::from_fn(gate::gate))
}

/// Creem's answer to an address or method it does not know.
pub async fn unknown_url(method: Method, uri: Uri) -> Response {
    Failure::from(Refusal::unknown_url(method.as_str(), uri.path())).into_response()
}

/// Something that changes objects.
pub trait Operation {
    /// Does it inside the caller's transaction, and gives back what to answer with.
    fn run(
        &self,
        sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> impl Future<Output = Result<Value, Failure>> + Send;
}

impl CreemSandbox {
    /// Does the operation in one transaction; a refused one leaves no trace.
    pub(super) async fn perform(
        &self,
        webhook: WebhookMode,
        operation: &(impl Operation + Sync),
    ) -> Result<Json<Value>, Failure> {
        self.catch_up().await?;
        let mut tx = self.0.db.begin().await?;
        let mut act = Act::new(self.0.clock.now(), (), webhook);
        let answer = operation.run(self, &mut tx, &mut act).await?;
        tx.commit().await?;
        self.wake();
        self.deliver_before_redirect(act.into_held()).await;
        Ok(Json(answer))
    }
}
