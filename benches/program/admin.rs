//! The operator's pages over a small house and a full one: 1 000 accounts and 100 000 (`BENCH_USERS` says otherwise), each with 50
//! entries, ten jobs, a purchase and a plan, on both databases. An account is made by the program itself; the others are its copies.
//!
//! Not all accounts are alike: some are blocked or stopped, have refunds, an ended plan, a webhook that failed. `cargo xtask bench house`
//! leaves such a full house to look at, on PostgreSQL where `BENCH_DATABASE` names an empty database.
//!
//! Requests go one after the other, those of the two houses in turn; what counts is how many times longer the full one takes.

use std::path::Path;
use std::time::{Duration, Instant};

use atelier_server::credits::{self, HoldRequest, PaidBy, Price};
use atelier_server::db::Kind;
use atelier_server::ids::{JobId, UserId};
use atelier_server::testing::copies::multiply;
use atelier_server::verify;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::ground::{Person, Site, sign_in_as_admin, sign_up};
use crate::load::median;

const SMALL: usize = 1_000;
const FULL: usize = 100_000;
/// The full house may take that many times as long.
const BAR: f64 = 2.0;
/// Times each page is asked for.
const TIMES: usize = 21;
const JOBS: usize = 10;
/// What an account deducts one by one, so that it has fifty entries in all.
const DEDUCTIONS: usize = 26;
const CARD: &str = "4242 4242 4242 4242";

/// Pages and lists; `{user}` is an account in the middle, `{job}` and `{purchase}` are its own.
const PATHS: [&str; 45] = [
    "/admin",
    "/admin?days=365",
    "/api/admin/stats/daily",
    "/admin/users",
    "/admin/users?q=5-house",
    "/admin/users?standing=stopped",
    "/admin/users?standing=debt",
    "/admin/users?standing=blocked",
    "/admin/users?standing=unverified",
    "/admin/users?standing=admin",
    "/admin/users?q=nobody@example.org",
    "/admin/users/{user}",
    "/api/admin/users",
    "/admin/audit",
    "/admin/audit?target={user}",
    "/admin/audit?action=user.block",
    "/admin/audit?action=credits.add&to=2026-01-01",
    "/admin/audit?actor=admin:{admin}",
    "/admin/audit?from=2026-01-01&to=2026-02-01",
    "/admin/webhooks",
    "/admin/webhooks?state=failed",
    "/admin/webhooks/{event}",
    "/admin/reconciliation",
    "/admin/anomalies",
    "/admin/purchases",
    "/admin/purchases?status=refunded",
    "/admin/purchases?status=partially_refunded",
    "/admin/purchases?q=5-house@example.com",
    "/admin/purchases/{purchase}",
    "/admin/subscriptions",
    "/admin/subscriptions?status=ended",
    "/admin/subscriptions?status=past_due",
    "/admin/subscriptions?provider=stripe",
    "/admin/subscriptions?q=5-house@example.com",
    "/admin/jobs",
    "/admin/jobs?state=failed",
    "/admin/jobs?state=cancelled&tool=video",
    "/admin/jobs?stuck=true&provider=fashn",
    "/admin/jobs?tool=video&code=timeout",
    "/admin/jobs?q=5-house@example.com",
    "/admin/jobs/{job}",
    "/admin/users/{user}/statement",
    "/admin/bulk",
    "/admin/bulk/spring",
    "/admin/settings",
];

/// What makes accounts differ; ids end in hexadecimal digits. Of everything that a page lists a small house has a full page, too: else
/// the large one would be asked for more.
const VARIETY: [&str; 10] = [
    "INSERT INTO webhook_events (id, provider, event_id, kind, payload, origin, state, received_at, processed_at) \
     SELECT id, 'stripe', 'evt_' || id, 'checkout.session.completed', '{}', 'webhook', \
     CASE WHEN id LIKE '%0' THEN 'failed' ELSE 'processed' END, created_at, created_at FROM users",
    "UPDATE users SET verified_at = created_at WHERE id NOT LIKE '%7'",
    "UPDATE users SET blocked_at = created_at WHERE id LIKE '%a' AND role = 'user'",
    "INSERT INTO audit_log (id, at, actor, action, target, before, after, reason) \
     SELECT id, created_at, 'admin:' || id, 'user.block', id, 'may', 'may not', 'a bench' FROM users WHERE blocked_at IS NOT NULL",
    "UPDATE wallets SET stopped_at = changed_at WHERE user_id LIKE '%b'",
    "INSERT INTO refunds (id, recharge_id, amount_minor, status, created_at, changed_at) \
     SELECT 're_' || id, id, 1, 'succeeded', completed_at, completed_at FROM recharge_records \
     WHERE status = 'completed' AND plan_interval IS NULL AND user_id LIKE '%c'",
    "UPDATE recharge_records SET returned_minor = 1 WHERE status = 'completed' AND plan_interval IS NULL AND user_id LIKE '%c'",
    "UPDATE subscriptions SET status = 'ended', ended_at = period_end, renews = 0 WHERE user_id LIKE '%d'",
    "UPDATE subscriptions SET status = 'past_due' WHERE user_id LIKE '%e'",
    // What a database does by itself in time.
    "ANALYZE",
];

