use axum::extract::{Extension, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value};
use sqlx::AnyConnection;
use url::Url;

use super::Operation;
use super::gate::ApiKey;
use crate::sandbox::creem::errors::{Failure, Refusal};
use crate::sandbox::creem::events::Act;
use crate::sandbox::creem::payments::{check_email, customer_with};
use crate::sandbox::creem::provider::OPEN_FOR;
use crate::sandbox::creem::request::{Asked, Body};
use crate::sandbox::creem::store::{self, Kind, Next, Object};
use crate::sandbox::creem::{CreemSandbox, Product, shapes};
use crate::sandbox::webhook_mode::WebhookMode;

pub fn router() -> Router<CreemSandbox> {
    Router::new().route("/checkouts", get(retrieve).post(create))
}

#[derive(Deserialize)]
struct Which {
    checkout_id: String,
}

async fn retrieve(
    State(sandbox): State<CreemSandbox>,
    Asked(which): Asked<Which>,
) -> Result<Json<Value>, Failure> {
    sandbox.catch_up().await?;
    let mut reader = sandbox.0.db.reader().acquire().await?;
    let found = store::find(&mut reader, Kind::Checkout, &which.checkout_id).await?;
    let found = found.ok_or_else(|| Refusal::not_found("Checkout", &which.checkout_id))?;
    Ok(Json(sandbox.show_checkout(&mut reader, &found).await?))
}

/// Creem: between one whole unit of the currency and 99999999 cents.
const LEAST_CUSTOM_PRICE: i64 = 100;
const MOST_CUSTOM_PRICE: i64 = 99_999_999;
const MOST_UNITS: i64 = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCheckout {
    product_id: String,
    request_id: Option<String>,
    units: Option<i64>,
    custom_price: Option<i64>,
    customer: Option<NewPayer>,
    success_url: Option<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPayer {
    id: Option<String>,
    email: Option<String>,
}

async fn create(
    State(sandbox): State<CreemSandbox>,
    Extension(key): Extension<ApiKey>,
    Body(new): Body<NewCheckout>,
) -> Result<Json<Value>, Failure> {
    let creation = Creation { new, key };
    sandbox.perform(WebhookMode::AsSet, &creation).await
}

struct Creation {
    new: NewCheckout,
    key: ApiKey,
}

impl Operation for Creation {
    async fn run(
        &self,
        sandbox: &CreemSandbox,
        tx: &mut AnyConnection,
        act: &mut Act,
    ) -> Result<Value, Failure> {
        let new = &self.new;
        let product = sandbox
            .product(&new.product_id)
            .ok_or_else(|| Refusal::not_found("Product", &new.product_id))?;
        new.check(product)?;
        let customer = match &new.customer {
            Some(payer) => payer.customer(tx, act).await?,
            None => None,
        };
        let hosted = format!("{}checkout/", sandbox.0.settings.hosted_base);
        let shape = shapes::checkout(&shapes::CheckoutOf {
            product,
            units: new.units.unwrap_or(1),
            custom_price: new.custom_price,
            request_id: new.request_id.as_deref(),
            customer: customer.as_deref(),
            success_url: new.success_url.as_deref(),
            metadata: &new.metadata,
            hosted: &hosted,
        });
        let mut checkout = Object::new(Kind::Checkout, shape, None, act.at);
        checkout.notes.key.clone_from(&self.key.0);
        checkout.plan(Next::Expire, act.at.plus(OPEN_FOR));
        store::put(tx, &checkout).await?;
        // A new checkout names its product and customer by id.
        Ok(checkout.shape)
    }
}

impl NewCheckout {
    fn check(&self, product: &Product) -> Result<(), Refusal> {
        if !(1..=MOST_UNITS).contains(&self.units.unwrap_or(1)) {
            let message = format!("units must be between 1 and {MOST_UNITS}");
            return Err(Refusal::bad_request(message));
        }
        if let Some(price) = self.custom_price {
            if product.billing.is_recurring() {
                let message = "custom_price is only supported for one-time payment products";
                return Err(Refusal::bad_request(message));
            }
            if !(LEAST_CUSTOM_PRICE..=MOST_CUSTOM_PRICE).contains(&price) {
                let message = "custom_price must be between 100 and 99999999";
                return Err(Refusal::bad_request(message));
            }
        }
        let sound = |url: &String| Url::parse(url).is_ok();
        if self.success_url.as_ref().is_some_and(|url| !sound(url)) {
            return Err(Refusal::bad_request("success_url must be a URL address"));
        }
        Ok(())
    }
}

impl NewPayer {
    /// The id of the customer, who is made if only an address is named.
    async fn customer(
        &self,
        connection: &mut AnyConnection,
        act: &Act,
    ) -> Result<Option<String>, Failure> {
        match (&self.id, &self.email) {
            (Some(id), None) => {
                let found = store::find(connection, Kind::Customer, id).await?;
                Ok(Some(
                    found.ok_or_else(|| Refusal::not_found("Customer", id))?.id,
                ))
            }
            (None, Some(email)) => {
                check_email(email)?;
                Ok(Some(customer_with(connection, email, act.at).await?.id))
            }
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                let message = "You may specify only one of these parameters: id or email";
                Err(Refusal::bad_request(message).into())
            }
        }
    }
}
