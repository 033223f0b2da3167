//! Idempotency keys: the same key on the same endpoint by the same account does the work once and
//! gives the same answer again.
//!
//! The claim is a row written in the transaction that does the work, so key, work and answer commit
//! together or not at all. Work that asks a provider between two transactions leaves its claim
//! without an answer and names its `subject`; whoever comes after a crash goes on with that subject.
//! Such a claim is known by the moment it was made: one that was taken over is no longer ours to
//! answer or to give up.

use std::borrow::Cow;
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::FromRow;

use crate::db::{Database, Tx};
use crate::ids::UserId;
use crate::time::Timestamp;

/// Who uses which key where, with which body.
#[derive(Clone, Debug)]
pub struct Scope {
    pub user: UserId,
    /// Method and path, for example `POST /api/try-on`.
    pub endpoint: Cow<'static, str>,
    pub key: Key,
    pub body: BodyHash,
}

/// A key of 1 to 255 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    pub fn parse(text: &str) -> Option<Self> {
        let printable = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        ((1..=255).contains(&text.len()) && printable).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A digest over the parsed fields of a body, in the order of their names, and file contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyHash(String);

impl BodyHash {
    pub fn of(fields: &[(&str, &[u8])]) -> Self {
        let mut sorted = fields.to_vec();
        sorted.sort_unstable();
        let mut digest = Sha256::new();
        for (name, value) in sorted {
            // Lengths keep `a=bc` and `ab=c` apart.
            digest.update((name.len() as u64).to_be_bytes());
            digest.update(name.as_bytes());
            digest.update((value.len() as u64).to_be_bytes());
            digest.update(value);
        }
        Self(hex::encode(digest.finalize()))
    }
}

/// A success answer, new or given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// JSON.
    pub body: String,
    pub replayed: bool,
}

/// Why the key cannot be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    #[error("this key was used with another body")]
    Mismatch,
    #[error("a request with this key is still being worked on")]
    InFlight,
}

/// What the claim found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody used this key before.
    New,
    /// Somebody began and never finished: go on with this subject.
    Resume(Option<String>),
    Done(Answer),
    Refused(KeyRefused),
}

const KEPT: Duration = Duration::from_secs(24 * 3_600);
/// How long work may ask a provider before another request takes it over.
const WORK_TIME: Duration = Duration::from_secs(45);
/// Work that may last longer [renews](renew) its claim this often.
pub const RENEWED_EVERY: Duration = Duration::from_secs(15);

#[derive(FromRow)]
struct Row {
    body_hash: String,
    subject: Option<String>,
    status: Option<i64>,
    response: Option<String>,
    lease_until: Timestamp,
}

/// Claims the key inside the transaction that does the work.
pub async fn claim(tx: &mut Tx, scope: &Scope, now: Timestamp) -> sqlx::Result<Claim> {
    forget(tx, scope, now.minus(KEPT)).await?;
    let inserted = sqlx::query(
        "INSERT INTO idempotency_keys (user_id, endpoint, key, body_hash, lease_until, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, endpoint, key) DO NOTHING",
    )
    .bind(&scope.user)
    .bind(scope.endpoint.as_ref())
    .bind(scope.key.as_str())
    .bind(&scope.body.0)
    .bind(now.plus(WORK_TIME))
    .bind(now)
    .execute(&mut **tx)
    .await?
    .rows_affected();
    if inserted == 1 {
        return Ok(Claim::New);
    }
    let row: Option<Row> = sqlx::query_as(
        "SELECT body_hash, subject, status, response, lease_until FROM idempotency_keys \
         WHERE user_id = $1 AND endpoint = $2 AND key = $3",
    )
    .bind(&scope.user)
    .bind(scope.endpoint.as_ref())
    .bind(scope.key.as_str())
    .fetch_optional(&mut **tx)
    .await?;
    match row {
        Some(row) => judge(tx, scope, row, now).await,
        // Given up just now: whoever waits finds the key free.
        None => Ok(Claim::Refused(KeyRefused::InFlight)),
    }
}

