//! Many clients at once, over HTTP, on one node and on two: everything that was asked and answered is
//! written down, and then checked ([`history::check`]) against the ledger as it is at the end. So the
//! end equals what the accepted requests say, each wallet's versions are one order that respects real
//! time, and nobody who asks after an answer sees less than that answer said.

mod history;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::history::{Entry, History, Kind, Told, Wallet};
use crate::support::client::{Checkout, GOOD_CARD};
use crate::support::html::{figure, wallet_version};
use crate::support::multipart::Multipart;
use crate::support::{Answer, App, Client, Kind as Database, Numbers, pictures, until};

const WALLETS: usize = 4;
const CLIENTS: usize = 10;
const OPERATIONS: usize = 70;
/// Pictures take a while to make; most jobs are scripted to fail.
const JOBS_OF_A_CLIENT: usize = 2;
const PURCHASES_OF_A_CLIENT: usize = 3;
const OUTCOMES: [&str; 6] = [
    "fail:PoseError",
    "ok",
    "fail:ContentModeration",
    "no_callback",
    "fail:PipelineError",
    "duplicate_callback",
];
const WEBHOOKS: [&str; 5] = [
    "normal",
    "duplicate:3",
    "before_redirect",
    "never",
    "delayed:20",
];

/// What an accepted request started, whose entries the ledger names by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Started {
    Job(String),
    Purchase(String),
}

/// Where everybody writes down what they were told.
#[derive(Clone)]
struct Recorder {
    begun: Instant,
    notes: Arc<Mutex<Notes>>,
}

