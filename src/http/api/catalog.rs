use atelier_server::accounts::Language;
use atelier_server::catalog::{Catalog, Interval, Money, Name, TopUp};
use atelier_server::studio::Tool;
use axum::extract::State as Extract;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::State;

/// What is sold, named in the language that was asked for.
#[derive(Serialize, ToSchema)]
pub struct CatalogView {
    tools: Vec<ToolView>,
    packs: Vec<PackView>,
    top_up: Option<TopUp>,
    plans: Vec<PlanView>,
}

#[derive(Serialize, ToSchema)]
pub struct ToolView {
    id: Tool,
    credits: i64,
    /// Whether a free trial can pay for it.
    trial: bool,
}

#[derive(Serialize, ToSchema)]
pub struct PackView {
    id: String,
    name: String,
    /// In all, `bonus` of them given.
    credits: i64,
    bonus: i64,
    price: Money,
}

#[derive(Serialize, ToSchema)]
pub struct PlanView {
    id: String,
    name: String,
    price: Money,
    interval: Interval,
    /// Uses a period; `null` is unlimited.
    quota: Option<i64>,
}

/// Read what is sold, and what it costs
#[utoipa::path(
    get,
    path = "/api/catalog",
    tag = "credits",
    responses((status = 200, description = "Tools, packs, the top-up and plans", body = CatalogView)),
)]
pub async fn show(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
) -> Json<CatalogView> {
    Json(describe(&state.services.catalog, language))
}

fn describe(catalog: &Catalog, language: Language) -> CatalogView {
    let name = |name: &Name| match language {
        Language::En => name.en.clone(),
        Language::Zh => name.zh.clone(),
    };
    let tools = [
        (Tool::TryOn, catalog.tools.try_on),
        (Tool::Video, catalog.tools.video),
    ];
    CatalogView {
        tools: tools
            .map(|(id, tool)| ToolView {
                id,
                credits: tool.credits,
                trial: tool.trial,
            })
            .into(),
        packs: catalog
            .packs
            .iter()
            .map(|pack| PackView {
                id: pack.id.clone(),
                name: name(&pack.name),
                credits: pack.credits,
                bonus: pack.bonus,
                price: pack.price.clone(),
            })
            .collect(),
        top_up: catalog.top_up.clone(),
        plans: catalog
            .plans
            .iter()
            .map(|plan| PlanView {
                id: plan.id.clone(),
                name: name(&plan.name),
                price: plan.price.clone(),
                interval: plan.interval,
                quota: plan.quota,
            })
            .collect(),
    }
}
