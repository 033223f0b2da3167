//! Sending webhooks: each delivery is a row, taken by one node at a time, tried again until it has
//! arrived or is given up.
//!
//! A delivery is taken by moving its due time past the longest an attempt can last, so that one
//! whose sender died is sent again by whoever looks next.

use std::time::Duration;

use reqwest::Client;
use sqlx::AnyConnection;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::act::{Act, Held};
use super::provider::{Provider, Sandbox};
use super::store::{self, Kind, Object};
use super::webhook_mode::WebhookMode;
use crate::ids::uuid_v7;
use crate::time::Timestamp;

const AT_ONCE: usize = 32;
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than an attempt can last.
const TAKEN_FOR: Duration = Duration::from_secs(25);
/// Stripe: Checkout waits up to 10 seconds for the answer before it redirects. Creem says nothing.
const REDIRECT_WAITS: Duration = Duration::from_secs(10);
/// Another node may have written what is due, or died with it.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// What stays due although it was looked at must not turn the loop hot.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
/// The status of a delivery that needed none.
const NOBODY_ASKED: u16 = 204;

/// Writes the deliveries that `mode` asks for, to the site's own endpoint and to `others`, and gives
/// back those the action itself will send.
pub async fn plan<K: Kind>(
    connection: &mut AnyConnection,
    event: &str,
    others: &[String],
    mode: WebhookMode,
    now: Timestamp,
) -> sqlx::Result<Vec<String>> {
    let (times, due_at, attempts) = match mode {
        WebhookMode::Never => (0, None, 0),
        WebhookMode::AsSet | WebhookMode::Normal => (1, Some(now), 0),
        WebhookMode::Delayed(delay) => (1, Some(now.plus(delay)), 0),
        WebhookMode::Duplicate(times) => (times, Some(now), 0),
        // Born taken: the page that waits for the answer makes the first attempt itself.
        WebhookMode::BeforeRedirect => (1, Some(now.plus(TAKEN_FOR)), 1),
        WebhookMode::Reversed => (1, None, 0),
    };
    let mut endpoints = vec![None];
    endpoints.extend(others.iter().map(|id| Some(id.as_str())));
    let mut held = Vec::new();
    for endpoint in endpoints.repeat(usize::try_from(times).unwrap_or(0)) {
        let id = add::<K>(connection, event, endpoint, due_at, attempts, now).await?;
        if mode == WebhookMode::BeforeRedirect {
            held.push(id);
        }
    }
    Ok(held)
}

/// Writes one delivery. Without a due time and an attempt it is kept back until it is released.
async fn add<K: Kind>(
    connection: &mut AnyConnection,
    event: &str,
    endpoint: Option<&str>,
    due_at: Option<Timestamp>,
    attempts: i64,
    now: Timestamp,
) -> sqlx::Result<String> {
    let id = uuid_v7(now);
    sqlx::query(
        "INSERT INTO sandbox_deliveries (id, provider, event_id, endpoint_id, due_at, attempts) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&id)
    .bind(K::PROVIDER)
    .bind(event)
    .bind(endpoint)
    .bind(due_at.map(Timestamp::micros))
    .bind(attempts)
    .execute(connection)
    .await?;
    Ok(id)
}

/// Lets go what is kept back. Born taken: whoever releases sends it, the newest first.
pub async fn release<K: Kind, Of>(
    connection: &mut AnyConnection,
    act: &mut Act<Of>,
) -> sqlx::Result<i64> {
    let held: Vec<String> = sqlx::query_scalar(
        "SELECT d.id FROM sandbox_deliveries d \
         JOIN sandbox_objects e ON e.provider = d.provider AND e.id = d.event_id \
         WHERE d.provider = $1 AND d.due_at IS NULL AND d.attempts = 0 \
         ORDER BY e.created_at DESC, d.id",
    )
    .bind(K::PROVIDER)
    .fetch_all(&mut *connection)
    .await?;
    let mut released = Vec::new();
    for id in held {
        let taken = sqlx::query(
            "UPDATE sandbox_deliveries SET due_at = $2, attempts = 1 \
             WHERE id = $1 AND due_at IS NULL AND attempts = 0",
        );
        let due_at = act.at.plus(TAKEN_FOR).micros();
        let taken = taken.bind(&id).bind(due_at).execute(&mut *connection);
        if taken.await?.rows_affected() == 1 {
            released.push(id);
        }
    }
    let count = i64::try_from(released.len()).unwrap_or(i64::MAX);
    act.send_in_order(released);
    Ok(count)
}

/// Gives up what waits to be sent: of one event, or of all.
pub async fn stop<K: Kind>(
    connection: &mut AnyConnection,
    event: Option<&str>,
) -> sqlx::Result<i64> {
    let never = "DELETE FROM sandbox_deliveries WHERE provider = $1 AND attempts = 0 \
                 AND ($2 IS NULL OR event_id = $2)";
    let again = "UPDATE sandbox_deliveries SET due_at = NULL WHERE provider = $1 \
                 AND due_at IS NOT NULL AND ($2 IS NULL OR event_id = $2)";
    let mut stopped = 0;
    for sql in [never, again] {
        let done = sqlx::query(sql).bind(K::PROVIDER).bind(event);
        stopped += done.execute(&mut *connection).await?.rows_affected();
    }
    Ok(i64::try_from(stopped).unwrap_or(i64::MAX))
}

/// How it stands with a delivery.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    pub event_id: String,
    pub attempts: i64,
    pub due_at: Option<i64>,
    pub delivered_at: Option<i64>,
    pub last_status: Option<i64>,
}