async fn judge(tx: &mut Tx, scope: &Scope, row: Row, now: Timestamp) -> sqlx::Result<Claim> {
    if row.body_hash != scope.body.0 {
        return Ok(Claim::Refused(KeyRefused::Mismatch));
    }
    if let Some(kept) = row.status.zip(row.response) {
        return Ok(Claim::Done(kept_answer(kept)));
    }
    let taken_over = sqlx::query(
        "UPDATE idempotency_keys SET lease_until = $5 \
         WHERE user_id = $1 AND endpoint = $2 AND key = $3 AND status IS NULL \
           AND lease_until = $4 AND lease_until <= $6",
    )
    .bind(&scope.user)
    .bind(scope.endpoint.as_ref())
    .bind(scope.key.as_str())
    .bind(row.lease_until)
    .bind(now.plus(WORK_TIME))
    .bind(now)
    .execute(&mut **tx)
    .await?
    .rows_affected();
    Ok(match taken_over {
        1 => Claim::Resume(row.subject),
        _ => Claim::Refused(KeyRefused::InFlight),
    })
}

async fn forget(tx: &mut Tx, scope: &Scope, before: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM idempotency_keys \
         WHERE user_id = $1 AND endpoint = $2 AND key = $3 AND created_at <= $4",
    )
    .bind(&scope.user)
    .bind(scope.endpoint.as_ref())
    .bind(scope.key.as_str())
    .bind(before)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What a key was used for before, if it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    body: BodyHash,
    answer: Option<Answer>,
}

impl Used {
    /// The answer to give again to a request with this body.
    ///
    /// # Errors
    /// When the key was used with another body, or its work has not ended.
    pub fn answer_for(self, body: &BodyHash) -> Result<Answer, KeyRefused> {
        if self.body != *body {
            return Err(KeyRefused::Mismatch);
        }
        self.answer.ok_or(KeyRefused::InFlight)
    }
}

/// Looks a key up without claiming it: what was done with it is answered again even where the same
/// request could not be begun any more.
pub async fn find(
    db: &Database,
    user: &UserId,
    endpoint: &str,
    key: &Key,
    now: Timestamp,
) -> sqlx::Result<Option<Used>> {
    let row: Option<(String, Option<i64>, Option<String>)> = sqlx::query_as(
        "SELECT body_hash, status, response FROM idempotency_keys \
         WHERE user_id = $1 AND endpoint = $2 AND key = $3 AND created_at > $4",
    )
    .bind(user)
    .bind(endpoint)
    .bind(key.as_str())
    .bind(now.minus(KEPT))
    .fetch_optional(db.reader())
    .await?;
    Ok(row.map(|(body, status, response)| Used {
        body: BodyHash(body),
        answer: status.zip(response).map(kept_answer),
    }))
}

fn kept_answer((status, body): (i64, String)) -> Answer {
    Answer {
        status: u16::try_from(status).unwrap_or(200),
        body,
        replayed: true,
    }
}

/// Names what the work is about, for whoever has to go on with it.
pub async fn set_subject(tx: &mut Tx, scope: &Scope, subject: &str) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE idempotency_keys SET subject = $4 WHERE user_id = $1 AND endpoint = $2 AND key = $3",
    )
    .bind(&scope.user)
    .bind(scope.endpoint.as_ref())
    .bind(scope.key.as_str())
    .bind(subject)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps the success answer under the claim made at `claimed_at`; commits with the work.
pub async fn keep(
    tx: &mut Tx,
    scope: &Scope,
    claimed_at: Timestamp,
    answer: &Answer,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE idempotency_keys SET status = $5, response = $6 \
         WHERE user_id = $1 AND endpoint = $2 AND key = $3 AND lease_until = $4 \
           AND status IS NULL",
    )
    .bind(&scope.user)
    .bind(scope.endpoint.as_ref())
    .bind(scope.key.as_str())
    .bind(claimed_at.plus(WORK_TIME))
    .bind(i64::from(answer.status))
    .bind(&answer.body)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives up the claim made at `claimed_at` whose work was refused after it had begun: refusals are
