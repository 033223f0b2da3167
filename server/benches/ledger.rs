//! `cargo xtask bench ledger`: operations of the ledger beside a spend with the bare driver (one
//! transaction: a conditional update, an entry), on the same database, pool and settings, rounds
//! interleaved. SQLite with `synchronous=FULL`, PostgreSQL with `synchronous_commit=on`; and what an entry
//! costs on disk. `cargo xtask bench verify`: what `verify` costs in time and memory against the length
//! of a history. A word on the command line picks one part.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench speaks on standard output and has nobody to report an error to"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use atelier_server::credits::{self, Action, Actor, Adjustment, HoldRequest, Price};
use atelier_server::db::{Database, Kind};
use atelier_server::ids::{JobId, UserId, uuid_v7};
use atelier_server::testing::Scratch;
use atelier_server::testing::cluster::Cluster;
use atelier_server::time::{Clock, Timestamp};
use atelier_server::verify::{self, Told};

const WALLETS: usize = 1_000;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_millis(700);
const PRICE: Price = Price {
    credits: 1,
    trial: false,
    plan: false,
};

fn main() {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(bench());
}

/// What one transaction does.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    Bare,
    /// Sets a credit aside for a job: the ledger's spend.
    Hold,
    /// A hold, and its end in a transaction of its own.
    HoldAndCapture,
}

#[derive(Clone)]
struct Ground {
    db: Database,
    clock: Clock,
    users: Arc<Vec<UserId>>,
}

#[derive(Clone)]
struct Round {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

async fn bench() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let picked = |part: &str| wanted.is_empty() || wanted.iter().any(|word| word == part);
    let folder = Scratch::new().unwrap();
    let cluster = Cluster::start_durable().unwrap();
    let path = folder.path().join("atelier.db");
    let databases = [
        (Kind::Sqlite, format!("sqlite://{}", path.display())),
        (Kind::Postgres, cluster.url("postgres")),
    ];
    if picked("ledger") {
        bench_operations(&databases).await;
    }
    if picked("verify") {
        for (kind, url) in &databases {
            bench_verify(*kind, url).await;
        }
    }
}

async fn bench_operations(databases: &[(Kind, String)]) {
    println!(
        "median of {ROUNDS} interleaved rounds of {ROUND:?}; {WALLETS} wallets where spread\n"
    );
    println!(
        "{:<10}{:<8}{:>6}{:>12}{:>10}{:>10}{:>12}{:>10}{:>10}{:>8}{:>12}{:>8}",
        "",
        "wallets",
        "tasks",
        "bare/s",
        "p50 ms",
        "p99 ms",
        "hold/s",
        "p50 ms",
        "p99 ms",
        "ratio",
        "job/s",
        "ratio"
    );
    for (kind, url) in databases {
        let ground = Ground::new(url).await;
        for hot in [false, true] {
            for tasks in [1, 64, 512] {
                compare(*kind, &ground, hot, tasks).await;
            }
        }
        ground.assert_true().await;
        println!(
            "{kind:?}: {} bytes an entry\n",
            ground.bytes_an_entry().await
        );
        ground.db.close().await;
    }
}

async fn compare(kind: Kind, ground: &Ground, hot: bool, tasks: usize) {
    let sides = [Work::Bare, Work::Hold, Work::HoldAndCapture];
    let mut rounds: [Vec<Round>; 3] = Default::default();
    for work in sides {
        ground.measure(work, hot, tasks, WARM_UP).await;
    }
    for _ in 0..ROUNDS {
        for (work, rounds) in sides.into_iter().zip(&mut rounds) {
            rounds.push(ground.measure(work, hot, tasks, ROUND).await);
        }
    }
    let [bare, hold, job] = rounds.map(median);
    let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    println!(
        "{:<10}{:<8}{tasks:>6}{:>12.0}{:>10.1}{:>10.1}{:>12.0}{:>10.1}{:>10.1}{:>8.2}{:>12.0}{:>8.2}",
        format!("{kind:?}"),
        if hot { "one" } else { "spread" },
        bare.per_second,
        ms(bare.p50),
        ms(bare.p99),
        hold.per_second,
        ms(hold.p50),
        ms(hold.p99),
        hold.per_second / bare.per_second,
        job.per_second,
        job.per_second / bare.per_second,
    );
}

fn median(mut rounds: Vec<Round>) -> Round {
    rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    rounds[rounds.len() / 2].clone()
}

