use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;

use super::Operation;
use crate::db::is_duplicate;
use crate::sandbox::creem::errors::{Failure, Refusal};
use crate::sandbox::creem::events::Act;
use crate::sandbox::creem::payments::check_email;
use crate::sandbox::creem::request::{Asked, Body};
use crate::sandbox::creem::store::{self, Kind, Object};
use crate::sandbox::creem::{CreemSandbox, ids, shapes};
use crate::sandbox::webhook_mode::WebhookMode;

pub fn router() -> Router<CreemSandbox> {
    Router::new()
        .route("/customers", get(retrieve).post(create))
        .route("/customers/billing", post(billing))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    customer_id: Option<String>,
    email: Option<String>,
}

async fn retrieve(
    State(sandbox): State<CreemSandbox>,
    Asked(which): Asked<Which>,
) -> Result<Json<Value>, Failure> {
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let (found, named) = match (&which.customer_id, &which.email) {
        (Some(id), None) => (store::find(&mut reader, Kind::Customer, id).await?, id),
        (None, Some(email)) => (
            store::find_by_facet(&mut reader, Kind::Customer, email).await?,
            email,
        ),
        _ => return Err(Refusal::bad_request("Say either customer_id or email").into()),
    };
    let found = found.ok_or_else(|| Refusal::not_found("Customer", named))?;
    Ok(Json(found.shape))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCustomer {
    email: String,
    name: String,
    external_id: Option<String>,
}

async fn create(
    State(sandbox): State<CreemSandbox>,
    Body(new): Body<NewCustomer>,
) -> Result<Json<Value>, Failure> {
    sandbox.perform(WebhookMode::AsSet, &new).await
}

impl Operation for NewCustomer {
    async fn run(
        &self,
        _sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> Result<Value, Failure> {
        check_email(&self.email)?;
        let external = self.external_id.as_deref();
        let shape = shapes::customer(&self.email, Some(&self.name), external, act.at);
        let customer = Object::new(Kind::Customer, shape, self.external_id.clone(), act.at);
        match store::put(tx, &customer).await {
            Ok(()) => Ok(customer.shape),
            Err(error) if is_duplicate(&error) => {
                Err(Refusal::bad_request("Customer already exists").into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PortalLink {
    customer_id: String,
}

async fn billing(
    State(sandbox): State<CreemSandbox>,
    Body(link): Body<PortalLink>,
) -> Result<Json<Value>, Failure> {
    sandbox.perform(WebhookMode::AsSet, &link).await
}

impl Operation for PortalLink {
    async fn run(
        &self,
        sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> Result<Value, Failure> {
        let customer = store::find(tx, Kind::Customer, &self.customer_id).await?;
        let customer = customer.ok_or_else(|| Refusal::not_found("Customer", &self.customer_id))?;
        let shape = json!({ "id": ids::fresh("portal_"), "customer": customer.id });
        let portal = Object::new(Kind::Portal, shape, None, act.at);
        store::put(tx, &portal).await?;
        let link = format!("{}portal/{}", sandbox.0.settings.hosted_base, portal.id);
        Ok(json!({ "customer_portal_link": link }))
    }
}
