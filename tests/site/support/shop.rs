//! A shop: one database, people who buy and try on there under keys of their own, everything they were
//! told, and the plain SQL by which the database is compared with that and with the sandbox's book of
//! what was paid. Programs come and go: a soak kills them, a fault keeps the database from them.

use std::collections::{HashMap, HashSet};
use std::net::TcpListener;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use atelier_server::db::Database;
use atelier_server::secret;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::task::JoinSet;

use super::client::{GOOD_CARD, checkout_of};
use super::multipart::Multipart;
use super::process::{Place, Server};
use super::{Answer, Checkout, Client, LIMIT, pictures, until, until_within};

const BUYERS: usize = 5;
/// How long the machine seems to have been off before a shop comes to rest: longer than any lease.
const SWITCHED_OFF: Duration = Duration::from_secs(60);
/// Longer than a job waits for a verdict that nobody will ever give.
const NO_VERDICT: Duration = Duration::from_secs(25 * 3_600);
/// What is said of an interruption.
const CLEAR: [&str; 2] = ["unavailable", "provider_unavailable"];
/// Every way in which Stripe may tell of a payment, or not.
const WEBHOOKS: [&str; 4] = ["normal", "never", "duplicate:2", "before_redirect"];

/// What must be 0 at any moment, whatever is under way.
pub const NEVER: &[(&str, &str)] = &[
    (
        "grants without a payment",
        "SELECT COUNT(*) FROM lots l LEFT JOIN recharge_records r ON r.id = l.recharge_id \
         LEFT JOIN sandbox_book b ON b.session_id = r.session_id AND b.paid = 1 \
         WHERE l.source <> 'initial' AND b.session_id IS NULL",
    ),
    (
        "records completed without their grant, or granted and not completed",
        "SELECT COUNT(*) FROM recharge_records r \
         WHERE (CASE WHEN r.status = 'completed' THEN 1 ELSE 0 END) <> \
             (SELECT COUNT(*) FROM lots l WHERE l.recharge_id = r.id) \
         OR (CASE WHEN r.status = 'completed' THEN 1 ELSE 0 END) <> \
             (SELECT COUNT(*) FROM entries e WHERE e.recharge_id = r.id AND e.kind = 'grant')",
    ),
    (
        "wallets that hold something else than their unfinished jobs cost",
        "SELECT COUNT(*) FROM wallets w WHERE w.held <> (SELECT COALESCE(CAST(SUM(j.cost) AS BIGINT), 0) \
         FROM jobs j WHERE j.user_id = w.user_id AND j.finished_at IS NULL) \
         OR w.trials_held <> (SELECT COUNT(*) FROM jobs j \
         WHERE j.user_id = w.user_id AND j.finished_at IS NULL AND j.paid_by = 'trial')",
    ),
    (
        "jobs that were not held for exactly once",
        "SELECT COUNT(*) FROM jobs j WHERE 1 <> \
         (SELECT COUNT(*) FROM entries e WHERE e.job_id = j.id AND e.kind = 'hold')",
    ),
    (
        "jobs whose hold did not end exactly when they did",
        "SELECT COUNT(*) FROM jobs j \
         WHERE (CASE WHEN j.state = 'succeeded' THEN 1 ELSE 0 END) <> \
             (SELECT COUNT(*) FROM entries e WHERE e.job_id = j.id AND e.kind = 'capture') \
         OR (CASE WHEN j.state IN ('failed', 'cancelled') THEN 1 ELSE 0 END) <> \
             (SELECT COUNT(*) FROM entries e WHERE e.job_id = j.id AND e.kind = 'release')",
    ),
    (
        "uses without a job",
        "SELECT COUNT(*) FROM consumption_records c LEFT JOIN jobs j ON j.id = c.job_id \
         WHERE j.id IS NULL",
    ),
    (
        "successes without exactly one result",
        "SELECT COUNT(*) FROM jobs j WHERE (CASE WHEN j.state = 'succeeded' THEN 1 ELSE 0 END) <> \
         (SELECT COUNT(*) FROM files f WHERE f.job_id = j.id AND f.kind = 'result')",
    ),
];

