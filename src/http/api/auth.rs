use atelier_app::i18n::Text;
use atelier_app::session;
use atelier_app::visit::Address;
use atelier_server::accounts::{Email, Language, NewAccount, Password, Role, User};
use atelier_server::credits::WalletView;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use serde::Serialize;
use tower_sessions::Session;
use utoipa::ToSchema;

use crate::http::State;
use crate::http::body::Fields;
use crate::http::caller::Caller;
use crate::http::layers::language::Asked;
use crate::http::openapi::shapes;
use crate::http::problem::{Problem, too_long};
use atelier_server::accounts::Scope;

pub(super) const LONGEST_NAME: usize = 100;

/// An account with its wallet.
#[derive(Serialize, ToSchema)]
pub struct Me {
    user: User,
    wallet: WalletView,
}

impl Me {
    pub(super) async fn of(state: &State, user: User) -> Result<Self, Problem> {
        let wallet = state.services.wallet(&user.id).await?;
        let wallet = wallet.view(&state.services.prices());
        Ok(Self { user, wallet })
    }
}

/// What opens an account.
#[derive(ToSchema)]
pub struct SignUp {
    #[schema(schema_with = shapes::email)]
    pub email: String,
    #[schema(min_length = 8, max_length = 256)]
    pub password: String,
    #[schema(max_length = 100)]
    pub name: Option<String>,
}

#[derive(ToSchema)]
pub struct SignIn {
    pub email: String,
    pub password: String,
}

#[derive(ToSchema)]
pub struct Forgot {
    pub email: String,
}

#[derive(ToSchema)]
pub struct Reset {
    /// Of the letter.
    pub token: String,
    #[schema(min_length = 8, max_length = 256)]
    pub password: String,
}

/// Open an account
///
/// It is signed in at once: the answer sets the session cookie.
#[utoipa::path(
    post,
    path = "/api/auth/sign-up",
    tag = "account",
    request_body = SignUp,
    responses((status = 201, description = "The account", body = User), (status = 409, description = "The address has an account"), (status = 429, description = "Too many accounts from this address")),
)]
pub async fn sign_up(
    Extract(state): Extract<State>,
    Extension(session): Extension<Session>,
    Extension(address): Extension<Address>,
    Extension(Asked(language)): Extension<Asked>,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<(StatusCode, Json<User>), Problem> {
    let email = fields.parsed("email", "wrong-email", Email::parse);
    let password = fields.parsed("password", password_length(), Password::parse);
    let name = fields.optional_text("name").unwrap_or_default();
    if name.chars().count() > LONGEST_NAME {
        fields.refuse("name", too_long(LONGEST_NAME));
    }
    fields.check()?;
    let (Some(email), Some(password)) = (email, password) else {
        return Err(Problem::validation([]));
    };
    let role = Role::User;
    let new = NewAccount {
        email,
        password,
        name,
        role,
        language,
        verified: false,
    };
    let user = state
        .services
        .accounts
        .sign_up(new, &address.counted())
        .await?;
    sign_in_session(&state, &session, &headers, &user).await?;
    Ok((StatusCode::CREATED, Json(user)))
}

fn password_length() -> Text {
    let values = [
        ("least", Password::SHORTEST.to_string()),
        ("most", Password::LONGEST.to_string()),
    ];
    Text::with("wrong-length", values)
}

/// Sign in
///
/// The answer sets the session cookie. Five wrong passwords of an account, or twenty of an address, in a
/// quarter of an hour are answered by 429.
#[utoipa::path(
    post,
    path = "/api/auth/sign-in",
    tag = "account",
    request_body = SignIn,
    responses((status = 200, description = "The account", body = User), (status = 401, description = "The address or the password is wrong"), (status = 429, description = "Too many wrong passwords")),
)]
pub async fn sign_in(
    Extract(state): Extract<State>,
    Extension(session): Extension<Session>,
    Extension(address): Extension<Address>,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Json<User>, Problem> {
    let (email, password) = (fields.text("email"), fields.text("password"));
    fields.check()?;
    let accounts = &state.services.accounts;
    let user = accounts
        .sign_in(&email, &password.into(), &address.counted())
        .await?;
    sign_in_session(&state, &session, &headers, &user).await?;
    Ok(Json(user))
}

async fn sign_in_session(
    state: &State,
    session: &Session,
    headers: &HeaderMap,
    user: &User,
) -> Result<(), Problem> {
    let today = state.services.clock.now().day();
    session::sign_in(session, user, &session::device(headers), &today)
        .await
        .map_err(Problem::from)
}

/// Sign out
///
/// Ends the session, whatever else may be wrong with the request.
#[utoipa::path(
    post,
    path = "/api/auth/sign-out",
    tag = "account",
    responses((status = 204, description = "No session is left")),
)]
pub async fn sign_out(
    Extract(state): Extract<State>,
    Extension(session): Extension<Session>,
) -> Result<StatusCode, Problem> {
    let user = session::current_user(&session)
        .await
        .map_err(Problem::from)?;
    session::sign_out(&session).await.map_err(Problem::from)?;
    if let Some(user) = user {
        state.services.accounts.signed_out(&user).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Ask for a link to a new password
///
/// The answer is the same whether there is such an account or not, and whether another letter is sent: five an hour are sent to
/// an address, and twenty from one.
#[utoipa::path(
    post,
    path = "/api/auth/forgot",
    tag = "account",
    request_body = Forgot,
    responses((status = 202, description = "If there is an account, a letter is on its way")),
)]
pub async fn forgot(
    Extract(state): Extract<State>,
    Extension(language): Extension<Language>,
    Extension(address): Extension<Address>,
    mut fields: Fields,
) -> Result<StatusCode, Problem> {
    let email = fields.text("email");
    fields.check()?;
    // The answer is the same for an address nobody could have.
    if let Some(email) = Email::parse(&email) {
        let accounts = &state.services.accounts;
        accounts
            .forgot(&email, language, &address.counted())
            .await?;
    }
    Ok(StatusCode::ACCEPTED)
}

/// Set a new password
///
/// With the token of the letter. Ends all sessions and API tokens of the account.
#[utoipa::path(
    post,
    path = "/api/auth/reset",
    tag = "account",
    request_body = Reset,
    responses((status = 204, description = "The password is set")),
)]
pub async fn reset(
    Extract(state): Extract<State>,
    mut fields: Fields,
) -> Result<StatusCode, Problem> {
    let token = fields.text("token");
    let password = fields.parsed("password", password_length(), Password::parse);
    fields.check()?;
    let Some(password) = password else {
        return Err(Problem::validation([]));
    };
    state
        .services
        .accounts
        .reset_password(&token, &password)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read who is signed in, with the wallet
#[utoipa::path(
    get,
    path = "/api/auth/me",
    tag = "account",
    responses((status = 200, description = "The account and its wallet", body = Me)),
    security(("session" = []), ("token" = ["credits:read"])),
)]
pub async fn me(Extract(state): Extract<State>, caller: Caller) -> Result<Json<Me>, Problem> {
    caller.require(Scope::CreditsRead)?;
    Ok(Json(Me::of(&state, caller.user).await?))
}

/// The same at its shorter address
#[utoipa::path(
    get,
    path = "/auth/me",
    tag = "account",
    responses((status = 200, description = "The account and its wallet", body = Me)),
    security(("session" = []), ("token" = ["credits:read"])),
)]
pub async fn me_too(state: Extract<State>, caller: Caller) -> Result<Json<Me>, Problem> {
    me(state, caller).await
}
