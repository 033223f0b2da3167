//! `/api/tokens`: one's own API tokens. Only for sessions: a token cannot mint tokens, nor end others.

use atelier_server::accounts::{ApiToken, NewToken, Scope, Scopes, TokenError};
use atelier_server::ids::TokenId;
use axum::Json;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use utoipa::ToSchema;

use super::lists::Page;
use crate::http::State;
use crate::http::body::Fields;
use crate::http::caller::Caller;
use crate::http::problem::{Problem, one_of, too_long};

const LONGEST_NAME: usize = 60;

#[derive(ToSchema)]
pub struct TokenBody {
    #[schema(max_length = 60)]
    pub name: Option<String>,
    /// Those beyond reading, spending and jobs are for administrators.
    #[schema(min_items = 1)]
    pub scopes: Vec<Scope>,
}

/// List one's API tokens
///
/// Only for a session.
#[utoipa::path(
    get,
    path = "/api/tokens",
    tag = "account",
    responses((status = 200, description = "Every token, without its secret", body = Page<ApiToken>)),
    security(("session" = [])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
) -> Result<Json<Page<ApiToken>>, Problem> {
    caller.require_session()?;
    let items = state.services.accounts.tokens(&caller.user.id).await?;
    Ok(Json(Page { items, next: None }))
}

/// Make an API token
///
/// Only for a session. The secret is shown this once.
#[utoipa::path(
    post,
    path = "/api/tokens",
    tag = "account",
    request_body = TokenBody,
    responses((status = 201, description = "The token with its secret", body = NewToken), (status = 409, description = "There are fifty already")),
    security(("session" = [])),
)]
pub async fn create(
    Extract(state): Extract<State>,
    caller: Caller,
    mut fields: Fields,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    caller.require_session()?;
    let name = fields.optional_text("name").unwrap_or_default();
    if name.chars().count() > LONGEST_NAME {
        fields.refuse("name", too_long(LONGEST_NAME));
    }
    let words = fields.texts("scopes");
    let scopes: Option<Vec<Scope>> = words.iter().map(|word| Scope::parse(word)).collect();
    let scopes = scopes.and_then(Scopes::of);
    if scopes.is_none() {
        fields.refuse(
            "scopes",
            one_of(Scope::ALL.iter().map(|scope| scope.as_str())),
        );
    }
    fields.check()?;
    let Some(scopes) = scopes else {
        return Err(Problem::validation([]));
    };
    let accounts = &state.services.accounts;
    let made = accounts
        .mint_token(&caller.user, &name, &scopes, caller.address.as_deref())
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revoke an API token
///
/// Only for a session.
#[utoipa::path(
    delete,
    path = "/api/tokens/{id}",
    tag = "account",
    responses((status = 204, description = "It opens nothing any more")),
    security(("session" = [])),
)]
pub async fn revoke(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    caller.require_session()?;
    let id = TokenId::parse(&id).ok_or_else(Problem::not_found)?;
    let accounts = &state.services.accounts;
    if accounts
        .revoke_token(&caller.user, &id, caller.address.as_deref())
        .await?
    {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Forbidden(_) => Self::validation([("scopes", "wrong-scope")]),
            TokenError::SignedOut => Self::unauthenticated(),
            TokenError::TooMany => Self::conflict("problem-conflict-tokens"),
            TokenError::Database(error) => error.into(),
        }
    }
}
