//! The customer portal: sessions of it are made, its one configuration is listed.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::Value;
use sqlx::AnyConnection;

use super::new_session::web_address;
use super::{Call, Operation, listing};
use crate::sandbox::stripe::errors::{Failure, Refusal, json_response};
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::store::{self, Kind, Object};
use crate::sandbox::stripe::{StripeSandbox, ids, shapes};

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/billing_portal/sessions", post(create))
        .route("/billing_portal/configurations", get(list_configurations))
        .route(
            "/billing_portal/configurations/{id}",
            get(retrieve_configuration),
        )
}

async fn create(State(sandbox): State<StripeSandbox>, call: Call) -> Result<Response, Failure> {
    let new = NewPortalSession::parse(&call.params())?;
    sandbox.perform(&call, Kind::PortalSession, &new).await
}

/// A visit to the portal that somebody is sent to.
struct NewPortalSession {
    customer: String,
    return_url: Option<String>,
}

impl NewPortalSession {
    fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        params.only_or_unplayed(
            &[
                "configuration",
                "customer",
                "expand",
                "locale",
                "return_url",
            ],
            &["customer_account", "flow_data", "on_behalf_of"],
        )?;
        params.one_of("configuration", &[shapes::PORTAL_CONFIGURATION])?;
        params.text("locale")?;
        Ok(Self {
            customer: params.required("customer")?,
            return_url: web_address(params, "return_url")?,
        })
    }
}

impl Operation for NewPortalSession {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let customer = store::find(tx, Kind::Customer, &self.customer).await?;
        let customer =
            customer.ok_or_else(|| Kind::Customer.missing(&self.customer, "customer"))?;
        let id = ids::fresh("bps_");
        let url = format!("{}portal/{id}", act.of.hosted_base);
        let return_url = self.return_url.as_deref();
        let shape = shapes::portal_session(&id, &customer.id, return_url, &url, act.at);
        let session = Object::new(Kind::PortalSession, shape, Some(customer.id), act.at);
        store::put(tx, &session).await?;
        act.tell(tx, "billing_portal.session.created", &session)
            .await?;
        Ok(session.shape)
    }
}

async fn list_configurations(call: Call) -> Result<Response, Failure> {
    let params = call.params();
    params.only(&[
        "active",
        "ending_before",
        "expand",
        "is_default",
        "limit",
        "starting_after",
    ])?;
    listing::limit(&params)?;
    let wanted = [params.boolean("active")?, params.boolean("is_default")?];
    let shown = !wanted.contains(&Some(false)) && !params.has("starting_after");
    let data = shown.then(shapes::portal_configuration);
    let data = data.into_iter().collect();
    let list = shapes::list(data, false, "/v1/billing_portal/configurations");
    Ok(json_response(StatusCode::OK, list.to_string()))
}

async fn retrieve_configuration(Path(id): Path<String>, call: Call) -> Result<Response, Failure> {
    call.params().only(&["expand"])?;
    if id != shapes::PORTAL_CONFIGURATION {
        let refusal = Refusal::missing("billing_portal configuration", &id, "configuration");
        return Err(refusal.into());
    }
    let shape = shapes::portal_configuration();
    Ok(json_response(StatusCode::OK, shape.to_string()))
}
