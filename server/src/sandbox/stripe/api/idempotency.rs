//! Idempotency keys: the first answer is kept with the change it reports, and given again.
//!
//! While a call is under way, a second one with its key is refused, as Stripe does. That is kept in
//! memory: a key is claimed in the transaction that does the work, so that none is ever left half
//! used, wherever a process dies. At another node the second call therefore waits in the database
//! for the first to end: if that committed, its answer is there; if not, the second does the work.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode};
use sqlx::AnyConnection;

use crate::sandbox::stripe::errors::{Failure, Refusal, json_response};
use crate::time::Timestamp;

/// Stripe: keys can be removed after they are at least 24 hours old.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);

/// The keys of the calls that this process has not answered yet.
#[derive(Default)]
pub struct InFlight(Mutex<HashSet<String>>);

impl InFlight {
    /// Notes the key until what is given back is dropped, or refuses it.
    pub fn enter<'a>(&'a self, key: &'a str) -> Result<impl Drop + 'a, Refusal> {
        if self.keys().insert(key.to_owned()) {
            Ok(Flight { keys: self, key })
        } else {
            Err(Refusal::key_in_use())
        }
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<String>> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call with a key, from its beginning to its end, however it ends.
struct Flight<'a> {
    keys: &'a InFlight,
    key: &'a str,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.keys.keys().remove(self.key);
    }
}

/// The answer to an earlier call with the same key.
#[derive(Debug, sqlx::FromRow)]
pub struct Kept {
    status: i64,
    response: String,
}

impl Kept {
    pub fn replay(self) -> Result<Response, Failure> {
        let status = u16::try_from(self.status)
            .ok()
            .and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or_else(|| sqlx::Error::Decode("no status was kept".into()))?;
        let mut response = json_response(status, self.response);
        let replayed = HeaderName::from_static("idempotent-replayed");
        response
            .headers_mut()
            .insert(replayed, HeaderValue::from_static("true"));
        Ok(response)
    }
}

/// Claims the key for this call, or gives back what was answered to the same call before.
pub async fn claim(
    connection: &mut AnyConnection,
    key: &str,
    fingerprint: &str,
    now: Timestamp,
) -> Result<Option<Kept>, Failure> {
    sqlx::query("DELETE FROM sandbox_stripe_idempotency WHERE key = $1 AND created_at < $2")
        .bind(key)
        .bind(now.minus(KEPT_FOR).micros())
        .execute(&mut *connection)
        .await?;
    let claimed = sqlx::query(
        "INSERT INTO sandbox_stripe_idempotency (key, parameters, status, response, created_at) \
         VALUES ($1, $2, 0, '', $3) ON CONFLICT (key) DO NOTHING",
    )
    .bind(key)
    .bind(fingerprint)
    .bind(now.micros())
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if claimed == 1 {
        return Ok(None);
    }
    let same = sqlx::query_as(
        "SELECT status, response FROM sandbox_stripe_idempotency \
         WHERE key = $1 AND parameters = $2",
    );
    let kept = same
        .bind(key)
        .bind(fingerprint)
        .fetch_optional(connection)
        .await?;
    kept.map(Some).ok_or_else(|| mismatch(key).into())
}

fn mismatch(key: &str) -> Refusal {
    Refusal::idempotency(format!(
        "Keys for idempotent requests can only be used with the same parameters they were first \
         used with. Try using a key other than '{key}' if you meant to execute a different request."
    ))
}

/// Keeps the answer under the claimed key.
pub async fn keep(
    connection: &mut AnyConnection,
    key: &str,
    status: StatusCode,
    response: &str,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_stripe_idempotency SET status = $2, response = $3 WHERE key = $1")
        .bind(key)
        .bind(i64::from(status.as_u16()))
        .bind(response)
        .execute(connection)
        .await?;
    Ok(())
}
