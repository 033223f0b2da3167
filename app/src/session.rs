//! Who is signed in, in the words of tower-sessions.

use atelier_server::accounts::{
    ACCOUNT_KEY, DAY_KEY, DEVICE_KEY, EPOCH_KEY, USER_KEY, User, WALLET_VERSION_KEY, account_of,
};
use http::HeaderMap;
use http::header::USER_AGENT;
pub use tower_sessions::session::Error;
use tower_sessions::{Session, session_store};

/// Browsers call themselves a hundred letters or two.
const LONGEST_DEVICE: usize = 300;

/// Signs `user` in: the session gets a new id, so one that was planted before is worth nothing.
pub async fn sign_in(
    session: &Session,
    user: &User,
    device: &str,
    today: &str,
) -> Result<(), Error> {
    session.cycle_id().await?;
    session.insert(USER_KEY, user.id.as_str()).await?;
    session.insert(EPOCH_KEY, user.access_epoch).await?;
    session.insert(DEVICE_KEY, device).await?;
    session.insert(DAY_KEY, today).await
}

/// What the browser of a request calls itself.
pub fn device(headers: &HeaderMap) -> String {
    let named = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    named
        .unwrap_or_default()
        .chars()
        .take(LONGEST_DEVICE)
        .collect()
}

/// Whether `error` says that the store does not answer now; see `atelier_server::db::is_unavailable`.
pub fn is_unavailable(error: &Error) -> bool {
    matches!(error, Error::Store(session_store::Error::Backend(_)))
}

/// Ends the session.
pub async fn sign_out(session: &Session) -> Result<(), Error> {
    session.flush().await
}

/// Who is signed in right now: read from the database with the session itself.
pub async fn current_user(session: &Session) -> Result<Option<User>, Error> {
    let account = session.get_value(ACCOUNT_KEY).await?;
    Ok(account.and_then(account_of))
}

/// The version of the wallet of who is signed in, read with the session.
pub async fn wallet_version(session: &Session) -> Result<Option<i64>, Error> {
    session.get(WALLET_VERSION_KEY).await.map(Option::flatten)
}

/// Extends the session's life, at most once a day.
pub async fn touch(session: &Session, today: &str) -> Result<(), Error> {
    let seen: Option<String> = session.get(DAY_KEY).await?;
    if seen.as_deref() != Some(today) {
        session.insert(DAY_KEY, today).await?;
    }
    Ok(())
}
