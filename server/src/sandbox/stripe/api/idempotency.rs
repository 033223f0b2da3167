//! Idempotency keys: the first answer is kept with the change it reports, and given again.
//!
//! A key is claimed in the transaction that does the work. A second call with the same key waits in
//! the database for the first to end: if that committed, its answer is there; if not, the second
//! does the work. So no key is ever left half used, wherever a process dies.

use std::time::Duration;

use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode};
use sqlx::AnyConnection;

use crate::sandbox::stripe::errors::{Failure, Refusal, json_response};
use crate::time::Timestamp;

/// Stripe: keys can be removed after they are at least 24 hours old.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);

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
