//! What happens when no webhook comes: the provider's own list of events is read every 20 seconds
//! into the same inbox, by one node at a time, and beside that each pending record is read again a
//! few times, each open refund and dispute once a day, and each subscription whose renewal is late. So
//! a lost webhook is made good within a minute, and the cost does not grow with the number of open
//! checkouts.
//!
//! A provider without such a list is asked more often about what is open, and for a while once a day
//! about what was paid.

use std::time::Duration;

use sqlx::FromRow;
use tokio_util::sync::CancellationToken;

use super::gateway::{Gateway, PaymentState};
use super::records::{self, Recharge, RechargeRow, RechargeStatus};
use super::subscriptions::Subscription;
use super::{FulfilError, Interruption, Payments, Provider, Received};
use crate::ids::RechargeId;
use crate::time::Timestamp;

const EVERY: Duration = Duration::from_secs(20);
/// Longer than from one pass to the next, short enough that a node that died is not missed.
const LEASE_FOR: Duration = Duration::from_secs(30);
/// Events may be listed a little late.
const OVERLAP: Duration = Duration::from_secs(10 * 60);
/// How far back the very first pass looks.
const FIRST_LOOK: Duration = Duration::from_secs(24 * 3_600);
/// Between two requests to a provider: four a second, at most.
const PACE: Duration = Duration::from_millis(250);
/// How many requests a reading makes.
const OF_A_CHECKOUT: u32 = 1;
const OF_A_PAYMENT: u32 = 4;
const OF_A_SUBSCRIPTION: u32 = 3;
/// What one pass may cost in requests, so that the next one finds lost events soon enough.
const REQUESTS_A_PASS: u32 = 40;
const RECORDS_A_PASS: i64 = 40;
const SUBSCRIPTIONS_A_PASS: i64 = 10;
/// When a pending record is read again at the provider, counted from when it was made.
const CHECKS: [Duration; 3] = [minutes(2), minutes(10), minutes(65)];
/// The same where no list of events tells.
const CHECKS_WITHOUT_EVENTS: [Duration; 8] = [
    Duration::from_secs(30),
    minutes(1),
    minutes(2),
    minutes(5),
    minutes(10),
    minutes(20),
    minutes(40),
    minutes(65),
];
/// How often what may still change is looked at, and how long where no list of events tells.
const A_DAY: Duration = minutes(24 * 60);
const LOOKED_AT_FOR: Duration = minutes(60 * 24 * 60);
/// When a record that could not be read is read again.
const SOONEST_AGAIN: Duration = Duration::from_secs(2 * 60);
const LATEST_AGAIN: Duration = Duration::from_secs(4 * 3_600);

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

const fn lease_of(provider: Provider) -> &'static str {
    match provider {
        Provider::Stripe => "stripe-catch-up",
        Provider::Creem => "creem-catch-up",
    }
}

#[derive(FromRow)]
struct DueRecord {
    id: RechargeId,
    #[sqlx(try_from = "String")]
    provider: Provider,
    #[sqlx(try_from = "String")]
    status: RechargeStatus,
    session_id: Option<String>,
    transaction_id: Option<String>,
    checks: i64,
    created_at: Timestamp,
}

