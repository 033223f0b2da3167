//! The change feed between processes. Inside one process a commit tells the feed by itself
//! ([`Database::changes`](crate::db::Database::changes)); this module carries it to the others.
//!
//! PostgreSQL: each node passes its own changes on by `NOTIFY` after the commit, joined for a few
//! milliseconds, and hears those of others by `LISTEN`. SQLite: a reading connection asks
//! `PRAGMA data_version` and announces the wallets that moved. What is missed in between (a lost
//! connection) is healed by the readers: they compare versions and read again now and then.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{AnyConnection, Connection, FromRow};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::db::{Change, Database, Kind};
use crate::ids::UserId;
use crate::time::{Clock, Timestamp};

const CHANNEL: &str = "atelier";
const JOINED_FOR: Duration = Duration::from_millis(5);
/// PostgreSQL takes payloads of up to 8000 bytes.
const LINES_A_PAYLOAD: usize = 60;
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A change may be committed a little after the time it carries.
const OVERLAP: Duration = Duration::from_secs(2);
const RECONNECT: Duration = Duration::from_secs(1);

/// Carries changes between processes until told to stop.
pub async fn run(db: Database, clock: Clock, node: String, stop: CancellationToken) {
    match db.kind() {
        Kind::Sqlite => keep_watching(&db, &clock, &stop).await,
        Kind::Postgres => {
            tokio::join!(
                keep_listening(&db, &node, &stop),
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
        Kind::Postgres => notify(db, "command-line", changes).await,
    }
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
    while !stop.is_cancelled() {
        interrupted("watch", watch(db, clock, stop).await, stop).await;
    }
}

async fn keep_listening(db: &Database, node: &str, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        interrupted("listen", listen(db, node, stop).await, stop).await;
    }
}

async fn keep_passing_on(db: &Database, node: &str, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        interrupted("notify", pass_on(db, node, stop).await, stop).await;
    }
}

async fn listen(db: &Database, node: &str, stop: &CancellationToken) -> sqlx::Result<()> {
    let mut listener = PgListener::connect(db.url()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let heard = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            heard = listener.recv() => heard?,
        };
        let mut lines = heard.payload().lines();
        if lines.next() == Some(node) {
            continue;
        }
        lines
            .filter_map(Change::decode)
            .for_each(|change| db.announce(change, true));
    }
}

async fn pass_on(db: &Database, node: &str, stop: &CancellationToken) -> sqlx::Result<()> {
    let mut changes = db.own_changes();
    loop {
        let first = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            change = changes.recv() => change,
        };
        let mut joined = HashSet::new();
        match first {
            Ok(change) => joined.insert(change.encode()),
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return Ok(()),
        };
        tokio::time::sleep(JOINED_FOR).await;
        while let Ok(change) = changes.try_recv() {
            joined.insert(change.encode());
        }
        let joined: Vec<Change> = joined
            .iter()
            .filter_map(|line| Change::decode(line))
            .collect();
        notify(db, node, &joined).await?;
    }
}

async fn notify(db: &Database, node: &str, changes: &[Change]) -> sqlx::Result<()> {
    for part in changes.chunks(LINES_A_PAYLOAD) {
        let lines: Vec<String> = part.iter().map(Change::encode).collect();
        sqlx::query("SELECT CAST(pg_notify($1, $2) AS TEXT)")
            .bind(CHANNEL)
            .bind(format!("{node}\n{}", lines.join("\n")))
            .execute(db.reader())
            .await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Moved {
    user_id: UserId,
    version: i64,
    changed_at: Timestamp,
}

async fn watch(db: &Database, clock: &Clock, stop: &CancellationToken) -> sqlx::Result<()> {
    let mut connection = AnyConnection::connect(db.url()).await?;
    let mut seen = data_version(&mut connection).await?;
    let mut since = clock.now();
    let mut told: HashMap<UserId, i64> = HashMap::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let now = data_version(&mut connection).await?;
        if now == seen {
            continue;
        }
        seen = now;
        let moved = moved_since(&mut connection, since.minus(OVERLAP)).await?;
        since = moved
            .iter()
            .map(|row| row.changed_at)
            .max()
            .unwrap_or(since);
        for row in &moved {
            if told.get(&row.user_id) != Some(&row.version) {
                db.announce(Change::Wallet(row.user_id.clone()), true);
            }
        }
        told = moved
            .into_iter()
            .map(|row| (row.user_id, row.version))
            .collect();
    }
}

async fn data_version(connection: &mut AnyConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("PRAGMA data_version")
        .fetch_one(connection)
        .await
}

async fn moved_since(connection: &mut AnyConnection, since: Timestamp) -> sqlx::Result<Vec<Moved>> {
    sqlx::query_as("SELECT user_id, version, changed_at FROM wallets WHERE changed_at >= $1")
        .bind(since)
        .fetch_all(connection)
        .await
}
