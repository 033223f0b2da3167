//! The inbox of events. What arrives with a good signature is stored before anything else happens;
//! acting on it comes afterwards and may be repeated. An event is only a signal: the object it
//! names is read again at the provider.
//!
//! A node takes an event for a while by counting `attempts` up, and only whoever made the latest
//! attempt writes how it ended: one that came back too late leaves the event to the next.

use std::time::Duration;

use http::HeaderMap;
use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::gateway::{RawEvent, Subject};
use super::{FulfilError, Fulfilment, Payments, Provider};
use crate::db::Tx;
use crate::ids::InboxId;
use crate::oversight::{Deed, Operator};
use crate::time::Timestamp;
use crate::words::words;

/// A new event, or one that was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    New,
    Known,
}

#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    #[error("the signature is missing, wrong or too old")]
    BadSignature,
    #[error("this payment provider is switched off")]
    SwitchedOff,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Due {
    id: InboxId,
    #[sqlx(try_from = "String")]
    provider: Provider,
    kind: String,
    object_id: Option<String>,
    attempts: i64,
}

/// What became of an event.
#[derive(Clone, Debug, FromRow)]
pub struct InboxEvent {
    /// The provider's id of it.
    pub event_id: String,
    /// `received`, `processed`, `ignored`, `unparsed` or `failed`.
    pub state: String,
}

impl InboxEvent {
    /// Whether it was acted on, as far as it could be.
    pub fn is_done(&self) -> bool {
        self.state != "received"
    }
}

words! {
    /// Where an event stands.
    EventState {
        Received = "received", Processed = "processed", Ignored = "ignored",
        Unparsed = "unparsed", Failed = "failed",
    }
}

/// An event as it is kept.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct KeptEvent {
    pub id: InboxId,
    #[sqlx(try_from = "String")]
    pub provider: Provider,
    /// The provider's id of it.
    pub event_id: String,
    pub kind: String,
    /// What it is about.
    pub object_id: Option<String>,
    /// `webhook`, or `catch_up` where it was asked for.
    pub origin: String,
    #[sqlx(try_from = "String")]
    pub state: EventState,
    /// Why it was ignored or could not be read.
    pub reason: Option<String>,
    pub attempts: i64,
    /// When it is acted on next.
    pub next_at: Option<Timestamp>,
    pub received_at: Timestamp,
    pub processed_at: Option<Timestamp>,
}

const KEPT: &str = "SELECT id, provider, event_id, kind, object_id, origin, state, reason, \
                    attempts, next_at, received_at, processed_at FROM webhook_events";

/// In one state, and in all of them.
const OF_STATE: &str = "state = $1 AND id < $2";
const OF_ANY: &str = "$1 = '' AND id < $2";

fn select(condition: &str) -> String {
    format!("{KEPT} WHERE {condition} ORDER BY id DESC LIMIT $3")
}

fn select_about() -> String {
    format!("{KEPT} WHERE object_id IN ($1, $2, $3, $4) ORDER BY id DESC LIMIT $5")
}

fn select_one() -> String {
    format!("{KEPT} WHERE id = $1")
}

const ABOUT: &str = "SELECT event_id, state FROM webhook_events WHERE provider = $1 AND object_id = $2 \
                     ORDER BY id DESC LIMIT 1";