impl Payments {
    /// Catches up until told to stop.
    pub async fn run_catch_up(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.prepare_plans(PACE) => {}
        }
        while !stop.is_cancelled() {
            if let Err(error) = self.catch_up(PACE).await {
                tracing::warn!(%error, "catching up with the payment provider failed");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        for gateway in self.gateways() {
            let lease = lease_of(gateway.provider());
            let _ = self.db.give_back_lease(lease, &self.node).await;
        }
    }

    /// One pass over each provider, where no other node is at it; `pace` lies between two requests.
    pub async fn catch_up(&self, pace: Duration) -> Result<(), Interruption> {
        let mut outcome = Ok(());
        for gateway in self.gateways() {
            if self.is_our_turn(gateway.provider()).await? {
                outcome = outcome.and(self.catch_up_with(&**gateway, pace).await);
            }
        }
        outcome
    }

    async fn catch_up_with(
        &self,
        gateway: &dyn Gateway,
        pace: Duration,
    ) -> Result<(), Interruption> {
        let (provider, now) = (gateway.provider(), self.clock.now());
        // Each works where the others do not, for example with a key that may not list events.
        let events = if gateway.lists_events() {
            self.read_events(gateway, now, pace).await
        } else {
            Ok(())
        };
        events
            .and(self.check_records(provider, now, pace).await)
            .and(self.check_subscriptions(provider, now, pace).await)
            .and(self.run_errands(provider).await.map_err(Interruption::from))
    }

    /// Takes the lease, or extends it: a long pass does so before each request, and ends where
    /// another node has taken over.
    async fn is_our_turn(&self, provider: Provider) -> sqlx::Result<bool> {
        let now = self.clock.now();
        let lease = lease_of(provider);
        self.db.take_lease(lease, &self.node, now, LEASE_FOR).await
    }

    /// When the events that a provider lists were last read to their end, by whichever node.
    ///
    /// # Errors
    /// The database's own.
    pub async fn read_until(&self, provider: Provider) -> sqlx::Result<Option<Timestamp>> {
        let note = self.db.lease_note(lease_of(provider)).await?;
        let seconds = note.and_then(|note| note.parse().ok());
        Ok(seconds.map(Timestamp::from_seconds))
    }

    async fn read_events(
        &self,
        gateway: &dyn Gateway,
        now: Timestamp,
        pace: Duration,
    ) -> Result<(), Interruption> {
        let provider = gateway.provider();
        let last = self.read_until(provider).await?;
        let since = last.map_or(now.minus(FIRST_LOOK), |last| last.minus(OVERLAP));
        let mut after: Option<String> = None;
        let mut news = false;
        loop {
            let page = gateway.events(since, after.as_deref()).await?;
            for event in &page.events {
                news |= self.store_event(provider, event, "catch_up").await? == Received::New;
            }
            after = page.events.last().map(|event| event.id.clone());
            if !page.has_more || after.is_none() {
                break;
            }
            tokio::time::sleep(pace).await;
            if !self.is_our_turn(provider).await? {
                return Ok(());
            }
        }
        self.db
            .set_lease_note(lease_of(provider), &self.node, &now.seconds().to_string())
            .await?;
        if news {
            self.inbox_wake.notify_one();
        }
        Ok(())
    }

    /// Reads again the records whose time has come: what is pending, and what may still go back.
    async fn check_records(
        &self,
        provider: Provider,
        now: Timestamp,
        pace: Duration,
    ) -> Result<(), Interruption> {
        let due: Vec<DueRecord> = sqlx::query_as(
            "SELECT id, provider, status, session_id, transaction_id, checks, created_at \
             FROM recharge_records \
             WHERE provider = $3 AND next_check_at IS NOT NULL AND next_check_at <= $1 \
             ORDER BY next_check_at LIMIT $2",
        )
        .bind(now)
        .bind(RECORDS_A_PASS)
        .bind(provider.as_str())
        .fetch_all(self.db.reader())
        .await?;
        let mut made = 0;
        for record in due {
            if made >= REQUESTS_A_PASS || !self.is_our_turn(provider).await? {
                return Ok(());
            }
            match self.check_record(&record).await {
                Ok(requests) => {
                    made += requests;
                    if record.status != RechargeStatus::Completed {
                        self.plan_next_check(&record).await?;
                    }
                    tokio::time::sleep(pace * requests).await;
                }
                Err(error) => {
                    tracing::warn!(recharge = %record.id, %error, "a purchase was not read");
                    made += 1;
                    self.check_again(&record, now).await?;
                    tokio::time::sleep(pace).await;
                }
            }
        }
        Ok(())
    }

    /// Says how many requests it took.
    async fn check_record(&self, record: &DueRecord) -> Result<u32, FulfilError> {
        let completed = record.status == RechargeStatus::Completed;
        match (&record.transaction_id, &record.session_id) {
            (Some(transaction), _) if completed => {
                self.read_payment_again(record.provider, transaction)
                    .await?;
                Ok(OF_A_PAYMENT)
            }
            (_, Some(session)) if !completed => {
                self.fulfil(session).await?;
                Ok(OF_A_CHECKOUT)
            }
            _ => {
                self.plan(record, |row| row.next_check_at = None).await?;
                Ok(0)
            }
        }
    }

    /// Reads again the subscriptions whose renewal is late, or that wait for a payment.
    async fn check_subscriptions(
        &self,
        provider: Provider,
        now: Timestamp,
        pace: Duration,
    ) -> Result<(), Interruption> {
        let due: Vec<Subscription> = sqlx::query_as(
            "SELECT * FROM subscriptions \
             WHERE provider = $3 AND next_check_at IS NOT NULL AND next_check_at <= $1 \
             ORDER BY next_check_at LIMIT $2",
        )
        .bind(now)
        .bind(SUBSCRIPTIONS_A_PASS)
        .bind(provider.as_str())
        .fetch_all(self.db.reader())
        .await?;
        for Subscription { id, .. } in due {
            if !self.is_our_turn(provider).await? {
                return Ok(());
            }
            if let Err(error) = self.read_subscription_again(provider, &id).await {
                tracing::warn!(subscription = id, %error, "a subscription was not read");
                self.check_subscription_again(&id, now).await?;
            }
            tokio::time::sleep(pace * OF_A_SUBSCRIPTION).await;
        }
        Ok(())
    }

    async fn check_subscription_again(&self, id: &str, now: Timestamp) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query("UPDATE subscriptions SET next_check_at = $2 WHERE id = $1")
            .bind(id)
            .bind(now.plus(SOONEST_AGAIN))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    fn checks_at(&self, provider: Provider) -> &'static [Duration] {
        match self.gateway(provider) {
            Ok(gateway) if !gateway.lists_events() => &CHECKS_WITHOUT_EVENTS,
            _ => &CHECKS,
        }
    }

    /// When a new record is read first.
    pub(super) fn first_check(&self, provider: Provider, now: Timestamp) -> Timestamp {
        now.plus(self.checks_at(provider)[0])
    }

    /// When a payment that came is looked at again, if no list of events will tell.
    pub(super) fn first_look_after(&self, provider: Provider, now: Timestamp) -> Option<Timestamp> {
        let told = self
            .gateway(provider)
            .is_ok_and(|gateway| gateway.lists_events());
        (!told).then(|| now.plus(A_DAY))
    }

    /// The same for one that was looked at.
    pub(super) fn next_look(
        &self,
        recharge: &Recharge,
        state: &PaymentState,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let young = now.since(recharge.created_at) < LOOKED_AT_FOR;
        if state.is_unsettled() {
            Some(now.plus(A_DAY))
        } else if young {
            self.first_look_after(recharge.provider, now)
        } else {
            None
        }
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
            .and_then(|index| self.checks_at(record.provider).get(index));
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
            let waits = row.next_check_at.is_some() && row.status == record.status;
            if waits {
                change(row);
            }
            waits
        })
        .await?;
        tx.commit().await
    }
}
