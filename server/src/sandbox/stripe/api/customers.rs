//! Customers: made, read and listed.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value};
use sqlx::AnyConnection;

use super::{Call, Operation, listing};
use crate::sandbox::stripe::errors::{Failure, Refusal};
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::store::{self, Kind, Object};
use crate::sandbox::stripe::{StripeSandbox, shapes};

pub fn router() -> Router<StripeSandbox> {
    Router::new()
        .route("/customers", get(list).post(create))
        .route("/customers/{id}", get(retrieve))
}

async fn create(State(sandbox): State<StripeSandbox>, call: Call) -> Result<Response, Failure> {
    sandbox
        .perform(&call, Kind::Customer, &NewCustomer::parse(&call.params())?)
        .await
}

async fn retrieve(
    State(sandbox): State<StripeSandbox>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Failure> {
    sandbox.retrieve(&call, Kind::Customer, &id, "id").await
}

async fn list(State(sandbox): State<StripeSandbox>, call: Call) -> Result<Response, Failure> {
    let params = call.params();
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let mut page = listing::page(&mut reader, Kind::Customer, &params, &["email"]).await?;
    listing::label(&mut page, &params, "email")?;
    listing::answer(&mut reader, &page, &params).await
}

struct NewCustomer {
    given: Map<String, Value>,
}

impl NewCustomer {
    fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        params.only(&[
            "description",
            "email",
            "expand",
            "metadata",
            "name",
            "phone",
        ])?;
        let mut given = Map::new();
        for (field, max) in [
            ("description", 5_000),
            ("email", 512),
            ("name", 256),
            ("phone", 20),
        ] {
            if let Some(text) = params.text_up_to(field, max)? {
                given.insert(field.to_owned(), text.into());
            }
        }
        given.insert("metadata".to_owned(), params.metadata("metadata")?.into());
        Ok(Self { given })
    }
}

impl Operation for NewCustomer {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let shape = shapes::customer(&self.given, act.at);
        let customer = Object::new(Kind::Customer, shape, None, act.at);
        store::put(tx, &customer).await?;
        act.tell(tx, "customer.created", &customer).await?;
        Ok(customer.shape)
    }
}
