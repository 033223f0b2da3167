use atelier_server::accounts::{Language, User};
use atelier_server::catalog::{Offer, TOP_UP};
use atelier_server::db;
use atelier_server::idempotency::{BodyHash, Key, Scope};
use atelier_server::payments::gateway::GatewayError;
use atelier_server::payments::{
    CheckoutError, CheckoutRequest, FulfilError, PlanError, Provider, Started,
};
use leptos::prelude::*;

use super::{Caller, go, go_broken, go_with};
use crate::flash::{Flash, Form, Outcome};
use crate::i18n::Words;
use crate::routes;

/// The endpoint of this form among idempotency keys.
const ENDPOINT: &str = "POST /do/checkout";

/// Begins a purchase and leads to the payment provider's page. `key` is the form's one-time key: the
/// same form sent twice leads to the same checkout.
#[server(prefix = "/do", endpoint = "checkout")]
pub async fn checkout(
    key: String,
    item: String,
    #[server(default)] amount: String,
    #[server(default)] provider: String,
) -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::PAYMENTS).await? else {
        return Ok(());
    };
    let form = if item == TOP_UP {
        Form::TopUp
    } else {
        Form::Checkout
    };
    let refuse = |outcome| {
        go_with(
            routes::PAYMENTS,
            &Flash::new(form, outcome).keep("amount", &amount),
        );
    };
    let Some(offer) = offer(&caller, &item, &amount) else {
        let outcome = if item == TOP_UP {
            Outcome::BadAmount
        } else {
            Outcome::UnknownItem
        };
        refuse(outcome);
        return Ok(());
    };
    let Some(provider) = provider_of(&caller, &provider, &offer) else {
        refuse(Outcome::UnknownItem);
        return Ok(());
    };
    let body = BodyHash::of(&[
        ("item", item.as_bytes()),
        ("amount", amount.as_bytes()),
        ("provider", provider.as_str().as_bytes()),
    ]);
    let Some(key) = Key::parse(&key) else {
        refuse(Outcome::Incomplete);
        return Ok(());
    };
    let scope = Scope {
        user: user.id.clone(),
        endpoint: ENDPOINT.into(),
        key,
        body,
    };
    let request = checkout_request(user, offer, provider, caller.language, Some(scope));
    match caller.services.payments.checkout(request).await {
        Ok(answer) => match serde_json::from_str::<Started>(&answer.body) {
            Ok(started) => go(&started.url),
            Err(error) => go_broken(routes::PAYMENTS, form, db::Error::Decode(error.into())),
        },
        Err(CheckoutError::Key(refused)) => refuse(Outcome::of_key(&refused)),
        Err(CheckoutError::Stopped) => refuse(Outcome::Stopped),
        Err(CheckoutError::HasPlan { .. }) => refuse(Outcome::HasPlan),
        Err(CheckoutError::Provider(error)) => {
            tracing::error!(%error, "a checkout could not be opened");
            refuse(Outcome::ProviderUnavailable);
        }
        Err(CheckoutError::Database(error)) => go_broken(routes::PAYMENTS, form, error),
    }
    Ok(())
}

fn offer(caller: &Caller, item: &str, amount: &str) -> Option<Offer> {
    let catalog = &caller.services.catalog;
    if item == TOP_UP {
        catalog.top_up(amount.trim().parse().ok()?)
    } else {
        catalog.offer(item)
    }
}

/// The provider a form names, Stripe when it names none; `None` where it does not sell this.
fn provider_of(caller: &Caller, name: &str, offer: &Offer) -> Option<Provider> {
    let provider = match name {
        "" => Provider::Stripe,
        name => Provider::parse(name)?,
    };
    let sells = caller.services.payments.has(provider) && offer.is_sold_by(provider.as_str());
    sells.then_some(provider)
}

/// What the form of a plan asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanAction {
    End,
    Resume,
    Change,
}

impl PlanAction {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Resume => "resume",
            Self::Change => "change",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        let mut all = [Self::End, Self::Resume, Self::Change].into_iter();
        all.find(|action| action.as_str() == word)
    }
}