/// How an event ended.
enum Outcome {
    Processed,
    Ignored(&'static str),
    /// What it is about may be known to us a little later.
    NotYet,
    Again(FulfilError),
}

/// How long an event belongs to the node that took it.
const TAKEN_FOR: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So often an event is tried, over more than a day, before it counts as failed. It is tried on even
/// then: what was paid is never given up.
const MOST_ATTEMPTS: i64 = 20;
/// So often, over four minutes, what comes early is looked for again.
const ATTEMPTS_TOO_EARLY: i64 = 8;
/// Behind every id, however a database sorts: ids are written in hexadecimal.
const AFTER_ALL: &str = "g";
/// What the audit log says of an event that is done again.
const AGAIN: &str = "to be acted on again";
const NOT_OURS: &str = "not a payment of ours";
const LONGEST_WAIT_SECONDS: u64 = 4 * 3_600;
/// Events acted on at once.
const AT_ONCE: i64 = 4;
/// Between two events nobody waits for: thousands of abandoned checkouts expire at once.
const UNHURRIED: Duration = Duration::from_millis(250);

/// Whether nobody waits for what an event tells.
fn is_unhurried(kind: &str) -> bool {
    kind == "checkout.session.expired"
}

/// The next free place behind those that wait already.
async fn unhurried(tx: &mut Tx, now: Timestamp) -> sqlx::Result<Timestamp> {
    let last: Option<Timestamp> = sqlx::query_scalar(
        "SELECT MAX(next_at) FROM webhook_events \
         WHERE next_at IS NOT NULL AND kind = 'checkout.session.expired' AND attempts = 0",
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(last.map_or(now, |last| last.plus(UNHURRIED).max(now)))
}

impl Payments {
    /// Verifies and stores a webhook. Acting on it happens in the background.
    pub async fn receive(
        &self,
        provider: Provider,
        payload: &[u8],
        headers: &HeaderMap,
    ) -> Result<Received, ReceiveError> {
        let gateway = self
            .gateway(provider)
            .map_err(|_| ReceiveError::SwitchedOff)?;
        let Some(event) = gateway.verify_event(payload, headers, self.clock.now()) else {
            return Err(ReceiveError::BadSignature);
        };
        let received = self.store_event(provider, &event, "webhook").await?;
        self.inbox_wake.notify_one();
        Ok(received)
    }

    /// The newest event about an object of a provider.
    pub async fn event_about(
        &self,
        provider: Provider,
        object_id: &str,
    ) -> sqlx::Result<Option<InboxEvent>> {
        sqlx::query_as(ABOUT)
            .bind(provider.as_str())
            .bind(object_id)
            .fetch_optional(self.db.reader())
            .await
    }

    /// Kept events, newest first: in one state or all, older than `before`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn events(
        &self,
        state: Option<EventState>,
        before: Option<&InboxId>,
        limit: i64,
    ) -> sqlx::Result<Vec<KeptEvent>> {
        let condition = match state {
            Some(_) => OF_STATE,
            None => OF_ANY,
        };
        sqlx::query_as(AssertSqlSafe(select(condition)))
            .bind(state.map_or("", EventState::as_str))
            .bind(before.map_or(AFTER_ALL, InboxId::as_str).to_owned())
            .bind(limit)
            .fetch_all(self.db.reader())
            .await
    }

    /// Kept events about any of these objects, newest first.
    pub(super) async fn events_about(
        &self,
        objects: &[Option<&str>; 4],
        limit: i64,
    ) -> sqlx::Result<Vec<KeptEvent>> {
        let mut query = sqlx::query_as(AssertSqlSafe(select_about()));
        for object in objects {
            query = query.bind(object.map(str::to_owned));
        }
        query.bind(limit).fetch_all(self.db.reader()).await
    }

    /// One of them, with what the provider sent.
    ///
    /// # Errors
    /// The database's own.
    pub async fn event(&self, id: &InboxId) -> sqlx::Result<Option<(KeptEvent, String)>> {
        let kept: Option<KeptEvent> = sqlx::query_as(AssertSqlSafe(select_one()))
            .bind(id)
            .fetch_optional(self.db.reader())
            .await?;
        let Some(kept) = kept else { return Ok(None) };
        let payload = sqlx::query_scalar("SELECT payload FROM webhook_events WHERE id = $1")
            .bind(id)
            .fetch_one(self.db.reader())
            .await?;
        Ok(Some((kept, payload)))
    }

    /// Lets an event be acted on again, whatever became of it: what it is about is read anew, and what was granted
    /// is not granted again. Says whether there is such an event that can be read. One that is due and that nobody is at
    /// is left as it is: it is acted on as it was going to be.
    ///
    /// # Errors
    /// The database's own.
    pub async fn replay(&self, id: &InboxId, by: &Operator) -> sqlx::Result<bool> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let select = tx.locking(
            "SELECT state, next_at FROM webhook_events WHERE id = $1 AND state <> 'unparsed'",
        );
        let before: Option<(String, Option<Timestamp>)> = sqlx::query_as(select)
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        let Some((before, next_at)) = before else {
            return Ok(false);
        };
        if before == EventState::Received.as_str() && next_at.is_some_and(|next_at| next_at <= now)
        {
            return Ok(true);
        }
        // Counted up, so that who acts on it just now does not write how it ended.
        sqlx::query(
            "UPDATE webhook_events SET state = 'received', reason = NULL, next_at = $2, \
             attempts = CASE WHEN attempts < $3 THEN attempts + 1 ELSE 1 END, processed_at = NULL \
             WHERE id = $1",
        )
        .bind(id)
        .bind(now)
        .bind(MOST_ATTEMPTS - 1)
        .execute(&mut *tx)
        .await?;
        by.records(&mut tx, Deed::Replay, id.as_str(), &before, AGAIN, now)
            .await?;
        tx.commit().await?;
        self.inbox_wake.notify_one();
        Ok(true)
    }

