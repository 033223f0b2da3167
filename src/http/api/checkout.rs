use atelier_app::forms::payments::checkout_request;
use atelier_server::accounts::{Language, Scope};
use atelier_server::catalog::{Offer, TOP_UP};
use axum::Extension;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;

use super::provider;
use crate::http::State;
use crate::http::body::Fields;
use crate::http::caller::Caller;
use crate::http::keys;
use crate::http::problem::Problem;

/// `POST /api/checkout`: a pack, or a top-up with its amount.
pub async fn create(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
    headers: HeaderMap,
    caller: Caller,
    mut fields: Fields,
) -> Result<Response, Problem> {
    caller.require(Scope::CreditsSpend)?;
    let item = fields.text("item");
    check_provider(&mut fields);
    let offer = if item == TOP_UP {
        top_up(&state, &mut fields)
    } else {
        let offer = state.services.catalog.pack(&item);
        if offer.is_none() && !item.is_empty() {
            fields.refuse("item", "is not sold");
        }
        offer
    };
    fields.check()?;
    let offer = offer.ok_or_else(|| Problem::validation([("item", "is not sold")]))?;
    open(
        &state,
        &headers,
        caller,
        offer,
        language,
        &fields,
        "POST /api/checkout",
    )
    .await
}

/// `POST /api/recharge`: a top-up by its amount in yuan.
pub async fn recharge(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
    headers: HeaderMap,
    caller: Caller,
    mut fields: Fields,
) -> Result<Response, Problem> {
    caller.require(Scope::CreditsSpend)?;
    let offer = top_up(&state, &mut fields);
    fields.check()?;
    let offer = offer.ok_or_else(|| Problem::validation([("amount", "is out of bounds")]))?;
    open(
        &state,
        &headers,
        caller,
        offer,
        language,
        &fields,
        "POST /api/recharge",
    )
    .await
}

fn top_up(state: &State, fields: &mut Fields) -> Option<Offer> {
    let amount = fields.integer("amount");
    let offer = state.services.catalog.top_up(amount);
    if offer.is_none() && fields.check().is_ok() {
        fields.refuse(
            "amount",
            "is not a whole amount within the bounds of the catalogue",
        );
    }
    offer
}

fn check_provider(fields: &mut Fields) {
    let name = fields.optional_text("provider");
    if provider(name.as_deref()).is_none() {
        fields.refuse("provider", "is not switched on");
    }
}

async fn open(
    state: &State,
    headers: &HeaderMap,
    caller: Caller,
    offer: Offer,
    language: Language,
    fields: &Fields,
    endpoint: &'static str,
) -> Result<Response, Problem> {
    let key = keys::scope(headers, &caller.user.id, endpoint, fields.hash())?;
    let request = checkout_request(caller.user, offer, language, key);
    let answer = state.services.payments.checkout(request).await?;
    Ok(keys::respond(answer))
}