/// How many accounts the full house has.
fn users() -> usize {
    told("BENCH_USERS").map_or(FULL, |users| users.parse().unwrap())
}

/// What whoever measures says otherwise.
fn told(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "no setting: only this bench knows it"
    )]
    std::env::var(name).ok()
}

pub async fn bench() {
    let mut slow = Vec::new();
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let small = House::with(Site::on(kind).await, SMALL).await;
        let large = House::with(Site::on(kind).await, users()).await;
        slow.extend(compare(kind, [&small, &large]).await);
        large.check_books().await;
        small.site.stop().await;
        large.site.stop().await;
    }
    assert!(slow.is_empty(), "over {BAR} times:\n{}", slow.join("\n"));
}

/// Fills a folder that stays, or the empty database that `BENCH_DATABASE` names, and says how to open it.
pub async fn keep() {
    let folder = Path::new("target/house");
    assert!(
        !folder.exists(),
        "{} is there already: delete it first",
        folder.display()
    );
    let database = told("BENCH_DATABASE");
    let site = Site::stay_in(folder, database.as_deref()).await;
    let house = House::with(site, users()).await;
    house.site.stop().await;
    let database = database.map(|url| format!(" DATABASE_URL={url}"));
    println!(
        "\nto open it: ATELIER_DATA_DIR={}{} cargo run --release",
        folder.display(),
        database.unwrap_or_default()
    );
}

/// Those pages that are over the bar.
async fn compare(kind: Kind, [small, large]: [&House; 2]) -> Vec<String> {
    let mut slow = Vec::new();
    println!("\n{kind:?}: median of {TIMES} requests in turn\n");
    let names = [small, large].map(|house| format!("{} users, ms", house.users));
    println!("{:<48}{:>20}{:>20}{:>8}", "", names[0], names[1], "ratio");
    for path in PATHS {
        let mut took: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..TIMES {
            for (house, took) in [small, large].into_iter().zip(&mut took) {
                took.push(house.ask(path).await.as_secs_f64() * 1_000.0);
            }
        }
        let [few, many] = took.map(|took| median(took.into_iter()));
        println!("{path:<48}{few:>20.2}{many:>20.2}{:>8.2}", many / few);
        if many / few > BAR {
            slow.push(format!("{kind:?} {path}: {:.2}", many / few));
        }
    }
    slow
}