/// What must be 0 once everything has come to rest.
const AT_REST: &[(&str, &str)] = &[
    (
        "payments that were not granted exactly once",
        "SELECT COUNT(*) FROM sandbox_book b WHERE b.paid = 1 AND 1 <> \
         (SELECT COUNT(*) FROM recharge_records r JOIN lots l ON l.recharge_id = r.id \
         WHERE r.session_id = b.session_id AND l.source = 'purchase' AND l.granted = 10)",
    ),
    (
        "wallets whose total is not what was given and paid for",
        "SELECT COUNT(*) FROM wallets w WHERE w.total <> w.initial + 10 * \
         (SELECT COUNT(*) FROM sandbox_book b JOIN recharge_records r \
         ON r.session_id = b.session_id WHERE b.paid = 1 AND r.user_id = w.user_id)",
    ),
    (
        "wallets used for something else than results",
        "SELECT COUNT(*) FROM wallets w WHERE w.used <> (SELECT COALESCE(CAST(SUM(j.cost) AS BIGINT), 0) \
         FROM jobs j WHERE j.user_id = w.user_id AND j.state = 'succeeded') \
         OR w.trials_used <> (SELECT COUNT(*) FROM jobs j \
         WHERE j.user_id = w.user_id AND j.state = 'succeeded' AND j.paid_by = 'trial')",
    ),
    ("unfinished jobs", UNFINISHED),
    (
        "wallets that hold something",
        "SELECT COUNT(*) FROM wallets WHERE held <> 0 OR trials_held <> 0",
    ),
];

const UNFINISHED: &str = "SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL";
/// The provider's answer got lost as often as is allowed, and its callback never came.
const WITHOUT_VERDICT: &str = "SELECT COUNT(*) FROM jobs \
     WHERE finished_at IS NULL AND external_id IS NULL AND unsure_submits >= 2";
const NOT_GRANTED: &str = "SELECT COUNT(*) FROM sandbox_book b WHERE b.paid = 1 AND NOT EXISTS \
     (SELECT 1 FROM recharge_records r WHERE r.session_id = b.session_id AND r.status = 'completed')";

/// Chance that can be repeated: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// Chance that nobody knows before.
    pub fn thrown() -> Self {
        let random = secret::hash(&secret::token());
        Self(u64::from_str_radix(&random[..12], 16).unwrap_or(1))
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, sides: u64) -> u64 {
        self.roll() % sides
    }
}

#[derive(Clone, Copy)]
pub enum What {
    Pack,
    TryOn,
}

/// What a buyer wants, under a key of its own: it may be asked for again and again.
#[derive(Clone)]
pub struct Wish {
    buyer: usize,
    key: String,
    what: What,
}

impl Wish {
    fn request(&self, buyer: &Client) -> RequestBuilder {
        let post = |path| {
            buyer
                .request(Method::POST, path)
                .header("idempotency-key", &self.key)
        };
        match self.what {
            What::Pack => post("/api/checkout").json(&json!({"item": "credits-10"})),
            What::TryOn => {
                let form = Multipart::try_on(pictures::person(), pictures::garment());
                form.into_request(post("/api/try-on"))
            }
        }
    }
}

/// What the buyers of a shop were told.
#[derive(Default)]
pub struct Told {
    /// By key.
    pub packs: HashMap<String, Checkout>,
    pub jobs: HashMap<String, String>,
    /// Sessions whose payment was answered.
    pub paid: HashSet<String>,
    /// Wishes whose answer got lost, or was not final.
    open: HashMap<String, Wish>,
    pub answers: u64,
    /// Answers to a key that was answered before.
    pub repeated: u64,
    /// Requests that were answered with 503.
    pub interrupted: u64,
    /// Requests that were not answered at all.
    pub lost: u64,
}

