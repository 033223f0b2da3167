//! The operator's pages over a small house and a full one: 1 000 accounts and 100 000 (`BENCH_USERS` says otherwise), each with 50
//! entries, ten jobs, a purchase and a plan, on both databases. An account is made by the program itself; the others are its copies.
//!
//! Requests go one after the other, those of the two houses in turn; what counts is how many times longer the full one takes.

use std::time::{Duration, Instant};

use atelier_server::credits::{self, HoldRequest, PaidBy, Price};
use atelier_server::db::Kind;
use atelier_server::ids::{JobId, UserId};
use atelier_server::testing::copies::multiply;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::ground::{Person, Site, sign_in_as_admin, sign_up};
use crate::load::median;

const SMALL: usize = 1_000;
const FULL: usize = 100_000;
/// Times each page is asked for.
const TIMES: usize = 21;
const JOBS: usize = 10;
/// What an account deducts one by one, so that it has fifty entries in all.
const DEDUCTIONS: usize = 26;
const CARD: &str = "4242 4242 4242 4242";

/// Pages and lists; `{user}` is an account in the middle.
const PATHS: [&str; 28] = [
    "/admin",
    "/api/admin/stats/daily",
    "/admin/users",
    "/admin/users?q=5-house",
    "/admin/users?standing=stopped",
    "/admin/users?standing=debt",
    "/admin/users?q=nobody@example.org",
    "/admin/users/{user}",
    "/api/admin/users",
    "/admin/audit",
    "/admin/audit?target={user}",
    "/admin/webhooks",
    "/admin/webhooks?state=failed",
    "/admin/reconciliation",
    "/admin/anomalies",
    "/admin/purchases",
    "/admin/purchases?status=refunded",
    "/admin/purchases?q=5-house@example.com",
    "/admin/subscriptions",
    "/admin/jobs",
    "/admin/jobs?state=failed",
    "/admin/jobs?state=cancelled&tool=video",
    "/admin/jobs?stuck=true&provider=fashn",
    "/admin/jobs?tool=video&code=timeout",
    "/admin/jobs?q=5-house@example.com",
    "/admin/users/{user}/statement",
    "/admin/bulk",
    "/admin/settings",
];

pub async fn bench() {
    #[expect(
        clippy::disallowed_methods,
        reason = "no setting: only this bench knows it"
    )]
    let full = std::env::var("BENCH_USERS").ok();
    let full = full.map_or(FULL, |users| users.parse().unwrap());
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let small = House::with(kind, SMALL).await;
        let large = House::with(kind, full).await;
        compare(kind, [&small, &large]).await;
        small.site.stop().await;
        large.site.stop().await;
    }
}

async fn compare(kind: Kind, [small, large]: [&House; 2]) {
    println!("\n{kind:?}: median of {TIMES} requests in turn\n");
    let names = [small, large].map(|house| format!("{} users, ms", house.users));
    println!("{:<44}{:>20}{:>20}{:>8}", "", names[0], names[1], "ratio");
    for path in PATHS {
        let mut took: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..TIMES {
            for (house, took) in [small, large].into_iter().zip(&mut took) {
                took.push(house.ask(path).await.as_secs_f64() * 1_000.0);
            }
        }
        let [few, many] = took.map(|took| median(took.into_iter()));
        println!("{path:<44}{few:>20.2}{many:>20.2}{:>8.2}", many / few);
    }
}

struct House {
    site: Site,
    users: usize,
    admin: Person,
    /// Somebody in the middle.
    user: String,
    client: Client,
}

impl House {
    async fn with(kind: Kind, users: usize) -> Self {
        let site = Site::on(kind).await;
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut house = Self {
            users,
            admin: sign_in_as_admin(&site.address).await,
            user: String::new(),
            client,
            site,
        };
        house.was_reconciled().await;
        let first = house.live_through().await;
        let started = Instant::now();
        let db = &house.site.services.db;
        multiply(db, &first, users - 1).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        for statement in [
            "INSERT INTO webhook_events (id, provider, event_id, kind, payload, origin, state, received_at, processed_at) \
             SELECT id, 'stripe', 'evt_' || id, 'checkout.session.completed', '{}', 'webhook', 'processed', created_at, created_at \
             FROM users",
            // What a database does by itself in time.
            "ANALYZE",
        ] {
            sqlx::query(statement).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        let counts = "SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM entries), (SELECT COUNT(*) FROM jobs)";
        let (users, entries, jobs): (i64, i64, i64) =
            sqlx::query_as(counts).fetch_one(db.reader()).await.unwrap();
        let seconds = started.elapsed().as_secs();
        println!("{kind:?}: {users} users, {entries} entries, {jobs} jobs written in {seconds} s");
        let middle =
            "SELECT id FROM users WHERE email LIKE '%house@example.com' ORDER BY id LIMIT 1";
        house.user = sqlx::query_scalar(middle)
            .fetch_one(db.reader())
            .await
            .unwrap();
        // Days that are over are kept in the background.
        let started = Instant::now();
        while atelier_server::oversight::close_days(db, house.site.services.clock.now())
            .await
            .unwrap()
            > 0
        {}
        atelier_server::oversight::count_on(db, house.site.services.clock.now())
            .await
            .unwrap();
        println!(
            "{kind:?}: its days were kept in {} s",
            started.elapsed().as_secs()
        );
        house
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
        let url = self.url(&path.replace("{user}", &self.user));
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
