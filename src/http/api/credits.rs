use atelier_app::i18n::Text;
use atelier_server::accounts::Scope;
use atelier_server::credits::{self, Action, AdjustedView, Adjustment, WalletView};
use atelier_server::idempotency::{self, Answer, Claim, KeyRefused, Patience};
use atelier_server::ids::UserId;
use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::http::State;
use crate::http::body::{Fields, Queried};
use crate::http::caller::Caller;
use crate::http::keys;
use crate::http::openapi::IdempotencyKey;
use crate::http::problem::{Problem, one_of, too_long};

const LONGEST_REASON: usize = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Whose {
    /// Whose; without it, one's own.
    #[param(value_type = Option<UserId>)]
    user_id: Option<String>,
}

/// A change of a wallet.
#[derive(ToSchema)]
pub struct AdjustBody {
    pub action: Action,
    /// 1 to 1 000 000; from 0 for `set`.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub amount: i64,
    /// Shown in the statement.
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: String,
    /// Without it, one's own.
    pub user_id: Option<UserId>,
}

/// Read a wallet
///
/// One's own; an administrator's session or token (`credits:read` and `admin`) reads any.
#[utoipa::path(
    get,
    path = "/api/credits",
    tag = "credits",
    params(Whose),
    responses((status = 200, description = "The wallet as it is now", body = WalletView), (status = 404, description = "There is no such account")),
    security(("session" = []), ("token" = ["credits:read"])),
)]
pub async fn show(
    Extract(state): Extract<State>,
    Queried(whose): Queried<Whose>,
    caller: Caller,
) -> Result<Json<WalletView>, Problem> {
    let user = caller.reads(whose.user_id.as_deref())?;
    let services = &state.services;
    let now = services.clock.now();
    let wallet = credits::find_wallet(services.db.reader(), &user, now).await?;
    let wallet = wallet.ok_or_else(Problem::not_found)?;
    Ok(Json(wallet.view(&services.prices())))
}

/// Add, deduct or set credits
///
/// An administrator, or a token with `credits:write`, changes any wallet; everybody may `deduct` from their own.
#[utoipa::path(
    post,
    path = "/api/credits",
    tag = "credits",
    params(IdempotencyKey),
    request_body = AdjustBody,
    responses((status = 200, description = "The wallet after this very change, with the entry that tells it", body = AdjustedView), (status = 402, description = "There are not so many credits"), (status = 404, description = "There is no such account"), (status = 409, description = "The key is in flight")),
    security(("session" = []), ("token" = ["credits:write"]), ("token" = ["credits:spend"])),
)]
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
