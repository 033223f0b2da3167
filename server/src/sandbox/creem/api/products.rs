use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::paging::Paging;
use crate::sandbox::creem::errors::{Failure, Refusal};
use crate::sandbox::creem::request::Asked;
use crate::sandbox::creem::{CreemSandbox, shapes};

pub fn router() -> Router<CreemSandbox> {
    Router::new()
        .route("/products", get(retrieve))
        .route("/products/search", get(search))
}

#[derive(Deserialize)]
struct Which {
    product_id: String,
}

async fn retrieve(
    State(sandbox): State<CreemSandbox>,
    Asked(which): Asked<Which>,
) -> Result<Json<Value>, Failure> {
    let product = sandbox
        .product(&which.product_id)
        .ok_or_else(|| Refusal::not_found("Product", &which.product_id))?;
    Ok(Json(shapes::product(product)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    page_number: Option<i64>,
    page_size: Option<i64>,
}

async fn search(
    State(sandbox): State<CreemSandbox>,
    Asked(asked): Asked<Search>,
) -> Result<Json<Value>, Failure> {
    let paging = Paging::new(asked.page_number, asked.page_size)?;
    let products = &sandbox.0.settings.products;
    let (skipped, size) = (
        usize::try_from(paging.offset()).unwrap_or(usize::MAX),
        usize::try_from(paging.size).unwrap_or(0),
    );
    let page = products.iter().skip(skipped).take(size);
    let total = i64::try_from(products.len()).unwrap_or(i64::MAX);
    Ok(Json(
        paging.answer(page.map(shapes::product).collect(), total),
    ))
}