#[derive(Default)]
struct Notes {
    told: Vec<Told>,
    /// Answers whose version the ledger knows: by the entry of this kind of what was started.
    about: Vec<(Told, Started, &'static str)>,
    /// Of each wallet: the entry and the amount of each change by hand that was accepted.
    accepted: Vec<(usize, String, i64)>,
    started: Vec<(usize, Started)>,
    /// By key: how often it was answered at first hand, and what.
    keyed: HashMap<String, (usize, Vec<u8>)>,
    refused: usize,
    requests: usize,
}

impl Recorder {
    fn new() -> Self {
        Self {
            begun: Instant::now(),
            notes: Arc::default(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).expect("a short test")
    }

    fn note(&self, write: impl FnOnce(&mut Notes)) {
        write(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// One of those who ask: always as the same person, at any node.
struct Asker {
    number: usize,
    numbers: Numbers,
    nodes: Vec<String>,
    owners: Vec<Client>,
    admin: Client,
    recorder: Recorder,
    jobs: usize,
    purchases: usize,
}

/// A request that is being made.
struct Asked {
    wallet: usize,
    what: String,
    start: u64,
}

impl Asker {
    /// The first wallet is the hot one.
    fn some_wallet(&mut self) -> usize {
        match self.numbers.below(10) {
            0..6 => 0,
            other => usize::try_from(other).expect("a small number") % WALLETS,
        }
    }

    fn some_node(&mut self) -> String {
        let count = u64::try_from(self.nodes.len()).expect("few nodes");
        let number = usize::try_from(self.numbers.below(count)).expect("a small number");
        self.nodes[number].clone()
    }

    fn owner(&mut self, wallet: usize) -> Client {
        let node = self.some_node();
        self.owners[wallet].at(&node)
    }

    fn ask(&self, wallet: usize, what: &str) -> Asked {
        self.recorder.note(|notes| notes.requests += 1);
        Asked {
            wallet,
            what: format!("client {}: {what}", self.number),
            start: self.recorder.now(),
        }
    }

    fn told(&self, asked: Asked, version: i64, kind: Kind) -> Told {
        Told {
            wallet: asked.wallet,
            what: asked.what,
            start: asked.start,
            end: self.recorder.now(),
            version,
            kind,
        }
    }

    async fn work(mut self) {
        for _ in 0..OPERATIONS {
            let wallet = self.some_wallet();
            match self.numbers.below(20) {
                0..3 => self.change(wallet, "deduct").await,
                3..6 => self.change(wallet, "add").await,
                6 => self.change(wallet, "set").await,
                7 => self.change_twice(wallet).await,
                8 if self.jobs < JOBS_OF_A_CLIENT => self.try_on(wallet).await,
                9 if self.purchases < PURCHASES_OF_A_CLIENT => self.buy(wallet).await,
                _ => self.read(wallet).await,
            }
        }
    }

    /// A change by hand: one's own deduction, or whatever an administrator does.
    async fn change(&mut self, wallet: usize, action: &str) {
        let (caller, body) = self.some_change(wallet, action);
        let asked = self.ask(wallet, action);
        let answer = caller.post_json("/api/credits", body).await;
        self.note_change(asked, action, &answer);
    }

    fn some_change(&mut self, wallet: usize, action: &str) -> (Client, Value) {
        let amount = 1 + self.numbers.below(9);
        let mut body = json!({"action": action, "amount": amount, "reason": "why"});
        if action == "deduct" && self.numbers.below(2) == 0 {
            return (self.owner(wallet), body);
        }
        body["user_id"] = json!(self.owners[wallet].id);
        let node = self.some_node();
        (self.admin.at(&node), body)
    }

    fn note_change(&self, asked: Asked, action: &str, answer: &Answer) {
        if answer.status == 402 {
            return self.recorder.note(|notes| notes.refused += 1);
        }
        let answer = answer.clone().expect(200).json();
        let version = answer["version"].as_i64().expect("a version");
        let remaining = answer["credits"]["remaining"].as_i64().expect("a balance");
        let wallet = asked.wallet;
        // What an answer says of the wallet is as true as what a reading says.
        let read = Asked {
            wallet,
            what: asked.what.clone(),
            start: asked.start,
        };
        let read = self.told(read, version, Kind::Read { remaining });
        let entry = &answer["entry"];
        if entry.is_null() {
            assert_eq!(action, "set", "{answer}");
            return self.recorder.note(|notes| notes.told.push(read));
        }
        let id = entry["id"].as_str().expect("an id").to_owned();
        let amount = entry["amount"].as_i64().expect("an amount");
        let wrote = self.told(asked, version, Kind::Wrote);
        self.recorder.note(|notes| {
            notes.told.extend([read, wrote]);
            notes.accepted.push((wallet, id, amount));
        });
    }

    /// The same change under one key, twice at once and once more: it is made once.
    async fn change_twice(&mut self, wallet: usize) {
        let (caller, body) = self.some_change(wallet, "add");
        let key = format!("{} {}", self.number, self.recorder.now());
        let (here, there) = (self.some_node(), self.some_node());
        let asked = [0; 3].map(|_| self.ask(wallet, "add under a key"));
        let [first, second, third] = asked;
        let send = async |node: &str| {
            let caller = caller.at(node);
            caller
                .post_json_once("/api/credits", &key, body.clone())
                .await
        };
        let (one, two) = tokio::join!(send(&here), send(&there));
        let again = send(&here).await;
        for (asked, answer) in [(first, one), (second, two), (third, again)] {
            let answer = answer.expect(200);
            let fresh = !answer.is_replayed();
            self.recorder.note(|notes| {
                let kept = notes.keyed.entry(key.clone());
                let (made, body) = kept.or_insert_with(|| (0, answer.body.clone()));
                *made += usize::from(fresh);
                assert_eq!(*body, answer.body, "one key, two answers");
            });
            if fresh {
                self.note_change(asked, "add", &answer);
            }
        }
    }

    /// The wallet by one of the ways to see it.
    async fn read(&mut self, wallet: usize) {
        let owner = self.owner(wallet);
        let path = match self.numbers.below(8) {
            0..4 => "/api/credits",
            4 | 5 => "/api/auth/me",
            6 => "/dashboard",
            _ => "/payments",
        };
        let asked = self.ask(wallet, path);
        let answer = owner.get(path).await.expect(200);
        let (version, remaining) = shown(path, &answer);
        let told = self.told(asked, version, Kind::Read { remaining });
        self.recorder.note(|notes| notes.told.push(told));
    }

    async fn try_on(&mut self, wallet: usize) {
        self.jobs += 1;
        let owner = self.owner(wallet);
        let asked = self.ask(wallet, "try-on");
        let form = Multipart::try_on(pictures::person(), pictures::garment());
        let answer = owner.upload("/api/try-on", form).await;
        if matches!(answer.status, 402 | 429) {
            return self.recorder.note(|notes| notes.refused += 1);
        }
        let job = answer.expect(202).json()["id"].as_str().map(str::to_owned);
        let job = Started::Job(job.expect("an id"));
        let wrote = self.told(asked, 0, Kind::Wrote);
        self.recorder.note(|notes| {
            notes.about.push((wrote, job.clone(), "hold"));
            notes.started.push((wallet, job));
        });
    }

    /// Checkout, payment and landing, each at any node.
    async fn buy(&mut self, wallet: usize) {
        self.purchases += 1;
        let checkout = self.owner(wallet).checkout("credits-10").await;
        let started = Started::Purchase(checkout.recharge_id.clone());
        self.recorder
            .note(|notes| notes.started.push((wallet, started.clone())));
        let way = usize::try_from(self.numbers.below(WEBHOOKS.len() as u64)).expect("a way");
        let node = self.some_node();
        pay_at(&node, &checkout, WEBHOOKS[way]).await;
        let landing = self.owner(wallet);
        let asked = self.ask(wallet, "landing");
        let page = landing.get(&checkout.landing()).await.expect(200);
        let (version, remaining) = shown("landing", &page);
        let start = asked.start;
        let what = asked.what.clone();
        let read = self.told(asked, version, Kind::Read { remaining });
        // Settled pages leave by themselves: whoever looks from now on sees the purchase.
        let settled = page.header("refresh").contains("/dashboard");
        let asked = Asked {
            wallet,
            what,
            start,
        };
        let heard = self.told(asked, 0, Kind::Heard);
        self.recorder.note(|notes| {
            notes.told.push(read);
            if settled {
                notes.about.push((heard, started, "grant"));
            }
        });
    }
}

/// Pays on the hosted page as another node of the sandbox shows it.
async fn pay_at(node: &str, checkout: &Checkout, webhook: &str) {
    let path = format!("/sandbox/stripe/checkout/{}", checkout.session_id);
    let fields = [("card_number", GOOD_CARD), ("webhook", webhook)];
    Client::new(node).form(&path, &fields).await.expect(303);
}

/// Version and balance as an answer shows them.
fn shown(path: &str, answer: &Answer) -> (i64, i64) {
    if path.starts_with("/api") {
        let answer = answer.json();
        let wallet = answer.get("wallet").unwrap_or(&answer);
        let version = wallet["version"].as_i64();
        let remaining = wallet["credits"]["remaining"].as_i64();
        return version.zip(remaining).expect("a wallet");
    }
    let page = answer.text();
    let remaining = figure(&page, "credits-remaining").parse();
    let version = wallet_version(&page).expect("a version");
    (version, remaining.expect("a whole number"))
}

/// Everybody works at once; then the whole history is checked.
async fn check_history(nodes: &[&App]) {
    let seed = seed();
    let one = nodes[0];
    let mut owners = Vec::new();
    for number in 0..WALLETS {
        owners.push(one.sign_up(&format!("owner{number}")).await);
    }
    let admin = one.admin().await;
    for number in 0..CLIENTS * JOBS_OF_A_CLIENT {
        one.next_job(OUTCOMES[number % OUTCOMES.len()]).await;
    }
    let recorder = Recorder::new();
    let mut working = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let asker = Asker {
            number,
            numbers: Numbers(seed ^ (number as u64) << 32),
            nodes: nodes.iter().map(|node| node.base.clone()).collect(),
            owners: owners.clone(),
            admin: admin.clone(),
            recorder: recorder.clone(),
            jobs: 0,
            purchases: 0,
        };
        working.spawn(asker.work());
    }
    while let Some(done) = working.join_next().await {
        done.expect("a client");
    }
    let worked = recorder.begun.elapsed();
    let notes = Arc::into_inner(recorder.notes).expect("nobody writes any more");
    let notes = notes.into_inner().unwrap_or_else(PoisonError::into_inner);
    wait_for_the_end(one, &notes).await;
    let report = Report::of(&notes, seed, worked, nodes.len());
    let history = read_the_end(nodes, &owners, notes).await;
    report.print(&history);
    let wrong = history::check(&history);
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
}

/// Printed, and taken again from `ATELIER_TEST_SEED` to play the same requests once more.
fn seed() -> u64 {
    let given = std::env::var_os("ATELIER_TEST_SEED");
    let given = given.and_then(|seed| seed.to_str()?.parse().ok());
    given.unwrap_or_else(|| RandomState::new().hash_one("seed") >> 16)
}

async fn wait_for_the_end(node: &App, notes: &Notes) {
    let bought = |(_, started): &&(usize, Started)| matches!(started, Started::Purchase(_));
    let bought = notes.started.iter().filter(bought).count();
    until(
        "all jobs have ended and all purchases are granted",
        async || {
            let open = "SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL";
            let granted = "SELECT COUNT(*) FROM recharge_records WHERE status = 'completed'";
            let granted = usize::try_from(node.number(granted).await).expect("a count");
            (node.number(open).await == 0 && granted == bought).then_some(())
        },
    )
    .await;
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    id: String,
    seq: i64,
    version: i64,
    kind: String,
    amount: i64,
    balance_after: i64,
    job_id: Option<String>,
    recharge_id: Option<String>,
}

impl EntryRow {
    fn started(&self) -> Option<Started> {
        let job = self.job_id.clone().map(Started::Job);
        job.or_else(|| self.recharge_id.clone().map(Started::Purchase))
    }
}

/// The wallets at the end, and the versions of what only the ledger knows.
async fn read_the_end(nodes: &[&App], owners: &[Client], notes: Notes) -> History {
    let mut told = notes.told;
    let mut wallets = Vec::new();
    let mut versions = HashMap::new();
    for (number, owner) in owners.iter().enumerate() {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "SELECT id, seq, version, kind, amount, balance_after, job_id, recharge_id \
             FROM entries WHERE user_id = $1 ORDER BY seq",
        )
        .bind(&owner.id)
        .fetch_all(nodes[0].services.db.reader())
        .await
        .expect("the entries");
        let started = notes.started.iter().filter(|(wallet, _)| *wallet == number);
        let (other_entries, other_amount) = expected(started.map(|(_, started)| started), &rows);
        for row in &rows {
            if let Some(started) = row.started() {
                versions.insert((started, row.kind.clone()), row.version);
            }
        }
        let accepted = notes
            .accepted
            .iter()
            .filter(|(wallet, ..)| *wallet == number);
        let accepted = accepted.map(|(_, id, amount)| (id.clone(), *amount));
        let end = owner.at(&nodes[nodes.len() - 1].base).wallet().await;
        wallets.push(Wallet {
            entries: rows.into_iter().map(entry).collect(),
            version: end["version"].as_i64().expect("a version"),
            remaining: end["credits"]["remaining"].as_i64().expect("a balance"),
            accepted: accepted.collect(),
            other_entries,
            other_amount,
        });
    }
    for (mut one, started, kind) in notes.about {
        let version = versions.get(&(started.clone(), kind.to_owned()));
        one.version = *version.unwrap_or_else(|| panic!("no {kind} of {started:?}"));
        told.push(one);
    }
    for (key, (made, _)) in notes.keyed {
        assert_eq!(made, 1, "the work of key {key:?}");
    }
    History { told, wallets }
}

fn entry(row: EntryRow) -> Entry {
    Entry {
        id: row.id,
        seq: row.seq,
        version: row.version,
        amount: row.amount,
        balance_after: row.balance_after,
    }
}

/// How many entries, and how many credits, the welcome and what was started must come to. Each job
/// is held once and then captured or released, each purchase granted once.
fn expected<'a>(started: impl Iterator<Item = &'a Started>, rows: &[EntryRow]) -> (usize, i64) {
    let (mut entries, mut amount) = (1, 8);
    for one in started {
        let of_it = |kind: &str| {
            let rows = rows
                .iter()
                .filter(|row| row.started().as_ref() == Some(one));
            let amounts: Vec<i64> = rows
                .filter(|row| row.kind == kind)
                .map(|r| r.amount)
                .collect();
            amounts
        };
        match one {
            Started::Purchase(_) => {
                (entries, amount) = (entries + 1, amount + 10);
                assert_eq!(of_it("grant"), [10], "{one:?}");
            }
            Started::Job(_) => {
                let (held, captured, released) =
                    (of_it("hold"), of_it("capture"), of_it("release"));
                assert!(
                    held.len() == 1 && captured.len() + released.len() == 1,
                    "{one:?}"
                );
                entries += 2;
                // Captured: what was held is gone. Released: it is back.
                if captured.is_empty() {
                    assert_eq!(released[0], -held[0], "{one:?}");
                } else {
                    amount += held[0];
                }
            }
        }
    }
    (entries, amount)
}

/// What a run came to, in one line.
struct Report {
    seed: u64,
    nodes: usize,
    worked: Duration,
    requests: usize,
    refused: usize,
    jobs: usize,
    purchases: usize,
}

impl Report {
    fn of(notes: &Notes, seed: u64, worked: Duration, nodes: usize) -> Self {
        let started = notes.started.iter();
        let (jobs, purchases): (Vec<_>, Vec<_>) =
            started.partition(|(_, started)| matches!(started, Started::Job(_)));
        Self {
            seed,
            nodes,
            worked,
            requests: notes.requests,
            refused: notes.refused,
            jobs: jobs.len(),
            purchases: purchases.len(),
        }
    }

    #[expect(
        clippy::print_stdout,
        reason = "figures for whoever reads a test's output"
    )]
    fn print(&self, history: &History) {
        let is_write = |told: &&Told| told.kind == Kind::Wrote;
        let writes = history.told.iter().filter(is_write).count();
        println!(
            "concurrency: {} node(s), {CLIENTS} clients, {WALLETS} wallets, {} operations in \
             {:.1} s: {writes} writes with versions, {} observations, {} refused, {} jobs, \
             {} purchases; seed {}",
            self.nodes,
            self.requests,
            self.worked.as_secs_f64(),
            history.told.len(),
            self.refused,
            self.jobs,
            self.purchases,
            self.seed,
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_on_one_node_with_sqlite_is_true() {
    let app = App::start(Database::Sqlite).await;
    check_history(&[&app]).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_on_one_node_with_postgres_is_true() {
    let app = App::start(Database::Postgres).await;
    check_history(&[&app]).await;
    app.stop().await;
}

on_two_nodes! {
    async fn a_history_on_two_nodes_is_true(one: &App, other: &App) {
        check_history(&[one, other]).await;
    }
}
