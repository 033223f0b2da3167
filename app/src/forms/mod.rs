//! Forms: server functions that plain `<form>` elements post to. Each parses what was typed,
//! authorises, calls into `server` once, and redirects; what went wrong travels in a [`Flash`].
//!
//! Every one is a public endpoint below `/do`, obeys the cross-site rule, and works without script.

pub mod access;
pub mod accounts;
pub mod admin;
pub mod batches;
pub mod jobs;
pub mod overseen;
pub mod payments;
pub mod refunds;
pub mod wallet;

use std::fmt::Display;

use atelier_server::accounts::{Language, User};
use atelier_server::db;
use atelier_server::services::Services;
use axum::Extension;
use http::header::SET_COOKIE;
use http::{HeaderValue, request::Parts};
use leptos::prelude::{ServerFnError, expect_context, use_context};
use leptos_axum::{ResponseOptions, extract};
use tower_sessions::Session;

use crate::flash::{Flash, Form, Outcome};
use crate::routes;
use crate::session;
use crate::visit::{Address, SecureCookies};

/// Who posts a form, and what the answer needs.
pub(crate) struct Caller {
    pub services: Services,
    pub session: Session,
    pub user: Option<User>,
    pub language: Language,
    pub address: String,
}

/// What a form says of an error that its page has no words for: the database does not answer.
pub const INTERRUPTED: &str = "interrupted";
/// Anything else; it is in the log.
pub const UNEXPECTED: &str = "unexpected";

pub(crate) trait Failure: Display {
    fn is_of_the_moment(&self) -> bool;
}

impl Failure for db::Error {
    fn is_of_the_moment(&self) -> bool {
        db::is_unavailable(self)
    }
}

impl Failure for session::Error {
    fn is_of_the_moment(&self) -> bool {
        session::is_unavailable(self)
    }
}

/// The public text of an error; the error itself is logged here, once.
pub(crate) fn unexpected(error: impl Failure) -> ServerFnError {
    tracing::error!(%error, "a form failed");
    ServerFnError::new(if error.is_of_the_moment() {
        INTERRUPTED
    } else {
        UNEXPECTED
    })
}

impl Caller {
    pub async fn of_this_request() -> Result<Self, ServerFnError> {
        let Extension(session) = extract::<Extension<Session>>().await?;
        let user = session::current_user(&session).await.map_err(unexpected)?;
        let language = use_extension::<Language>().unwrap_or(Language::En);
        let address = use_extension::<Address>().map(|address| address.counted());
        Ok(Self {
            services: expect_context::<Services>(),
            session,
            user,
            language,
            address: address.unwrap_or_default(),
        })
    }

    /// The account that is signed in; signed out, the form leads to signing in.
    pub async fn signed_in(then: &str) -> Result<Option<(Self, User)>, ServerFnError> {
        let caller = Self::of_this_request().await?;
        match caller.user.clone() {
            Some(user) => Ok(Some((caller, user))),
            None => {
                go(&routes::sign_in_then(then));
                Ok(None)
            }
        }
    }

    /// Signs `user` in, in this browser.
    pub async fn sign_in(&self, user: &User) -> Result<(), ServerFnError> {
        let device = use_context::<Parts>().map(|parts| session::device(&parts.headers));
        let today = self.services.clock.now().day();
        session::sign_in(&self.session, user, &device.unwrap_or_default(), &today)
            .await
            .map_err(unexpected)
    }
}

fn use_extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<Parts>()?.extensions.get::<T>().cloned()
}

/// Redirects (302 by way of leptos_axum).
pub(crate) fn go(path: &str) {
    leptos_axum::redirect(path);
}

/// Redirects and says something there.
pub(crate) fn go_with(path: &str, flash: &Flash) {
    let secure = use_extension::<SecureCookies>().is_some_and(|secure| secure.0);
    if let Ok(value) = HeaderValue::from_str(&flash.to_cookie(secure)) {
        expect_context::<ResponseOptions>().append_header(SET_COOKIE, value);
    }
    leptos_axum::redirect(path);
}

/// Redirects and says that something broke.
pub(crate) fn go_broken(path: &str, form: Form, error: db::Error) {
    tracing::error!(%error, "a form failed");
    go_with(path, &Flash::new(form, Outcome::of_broken(&error)));
}
