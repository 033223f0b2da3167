use atelier_server::accounts::Language;
use atelier_server::catalog::{Catalog, Money, Name};
use axum::extract::State as Extract;
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::http::State;

pub async fn show(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
) -> Json<Value> {
    Json(describe(&state.services.catalog, language))
}

fn describe(catalog: &Catalog, language: Language) -> Value {
    let name = |name: &Name| match language {
        Language::En => name.en.clone(),
        Language::Zh => name.zh.clone(),
    };
    let price = |money: &Money| json!(money);
    let tools = [
        ("try_on", catalog.tools.try_on),
        ("video", catalog.tools.video),
    ];
    json!({
        "tools": tools.map(|(id, tool)| json!({
            "id": id, "credits": tool.credits, "trial": tool.trial,
        })),
        "packs": catalog.packs.iter().map(|pack| json!({
            "id": pack.id, "name": name(&pack.name), "credits": pack.credits,
            "bonus": pack.bonus, "price": price(&pack.price),
        })).collect::<Vec<_>>(),
        "top_up": catalog.top_up,
        "plans": catalog.plans.iter().map(|plan| json!({
            "id": plan.id, "name": name(&plan.name), "price": price(&plan.price),
            "interval": plan.interval, "quota": plan.quota,
        })).collect::<Vec<_>>(),
    })
}
