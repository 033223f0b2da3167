//! The change feed between processes. Inside one process a commit tells the feed by itself
//! ([`Database::changes`](crate::db::Database::changes)); this module carries it to the others.
//!
//! PostgreSQL: each node passes its own changes on by `NOTIFY` after the commit, joined for a few
//! milliseconds, and hears those of others by `LISTEN`. What cannot be passed on waits. Whoever lost
//! the connection announces what moved meanwhile as soon as it is back. SQLite: a reading connection
//! asks `PRAGMA data_version` and announces the wallets that moved. A change names what to read, not
//! what is true, so one too many does no harm; and readers look again now and then, so that one too
//! few (a node that died between commit and `NOTIFY`) is healed as well.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{AnyConnection, Connection, Executor, FromRow};
use tokio_util::sync::CancellationToken;

use crate::db::{Change, Database, Kind};
use crate::ids::{JobId, UserId};
use crate::time::{Clock, Timestamp};

const CHANNEL: &str = "atelier";
const LISTEN: &str = "LISTEN \"atelier\"";
/// Changes that come in while others are on their way go together.
const JOINED_FOR: Duration = Duration::from_millis(5);
/// PostgreSQL takes payloads of up to 8000 bytes; a job's line has 78.
const LINES_A_PAYLOAD: usize = 60;
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A change may be committed a little after the time it carries.
const OVERLAP: Duration = Duration::from_secs(2);
/// The same where many nodes wait for one wallet, their clocks not quite alike.
const NODES_OVERLAP: Duration = Duration::from_secs(30);
const RECONNECT: Duration = Duration::from_millis(250);
/// A connection that died without a word is noticed by asking.
const QUIET: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(5);

/// Carries changes between processes until told to stop.
pub async fn run(db: Database, clock: Clock, node: String, stop: CancellationToken) {
    match db.kind() {
        Kind::Sqlite => keep_watching(&db, &clock, &stop).await,
        Kind::Postgres => {
            tokio::join!(
                keep_listening(&db, &clock, &node, &stop),
                keep_passing_on(&db, &node, &stop),
            );
        }
    }
}

/// Tells other processes of changes that were committed in this one, at once. For programs that
/// end right after their change; a server has [`run`].
pub async fn tell_others(db: &Database, changes: &[Change]) -> sqlx::Result<()> {
    match db.kind() {
        Kind::Sqlite => Ok(()),
        Kind::Postgres => {
            let mut connection = db.reader().acquire().await?;
            notify(&mut connection, "ending", changes).await
        }
    }
}

/// Tells other processes what is left to tell, when [`run`] has ended.
pub async fn tell_the_rest(db: &Database) -> sqlx::Result<()> {
    let rest = db.outbox().take();
    if rest.is_empty() {
        return Ok(());
    }
    tell_others(db, &rest).await
}

/// Waits before the next attempt, unless told to stop.
async fn interrupted(what: &'static str, done: sqlx::Result<()>, stop: &CancellationToken) {
    if let Err(error) = done {
        tracing::warn!(what, %error, "the change feed was interrupted");
    }
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(RECONNECT) => {}
    }
}

async fn keep_watching(db: &Database, clock: &Clock, stop: &CancellationToken) {
    let mut watched = Watched::from(clock.now());
    while !stop.is_cancelled() {
        let done = watch(db, &mut watched, stop).await;
        interrupted("watch", done, stop).await;
    }
}

async fn keep_listening(db: &Database, clock: &Clock, node: &str, stop: &CancellationToken) {
    let mut heard_until = clock.now();
    while !stop.is_cancelled() {
        let done = listen(db, clock, node, &mut heard_until, stop).await;
        interrupted("listen", done, stop).await;
    }
}

async fn keep_passing_on(db: &Database, node: &str, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        interrupted("notify", pass_on(db, node, stop).await, stop).await;
    }
}

/// Hears others until the connection is lost. Up to `heard_until` nothing was missed.
async fn listen(
    db: &Database,
    clock: &Clock,
    node: &str,
    heard_until: &mut Timestamp,
    stop: &CancellationToken,
) -> sqlx::Result<()> {
    let mut listener = PgListener::connect(db.url()).await?;
    // Left to itself it would come back and say nothing of what it missed.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    announce_moved(db, heard_until.minus(NODES_OVERLAP)).await?;
    loop {
        *heard_until = clock.now();
        let heard = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            heard = tokio::time::timeout(QUIET, listener.try_recv()) => heard,
        };
        let Ok(heard) = heard else {
            ask(&mut listener).await?;
            continue;
        };
        let heard = heard?.ok_or_else(lost)?;
        let mut lines = heard.payload().lines();
        if lines.next() == Some(node) {
            continue;
        }
        lines
            .filter_map(Change::decode)
            .for_each(|change| db.announce(change));
    }
}

