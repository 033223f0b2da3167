use atelier_app::i18n::Text;
use atelier_server::accounts::Scope;
use atelier_server::credits::{self, Action, Adjustment, WalletView};
use atelier_server::idempotency::{self, Answer, Claim, KeyRefused, Patience};
use atelier_server::ids::UserId;
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::http::State;
use crate::http::body::{Fields, Queried};
use crate::http::caller::Caller;
use crate::http::keys;
use crate::http::problem::{Problem, one_of, too_long};

const LONGEST_REASON: usize = 500;

#[derive(Deserialize)]
pub struct Whose {
    user_id: Option<String>,
}

/// `GET /api/credits`: one's own wallet, or with the rights for it somebody else's.
pub async fn show(
    Extract(state): Extract<State>,
    Queried(whose): Queried<Whose>,
    caller: Caller,
) -> Result<Json<WalletView>, Problem> {
    caller.require(Scope::CreditsRead)?;
    let user = match &whose.user_id {
        None => caller.user.id.clone(),
        Some(id) => {
            let id = UserId::parse(id).ok_or_else(Problem::not_found)?;
            if id != caller.user.id {
                caller.require(Scope::Admin)?;
            }
            id
        }
    };
    let services = &state.services;
    let now = services.clock.now();
    let wallet = credits::find_wallet(services.db.reader(), &user, now).await?;
    let wallet = wallet.ok_or_else(Problem::not_found)?;
    Ok(Json(wallet.view(&services.prices())))
}

/// `POST /api/credits`: add, deduct or set, with an operator's right; or deduct from one's own.
pub async fn adjust(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    caller: Caller,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let adjustment = read(&caller, &mut fields)?;
    let key = keys::scope(
        &headers,
        &caller.user.id,
        "POST /api/credits",
        fields.hash(),
    )?;
    let patience = Patience::default();
    loop {
        match carry_out(&state, &adjustment, key.as_ref()).await? {
            Ok(answer) => return Ok(keys::respond(answer)),
            Err(KeyRefused::InFlight) if patience.wait().await => {}
            Err(refused) => return Err(refused.into()),
        }
    }
}

fn read(caller: &Caller, fields: &mut Fields) -> Result<Adjustment, Problem> {
    let action = fields.parsed("action", one_of(["add", "deduct", "set"]), Action::parse);
    let amount = fields.integer("amount");
    let reason = fields.text("reason");
    if fields.check().is_ok() && reason.trim().is_empty() {
        fields.refuse("reason", "wrong-missing");
    }
    let user = match fields.optional_text("user_id") {
        None => Some(caller.user.id.clone()),
        Some(_) => fields.parsed("user_id", "wrong-account", UserId::parse),
    };
    if let Some(action) = action
        && fields.check().is_ok()
        && !Adjustment::amount_is_valid(action, amount)
    {
        fields.refuse(
            "amount",
            Text::with("wrong-credits", [("most", Adjustment::MOST.to_string())]),
        );
    }
    if reason.chars().count() > LONGEST_REASON {
        fields.refuse("reason", too_long(LONGEST_REASON));
    }
    let own = user.as_ref().is_none_or(|user| *user == caller.user.id);
    let own_deduct = own && action == Some(Action::Deduct);
    if !(caller.may(Scope::CreditsWrite) || own_deduct && caller.may(Scope::CreditsSpend)) {
        return Err(Problem::forbidden());
    }
    fields.check()?;
    let (Some(action), Some(user)) = (action, user) else {
        return Err(Problem::validation([]));
    };
    let actor = if own_deduct {
        caller.as_owner()
    } else {
        caller.as_operator()
    };
    let address = caller.address.clone();
    Ok(Adjustment {
        user,
        action,
        amount,
        reason,
        actor,
        address,
    })
}

/// One transaction: the key, the change and the answer.
async fn carry_out(
    state: &State,
    adjustment: &Adjustment,
    key: Option<&idempotency::Scope>,
) -> Result<Result<Answer, KeyRefused>, Problem> {
    let services = &state.services;
    let now = services.clock.now();
    let mut tx = services.db.begin().await?;
    if let Some(scope) = key {
        match idempotency::claim(&mut tx, scope, now).await? {
            Claim::New | Claim::Resume(_) => {}
            Claim::Done(answer) => return Ok(Ok(answer)),
            Claim::Refused(refused) => return Ok(Err(refused)),
        }
    }
    let view = credits::adjust(&mut tx, adjustment, &services.prices(), now).await?;
    let body = serde_json::to_string(&view).map_err(Problem::internal)?;
    let answer = Answer {
        status: 200,
        body,
        replayed: false,
    };
    if let Some(scope) = key {
        idempotency::keep(&mut tx, scope, now, &answer).await?;
    }
    tx.commit().await?;
    Ok(Ok(answer))
}
