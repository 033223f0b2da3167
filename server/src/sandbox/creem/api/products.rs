use axum::extract::{Path, State};
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
        .route("/products/{id}", get(retrieve_by_path))
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
    sandbox.show_product(&which.product_id)
}

/// As newer clients ask.
async fn retrieve_by_path(
    State(sandbox): State<CreemSandbox>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Failure> {
    sandbox.show_product(&id)
}

impl CreemSandbox {
    fn show_product(&self, id: &str) -> Result<Json<Value>, Failure> {
        let product = self.product(id);
        let product = product.ok_or_else(|| Refusal::not_found("Product", id))?;
        Ok(Json(shapes::product(product)))
    }
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