impl Told {
    fn note(&mut self, wish: &Wish, answer: Option<&Answer>) {
        let Some(answer) = answer else {
            self.lost += 1;
            self.open.insert(wish.key.clone(), wish.clone());
            return;
        };
        self.answers += 1;
        self.interrupted += u64::from(answer.status == 503);
        let known = match (answer.status, wish.what) {
            (201, What::Pack) => {
                let told = checkout_of(answer);
                let known = self.packs.insert(wish.key.clone(), told.clone());
                known.map(|known| (known.recharge_id, told.recharge_id))
            }
            (202, What::TryOn) => {
                let told = answer.json()["id"].as_str().expect("an id").to_owned();
                let known = self.jobs.insert(wish.key.clone(), told.clone());
                known.map(|known| (known, told))
            }
            // Nothing left, too many at once, still being worked on, interrupted: later perhaps.
            (402 | 409 | 429 | 503, _) => {
                let code = answer.code();
                let is_clear = answer.status != 503 || CLEAR.contains(&code.as_str());
                assert!(is_clear && !code.is_empty(), "{}", answer.text());
                assert!(answer.status != 503 || !answer.header("retry-after").is_empty());
                self.open.insert(wish.key.clone(), wish.clone());
                return;
            }
            _ => panic!("{}: {}", answer.status, answer.text()),
        };
        if let Some((known, told)) = known {
            assert_eq!(known, told, "two answers to the key {}", wish.key);
            self.repeated += 1;
        }
        self.open.remove(&wish.key);
    }

    fn open_of(&self, buyer: usize) -> Vec<Wish> {
        let own = self.open.values().filter(|wish| wish.buyer == buyer);
        own.cloned().collect()
    }
}

/// One database that lives through all rounds, and the people who buy there.
pub struct Shop {
    pub place: Place,
    port: u16,
    /// How long, all in all, the machine seems to have been off.
    off: Mutex<Duration>,
    pub buyers: Vec<Client>,
    /// At the provider's page nobody knows a buyer's session.
    stranger: Client,
    told: Mutex<Told>,
    next_key: AtomicU64,
}

