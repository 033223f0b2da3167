//! `/api/user/sync`: accounts that an outside identity system keeps.

use atelier_server::accounts::{Email, Outsider, Scope, User};
use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::auth::{LONGEST_NAME, Me};
use crate::http::State;
use crate::http::body::{Fields, Queried};
use crate::http::caller::Caller;
use crate::http::openapi::shapes;
use crate::http::problem::{Problem, too_long};

const LONGEST_ID: usize = 200;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Whom {
    /// What the outside identity system calls them.
    external_id: Option<String>,
}

/// What the outside identity system knows of somebody.
#[derive(ToSchema)]
pub struct SyncBody {
    #[schema(min_length = 1, max_length = 200, pattern = "\\S")]
    pub external_id: String,
    #[schema(schema_with = shapes::email)]
    pub email: String,
    #[schema(max_length = 100)]
    pub name: Option<String>,
}

/// Make or update the account of somebody an outside identity system knows
#[utoipa::path(
    post,
    path = "/api/user/sync",
    tag = "account",
    request_body = SyncBody,
    responses((status = 201, description = "Made", body = Me), (status = 200, description = "Updated", body = Me), (status = 409, description = "The address belongs to a local account")),
    security(("session" = ["admin"]), ("token" = ["users:sync"])),
)]
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

/// Read an account by its outside id
///
/// Without one, one's own.
#[utoipa::path(
    get,
    path = "/api/user/sync",
    tag = "account",
    params(Whom),
    responses((status = 200, description = "The account and its wallet", body = Me), (status = 404, description = "There is no such account")),
    security(("session" = []), ("token" = ["credits:read"]), ("token" = ["users:sync"])),
)]
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
