//! The forms of what is open in an account's name: its password, address, sessions and API tokens.

use atelier_server::accounts::{
    ConfirmError, DeleteError, Email, EmailChangeError, Password, Scope, Scopes, SignInError,
    TokenError, session_name,
};
use atelier_server::db;
use atelier_server::ids::TokenId;
use leptos::prelude::*;

use super::accounts::limited;
use super::{Caller, go, go_broken, go_with, unexpected};
use crate::flash::{Flash, Form, Outcome};
use crate::{routes, session};

/// The longest name of a token.
pub const LONGEST_TOKEN_NAME: usize = 60;
/// Under this name a flash carries the secret of a token that was just made.
pub const NEW_TOKEN: &str = "token";

/// Every session and token ends but this very browser's, which gets a new one.
#[server(prefix = "/do", endpoint = "change-password")]
pub async fn change_password(present: String, password: String) -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::ACCOUNT).await? else {
        return Ok(());
    };
    let refuse = |outcome| go_with(routes::ACCOUNT, &Flash::new(Form::Password, outcome));
    let Some(chosen) = Password::parse(&password) else {
        refuse(Outcome::BadPassword);
        return Ok(());
    };
    let accounts = &caller.services.accounts;
    match accounts
        .change_password(&user, &present.into(), &chosen, &caller.address)
        .await
    {
        Ok(user) => {
            caller.sign_in(&user).await?;
            refuse(Outcome::PasswordRenewed);
        }
        Err(SignInError::Wrong) => refuse(Outcome::WrongPassword),
        Err(SignInError::Limited(limit)) => refuse(limited(limit)),
        Err(SignInError::Database(error)) => go_broken(routes::ACCOUNT, Form::Password, error),
    }
    Ok(())
}

/// Sends a link to the new address; it changes once the link is confirmed.
#[server(prefix = "/do", endpoint = "change-email")]
pub async fn change_email(email: String, email_password: String) -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::ACCOUNT).await? else {
        return Ok(());
    };
    let say = |outcome| {
        let flash = Flash::new(Form::Email, outcome).keep("email", &email);
        go_with(routes::ACCOUNT, &flash);
    };
    let Some(new) = Email::parse(&email) else {
        say(Outcome::BadEmail);
        return Ok(());
    };
    let present = email_password.into();
    let asked = caller.services.accounts.ask_email_change(
        &user,
        &new,
        &present,
        caller.language,
        &caller.address,
    );
    match asked.await {
        Ok(()) => say(Outcome::ChangeLinkSent),
        Err(EmailChangeError::Same) => say(Outcome::SameEmail),
        Err(EmailChangeError::KeptElsewhere) => say(Outcome::EmailKeptElsewhere),
        Err(EmailChangeError::WrongPassword) => say(Outcome::WrongPassword),
        Err(EmailChangeError::Limited(limit)) => say(limited(limit)),
        Err(EmailChangeError::Database(error)) => go_broken(routes::ACCOUNT, Form::Email, error),
    }
    Ok(())
}

/// What the page behind the link posts. Nobody has to be signed in: who has the link reads at the new address.
#[server(prefix = "/do", endpoint = "confirm-email")]
pub async fn confirm_email(token: String) -> Result<(), ServerFnError> {
    let caller = Caller::of_this_request().await?;
    let back = format!("{}/{}", routes::CHANGE_EMAIL, routes::encode(&token));
    match caller.services.accounts.confirm_email_change(&token).await {
        Ok(()) | Err(ConfirmError::Dead) => go(&back),
        Err(ConfirmError::Taken) => {
            go_with(&back, &Flash::new(Form::Email, Outcome::EmailTaken));
        }
        Err(ConfirmError::Database(error)) => go_broken(&back, Form::Email, error),
    }
    Ok(())
}

