//! What happens when no webhook comes: the provider's own list of events is read every 20 seconds
//! into the same inbox, by one node at a time, and beside that each pending record is read again a
//! few times. So a lost webhook is made good within a minute, and the cost does not grow with the
//! number of open checkouts.

use std::time::Duration;

use sqlx::FromRow;
use tokio_util::sync::CancellationToken;

use super::records::{self, CHECKS, RechargeRow};
use super::{Payments, Received};
use crate::ids::RechargeId;
use crate::time::Timestamp;

const EVERY: Duration = Duration::from_secs(20);
const LEASE: &str = "stripe-catch-up";
/// Longer than from one pass to the next, short enough that a node that died is not missed.
const LEASE_FOR: Duration = Duration::from_secs(30);
/// Events may be listed a little late.
const OVERLAP: Duration = Duration::from_secs(10 * 60);
/// How far back the very first pass looks.
const FIRST_LOOK: Duration = Duration::from_secs(24 * 3_600);
/// Requests a second to the provider, at most.
const PACE: Duration = Duration::from_millis(250);
const RECORDS_A_PASS: i64 = 40;
/// When a record that could not be read is read again.
const SOONEST_AGAIN: Duration = Duration::from_secs(2 * 60);
const LATEST_AGAIN: Duration = Duration::from_secs(4 * 3_600);

#[derive(FromRow)]
struct DueRecord {
    id: RechargeId,
    session_id: Option<String>,
    checks: i64,
    created_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CatchUpError {
    #[error(transparent)]
    Provider(#[from] super::stripe::GatewayError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Payments {
    /// Catches up until told to stop.
    pub async fn run_catch_up(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.catch_up().await {
                tracing::warn!(%error, "catching up with the payment provider failed");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        let _ = self.db.give_back_lease(LEASE, &self.node).await;
    }

    /// One pass, if no other node is at it.
    async fn catch_up(&self) -> Result<(), CatchUpError> {
        let now = self.clock.now();
        if !self.is_our_turn().await? {
            return Ok(());
        }
        // Each works where the other does not, for example with a key that may not list events.
        let events = self.read_events(now).await;
        let records = self.check_records(now).await;
        events.and(records)
    }

    /// Takes the lease, or extends it: a long pass does so before each request, and ends where
    /// another node has taken over.
    async fn is_our_turn(&self) -> sqlx::Result<bool> {
        let now = self.clock.now();
        self.db.take_lease(LEASE, &self.node, now, LEASE_FOR).await
    }

    async fn read_events(&self, now: Timestamp) -> Result<(), CatchUpError> {
        let note = self.db.lease_note(LEASE).await?;
        let last = note
            .and_then(|note| note.parse().ok())
            .map(Timestamp::from_seconds);
        let since = last.map_or(now.minus(FIRST_LOOK), |last| last.minus(OVERLAP));
        let mut after: Option<String> = None;
        let mut news = false;
        loop {
            let page = self.stripe.list_events(since, after.as_deref()).await?;
            for event in &page.events {
                news |= self.store_event(event, "catch_up").await? == Received::New;
            }
            after = page.events.last().map(|event| event.id.clone());
            if !page.has_more || after.is_none() {
                break;
            }
            tokio::time::sleep(PACE).await;
            if !self.is_our_turn().await? {
                return Ok(());
            }
        }
        self.db
            .set_lease_note(LEASE, &self.node, &now.seconds().to_string())
            .await?;
        if news {
            self.inbox_wake.notify_one();
        }
        Ok(())
    }

    /// Reads again the pending records whose time has come.
    async fn check_records(&self, now: Timestamp) -> Result<(), CatchUpError> {
        let due: Vec<DueRecord> = sqlx::query_as(
            "SELECT id, session_id, checks, created_at FROM recharge_records \
             WHERE next_check_at IS NOT NULL AND next_check_at <= $1 \
             ORDER BY next_check_at LIMIT $2",
        )
        .bind(now)
        .bind(RECORDS_A_PASS)
        .fetch_all(self.db.reader())
        .await?;
        for record in due {
            if !self.is_our_turn().await? {
                return Ok(());
            }
            let Some(session_id) = &record.session_id else {
                self.plan_next_check(&record).await?;
                continue;
            };
            match self.fulfil(session_id).await {
                Ok(_) => self.plan_next_check(&record).await?,
                Err(error) => {
                    tracing::warn!(recharge = %record.id, %error, "a pending purchase was not read");
                    self.check_again(&record, now).await?;
                }
            }
            tokio::time::sleep(PACE).await;
        }
        Ok(())
    }

    /// The check came to nothing: the same one later, the older the record the later.
    async fn check_again(&self, record: &DueRecord, now: Timestamp) -> sqlx::Result<()> {
        let age = now.since(record.created_at);
        let wait = age.clamp(SOONEST_AGAIN, LATEST_AGAIN);
        self.plan(record, |row| row.next_check_at = Some(now.plus(wait)))
            .await
    }

    async fn plan_next_check(&self, record: &DueRecord) -> sqlx::Result<()> {
        let checks = record.checks + 1;
        let next = usize::try_from(checks)
            .ok()
            .and_then(|index| CHECKS.get(index));
        let next_check_at = next.map(|wait| record.created_at.plus(*wait));
        self.plan(record, |row| {
            row.checks = checks;
            row.next_check_at = next_check_at;
        })
        .await
    }

    /// What ended meanwhile needs no more checks.
    async fn plan(
        &self,
        record: &DueRecord,
        change: impl FnOnce(&mut RechargeRow),
    ) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        records::change(&mut tx, &record.id, |row| {
            let waits = row.next_check_at.is_some();
            if waits {
                change(row);
            }
            waits
        })
        .await?;
        tx.commit().await
    }
}