impl Shop {
    pub async fn open(place: Place, dice: &mut Dice) -> Arc<Self> {
        let mut shop = Self {
            place,
            port: free_port(dice),
            off: Mutex::default(),
            buyers: Vec::new(),
            stranger: Client::new(""),
            told: Mutex::default(),
            next_key: AtomicU64::default(),
        };
        let server = shop.serve(|_| {});
        for number in 0..BUYERS {
            let name = format!("buyer{number}");
            let buyer = server.anonymous().signed_up_as(&name).await;
            shop.buyers.push(buyer);
        }
        server.terminate();
        Arc::new(shop)
    }

    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect("no panic")
    }

    /// The same address at every start, as the provider's callbacks expect it.
    pub fn serve(&self, more: impl FnOnce(&mut Command)) -> Server {
        Server::start(self.command(more))
    }

    pub fn command(&self, more: impl FnOnce(&mut Command)) -> Command {
        let off = self.off.lock().expect("no panic").as_secs();
        let mut command = self.place.command(&["serve"]);
        command
            .env("ATELIER_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("CLOCK_AHEAD", off.to_string());
        more(&mut command);
        command
    }

    fn stay_off(&self, duration: Duration) {
        *self.off.lock().expect("no panic") += duration;
    }

    pub fn wish(&self, buyer: usize, what: What) -> Wish {
        let number = self.next_key.fetch_add(1, Ordering::Relaxed);
        Wish {
            buyer,
            key: format!("{buyer}-{number}"),
            what,
        }
    }

    pub async fn ask(&self, wish: &Wish) -> Option<Answer> {
        let buyer = &self.buyers[wish.buyer];
        let asking = buyer.try_send(wish.request(buyer));
        let answer = tokio::time::timeout(LIMIT * 2, asking).await;
        let answer = answer.unwrap_or_else(|_| panic!("no answer and no end to {}", wish.key));
        self.told().note(wish, answer.as_ref());
        answer
    }

    /// Sometimes the same twice at once, as two clicks do.
    async fn ask_as_people_do(&self, wish: &Wish, dice: &mut Dice) {
        if dice.below(4) == 0 {
            tokio::join!(self.ask(wish), self.ask(wish));
        } else {
            self.ask(wish).await;
        }
    }

    async fn pay(&self, checkout: &Checkout, webhook: &str) {
        let form = format!(
            "card_number={}&webhook={webhook}",
            GOOD_CARD.replace(' ', "")
        );
        let pay = self
            .stranger
            .request(Method::POST, &checkout.url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        if let Some(answer) = self.stranger.try_send(pay).await {
            let mut told = self.told();
            told.answers += 1;
            // What is wrong with the provider's own database is between it and the payer.
            if answer.status == 303 {
                told.paid.insert(checkout.session_id.clone());
            }
        }
    }

    /// Everybody buys and tries on until told to end.
    pub fn begin_shopping(self: &Arc<Self>, dice: &mut Dice) -> Shopping {
        let over = Arc::new(AtomicBool::new(false));
        let mut buyers = JoinSet::new();
        for buyer in 0..BUYERS {
            let dice = Dice(dice.roll());
            buyers.spawn(self.clone().shop(buyer, dice, over.clone()));
        }
        Shopping { over, buyers }
    }

    /// What a buyer does until the program is gone.
    async fn shop(self: Arc<Self>, buyer: usize, dice: Dice, over: Arc<AtomicBool>) {
        tokio::join!(self.ask_again(buyer), self.ask_for_more(buyer, dice, &over));
    }

    /// What was not answered before. A claim of the dead is waited for, so nobody waits behind this.
    async fn ask_again(&self, buyer: usize) {
        let open = self.told().open_of(buyer);
        for wish in open {
            self.ask(&wish).await;
        }
    }

    /// The same with nobody else at it: what is refused now is refused for good.
    async fn ask_for_good(&self, buyer: usize) {
        let open = self.told().open_of(buyer);
        for wish in open {
            let answer = self.ask(&wish).await.expect("an answer");
            if [402, 429].contains(&answer.status) {
                self.told().open.remove(&wish.key);
            }
        }
    }

    async fn ask_for_more(&self, buyer: usize, mut dice: Dice, over: &AtomicBool) {
        while !over.load(Ordering::Relaxed) {
            let pack = self.wish(buyer, What::Pack);
            self.ask_as_people_do(&pack, &mut dice).await;
            let checkout = self.told().packs.get(&pack.key).cloned();
            if let Some(checkout) = checkout {
                let chosen = usize::try_from(dice.below(4)).unwrap_or(0);
                self.pay(&checkout, WEBHOOKS[chosen]).await;
            }
            let job = self.wish(buyer, What::TryOn);
            self.ask_as_people_do(&job, &mut dice).await;
        }
    }

    /// Starts the program once more, lets everything come to its end, and compares.
    pub async fn rest(&self) -> Rest {
        self.stay_off(SWITCHED_OFF);
        let server = self.serve(|_| {});
        until_within(LIMIT * 4, "every wish has its answer", async || {
            futures::future::join_all((0..BUYERS).map(|buyer| self.ask_for_good(buyer))).await;
            self.told().open.is_empty().then_some(())
        })
        .await;
        let db = self.database().await;
        let without_verdict = until_within(LIMIT * 4, "all is granted, and jobs end", async || {
            let without = number(&db, WITHOUT_VERDICT).await;
            let settled = number(&db, NOT_GRANTED).await == 0;
            (settled && number(&db, UNFINISHED).await == without).then_some(without)
        })
        .await;
        db.close().await;
        let mut log = server.log();
        server.terminate();
        if without_verdict > 0 {
            log.extend(self.wait_for_no_verdict().await);
        }
        self.check(NEVER).await;
        self.check(AT_REST).await;
        self.compare_with_answers().await;
        let verify = self.place.run(&["verify"]);
        assert!(verify.status.success(), "{verify:?}");
        Rest {
            without_verdict,
            log,
        }
    }

    /// What the provider never answers for is let go a day behind its deadline.
    async fn wait_for_no_verdict(&self) -> Vec<String> {
        self.stay_off(NO_VERDICT);
        let server = self.serve(|_| {});
        let db = self.database().await;
        until("nothing waits any more", async || {
            (number(&db, UNFINISHED).await == 0).then_some(())
        })
        .await;
        db.close().await;
        let log = server.log();
        server.terminate();
        log
    }

    pub async fn database(&self) -> Database {
        let opened = Database::open(&self.place.database_url).await;
        opened.expect("the database")
    }

    pub async fn check(&self, wrong: &[(&str, &'static str)]) {
        let db = self.database().await;
        for (what, statement) in wrong {
            assert_eq!(number(&db, statement).await, 0, "{what}");
        }
        db.close().await;
    }

    /// Every answer is in the database, and there is nothing that nobody was told of.
    async fn compare_with_answers(&self) {
        let db = self.database().await;
        let records =
            "SELECT id || ' ' || session_id FROM recharge_records WHERE session_id IS NOT NULL";
        let records = texts(&db, records).await;
        let paid = texts(&db, "SELECT session_id FROM sandbox_book WHERE paid = 1").await;
        let jobs = texts(&db, "SELECT id FROM jobs").await;
        let locations = texts(&db, "SELECT location FROM files WHERE kind = 'result'").await;
        db.close().await;
        let told = self.told();
        let packs = told.packs.values();
        let packs: HashSet<String> = packs
            .map(|told| format!("{} {}", told.recharge_id, told.session_id))
            .collect();
        assert_eq!(packs, records, "checkouts");
        assert_eq!(packs.len(), told.packs.len(), "one checkout under two keys");
        assert!(told.paid.is_subset(&paid), "a payment that was answered");
        let answered: HashSet<String> = told.jobs.values().cloned().collect();
        assert_eq!(answered, jobs, "jobs");
        assert_eq!(answered.len(), told.jobs.len(), "one job under two keys");
        let files = self.place.folder.path().join("files");
        let lost = locations
            .iter()
            .find(|location| !files.join(location).is_file());
        assert_eq!(lost, None, "a result without its file");
    }
}

/// What a shop says when it has come to rest.
pub struct Rest {
    /// Jobs whose provider never said what became of them.
    pub without_verdict: i64,
    pub log: Vec<String>,
}

/// People who are at it.
pub struct Shopping {
    over: Arc<AtomicBool>,
    buyers: JoinSet<()>,
}

impl Shopping {
    /// Nobody begins anything more.
    pub fn will_end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Waits until everybody has their answer, or knows that there will be none.
    pub async fn end(mut self) {
        self.will_end();
        while let Some(buyer) = self.buyers.join_next().await {
            buyer.expect("no buyer was told anything wrong");
        }
    }
}

/// Below the ports that the system hands out by itself, so that nobody gets it between two starts.
fn free_port(dice: &mut Dice) -> u16 {
    loop {
        let port = 10_000 + u16::try_from(dice.below(20_000)).unwrap_or(0);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

async fn number(db: &Database, statement: &'static str) -> i64 {
    let row = sqlx::query_scalar(statement).fetch_one(db.reader()).await;
    row.expect(statement)
}

async fn texts(db: &Database, statement: &'static str) -> HashSet<String> {
    let rows = sqlx::query_scalar(statement).fetch_all(db.reader()).await;
    rows.expect(statement).into_iter().collect()
}
