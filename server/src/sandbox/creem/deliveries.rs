//! Sending webhooks: each delivery is a row, taken by one node at a time, tried again until it is
//! answered with 200 or given up.
//!
//! A delivery is taken by moving its due time past the longest an attempt can last, so that one
//! whose sender died is sent again by whoever looks next.

use std::time::Duration;

use reqwest::Client;
use sqlx::AnyConnection;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{CreemSandbox, ids, signing};
use crate::sandbox::webhook_mode::WebhookMode;
use crate::time::Timestamp;

const AT_ONCE: usize = 32;
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than an attempt can last.
const TAKEN_FOR: Duration = Duration::from_secs(25);
/// How long the page waits for the answer before it redirects.
const REDIRECT_WAITS: Duration = Duration::from_secs(10);
/// Another node may have written what is due, or died with it.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// What stays due although it was looked at must not turn the loop hot.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
/// Creem: 30 seconds, 1 minute, 5 minutes and 1 hour after failed attempts; then it is given up.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(60 * 60),
];

/// Writes the deliveries that `mode` asks for, and gives back those the action itself will send.
pub async fn plan(
    connection: &mut AnyConnection,
    event: &str,
    mode: WebhookMode,
    now: Timestamp,
) -> sqlx::Result<Vec<String>> {
    let (times, due_at, attempts) = match mode {
        WebhookMode::Never => (0, now, 0),
        WebhookMode::Normal => (1, now, 0),
        WebhookMode::Delayed(delay) => (1, now.plus(delay), 0),
        WebhookMode::Duplicate(times) => (times, now, 0),
        // Born taken: the page that waits for the answer makes the first attempt itself.
        WebhookMode::BeforeRedirect => (1, now.plus(TAKEN_FOR), 1),
    };
    let mut held = Vec::new();
    for _ in 0..times {
        let id = ids::fresh("whd_");
        sqlx::query(
            "INSERT INTO sandbox_creem_deliveries (id, event_id, due_at, attempts) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(&id)
        .bind(event)
        .bind(due_at.micros())
        .bind(attempts)
        .execute(&mut *connection)
        .await?;
        if mode == WebhookMode::BeforeRedirect {
            held.push(id);
        }
    }
    Ok(held)
}

/// A delivery that is ours to send.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Taken {
    id: String,
    event_id: String,
    attempts: i64,
}

#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}

impl CreemSandbox {
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
                    tracing::error!(%error, "the sandbox Creem could not look for due webhooks");
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
             SELECT MIN(due_at) AS due_at FROM sandbox_creem_deliveries \
             UNION ALL SELECT MIN(due_at) AS due_at FROM sandbox_creem_objects) AS both_kinds",
        )
        .fetch_one(self.0.db.reader())
        .await?;
        Ok(micros.map(Timestamp::from_micros))
    }

    /// Takes up to `places` due deliveries. Always in the order of their ids, so that two nodes
    /// that take at once wait for each other instead of locking each other out.
    async fn take(&self, places: usize, now: Timestamp) -> sqlx::Result<Vec<Taken>> {
        let mut due: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM sandbox_creem_deliveries WHERE due_at <= $1 \
             ORDER BY due_at, id LIMIT $2",
        )
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
                "UPDATE sandbox_creem_deliveries SET attempts = attempts + 1, due_at = $3 \
                 WHERE id = $1 AND due_at <= $2 RETURNING id, event_id, attempts",
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

    /// Sends the deliveries an action kept for itself, and waits a while for the answers. Whoever
    /// waits may leave: the sending goes on.
    pub(super) async fn deliver_before_redirect(&self, ids: Vec<String>) {
        let mut under_way = Vec::new();
        for id in ids {
            let sandbox = self.clone();
            under_way.push(tokio::spawn(
                async move { sandbox.attempt_first(&id).await },
            ));
        }
        let answers = futures::future::join_all(under_way);
        if tokio::time::timeout(REDIRECT_WAITS, answers).await.is_err() {
            tracing::warn!("a webhook was not answered within 10 seconds; redirecting without");
        }
    }

    async fn attempt_first(&self, id: &str) {
        let row = sqlx::query_as(
            "SELECT id, event_id, attempts FROM sandbox_creem_deliveries WHERE id = $1",
        );
        match row.bind(id).fetch_one(self.0.db.reader()).await {
            Ok(taken) => self.attempt(taken).await,
            Err(error) => tracing::error!(%error, "a webhook delivery could not be read"),
        }
    }

    async fn attempt(&self, taken: Taken) {
        let status = match self.send(&taken.event_id).await {
            Ok(status) => Some(i64::from(status)),
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
    async fn send(&self, event: &str) -> Result<u16, SendError> {
        let payload: String =
            sqlx::query_scalar("SELECT state FROM sandbox_creem_objects WHERE id = $1")
                .bind(event)
                .fetch_one(self.0.db.reader())
                .await?;
        let settings = &self.0.settings;
        let signed = signing::headers(
            settings.signatures,
            &settings.webhook_secret,
            event,
            &payload,
            self.0.clock.now(),
        );
        let mut request = self
            .http()?
            .post(settings.webhook_url.clone())
            .header("content-type", "application/json")
            .header("user-agent", "Creem/1.0");
        for (name, value) in signed {
            request = request.header(name, value);
        }
        Ok(request.body(payload).send().await?.status().as_u16())
    }

    /// Keeps the outcome, unless the delivery was taken again meanwhile.
    async fn note(&self, taken: &Taken, status: Option<i64>) -> sqlx::Result<()> {
        let now = self.0.clock.now();
        let delivered = status == Some(200);
        let tried = usize::try_from(taken.attempts).unwrap_or(usize::MAX);
        let pause = PAUSES.get(tried.saturating_sub(1)).filter(|_| !delivered);
        if !delivered && pause.is_none() {
            tracing::warn!(event = taken.event_id, ?status, "a webhook was given up");
        }
        let mut tx = self.0.db.begin().await?;
        sqlx::query(
            "UPDATE sandbox_creem_deliveries \
             SET last_status = $3, due_at = $4, delivered_at = $5 WHERE id = $1 AND attempts = $2",
        )
        .bind(&taken.id)
        .bind(taken.attempts)
        .bind(status)
        .bind(pause.map(|pause| now.plus(*pause).micros()))
        .bind(delivered.then(|| now.micros()))
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// The client for webhooks: straight to loopback, following nothing.
    fn http(&self) -> Result<&Client, reqwest::Error> {
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
