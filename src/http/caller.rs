//! Who calls the API, and what they may do: a session cookie gives the account's whole role, a
//! bearer token its role ∩ the token's scopes.

use atelier_app::session;
use atelier_app::visit::Address;
use atelier_server::accounts::{Scope, Scopes, User};
use atelier_server::credits::Actor;
use atelier_server::ids::UserId;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use tower_sessions::Session;

use super::State;
use super::api_limit::Left;
use super::problem::Problem;

/// Somebody who proved who they are.
#[derive(Clone, Debug)]
pub struct Caller {
    pub user: User,
    rights: Rights,
    pub address: Option<String>,
}

#[derive(Clone, Debug)]
enum Rights {
    /// A session: everything the role allows.
    Role,
    Scoped(Scopes),
}

impl Caller {
    /// Whether the caller may do what `scope` names.
    pub fn may(&self, scope: Scope) -> bool {
        let role = scope.allowed_for(self.user.role);
        match &self.rights {
            Rights::Role => role,
            Rights::Scoped(scopes) => role && scopes.has(scope),
        }
    }

    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }

    /// A session; no token may do this, whatever its scopes.
    pub fn require_session(&self) -> Result<(), Problem> {
        match self.rights {
            Rights::Role => Ok(()),
            Rights::Scoped(_) => Err(Problem::forbidden()),
        }
    }

    pub fn is_admin(&self) -> bool {
        self.may(Scope::Admin)
    }

    /// Whose wallet is read: one's own, or with an operator's right that of an account that is named.
    pub fn reads(&self, named: Option<&str>) -> Result<UserId, Problem> {
        self.require(Scope::CreditsRead)?;
        let Some(id) = named else {
            return Ok(self.user.id.clone());
        };
        let id = UserId::parse(id).ok_or_else(Problem::not_found)?;
        if id != self.user.id {
            self.require(Scope::Admin)?;
        }
        Ok(id)
    }

    /// How the ledger names the caller where they act with an operator's right.
    pub fn as_operator(&self) -> Actor {
        Actor::Admin(self.user.id.clone())
    }

    pub fn as_owner(&self) -> Actor {
        Actor::User(self.user.id.clone())
    }
}

/// The bearer token of a request, if it has one.
pub fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn find(parts: &mut Parts, state: &State) -> Result<Option<Caller>, Problem> {
    let address = parts
        .extensions
        .get::<Address>()
        .map(|address| address.0.to_string());
    let (user, rights) = if let Some(token) = bearer(parts) {
        let found = state.services.accounts.find_token(token).await?;
        let (user, scopes) = found.ok_or_else(Problem::unauthenticated)?;
        (user, Rights::Scoped(scopes))
    } else {
        let Some(session) = parts.extensions.get::<Session>().cloned() else {
            return Ok(None);
        };
        match session::current_user(&session)
            .await
            .map_err(Problem::from)?
        {
            Some(user) => (user, Rights::Role),
            None => return Ok(None),
        }
    };
    state
        .api_limit
        .check(&user.id, parts.extensions.get::<Left>())?;
    Ok(Some(Caller {
        user,
        rights,
        address,
    }))
}

impl<S> FromRequestParts<S> for Caller
where
    State: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let state = State::from_ref(state);
        find(parts, &state)
            .await?
            .ok_or_else(Problem::unauthenticated)
    }
}

/// Whoever is signed in where a page posts. A token is no session, whatever its scopes.
pub struct SignedIn(pub Option<Caller>);

impl<S> FromRequestParts<S> for SignedIn
where
    State: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = find(parts, &State::from_ref(state)).await?;
        Ok(Self(
            caller.filter(|caller| matches!(caller.rights, Rights::Role)),
        ))
    }
}