/// Whether the connection is still one. What is heard meanwhile is kept.
async fn ask(listener: &mut PgListener) -> sqlx::Result<()> {
    let answered = tokio::time::timeout(PATIENCE, listener.execute(LISTEN)).await;
    answered.map_err(|_| lost())?.map(|_| ())
}

fn lost() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into())
}

/// Announces whatever moved since then: to whom it is no news, it does no harm. A job's end moves a
/// wallet too.
async fn announce_moved(db: &Database, since: Timestamp) -> sqlx::Result<()> {
    let wallets: Vec<Moved> = sqlx::query_as(MOVED)
        .bind(since)
        .fetch_all(db.reader())
        .await?;
    let jobs: Vec<(UserId, JobId)> = sqlx::query_as(
        "SELECT user_id, id FROM jobs WHERE finished_at IS NULL \
         UNION ALL SELECT j.user_id, j.id FROM wallets w JOIN jobs j ON j.user_id = w.user_id \
         WHERE w.changed_at >= $1 AND j.finished_at >= $1",
    )
    .bind(since)
    .fetch_all(db.reader())
    .await?;
    for row in wallets {
        db.announce(Change::Wallet(row.user_id));
    }
    for (user, job) in jobs {
        db.announce(Change::Job(user, job));
    }
    Ok(())
}

async fn pass_on(db: &Database, node: &str, stop: &CancellationToken) -> sqlx::Result<()> {
    // One of its own, so that it waits for nobody.
    let mut connection = AnyConnection::connect(db.url()).await?;
    loop {
        let changes = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changes = db.outbox().next() => changes,
        };
        if let Err(error) = notify(&mut connection, node, &changes).await {
            db.outbox().put(changes);
            return Err(error);
        }
        tokio::time::sleep(JOINED_FOR).await;
    }
}

async fn notify(
    connection: &mut AnyConnection,
    node: &str,
    changes: &[Change],
) -> sqlx::Result<()> {
    for part in changes.chunks(LINES_A_PAYLOAD) {
        sqlx::query("SELECT CAST(pg_notify($1, $2) AS TEXT)")
            .bind(CHANNEL)
            .bind(payload(node, part))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn payload(node: &str, changes: &[Change]) -> String {
    let lines: Vec<String> = changes.iter().map(Change::encode).collect();
    format!("{node}\n{}", lines.join("\n"))
}

const MOVED: &str = "SELECT user_id, version, changed_at FROM wallets WHERE changed_at >= $1";

#[derive(FromRow)]
struct Moved {
    user_id: UserId,
    version: i64,
    changed_at: Timestamp,
}

/// How far the watching has come; it outlives a lost connection.
struct Watched {
    since: Timestamp,
    told: HashMap<UserId, i64>,
}

impl Watched {
    fn from(since: Timestamp) -> Self {
        let told = HashMap::new();
        Self { since, told }
    }
}

async fn watch(db: &Database, watched: &mut Watched, stop: &CancellationToken) -> sqlx::Result<()> {
    let mut connection = AnyConnection::connect(db.url()).await?;
    let mut seen = None;
    loop {
        let now = Some(data_version(&mut connection).await?);
        if now != seen {
            look(db, &mut connection, watched).await?;
            seen = now;
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Announces the wallets that moved.
async fn look(
    db: &Database,
    connection: &mut AnyConnection,
    watched: &mut Watched,
) -> sqlx::Result<()> {
    let moved: Vec<Moved> = sqlx::query_as(MOVED)
        .bind(watched.since.minus(OVERLAP))
        .fetch_all(connection)
        .await?;
    let newest = moved.iter().map(|row| row.changed_at).max();
    watched.since = newest.unwrap_or(watched.since);
    for row in &moved {
        if watched.told.get(&row.user_id) != Some(&row.version) {
            db.announce(Change::Wallet(row.user_id.clone()));
        }
    }
    watched.told = moved
        .into_iter()
        .map(|row| (row.user_id, row.version))
        .collect();
    Ok(())
}

async fn data_version(connection: &mut AnyConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("PRAGMA data_version")
        .fetch_one(connection)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::uuid_v7;

    #[test]
    fn a_full_payload_is_one_that_postgresql_takes() {
        let at = Timestamp::from_seconds(1);
        let changes = vec![Change::Job(UserId::new(at), JobId::new(at)); LINES_A_PAYLOAD];
        assert!(payload(&uuid_v7(at), &changes).len() < 8_000);
    }
}
