//! What tests stand on: throw-away databases of both kinds, a clock that is moved by hand.
//!
//! [`on_both_databases!`](crate::on_both_databases) writes a test once and runs it on SQLite and on
//! PostgreSQL.

pub mod cluster;
pub mod copies;
pub mod proofs;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{Connection, PgConnection};

use crate::accounts::{Accounts, Email, Language, NewAccount, Password, RateLimits, Role, User};
use crate::catalog::Catalog;
use crate::db::{Database, Kind};
use crate::ids::UserId;
use crate::time::{Clock, Timestamp};
use cluster::Cluster;

/// A folder that is deleted with its last owner.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(unique_name("atelier-test"));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind at worst; the system's folder for such things is emptied by itself.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn unique_name(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}-{}-{number}", std::process::id())
}

/// The ground a test stands on.
pub struct TestGround {
    pub db: Database,
    pub clock: Clock,
    pub catalog: Arc<Catalog>,
    pub accounts: Accounts,
    pub folder: Scratch,
}

/// The address of a fresh, empty database of this kind.
pub async fn fresh_database(kind: Kind, folder: &Scratch) -> String {
    match kind {
        Kind::Sqlite => format!("sqlite://{}", folder.path().join("atelier.db").display()),
        Kind::Postgres => fresh_postgres().await,
    }
}

#[expect(
    clippy::expect_used,
    reason = "a test without its database has to fail loudly"
)]
async fn fresh_postgres() -> String {
    // Starting a cluster blocks for a second or so.
    let cluster = tokio::task::spawn_blocking(Cluster::shared)
        .await
        .expect("cluster thread");
    let cluster = cluster.expect("a throw-away PostgreSQL cluster");
    let name = unique_name("test").replace('-', "_");
    let mut admin = PgConnection::connect(&cluster.url("postgres"))
        .await
        .expect("the cluster");
    let create = format!("CREATE DATABASE {name}");
    sqlx::query(sqlx::AssertSqlSafe(create))
        .execute(&mut admin)
        .await
        .expect("a database");
    admin.close().await.expect("the connection closes");
    cluster.url(&name)
}

impl TestGround {
    /// A fresh database with nothing in it, and a clock that stands in November 2026.
    #[expect(
        clippy::expect_used,
        reason = "a test without its ground has to fail loudly"
    )]
    pub async fn new(kind: Kind) -> Self {
        let folder = Scratch::new().expect("a scratch folder");
        let db = Database::open(&fresh_database(kind, &folder).await)
            .await
            .expect("a database");
        let clock = Clock::manual(Timestamp::from_seconds(1_795_000_000));
        let catalog = Arc::new(Catalog::built_in());
        let limits = RateLimits::new(db.clone(), clock.clone(), "key".into(), true);
        let accounts = Accounts::new(
            db.clone(),
            clock.clone(),
            catalog.clone(),
            limits,
            "key".into(),
        );
        Self {
            db,
            clock,
            catalog,
            accounts,
            folder,
        }
    }

    /// The same ground under another catalogue.
    pub fn set_catalog(&mut self, catalog: Catalog) {
        self.catalog = Arc::new(catalog);
        let limits = RateLimits::new(self.db.clone(), self.clock.clone(), "key".into(), true);
        self.accounts = Accounts::new(
            self.db.clone(),
            self.clock.clone(),
            self.catalog.clone(),
            limits,
            "key".into(),
        );
    }

    /// An account with a wallet that never got anything.
    #[expect(
        clippy::expect_used,
        reason = "a test without its account has to fail loudly"
    )]
    pub async fn empty_account(&self, name: &str) -> UserId {
        let now = self.clock.now();
        let user = UserId::new(now);
        let mut tx = self.db.begin().await.expect("a transaction");
        let row = "INSERT INTO users (id, email, name, role, created_at) \
                   VALUES ($1, $2, $2, 'user', $3)";
        let row = sqlx::query(row).bind(&user).bind(name).bind(now);
        row.execute(&mut *tx).await.expect("an account");
        let opened = crate::credits::open(&mut tx, &user, 0, now).await;
        opened.expect("a wallet");
        tx.commit().await.expect("a commit");
        user
    }

    /// A fresh account with what the catalogue gives to new ones.
    #[expect(
        clippy::expect_used,
        reason = "a test without its account has to fail loudly"
    )]
    pub async fn account(&self, name: &str) -> User {
        let new = NewAccount {
            email: Email::parse(&format!("{name}@example.com")).expect("an address"),
            password: Password::parse("a long password").expect("a password"),
            name: name.to_owned(),
            role: Role::User,
            language: Some(Language::En),
            verified: false,
        };
        self.accounts.create(new).await.expect("an account")
    }
}

/// Writes one test for both databases: `on_both_databases! { async fn name(ground: TestGround) {…} }`
/// becomes `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($ground:ident: TestGround) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "a test may need nothing of its module")]
            use super::*;
            use $crate::db::Kind;
            use $crate::testing::TestGround;

            $(#[$meta])*
            async fn check($ground: TestGround) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check(TestGround::new(Kind::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                check(TestGround::new(Kind::Postgres).await).await;
            }
        }
    )+};
}
