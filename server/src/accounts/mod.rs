//! People: accounts, passwords, sessions, one-time links, API tokens.
//!
//! [`Accounts`] is the face of it. An account is born with its wallet in one transaction, however
//! it is born. Sessions live in the database ([`SessionStore`]) and hold an id, never a balance.

mod access;
mod archived;
mod deletion;
mod email;
mod email_change;
mod limits;
mod links;
mod passwords;
mod sessions;
mod sign_in;
mod sign_up;
mod sync;
mod tokens;
mod users;

use std::sync::Arc;

use secrecy::SecretString;

use crate::catalog::Catalog;
use crate::db::Database;
use crate::time::Clock;

pub(crate) use access::end_session;
pub use access::{OpenSession, session_name};
pub use archived::{ArchivedAccount, ArchivedLink};
pub use deletion::DeleteError;
pub(crate) use deletion::forget_mail;
pub use email::Email;
pub(crate) use email_change::ChangeLetter;
pub use email_change::{ConfirmError, EmailChange, EmailChangeError, Ways};
pub use limits::{Limit, Limited, RateLimits};
pub use links::LinkError;
pub(crate) use links::Purpose;
pub use passwords::{Password, Passwords};
pub use sessions::{
    ACCOUNT_KEY, DAY_KEY, DEVICE_KEY, EPOCH_KEY, SessionStore, USER_KEY, WALLET_VERSION_KEY,
    account_of,
};
pub use sign_in::SignInError;
pub use sign_up::{NewAccount, SignUpError};
pub use sync::{Outsider, SyncError, Synced};
pub use tokens::{ApiToken, NewToken, Scope, Scopes, TokenError};
pub use users::{Language, Role, User};
pub(crate) use users::{UserRow, end_access};

/// Accounts and how they are proven. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) passwords: Passwords,
    pub(crate) limits: RateLimits,
    pub(crate) person_key: SecretString,
    /// Wakes the mailer when a letter was put into the outbox.
    pub(crate) mail_wake: Arc<tokio::sync::Notify>,
    /// Wakes who takes deleted accounts apart.
    pub(crate) deletion_wake: Arc<tokio::sync::Notify>,
}

impl Accounts {
    pub fn new(
        db: Database,
        clock: Clock,
        catalog: Arc<Catalog>,
        limits: RateLimits,
        person_key: SecretString,
    ) -> Self {
        Self {
            db,
            clock,
            catalog,
            passwords: Passwords::default(),
            limits,
            person_key,
            mail_wake: Arc::default(),
            deletion_wake: Arc::default(),
        }
    }
}
