use atelier_server::accounts::{
    Email, Language, Limited, LinkError, NewAccount, Password, Role, SignInError, SignUpError,
};
use http::HeaderValue;
use http::header::SET_COOKIE;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use super::{Caller, go, go_broken, go_with, unexpected, use_extension};
use crate::flash::{Flash, Form, Outcome};
use crate::visit::SecureCookies;
use crate::{routes, session};

/// The cookie that remembers a language for people who are signed out.
pub const LANGUAGE_COOKIE: &str = "atelier_language";
/// The longest name somebody may give.
pub const LONGEST_NAME: usize = 80;

pub(super) fn limited(limited: Limited) -> Outcome {
    Outcome::RateLimited {
        seconds: limited.retry_after.as_secs(),
    }
}

#[server(prefix = "/do", endpoint = "sign-up")]
pub async fn sign_up(
    email: String,
    password: String,
    #[server(default)] name: String,
    #[server(default)] next: String,
) -> Result<(), ServerFnError> {
    let caller = Caller::of_this_request().await?;
    let refuse = |outcomes| {
        let flash = Flash::several(Form::SignUp, outcomes)
            .keep("email", &email)
            .keep("name", &name);
        go_with(&back_to(routes::SIGN_UP, &next), &flash);
    };
    let (parsed, chosen) = (Email::parse(&email), Password::parse(&password));
    let (Some(address), Some(chosen)) = (parsed.clone(), chosen.clone()) else {
        let wrong = [
            parsed.is_none().then_some(Outcome::BadEmail),
            chosen.is_none().then_some(Outcome::BadPassword),
        ];
        refuse(wrong.into_iter().flatten().collect());
        return Ok(());
    };
    let new = NewAccount {
        email: address,
        password: chosen,
        name: name.trim().chars().take(LONGEST_NAME).collect(),
        role: Role::User,
        language: Some(caller.language),
        verified: false,
    };
    match caller.services.accounts.sign_up(new, &caller.address).await {
        Ok(user) => {
            caller.sign_in(&user).await?;
            go(&routes::safe_next(&next));
        }
        Err(SignUpError::EmailTaken) => refuse(vec![Outcome::EmailTaken]),
        Err(SignUpError::Limited(limit)) => refuse(vec![limited(limit)]),
        Err(SignUpError::Database(error)) => go_broken(routes::SIGN_UP, Form::SignUp, error),
    }
    Ok(())
}

#[server(prefix = "/do", endpoint = "sign-in")]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), ServerFnError> {
    let caller = Caller::of_this_request().await?;
    let back = back_to(routes::SIGN_IN, &next);
    let refuse = |outcome| {
        go_with(
            &back,
            &Flash::new(Form::SignIn, outcome).keep("email", &email),
        )
    };
    let accounts = &caller.services.accounts;
    match accounts
        .sign_in(&email, &password.clone().into(), &caller.address)
        .await
    {
        Ok(user) => {
            caller.sign_in(&user).await?;
            go(&routes::safe_next(&next));
        }
        Err(SignInError::Wrong) => refuse(Outcome::WrongCredentials),
        Err(SignInError::Limited(limit)) => refuse(limited(limit)),
        Err(SignInError::Database(error)) => go_broken(&back, Form::SignIn, error),
    }
    Ok(())
}

/// The form's page again, with where to go afterwards kept.
fn back_to(page: &str, next: &str) -> String {
    if next.is_empty() {
        page.to_owned()
    } else {
        format!("{page}?next={}", routes::encode(next))
    }
}

#[server(prefix = "/do", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), ServerFnError> {
    let caller = Caller::of_this_request().await?;
    // First the session ends, then its open streams are told to look.
    session::sign_out(&caller.session)
        .await
        .map_err(unexpected)?;
    if let Some(user) = &caller.user {
        caller
            .services
            .accounts
            .signed_out(user)
            .await
            .map_err(unexpected)?;
    }
    go_with(routes::HOME, &Flash::new(Form::Account, Outcome::SignedOut));
    Ok(())
}