impl Ground {
    async fn new(url: &str) -> Self {
        let db = Database::open(url).await.unwrap();
        let clock = Clock::system();
        let users: Vec<UserId> = (0..WALLETS).map(|_| UserId::new(clock.now())).collect();
        let ground = Self {
            db,
            clock,
            users: Arc::new(users),
        };
        let mut tx = ground.db.begin().await.unwrap();
        for statement in [
            "CREATE TABLE bare_wallets (user_id TEXT NOT NULL PRIMARY KEY, credits BIGINT NOT NULL)",
            "CREATE TABLE bare_entries (id TEXT NOT NULL PRIMARY KEY, user_id TEXT NOT NULL, \
             amount BIGINT NOT NULL, key TEXT NOT NULL UNIQUE, at BIGINT NOT NULL)",
            "CREATE INDEX bare_entries_user ON bare_entries (user_id, at)",
        ] {
            sqlx::query(statement).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        for user in ground.users.iter() {
            open(&ground.db, user, ground.clock.now()).await;
        }
        let mut tx = ground.db.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO bare_wallets (user_id, credits) SELECT user_id, 1000000 FROM wallets",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        ground
    }

    async fn measure(&self, work: Work, hot: bool, tasks: usize, how_long: Duration) -> Round {
        let started = Instant::now();
        let end = started + how_long;
        let next = Arc::new(AtomicUsize::new(0));
        let running: Vec<_> = (0..tasks)
            .map(|_| {
                let (ground, next) = (self.clone(), next.clone());
                tokio::spawn(async move {
                    let mut took = Vec::new();
                    while Instant::now() < end {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let user = if hot { 0 } else { number % WALLETS };
                        let began = Instant::now();
                        ground.transact(work, &ground.users[user]).await;
                        took.push(began.elapsed());
                    }
                    took
                })
            })
            .collect();
        let mut took = Vec::new();
        for one in running {
            took.extend(one.await.unwrap());
        }
        let elapsed = started.elapsed().as_secs_f64();
        took.sort_unstable();
        Round {
            per_second: took.len() as f64 / elapsed,
            p50: took[took.len() / 2],
            p99: took[took.len() * 99 / 100],
        }
    }

    async fn transact(&self, work: Work, user: &UserId) {
        let now = self.clock.now();
        if work == Work::Bare {
            let mut tx = self.db.begin().await.unwrap();
            let left: Option<(i64,)> = sqlx::query_as(
                "UPDATE bare_wallets SET credits = credits - 1 \
                 WHERE user_id = $1 AND credits >= 1 RETURNING credits",
            )
            .bind(user)
            .fetch_optional(&mut *tx)
            .await
            .unwrap();
            assert!(left.is_some());
            sqlx::query("INSERT INTO bare_entries (id, user_id, amount, key, at) VALUES ($1, $2, -1, $3, $4)")
                .bind(uuid_v7(now))
                .bind(user)
                .bind(uuid_v7(now))
                .bind(now)
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            return;
        }
        let job = JobId::new(now);
        let mut tx = self.db.begin().await.unwrap();
        let request = HoldRequest {
            job: &job,
            tool: "try_on",
            price: PRICE,
        };
        credits::hold(&mut tx, user, request, now).await.unwrap();
        tx.commit().await.unwrap();
        if work == Work::HoldAndCapture {
            let mut tx = self.db.begin().await.unwrap();
            assert!(credits::capture(&mut tx, &job, now).await.unwrap());
            tx.commit().await.unwrap();
        }
    }

    async fn number(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement)
            .fetch_one(self.db.reader())
            .await
            .unwrap()
    }

    async fn entries(&self) -> i64 {
        self.number("SELECT COUNT(*) FROM entries").await
    }

    /// With its lots, uses and indexes: what jobs alone add to the files.
    async fn bytes_an_entry(&self) -> i64 {
        let before = (self.bytes().await, self.entries().await);
        self.measure(Work::HoldAndCapture, false, 64, 2 * ROUND)
            .await;
        (self.bytes().await - before.0) / (self.entries().await - before.1)
    }

    async fn bytes(&self) -> i64 {
        match self.db.kind() {
            Kind::Sqlite => {
                self.number("PRAGMA page_count").await * self.number("PRAGMA page_size").await
            }
            Kind::Postgres => {
                self.number(
                    "SELECT CAST(SUM(pg_total_relation_size(name::regclass)) AS BIGINT) FROM \
                     (VALUES ('wallets'), ('lots'), ('entries'), ('entry_lots'), \
                      ('consumption_records')) AS t (name)",
                )
                .await
            }
        }
    }

    /// Nothing was measured that is not true.
    async fn assert_true(&self) {
        let mut findings = verify::findings(&self.db).await.unwrap();
        findings.retain(|finding| finding.kind != "job.missing");
        assert!(findings.is_empty(), "{:?}", findings.first());
    }
}

/// An account with a million credits.
async fn open(db: &Database, user: &UserId, now: Timestamp) {
    let mut tx = db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO users (id, email, name, role, created_at) VALUES ($1, $1, '', 'user', $2)",
    )
    .bind(user)
    .bind(now)
    .execute(&mut *tx)
    .await
    .unwrap();
    credits::open(&mut tx, user, 0, now).await.unwrap();
    let grant = Adjustment {
        user: user.clone(),
        action: Action::Add,
        amount: 1_000_000,
        reason: String::new(),
        actor: Actor::CommandLine,
        address: None,
    };
    let prices = atelier_server::catalog::Catalog::built_in().prices();
    credits::adjust(&mut tx, &grant, &prices, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// `verify` over one wallet with a long history: how fast, and how much memory it takes more.
async fn bench_verify(kind: Kind, url: &str) {
    let db = Database::open(url).await.unwrap();
    let clock = Clock::system();
    #[expect(
        clippy::disallowed_methods,
        reason = "no setting: only this bench knows it"
    )]
    let most = std::env::var("BENCH_ENTRIES")
        .ok()
        .and_then(|text| text.parse().ok());
    let user = UserId::new(clock.now());
    open(&db, &user, clock.now()).await;
    let mut seeded = 0;
    for entries in [100_000, 1_000_000, most.unwrap_or(0)] {
        if entries <= seeded {
            continue;
        }
        credits::seed_history(&db, &user, entries - seeded, clock.now())
            .await
            .unwrap();
        seeded = entries;
        let (started, before) = (Instant::now(), resident_megabytes());
        let mut peak = before;
        let totals = verify::run(&db, &mut |told| {
            if let Told::Progress(_) = told {
                peak = peak.max(resident_megabytes());
            }
        })
        .await
        .unwrap();
        let per_second = totals.entries as f64 / started.elapsed().as_secs_f64();
        let more = peak.max(resident_megabytes()) - before;
        println!(
            "{kind:?}: verify over {} entries, {entries} of one wallet: {per_second:.0} entries/s, {more} MB more than before",
            totals.entries
        );
    }
}

fn resident_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap() / 1_024
}
