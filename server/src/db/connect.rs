use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, AnyPool, Connection, Executor};
use tokio::sync::broadcast;

use super::{Inner, Kind, Outbox};

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// Whoever waits longer for a connection is told that the database does not answer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Changes a slow listener may be behind before it has to read everything again.
const CHANGES_KEPT: usize = 4_096;

/// Why the database could not be opened. The URL's password is never part of the text.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("DATABASE_URL must begin with sqlite:// or postgres://")]
    UnknownScheme,
    #[error("DATABASE_URL wants a file in a folder that can be made: {0}")]
    Folder(#[source] std::io::Error),
    #[error("DATABASE_URL wants a database that can be opened: {0}")]
    Connect(#[source] sqlx::Error),
    #[error("the database cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

pub(super) async fn open(url: &str) -> Result<Inner, OpenError> {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(install_default_drivers);

    let (kind, url) = if let Some(path) = url.strip_prefix("sqlite://") {
        make_folder(path)?;
        (Kind::Sqlite, sqlite_url(path))
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        (Kind::Postgres, url.to_owned())
    } else {
        return Err(OpenError::UnknownScheme);
    };
    let (writer, reader) = match kind {
        Kind::Sqlite => open_sqlite(&url).await?,
        Kind::Postgres => open_postgres(&url).await?,
    };
    let (all, _) = broadcast::channel(CHANGES_KEPT);
    Ok(Inner {
        kind,
        url,
        writer,
        reader,
        outbox: Outbox::default(),
        all,
    })
}

fn make_folder(path: &str) -> Result<(), OpenError> {
    let file = Path::new(path.split('?').next().unwrap_or(path));
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(OpenError::Folder)
        }
        _ => Ok(()),
    }
}

fn sqlite_url(path: &str) -> String {
    let path = path.replace(' ', "%20");
    if path.contains('?') {
        format!("sqlite://{path}")
    } else {
        format!("sqlite://{path}?mode=rwc")
    }
}

/// One writer and a few readers. The writer migrates before the readers open, because SQLite has
/// no lock for two migrating at once.
async fn open_sqlite(url: &str) -> Result<(AnyPool, AnyPool), OpenError> {
    let writer = sqlite_pool(1, SQLITE_WRITER)
        .connect(url)
        .await
        .map_err(OpenError::Connect)?;
    SQLITE.run(&writer).await?;
    let readers = sqlite_pool(SQLITE_READERS, SQLITE_READER);
    let reader = readers.connect(url).await.map_err(OpenError::Connect)?;
    Ok((writer, reader))
}

const SQLITE_WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY; \
     PRAGMA query_only = ON";

fn sqlite_pool(connections: u32, pragmas: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // SQLite ends a transaction by itself when a disk fails or is full. sqlx goes on counting it, and
        // would begin no other on this connection.
        .before_acquire(|connection, _| {
            let is_fit = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_fit) })
        })
        .after_connect(move |connection: &mut AnyConnection, _| {
            Box::pin(async move { connection.execute(pragmas).await.map(|_| ()) })
        })
}

/// A node that vanishes from the network must not hold a wallet's lock for hours, and nobody waits for
/// one longer than for SQLite's. What stands still inside a transaction is one that is gone. A page is
/// ready before parallel workers have started (`docs/bench.md`); see [`super::Database::snapshot_of_all`].
const POSTGRES_SESSION: &str = "SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '20s'; SET tcp_keepalives_idle = 10; \
     SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; \
     SET parallel_setup_cost = 1000000";

async fn open_postgres(url: &str) -> Result<(AnyPool, AnyPool), OpenError> {
    // Whoever migrates may wait longer: for another node that does.
    let mut migrating = AnyConnection::connect(url)
        .await
        .map_err(OpenError::Connect)?;
    POSTGRES.run(&mut migrating).await?;
    // It has done its work.
    let _ = migrating.close().await;
    let pool = AnyPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection: &mut AnyConnection, _| {
            Box::pin(async move { connection.execute(POSTGRES_SESSION).await.map(|_| ()) })
        })
        .connect(url)
        .await
        .map_err(OpenError::Connect)?;
    Ok((pool.clone(), pool))
}