/// Ends the plan with its period, takes it up again, or moves to another one. Sent twice it does the
/// same once: each says how it shall be, not what to change.
#[server(prefix = "/do", endpoint = "plan")]
pub async fn change_plan(
    action: String,
    #[server(default)] plan: String,
) -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::PAYMENTS).await? else {
        return Ok(());
    };
    let payments = &caller.services.payments;
    let done = match PlanAction::parse(&action) {
        Some(PlanAction::End) => {
            let ended = payments.set_plan_renewing(&user.id, false).await;
            ended.map(|()| Outcome::PlanEnds)
        }
        Some(PlanAction::Resume) => {
            let resumed = payments.set_plan_renewing(&user.id, true).await;
            resumed.map(|()| Outcome::PlanGoesOn)
        }
        Some(PlanAction::Change) => {
            let changed = payments.change_plan(&user.id, &plan).await;
            changed.map(|()| Outcome::PlanChanged)
        }
        None => Err(PlanError::Unknown),
    };
    answer_plan(done);
    Ok(())
}

/// Leads to where the provider keeps cards, plan and invoices.
#[server(prefix = "/do", endpoint = "portal")]
pub async fn open_portal() -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::PAYMENTS).await? else {
        return Ok(());
    };
    let payments = &caller.services.payments;
    match payments.portal(&user.id, &user.email, user.verified).await {
        Ok(url) => go(&url),
        Err(PlanError::Provider(error)) => {
            tracing::error!(%error, "the portal could not be opened");
            let flash = Flash::new(Form::Checkout, Outcome::ProviderUnavailable);
            go_with(routes::PAYMENTS, &flash);
        }
        Err(error) => answer_plan(Err(error)),
    }
    Ok(())
}

/// Says on the payments page what came of it.
fn answer_plan(done: Result<Outcome, PlanError>) {
    let outcome = match done {
        Ok(outcome) => outcome,
        // Sent twice.
        Err(PlanError::Same) => Outcome::PlanChanged,
        Err(PlanError::NoPlan) => Outcome::NoPlan,
        Err(PlanError::Unknown) => Outcome::UnknownItem,
        Err(PlanError::Stopped) => Outcome::Stopped,
        Err(PlanError::Unverified) => Outcome::VerifyFirst,
        Err(PlanError::Database(error) | PlanError::Fulfil(FulfilError::Database(error))) => {
            return go_broken(routes::PAYMENTS, Form::Plan, error);
        }
        // Most often a card that was declined.
        Err(PlanError::Provider(error @ GatewayError::Refused { .. })) => {
            tracing::info!(%error, "a change of plan was refused");
            Outcome::PlanRefused
        }
        Err(PlanError::Provider(error @ GatewayError::Setting(_))) => {
            tracing::error!(%error, "a plan could not be changed");
            Outcome::PlanRefused
        }
        Err(error) => {
            tracing::warn!(%error, "a plan could not be changed");
            Outcome::ProviderUnavailable
        }
    };
    go_with(routes::PAYMENTS, &Flash::new(Form::Plan, outcome));
}

/// The request of a checkout, the same for the form and the API.
pub fn checkout_request(
    user: User,
    offer: Offer,
    provider: Provider,
    language: Language,
    key: Option<Scope>,
) -> CheckoutRequest {
    let item_name = item_name(&offer, Words(language));
    CheckoutRequest {
        user: user.id,
        email: user.email,
        verified: user.verified,
        item_name,
        offer,
        provider,
        language: language.as_str(),
        key,
    }
}

/// What the provider's page calls the item.
fn item_name(offer: &Offer, words: Words) -> String {
    if offer.plan.is_some() {
        return words.name(&offer.name).to_owned();
    }
    let credits = words.number(offer.credits);
    let credits = words.say_with(
        "common-credits",
        &[("count", offer.credits.into()), ("n", credits.into())],
    );
    if offer.item == TOP_UP {
        return credits;
    }
    format!("{} · {credits}", words.name(&offer.name))
}