/// For good. The session ends with the account.
#[server(prefix = "/do", endpoint = "delete-account")]
pub async fn delete_account(
    deletion_email: String,
    deletion_password: String,
) -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::ACCOUNT).await? else {
        return Ok(());
    };
    let refuse = |outcome| {
        let flash = Flash::new(Form::Deletion, outcome).keep("deletion_email", &deletion_email);
        go_with(routes::ACCOUNT, &flash);
    };
    let present = deletion_password.into();
    let accounts = &caller.services.accounts;
    let deleted = accounts.delete(&user, &deletion_email, &present, &caller.address);
    match deleted.await {
        Ok(()) => {
            session::sign_out(&caller.session)
                .await
                .map_err(unexpected)?;
            go(routes::GOODBYE);
        }
        Err(DeleteError::WrongPassword) => refuse(Outcome::WrongPassword),
        Err(DeleteError::OtherEmail) => refuse(Outcome::OtherEmail),
        Err(DeleteError::LastAdministrator) => refuse(Outcome::LastAdministrator),
        Err(DeleteError::Limited(limit)) => refuse(limited(limit)),
        Err(DeleteError::Database(error)) => go_broken(routes::ACCOUNT, Form::Deletion, error),
    }
    Ok(())
}

#[server(prefix = "/do", endpoint = "end-session")]
pub async fn end_session(id: String) -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::ACCOUNT).await? else {
        return Ok(());
    };
    let ended = caller.services.accounts.end_session(&user.id, &id).await;
    answer(Form::Sessions, ended.map(|_| Outcome::SessionEnded));
    Ok(())
}

#[server(prefix = "/do", endpoint = "end-other-sessions")]
pub async fn end_other_sessions() -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::ACCOUNT).await? else {
        return Ok(());
    };
    let here = caller.session.id().map(|id| session_name(&id));
    let accounts = &caller.services.accounts;
    let ended = accounts
        .end_other_sessions(&user.id, &here.unwrap_or_default())
        .await;
    answer(Form::Sessions, ended.map(|_| Outcome::SessionEnded));
    Ok(())
}

#[server(prefix = "/do", endpoint = "create-token")]
pub async fn create_token(
    #[server(default)] label: String,
    #[server(default)] scopes: Vec<String>,
) -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::ACCOUNT).await? else {
        return Ok(());
    };
    let label: String = label
        .trim()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_TOKEN_NAME)
        .collect();
    let refuse = |outcome| {
        let flash = Flash::new(Form::Tokens, outcome).keep("label", &label);
        go_with(routes::ACCOUNT, &flash);
    };
    let chosen: Option<Vec<Scope>> = scopes.iter().map(|scope| Scope::parse(scope)).collect();
    let Some(chosen) = chosen.and_then(Scopes::of) else {
        refuse(Outcome::ScopeMissing);
        return Ok(());
    };
    match caller
        .services
        .accounts
        .mint_token(&user, &label, &chosen, Some(&caller.address))
        .await
    {
        Ok(made) => {
            let flash = Flash::new(Form::Tokens, Outcome::TokenMade).keep(NEW_TOKEN, &made.secret);
            go_with(routes::ACCOUNT, &flash);
        }
        Err(TokenError::Forbidden(_)) => refuse(Outcome::ScopeForbidden),
        Err(TokenError::SignedOut) => go(&routes::sign_in_then(routes::ACCOUNT)),
        Err(TokenError::TooMany) => refuse(Outcome::TooManyTokens),
        Err(TokenError::Database(error)) => go_broken(routes::ACCOUNT, Form::Tokens, error),
    }
    Ok(())
}

#[server(prefix = "/do", endpoint = "revoke-token")]
pub async fn revoke_token(id: String) -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::ACCOUNT).await? else {
        return Ok(());
    };
    let revoked = match TokenId::parse(&id) {
        Some(id) => {
            let accounts = &caller.services.accounts;
            accounts
                .revoke_token(&user, &id, Some(&caller.address))
                .await
        }
        None => Ok(false),
    };
    answer(Form::Tokens, revoked.map(|_| Outcome::TokenRevoked));
    Ok(())
}

fn answer(form: Form, done: db::Result<Outcome>) {
    match done {
        Ok(outcome) => go_with(routes::ACCOUNT, &Flash::new(form, outcome)),
        Err(error) => go_broken(routes::ACCOUNT, form, error),
    }
}
