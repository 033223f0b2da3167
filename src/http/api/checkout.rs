use atelier_app::forms::payments::checkout_request;
use atelier_server::accounts::{Language, Scope, User};
use atelier_server::catalog::{Offer, TOP_UP};
use atelier_server::payments::{Provider, Started};
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::State;
use crate::http::body::Fields;
use crate::http::caller::Caller;
use crate::http::keys;
use crate::http::openapi::{CheckoutBody, IdempotencyKey};
use crate::http::problem::Problem;

#[derive(Serialize, ToSchema)]
pub struct PortalUrl {
    pub url: String,
}

#[derive(ToSchema)]
pub struct RechargeBody {
    /// In whole units of the currency of the top-up.
    pub amount: i64,
}

/// Begin to buy a pack, a plan or a top-up
///
/// The buyer pays on the page behind `url`. A second plan is refused with 409 and the address of the portal.
#[utoipa::path(
    post,
    path = "/api/checkout",
    tag = "payments",
    params(IdempotencyKey),
    request_body = CheckoutBody,
    responses((status = 201, description = "Where to pay", body = Started), (status = 409, description = "There is a plan already, or the key is in flight"), (status = 503, description = "The payment provider does not answer; nothing was charged")),
    security(("session" = []), ("token" = ["credits:spend"])),
)]
pub async fn create(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
    headers: HeaderMap,
    caller: Caller,
    mut fields: Fields,
) -> Result<Response, Problem> {
    caller.require(Scope::CreditsSpend)?;
    let item = fields.text("item");
    let offer = if item == TOP_UP {
        top_up(&state, &mut fields)
    } else {
        let offer = state.services.catalog.offer(&item);
        if offer.is_none() && !item.is_empty() {
            fields.refuse("item", "wrong-not-sold");
        }
        offer
    };
    let provider = provider(&state, &mut fields, offer.as_ref());
    fields.check()?;
    let offer = offer.ok_or_else(|| Problem::validation([("item", "wrong-not-sold")]))?;
    let asked = Asked {
        offer,
        provider,
        language,
        endpoint: "POST /api/checkout",
    };
    open(&state, &headers, caller, asked, &fields).await
}

/// Begin to buy a top-up
///
/// The amount is in whole units of the currency of the top-up: yuan, in the built-in catalogue.
#[utoipa::path(
    post,
    path = "/api/recharge",
    tag = "payments",
    params(IdempotencyKey),
    request_body = RechargeBody,
    responses((status = 201, description = "Where to pay", body = Started), (status = 409, description = "The key is in flight"), (status = 503, description = "The payment provider does not answer; nothing was charged")),
    security(("session" = []), ("token" = ["credits:spend"])),
)]
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
    let offer = offer.ok_or_else(|| Problem::validation([("amount", "wrong-top-up")]))?;
    let asked = Asked {
        offer,
        provider: Provider::Stripe,
        language,
        endpoint: "POST /api/recharge",
    };
    open(&state, &headers, caller, asked, &fields).await
}

fn top_up(state: &State, fields: &mut Fields) -> Option<Offer> {
    let amount = fields.integer("amount");
    let offer = state.services.catalog.top_up(amount);
    if offer.is_none() && fields.check().is_ok() {
        fields.refuse("amount", "wrong-top-up");
    }
    offer
}

/// The provider that was asked for; Stripe when none was.
fn provider(state: &State, fields: &mut Fields, offer: Option<&Offer>) -> Provider {
    let Some(name) = fields.optional_text("provider") else {
        return Provider::Stripe;
    };
    let provider = Provider::parse(&name);
    let payments = &state.services.payments;
    match provider.filter(|provider| payments.has(*provider)) {
        None => fields.refuse("provider", "wrong-off"),
        Some(provider) if offer.is_some_and(|offer| !offer.is_sold_by(provider.as_str())) => {
            fields.refuse("provider", "wrong-not-sold-there");
        }
        Some(provider) => return provider,
    }
    Provider::Stripe
}

/// What is to be bought.
struct Asked {
    offer: Offer,
    provider: Provider,
    language: Language,
    endpoint: &'static str,
}

async fn open(
    state: &State,
    headers: &HeaderMap,
    caller: Caller,
    asked: Asked,
    fields: &Fields,
) -> Result<Response, Problem> {
    let Asked {
        offer,
        provider,
        language,
        endpoint,
    } = asked;
    let key = keys::scope(headers, &caller.user.id, endpoint, fields.hash())?;
    let request = checkout_request(caller.user, offer, provider, language, key);
    let answer = state.services.payments.checkout(request).await?;
    Ok(keys::respond(answer))
}

/// Open the page where cards, plan and invoices are managed
#[utoipa::path(
    post,
    path = "/api/checkout/portal",
    tag = "payments",
    responses((status = 200, description = "Where it is", body = PortalUrl), (status = 409, description = "Nothing was bought yet"), (status = 503, description = "The payment provider does not answer")),
    security(("session" = []), ("token" = ["credits:spend"])),
)]
pub async fn portal(
    Extract(state): Extract<State>,
    caller: Caller,
) -> Result<Json<PortalUrl>, Problem> {
    caller.require(Scope::CreditsSpend)?;
    let payments = &state.services.payments;
    let User {
        id,
        email,
        verified,
        ..
    } = &caller.user;
    let url = payments.portal(id, email, *verified).await?;
    Ok(Json(PortalUrl { url }))
}
