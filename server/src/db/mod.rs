//! One handle over SQLite or PostgreSQL, chosen by the scheme of the URL at start.
//!
//! Every statement of the product is written once and runs on both, through sqlx's `Any` driver.
//! What that asks of a statement: `$1` placeholders; only `i64`, text and `Option` of them bound and
//! read; `CAST(SUM(x) AS BIGINT)`; no boolean columns; ids and times made by the program.
//!
//! Writing happens only inside [`Database::begin`], reading may use [`Database::reader`]. Statements
//! whose answers nobody waits for go together, as a [`Batch`]. A
//! transaction notes what it changed ([`Tx::changed`]); open pages hear of it after the commit,
//! never before, and never of what was rolled back.

mod batch;
mod changes;
mod connect;
#[cfg(test)]
mod course;
mod lease;
mod many;
mod seal;
mod unavailable;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Transaction};
use tokio::sync::broadcast;

use crate::failpoint;

pub use batch::{Batch, Bindings};
pub use changes::Change;
pub(crate) use changes::Outbox;
pub use connect::OpenError;
#[cfg(test)]
pub(crate) use course::Course;
pub(crate) use many::{AT_ONCE, many_rows, places};
pub use seal::Seal;
pub use unavailable::is_unavailable;

/// The database's error, for floors that know no sqlx.
pub use sqlx::Error;

/// What a statement answers.
pub type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

/// Which database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A file of `migrations/` that was run.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Migration {
    pub version: i64,
    pub description: String,
}

/// The database, cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    kind: Kind,
    url: String,
    writer: AnyPool,
    reader: AnyPool,
    /// What this process committed, for the others; SQLite's files tell of themselves.
    outbox: Outbox,
    /// What is committed, here or elsewhere.
    all: broadcast::Sender<Change>,
}

impl Database {
    /// Connects and brings the tables up to date.
    ///
    /// `url` is `sqlite://PATH` (made when missing) or `postgres://…`.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        connect::open(url).await.map(|inner| Self(Arc::new(inner)))
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Begins a transaction that may write. On SQLite it waits for the one writer's place, so
    /// nothing slow happens while it is held: no provider is called inside.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        let begin = match self.0.kind {
            Kind::Sqlite => "BEGIN IMMEDIATE",
            // The server may be set to another level by default.
            Kind::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        let inner = self.0.writer.begin_with(begin).await?;
        Ok(Tx {
            inner,
            changes: Vec::new(),
            db: self.clone(),
        })
    }

    /// A transaction that only reads: all its statements see the database as it was at the first.
    pub async fn snapshot(&self) -> sqlx::Result<Transaction<'static, Any>> {
        let begin = match self.0.kind {
            Kind::Sqlite => "BEGIN",
            Kind::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.0.reader.begin_with(begin).await
    }

    /// The same for statements that read whole tables: PostgreSQL may use several processes for each.
    pub async fn snapshot_of_all(&self) -> sqlx::Result<Transaction<'static, Any>> {
        let mut snapshot = self.snapshot().await?;
        if self.0.kind == Kind::Postgres {
            sqlx::query("SET LOCAL parallel_setup_cost TO DEFAULT")
                .execute(&mut *snapshot)
                .await?;
        }
        Ok(snapshot)
    }

    /// Connections for single reading statements.
    pub fn reader(&self) -> &AnyPool {
        &self.0.reader
    }

    /// Hears of what is committed from now on, here or in another process.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.all.subscribe()
    }

    /// What other processes have to be told of.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.0.outbox
    }

    /// Tells whoever listens in this process. Nobody listening is no error.
    pub(crate) fn announce(&self, change: Change) {
        let _ = self.0.all.send(change);
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> sqlx::Result<()> {
        sqlx::query("SELECT 1")
            .execute(&self.0.reader)
            .await
            .map(|_| ())
    }

    /// What brought the tables to where they are, oldest first.
    ///
    /// # Errors
    /// The database's own.
    pub async fn migrations(&self) -> Result<Vec<Migration>> {
        sqlx::query_as("SELECT version, description FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&self.0.reader)
            .await
    }

    /// Closes every connection; SQLite's write-ahead log is folded into its file.
    pub async fn close(&self) {
        self.0.reader.close().await;
        self.0.writer.close().await;
    }
}

/// One writing transaction. Dropped without [`Tx::commit`], it leaves no trace.
pub struct Tx {
    inner: Transaction<'static, Any>,
    changes: Vec<Change>,
    db: Database,
}

impl Tx {
    /// Notes what open pages should hear of once this is committed.
    pub fn changed(&mut self, change: Change) {
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// Whether that was noted already.
    pub(crate) fn has_changed(&self, change: &Change) -> bool {
        self.changes.contains(change)
    }

    /// A reading statement that also locks the rows it finds until this transaction ends. On SQLite
    /// nobody else writes meanwhile anyway.
    pub fn locking(&self, select: &'static str) -> AssertSqlSafe<String> {
        let lock = match self.db.kind() {
            Kind::Sqlite => "",
            Kind::Postgres => " FOR NO KEY UPDATE",
        };
        AssertSqlSafe(format!("{select}{lock}"))
    }

    /// Commits, then tells. A caller that goes away meanwhile does not keep what was committed
    /// from being told.
    pub async fn commit(self) -> sqlx::Result<()> {
        let Self { inner, changes, db } = self;
        let committing = tokio::spawn(async move {
            inner.commit().await?;
            failpoint::reach(failpoint::COMMITTED).await;
            if db.kind() == Kind::Postgres && !changes.is_empty() {
                db.outbox().put(changes.iter().cloned());
            }
            changes.into_iter().for_each(|change| db.announce(change));
            Ok(())
        });
        committing.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

/// Whether `error` says that a unique business id is there already.
pub fn is_duplicate(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(inner) if inner.is_unique_violation())
}

/// A word in the database that the program does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown word in the database: {0}")]
pub struct UnknownWord(pub String);

/// A fresh decoding error for rows that make no sense.
pub fn corrupt(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