/// not kept.
pub async fn give_up(db: &Database, scope: &Scope, claimed_at: Timestamp) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query(
        "DELETE FROM idempotency_keys \
         WHERE user_id = $1 AND endpoint = $2 AND key = $3 AND lease_until = $4 \
           AND status IS NULL",
    )
    .bind(&scope.user)
    .bind(scope.endpoint.as_ref())
    .bind(scope.key.as_str())
    .bind(claimed_at.plus(WORK_TIME))
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// Lets the next request with this key go on at once where this one stopped. Where even that cannot
/// be written, it can once the work's time is over.
pub async fn hand_over(db: &Database, scope: &Scope, claimed_at: Timestamp) {
    let ended = Timestamp::from_micros(0);
    if let Err(error) = hold_until(db, scope, claimed_at, ended).await {
        tracing::warn!(%error, "a key stays taken for a while");
    }
}

/// Lets the claim made at `claimed_at` hold until then; says whether it was ours still.
async fn hold_until(
    db: &Database,
    scope: &Scope,
    claimed_at: Timestamp,
    until: Timestamp,
) -> sqlx::Result<bool> {
    let mut tx = db.begin().await?;
    let moved = sqlx::query(
        "UPDATE idempotency_keys SET lease_until = $5 \
         WHERE user_id = $1 AND endpoint = $2 AND key = $3 AND lease_until = $4 \
           AND status IS NULL",
    )
    .bind(&scope.user)
    .bind(scope.endpoint.as_ref())
    .bind(scope.key.as_str())
    .bind(claimed_at.plus(WORK_TIME))
    .bind(until)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    tx.commit().await?;
    Ok(moved == 1)
}

/// Forgets the keys, of everybody, of the endpoints that begin so: of work that is done once by its nature.
pub async fn forget_at(tx: &mut Tx, endpoint: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM idempotency_keys WHERE endpoint LIKE $1 AND status IS NOT NULL")
        .bind(format!("{endpoint}%"))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Keeps the claim made at `claimed_at` for work that lasts; from now on it was made `now`. Says whether it was ours still.
pub async fn renew(
    db: &Database,
    scope: &Scope,
    claimed_at: Timestamp,
    now: Timestamp,
) -> sqlx::Result<bool> {
    hold_until(db, scope, claimed_at, now.plus(WORK_TIME)).await
}

/// Forgets keys older than a day; called by the sweep.
pub async fn forget_old(db: &Database, now: Timestamp) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query("DELETE FROM idempotency_keys WHERE created_at <= $1")
        .bind(now.minus(KEPT))
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}

const WAIT: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waiting for a request that uses the same key, at most 5 seconds.
pub struct Patience(tokio::time::Instant);

impl Default for Patience {
    fn default() -> Self {
        Self(tokio::time::Instant::now() + WAIT)
    }
}

impl Patience {
    /// Waits a moment if there is patience left; says whether to look again.
    pub async fn wait(&self) -> bool {
        if tokio::time::Instant::now() >= self.0 {
            return false;
        }
        tokio::time::sleep(LOOK_EVERY).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_depends_on_fields_not_on_their_order() {
        let a = BodyHash::of(&[("a", b"1"), ("b", b"2")]);
        assert_eq!(a, BodyHash::of(&[("b", b"2"), ("a", b"1")]));
        assert_ne!(a, BodyHash::of(&[("a", b"12"), ("b", b"")]));
        assert_ne!(BodyHash::of(&[("ab", b"c")]), BodyHash::of(&[("a", b"bc")]));
    }

    #[test]
    fn keys_are_bounded() {
        assert!(Key::parse("").is_none());
        assert!(Key::parse(&"k".repeat(255)).is_some());
        assert!(Key::parse(&"k".repeat(256)).is_none());
        assert!(Key::parse("a\nb").is_none());
    }
}