/// The deliveries of all events from `created` on.
pub async fn since<K: Kind>(
    connection: &mut AnyConnection,
    created: Timestamp,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "SELECT d.event_id, d.attempts, d.due_at, d.delivered_at, d.last_status \
         FROM sandbox_objects e \
         JOIN sandbox_deliveries d ON d.provider = e.provider AND d.event_id = e.id \
         WHERE e.provider = $1 AND e.kind = $2 AND e.created_at >= $3 ORDER BY d.id",
    )
    .bind(K::PROVIDER)
    .bind(K::EVENT.as_str())
    .bind(created.micros())
    .fetch_all(connection)
    .await
}

/// A delivery that is ours to send.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Taken {
    id: String,
    event_id: String,
    /// Not the site's own.
    endpoint_id: Option<String>,
    attempts: i64,
}

impl<P: Provider> Sandbox<P> {
    /// Sends webhooks, and lets happen what happens by itself, until `stop`.
    ///
    /// Everything is kept in the database: a stopped or killed sender leaves nothing behind that
    /// the next one would not find. The process must have a default TLS provider installed, which
    /// the HTTP client asks for although it speaks plain HTTP.
    pub async fn deliver(self, stop: CancellationToken) {
        let mut under_way = JoinSet::new();
        loop {
            let pause = match self.send_due(&mut under_way).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::error!(%error, "the sandbox {} could not look for due webhooks", P::NAME);
                    LOOK_AGAIN
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.0.due.notified() => {}
                Some(_) = under_way.join_next() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Starts what is due, as far as there are places, and says how long to wait for the next.
    async fn send_due(&self, under_way: &mut JoinSet<()>) -> sqlx::Result<Duration> {
        self.catch_up().await?;
        let places = AT_ONCE.saturating_sub(under_way.len());
        if places == 0 {
            return Ok(LOOK_AGAIN);
        }
        let now = self.0.clock.now();
        for taken in self.take(places, now).await? {
            let sandbox = self.clone();
            under_way.spawn(async move { sandbox.attempt(taken).await });
        }
        let next = self.next_due().await?;
        let pause = next.map_or(LOOK_AGAIN, |next| next.since(now));
        Ok(pause.clamp(SHORTEST_PAUSE, LOOK_AGAIN))
    }

    async fn next_due(&self) -> sqlx::Result<Option<Timestamp>> {
        let micros: Option<i64> = sqlx::query_scalar(
            "SELECT MIN(due_at) FROM ( \
             SELECT MIN(due_at) AS due_at FROM sandbox_deliveries WHERE provider = $1 \
             UNION ALL \
             SELECT MIN(due_at) AS due_at FROM sandbox_objects WHERE provider = $1) AS both_kinds",
        )
        .bind(<P::Kind as Kind>::PROVIDER)
        .fetch_one(self.0.db.reader())
        .await?;
        Ok(micros.map(Timestamp::from_micros))
    }

    /// Takes up to `places` due deliveries. Always in the order of their ids, so that two nodes
    /// that take at once wait for each other instead of locking each other out.
    async fn take(&self, places: usize, now: Timestamp) -> sqlx::Result<Vec<Taken>> {
        let mut due: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM sandbox_deliveries WHERE provider = $1 AND due_at <= $2 \
             ORDER BY due_at, id LIMIT $3",
        )
        .bind(<P::Kind as Kind>::PROVIDER)
        .bind(now.micros())
        .bind(i64::try_from(places).unwrap_or(i64::MAX))
        .fetch_all(self.0.db.reader())
        .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        due.sort_unstable();
        let mut tx = self.0.db.begin().await?;
        let mut taken = Vec::new();
        for id in &due {
            let row = sqlx::query_as(
                "UPDATE sandbox_deliveries SET attempts = attempts + 1, due_at = $3 \
                 WHERE id = $1 AND due_at <= $2 RETURNING id, event_id, endpoint_id, attempts",
            );
            let row = row
                .bind(id)
                .bind(now.micros())
                .bind(now.plus(TAKEN_FOR).micros());
            taken.extend(row.fetch_optional(&mut *tx).await?);
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Sends the deliveries an action kept for itself, and waits for the answers as long as
    /// Stripe's page would. Whoever waits may leave: the sending goes on.
    pub(super) async fn deliver_before_redirect(&self, held: Held) {
        let mut under_way = Vec::new();
        for id in held.at_once {
            let sandbox = self.clone();
            under_way.push(tokio::spawn(
                async move { sandbox.attempt_first(&id).await },
            ));
        }
        let sandbox = self.clone();
        under_way.push(tokio::spawn(async move {
            for id in held.in_order {
                sandbox.attempt_first(&id).await;
            }
        }));
        let answers = futures::future::join_all(under_way);
        if tokio::time::timeout(REDIRECT_WAITS, answers).await.is_err() {
            tracing::warn!("a webhook was not answered within 10 seconds; redirecting without");
        }
    }

    async fn attempt_first(&self, id: &str) {
        let row = sqlx::query_as(
            "SELECT id, event_id, endpoint_id, attempts FROM sandbox_deliveries WHERE id = $1",
        );
        match row.bind(id).fetch_one(self.0.db.reader()).await {
            Ok(taken) => self.attempt(taken).await,
            Err(error) => tracing::error!(%error, "a webhook delivery could not be read"),
        }
    }

    async fn attempt(&self, taken: Taken) {
        let status = match self.send(&taken).await {
            Ok(status) => Some(status),
            Err(error) => {
                tracing::warn!(event = taken.event_id, %error, "a webhook could not be sent");
                None
            }
        };
        if let Err(error) = self.note(&taken, status).await {
            tracing::error!(%error, "the outcome of a webhook delivery could not be kept");
        }
    }

    /// Signs the event afresh and posts it.
    async fn send(&self, taken: &Taken) -> Result<u16, SendError> {
        let mut reader = self.0.db.reader().acquire().await?;
        let event = store::find(&mut reader, P::Kind::EVENT, &taken.event_id).await?;
        let event: Object<P::Kind> = event.ok_or(sqlx::Error::RowNotFound)?;
        let endpoint = taken.endpoint_id.as_deref();
        let request = P::webhook(self, &mut reader, &event, endpoint).await?;
        drop(reader);
        match request {
            Some(request) => Ok(request.send().await?.status().as_u16()),
            None => Ok(NOBODY_ASKED),
        }
    }

    /// Keeps the outcome, unless the delivery was taken again meanwhile.
    async fn note(&self, taken: &Taken, status: Option<u16>) -> sqlx::Result<()> {
        let now = self.0.clock.now();
        let delivered = status.is_some_and(P::has_arrived);
        let tried = usize::try_from(taken.attempts).unwrap_or(usize::MAX);
        let pause = P::PAUSES
            .get(tried.saturating_sub(1))
            .filter(|_| !delivered);
        if !delivered && pause.is_none() {
            tracing::warn!(event = taken.event_id, ?status, "a webhook was given up");
        }
        let mut tx = self.0.db.begin().await?;
        sqlx::query(
            "UPDATE sandbox_deliveries \
             SET last_status = $3, due_at = $4, delivered_at = $5 WHERE id = $1 AND attempts = $2",
        )
        .bind(&taken.id)
        .bind(taken.attempts)
        .bind(status.map(i64::from))
        .bind(pause.map(|pause| now.plus(*pause).micros()))
        .bind(delivered.then(|| now.micros()))
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// The client for webhooks: straight to loopback, following nothing.
    pub(super) fn http(&self) -> Result<&Client, reqwest::Error> {
        if let Some(client) = self.0.http.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(SEND_TIMEOUT)
            .build()?;
        Ok(self.0.http.get_or_init(|| client))
    }
}

/// Why a webhook was not answered.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}
