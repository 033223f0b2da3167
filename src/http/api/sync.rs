//! `/api/user/sync`: accounts that an outside identity system keeps.

use atelier_server::accounts::{Email, Outsider, Scope, User};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use serde::Deserialize;

use super::auth::{LONGEST_NAME, Me};
use crate::http::State;
use crate::http::body::{Fields, Queried};
use crate::http::caller::Caller;
use crate::http::problem::{Problem, too_long};

const LONGEST_ID: usize = 200;

#[derive(Deserialize)]
pub struct Whom {
    external_id: Option<String>,
}

/// Makes the account (201) or brings it up to date (200).
pub async fn put(
    Extract(state): Extract<State>,
    caller: Caller,
    mut fields: Fields,
) -> Result<(StatusCode, Json<Me>), Problem> {
    caller.require(Scope::UsersSync)?;
    let external_id = fields.text("external_id");
    if fields.check().is_ok() && external_id.trim().is_empty() {
        fields.refuse("external_id", "wrong-missing");
    }
    if external_id.chars().count() > LONGEST_ID {
        fields.refuse("external_id", too_long(LONGEST_ID));
    }
    let email = fields.parsed("email", "wrong-email", Email::parse);
    let name = fields.optional_text("name");
    if name
        .as_ref()
        .is_some_and(|name| name.chars().count() > LONGEST_NAME)
    {
        fields.refuse("name", too_long(LONGEST_NAME));
    }
    fields.check()?;
    let Some(email) = email else {
        return Err(Problem::validation([]));
    };
    let outsider = Outsider {
        external_id,
        email,
        name,
    };
    let actor = caller.as_operator().to_string();
    let accounts = &state.services.accounts;
    let synced = accounts
        .sync(&outsider, &actor, caller.address.as_deref())
        .await?;
    let status = if synced.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(Me::of(&state, synced.user).await?)))
}

/// The account by its outside id; without one, one's own.
pub async fn show(
    Extract(state): Extract<State>,
    Queried(whom): Queried<Whom>,
    caller: Caller,
) -> Result<Json<Me>, Problem> {
    let user: User = match &whom.external_id {
        None => {
            caller.require(Scope::CreditsRead)?;
            caller.user
        }
        Some(external_id) => {
            caller.require(Scope::UsersSync)?;
            let accounts = &state.services.accounts;
            let found = accounts.find_by_external_id(external_id).await?;
            found.ok_or_else(Problem::not_found)?
        }
    };
    Ok(Json(Me::of(&state, user).await?))
}