struct House {
    site: Site,
    users: usize,
    admin: Person,
    /// What stands for the words in braces of a path: somebody in the middle, and what is theirs.
    named: Vec<(&'static str, String)>,
    client: Client,
}

impl House {
    async fn with(site: Site, users: usize) -> Self {
        let kind = site.services.db.kind();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut house = Self {
            users,
            admin: sign_in_as_admin(&site.address).await,
            named: Vec::new(),
            client,
            site,
        };
        house.was_reconciled().await;
        let first = house.live_through().await;
        let started = Instant::now();
        let db = &house.site.services.db.clone();
        multiply(db, &first, users - 1).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        for statement in VARIETY {
            sqlx::query(statement).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        let counts = "SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM entries), (SELECT COUNT(*) FROM jobs)";
        let (users, entries, jobs): (i64, i64, i64) =
            sqlx::query_as(counts).fetch_one(db.reader()).await.unwrap();
        let seconds = started.elapsed().as_secs();
        println!("{kind:?}: {users} users, {entries} entries, {jobs} jobs written in {seconds} s");
        house.name_things().await;
        // Days that are over are kept in the background, which did so with what there was while this was written.
        let started = Instant::now();
        let mut tx = db.begin().await.unwrap();
        for statement in ["DELETE FROM site_figures", "DELETE FROM site_days"] {
            sqlx::query(statement).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        while atelier_server::oversight::close_days(db, house.site.services.clock.now())
            .await
            .unwrap()
            > 0
        {}
        atelier_server::oversight::count_on(db, house.site.services.clock.now())
            .await
            .unwrap();
        if kind == Kind::Postgres {
            // Autovacuum would otherwise run while the first pages are asked for.
            for statement in ["VACUUM ANALYZE", "CHECKPOINT"] {
                sqlx::query(statement).execute(db.reader()).await.unwrap();
            }
        }
        println!(
            "{kind:?}: its days were kept in {} s",
            started.elapsed().as_secs()
        );
        house
    }

    /// Finds somebody in the middle with what is theirs, and keeps a batch for the page of one.
    async fn name_things(&mut self) {
        let db = &self.site.services.db;
        let middle = "SELECT id FROM users WHERE email LIKE '%house@example.com' ORDER BY id LIMIT 1 OFFSET $1";
        let user: String = sqlx::query_scalar(middle)
            .bind(i64::try_from(self.users / 2).unwrap())
            .fetch_one(db.reader())
            .await
            .unwrap();
        self.named = vec![
            ("{event}", user.clone()),
            ("{admin}", self.admin.id.clone()),
        ];
        for (word, statement) in [
            ("{job}", "SELECT MIN(id) FROM jobs WHERE user_id = $1"),
            (
                "{purchase}",
                "SELECT MIN(id) FROM recharge_records WHERE user_id = $1",
            ),
        ] {
            let id = sqlx::query_scalar(statement)
                .bind(&user)
                .fetch_one(db.reader())
                .await;
            self.named.push((word, id.unwrap()));
        }
        let rows = vec![
            json!({"email": "house@example.com", "action": "add", "amount": 1, "reason": "spring"}),
        ];
        let batch = json!({"batch_id": "spring", "dry_run": false, "rows": rows});
        self.post(&self.admin, "/api/admin/credits/bulk", &batch)
            .await;
        self.named.push(("{user}", user));
    }

    /// The day's report is there: its payments are no provider's, so each would be a finding.
    async fn was_reconciled(&self) {
        let services = &self.site.services;
        let now = services.clock.now();
        let mut tx = services.db.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO reconciliation_reports (id, day, checked_at, actor, findings) \
             VALUES ('today', $1, $2, 'system', 0)",
        )
        .bind(now.micros() / 86_400_000_000)
        .bind(now)
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// How long the part of a reconciliation takes that no provider is asked for.
    async fn check_books(&self) {
        let started = Instant::now();
        let db = &self.site.services.db;
        verify::run(db, &mut |_| ()).await.unwrap();
        let seconds = started.elapsed().as_secs();
        println!(
            "\n{:?}: the own books were checked in {seconds} s",
            db.kind()
        );
    }

    /// What somebody does who uses the place.
    async fn live_through(&self) -> UserId {
        let person = sign_up(&self.site.address, "house").await;
        let user = UserId::parse(&person.id).unwrap();
        self.buy(&person, "starter").await;
        for number in 0..JOBS {
            self.put_job(&user, number).await;
        }
        for _ in 0..DEDUCTIONS {
            let deduct = json!({"action": "deduct", "amount": 1, "reason": "elsewhere"});
            self.post(&person, "/api/credits", &deduct).await;
        }
        let add =
            json!({"action": "add", "amount": 5, "reason": "a present", "user_id": person.id});
        self.post(&self.admin, "/api/credits", &add).await;
        self.buy(&person, "premium-monthly").await;
        user
    }

    async fn buy(&self, person: &Person, item: &str) {
        let checkout = self
            .post(person, "/api/checkout", &json!({"item": item}))
            .await;
        let text = |name: &str| checkout[name].as_str().unwrap().to_owned();
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("card_number", CARD), ("webhook", "never")])
            .finish();
        let page = self
            .client
            .post(text("url"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form);
        let page = page.send().await.unwrap();
        assert_eq!(page.status(), StatusCode::SEE_OTHER);
        let fulfilled = self
            .site
            .services
            .payments
            .fulfil(&text("session_id"))
            .await;
        fulfilled.unwrap();
    }

    /// A job that ended well, and every third one badly.
    async fn put_job(&self, user: &UserId, number: usize) {
        let services = &self.site.services;
        let now = services.clock.now();
        let job = JobId::new(now);
        let is_bad = number % 3 == 2;
        let mut tx = services.db.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO jobs (id, user_id, tool, state, progress, cancel_requested, paid_by, cost, category, provider, \
             callback_hash, deadline_at, created_at, started_at, finished_at, error_code) \
             VALUES ($1, $2, 'try_on', $3, 100, 0, $4, 1, 'auto', 'fashn', $5, $6, $6, $6, $6, $7)",
        )
        .bind(&job)
        .bind(user)
        .bind(if is_bad { "failed" } else { "succeeded" })
        .bind(PaidBy::Credits.as_str())
        .bind(atelier_server::secret::token())
        .bind(now)
        .bind(is_bad.then_some("provider_internal"))
        .execute(&mut *tx)
        .await
        .unwrap();
        let price = Price {
            credits: 1,
            trial: false,
            plan: false,
        };
        let request = HoldRequest {
            job: &job,
            tool: "try_on",
            price,
        };
        credits::hold(&mut tx, user, request, now).await.unwrap();
        if is_bad {
            credits::release(&mut tx, &job, now).await.unwrap();
        } else {
            credits::capture(&mut tx, &job, now).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn post(&self, who: &Person, path: &str, body: &Value) -> Value {
        let answer = self.request(who, self.client.post(self.url(path)).json(body));
        let answer = answer.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.site.address)
    }

    fn request(&self, who: &Person, request: RequestBuilder) -> RequestBuilder {
        request.header("Cookie", &who.cookie)
    }

    /// How long the operator waits for a page.
    async fn ask(&self, path: &str) -> Duration {
        let filled = self
            .named
            .iter()
            .fold(path.to_owned(), |path, (word, id)| path.replace(word, id));
        let url = self.url(&filled);
        let asked = Instant::now();
        let answer = self
            .request(&self.admin, self.client.get(url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.bytes().await.unwrap();
        asked.elapsed()
    }
}