    /// Lets every event be acted on again that was given up. Says how many.
    ///
    /// # Errors
    /// The database's own.
    pub async fn replay_failed(&self, by: &Operator) -> sqlx::Result<u64> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let replayed = sqlx::query(
            "UPDATE webhook_events SET state = 'received', reason = NULL, next_at = $1, attempts = 1, \
             processed_at = NULL WHERE state = 'failed'",
        )
        .bind(now)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if replayed > 0 {
            let before = format!("{replayed} failed");
            by.records(&mut tx, Deed::ReplayFailed, "webhooks", &before, AGAIN, now)
                .await?;
        }
        tx.commit().await?;
        self.inbox_wake.notify_one();
        Ok(replayed)
    }

    pub(super) async fn store_event(
        &self,
        provider: Provider,
        event: &RawEvent,
        origin: &'static str,
    ) -> sqlx::Result<Received> {
        let now = self.clock.now();
        let (state, reason, next_at) = match event.unparsed {
            None => ("received", None, Some(now)),
            Some(reason) => ("unparsed", Some(reason), None),
        };
        let mut tx = self.db.begin().await?;
        let next_at = match next_at {
            Some(now) if is_unhurried(&event.kind) => Some(unhurried(&mut tx, now).await?),
            other => other,
        };
        let stored = sqlx::query(
            "INSERT INTO webhook_events (id, provider, event_id, kind, object_id, payload, origin, \
             state, reason, next_at, received_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (provider, event_id) DO NOTHING",
        )
        .bind(InboxId::new(now))
        .bind(provider.as_str())
        .bind(&event.id)
        .bind(&event.kind)
        .bind(&event.object_id)
        .bind(&event.payload)
        .bind(origin)
        .bind(state)
        .bind(reason)
        .bind(next_at)
        .bind(now)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(if stored == 1 {
            Received::New
        } else {
            Received::Known
        })
    }

    /// Acts on events until told to stop.
    pub async fn run_inbox(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.process_due().await {
                tracing::error!(%error, "the inbox could not be read");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.inbox_wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Acts on every event that is due. Says how many there were.
    pub async fn process_due(&self) -> sqlx::Result<usize> {
        let mut done = 0;
        loop {
            let batch = self.take_events().await?;
            if batch.is_empty() {
                return Ok(done);
            }
            done += batch.len();
            let work = batch.into_iter().map(|due| self.process(due));
            futures::future::try_join_all(work).await?;
        }
    }

    /// Takes a few due events; none only when none is left. What another node takes at the same
    /// moment is its own.
    async fn take_events(&self) -> sqlx::Result<Vec<Due>> {
        loop {
            let now = self.clock.now();
            let due: Vec<InboxId> = sqlx::query_scalar(
                "SELECT id FROM webhook_events WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2",
            )
            .bind(now)
            .bind(AT_ONCE)
            .fetch_all(self.db.reader())
            .await?;
            let mut taken = Vec::new();
            for id in &due {
                taken.extend(self.take_event(id, now).await?);
            }
            if due.is_empty() || !taken.is_empty() {
                return Ok(taken);
            }
        }
    }

    async fn take_event(&self, id: &InboxId, now: Timestamp) -> sqlx::Result<Option<Due>> {
        let mut tx = self.db.begin().await?;
        let due = sqlx::query_as(
            "UPDATE webhook_events SET attempts = attempts + 1, next_at = $3 \
             WHERE id = $1 AND next_at <= $2 RETURNING id, provider, kind, object_id, attempts",
        )
        .bind(id)
        .bind(now)
        .bind(now.plus(TAKEN_FOR))
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(due)
    }

    async fn process(&self, due: Due) -> sqlx::Result<()> {
        match self.act_on(&due).await {
            Outcome::Processed => self.end_event(&due, "processed", None).await,
            Outcome::Ignored(reason) => self.end_event(&due, "ignored", Some(reason)).await,
            Outcome::NotYet => self.put_back(&due, "received").await,
            Outcome::Again(error) if due.attempts >= MOST_ATTEMPTS => {
                tracing::error!(event = %due.id, kind = due.kind, %error, "an event fails");
                self.put_back(&due, "failed").await
            }
            Outcome::Again(error) => {
                tracing::warn!(event = %due.id, kind = due.kind, %error, "an event waits");
                self.put_back(&due, "received").await
            }
        }
    }

    async fn act_on(&self, due: &Due) -> Outcome {
        let Some(object_id) = due.object_id.as_deref() else {
            return Outcome::Ignored("names no object");
        };
        match self.read_again(due, object_id).await {
            Ok(None) => Outcome::Processed,
            Ok(Some(NOT_OURS)) if self.may_come_early(due) => Outcome::NotYet,
            Ok(Some(reason)) => Outcome::Ignored(reason),
            Err(error) => Outcome::Again(error),
        }
    }

    /// Reads again what an event is about. Says why not, if it is nothing of ours.
    async fn read_again(
        &self,
        due: &Due,
        object_id: &str,
    ) -> Result<Option<&'static str>, FulfilError> {
        let provider = due.provider;
        let gateway = self.gateway(provider)?;
        let subject = gateway.subject(&due.kind, object_id).await?;
        let ignored = match &subject {
            Subject::Nothing(reason) => Some(*reason),
            Subject::Checkout(id) => {
                let unknown = self.fulfil(id).await? == Fulfilment::Unknown;
                unknown.then_some("not a checkout of ours")
            }
            Subject::Payment(id) => {
                let known = self.read_payment_again(provider, id).await?;
                (!known).then_some(NOT_OURS)
            }
            Subject::Subscription(id) => {
                let known = self.read_subscription_again(provider, id).await?;
                (!known).then_some("not a subscription of ours")
            }
        };
        self.erase_if_deleted(&due.id, &subject).await?;
        Ok(ignored)
    }

    /// A provider whose payments do not name their purchase may tell of a refund before we have heard
    /// of the purchase.
    fn may_come_early(&self, due: &Due) -> bool {
        let gateway = self.gateway(due.provider);
        due.attempts < ATTEMPTS_TOO_EARLY && gateway.is_ok_and(|gateway| !gateway.lists_events())
    }

    async fn end_event(
        &self,
        due: &Due,
        state: &'static str,
        reason: Option<&'static str>,
    ) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE webhook_events SET state = $3, reason = $4, next_at = NULL, processed_at = $5 \
             WHERE id = $1 AND attempts = $2",
        )
        .bind(&due.id)
        .bind(due.attempts)
        .bind(state)
        .bind(reason)
        .bind(self.clock.now())
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    async fn put_back(&self, due: &Due, state: &'static str) -> sqlx::Result<()> {
        let exponent = u32::try_from(due.attempts).unwrap_or(0).min(20);
        let wait = 2_u64.saturating_pow(exponent).min(LONGEST_WAIT_SECONDS);
        let next_at: Timestamp = self.clock.now().plus(Duration::from_secs(wait));
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE webhook_events SET next_at = $3, state = $4 WHERE id = $1 AND attempts = $2",
        )
        .bind(&due.id)
        .bind(due.attempts)
        .bind(next_at)
        .bind(state)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    on_both_databases! {
        async fn every_list_goes_by_an_index(ground: TestGround) {
            let db = &ground.db;
            for before in [AFTER_ALL, "0193f000-0000-7000-8000-000000000000"] {
                for state in EventState::ALL {
                    let values = [state.as_str(), before, "51"];
                    Course::in_order(db, &select(OF_STATE), &values, "webhook_events_state_id (state=? AND id<?").await;
                }
                Course::in_order(db, &select(OF_ANY), &["", before, "51"], "sqlite_autoindex_webhook_events_1 (id<?").await;
            }
            Course::in_order(db, &select_one(), &["id"], "sqlite_autoindex_webhook_events_1 (id=?").await;
            // Those about one thing are few.
            Course::by_index(db, &select_about(), &["a", "b", "c", "d", "50"], "webhook_events_object").await;
            Course::by_index(db, ABOUT, &["stripe", "cs_1"], "webhook_events_object").await;
        }
    }
}
