//! One handle over SQLite or PostgreSQL, chosen by the scheme of the URL at start.
//!
//! Every statement of the product is written once and runs on both, through sqlx's `Any` driver.
//! What that asks of a statement: `$1` placeholders; only `i64`, text and `Option` of them bound and
//! read; `CAST(SUM(x) AS BIGINT)`; no boolean columns; ids and times made by the program.
//!
//! Writing happens only inside [`Database::begin`], reading may use [`Database::reader`]. A
//! transaction notes what it changed ([`Tx::changed`]); open pages hear of it after the commit,
//! never before, and never of what was rolled back.

mod changes;
mod connect;
mod lease;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::{AnyConnection, AnyPool};
use sqlx::{Any, Transaction};
use tokio::sync::broadcast;

pub use changes::Change;
pub use connect::OpenError;

/// Which database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// The database, cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    kind: Kind,
    url: String,
    writer: AnyPool,
    reader: AnyPool,
    changes: broadcast::Sender<Change>,
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
            Kind::Postgres => "BEGIN",
        };
        let inner = self.0.writer.begin_with(begin).await?;
        Ok(Tx { inner, changes: Vec::new(), feed: self.0.changes.clone() })
    }

    /// Connections for single reading statements.
    pub fn reader(&self) -> &AnyPool {
        &self.0.reader
    }

    /// Hears of what this process commits from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }

    /// Passes on a change that another process committed.
    pub(crate) fn announce(&self, change: Change) {
        // Nobody listening is no error.
        let _ = self.0.changes.send(change);
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
    feed: broadcast::Sender<Change>,
}

impl Tx {
    /// Notes what open pages should hear of once this is committed.
    pub fn changed(&mut self, change: Change) {
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// Commits, then tells.
    pub async fn commit(self) -> sqlx::Result<()> {
        self.inner.commit().await?;
        for change in self.changes {
            // Nobody listening is no error.
            let _ = self.feed.send(change);
        }
        Ok(())
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