#[server(prefix = "/do", endpoint = "forgot")]
pub async fn forgot(email: String) -> Result<(), ServerFnError> {
    let caller = Caller::of_this_request().await?;
    let Some(address) = Email::parse(&email) else {
        let flash = Flash::new(Form::Forgot, Outcome::BadEmail).keep("email", &email);
        go_with(routes::FORGOT, &flash);
        return Ok(());
    };
    match caller
        .services
        .accounts
        .forgot(&address, caller.language, &caller.address)
        .await
    {
        Ok(()) => {
            let flash = Flash::new(Form::Forgot, Outcome::Sent).keep("email", &email);
            go_with(routes::FORGOT, &flash);
        }
        Err(error) => go_broken(routes::FORGOT, Form::Forgot, error),
    }
    Ok(())
}

#[server(prefix = "/do", endpoint = "reset")]
pub async fn reset(token: String, password: String) -> Result<(), ServerFnError> {
    let caller = Caller::of_this_request().await?;
    let back = format!("{}/{}", routes::RESET, routes::encode(&token));
    let Some(chosen) = Password::parse(&password) else {
        go_with(&back, &Flash::new(Form::Reset, Outcome::BadPassword));
        return Ok(());
    };
    match caller
        .services
        .accounts
        .reset_password(&token, &chosen)
        .await
    {
        Ok(()) => {
            go_with(
                routes::SIGN_IN,
                &Flash::new(Form::SignIn, Outcome::PasswordChanged),
            );
        }
        Err(LinkError::Dead) => go(&back),
        Err(LinkError::Database(error)) => go_broken(&back, Form::Reset, error),
    }
    Ok(())
}

#[server(prefix = "/do", endpoint = "resend-verification")]
pub async fn resend_verification() -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::ACCOUNT).await? else {
        return Ok(());
    };
    match caller
        .services
        .accounts
        .resend_verification(&user, caller.language)
        .await
    {
        Ok(()) => go_with(routes::ACCOUNT, &Flash::new(Form::Account, Outcome::Sent)),
        Err(error) => go_broken(routes::ACCOUNT, Form::Account, error),
    }
    Ok(())
}

#[server(prefix = "/do", endpoint = "name")]
pub async fn change_name(name: String) -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::ACCOUNT).await? else {
        return Ok(());
    };
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    match caller.services.accounts.set_name(&user.id, &name).await {
        Ok(()) => go_with(routes::ACCOUNT, &Flash::new(Form::Account, Outcome::Saved)),
        Err(error) => go_broken(routes::ACCOUNT, Form::Account, error),
    }
    Ok(())
}

/// Chooses a language: kept in the account, and in a cookie for when nobody is signed in.
#[server(prefix = "/do", endpoint = "language")]
pub async fn change_language(
    language: String,
    #[server(default)] next: String,
) -> Result<(), ServerFnError> {
    let caller = Caller::of_this_request().await?;
    if let Some(language) = Language::parse(&language) {
        if let Some(user) = &caller.user {
            let accounts = &caller.services.accounts;
            accounts
                .set_language(&user.id, language)
                .await
                .map_err(unexpected)?;
        }
        let secure = use_extension::<SecureCookies>().is_some_and(|secure| secure.0);
        if let Ok(value) = HeaderValue::from_str(&language_cookie(language, secure)) {
            expect_context::<ResponseOptions>().append_header(SET_COOKIE, value);
        }
    }
    go(&if next.is_empty() {
        routes::HOME.to_owned()
    } else {
        routes::safe_next(&next)
    });
    Ok(())
}

/// The `Set-Cookie` value that remembers a language for a year.
pub fn language_cookie(language: Language, secure: bool) -> String {
    cookie::Cookie::build((LANGUAGE_COOKIE, language.as_str()))
        .path("/")
        .same_site(cookie::SameSite::Lax)
        .secure(secure)
        .max_age(cookie::time::Duration::days(365))
        .build()
        .to_string()
}
