//! Several nodes over one PostgreSQL database: what one commits the pages of the others show, also
//! after a connection was lost, and no work is done twice. (One of two that is killed: `process.rs`.)

use std::time::Duration;

use atelier_server::accounts::Email;
use atelier_server::credits;
use atelier_server::ids::UserId;
use atelier_server::testing::cluster::Cluster;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::Url;

use crate::support::html::{as_of, figure};
use crate::support::live::Live;
use crate::support::multipart::Multipart;
use crate::support::stripe::{event, signature};
use crate::support::{App, Client, Kind, at_once, pictures, until};

/// Long enough for a lost connection to come back, and well before a stream looks by itself.
const SOON: Duration = Duration::from_secs(8);

/// Who can reach into the database server while the nodes run.
struct Operator {
    server: PgConnection,
    database: String,
}

impl Operator {
    async fn of(app: &App) -> Self {
        let cluster = Cluster::shared().expect("the cluster of the tests");
        let server = PgConnection::connect(&cluster.url("postgres")).await;
        let url: Url = app.database_url.parse().expect("an address");
        Self {
            server: server.expect("the cluster"),
            database: url.path().trim_start_matches('/').to_owned(),
        }
    }

    /// Lets new connections in, or nobody; whoever is in stays.
    async fn lets_in(&mut self, anybody: bool) {
        let alter = format!(
            "ALTER DATABASE {} ALLOW_CONNECTIONS {anybody}",
            self.database
        );
        let altered = sqlx::query(AssertSqlSafe(alter))
            .execute(&mut self.server)
            .await;
        altered.expect("the database is altered");
    }

    /// Ends the connections whose last statement looks like this; how many there were.
    async fn ends(&mut self, like: &str) -> i64 {
        let ended = sqlx::query_scalar(
            "SELECT COUNT(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity \
             WHERE datname = $1 AND query LIKE $2",
        );
        let ended = ended
            .bind(&self.database)
            .bind(like)
            .fetch_one(&mut self.server);
        ended.await.expect("connections are ended")
    }
}

/// An administrator makes somebody's credits exactly this, as soon as the database can be reached.
async fn set_credits(admin: &Client, user: &Client, amount: i64) {
    let body = json!({"action": "set", "amount": amount, "reason": "a test", "user_id": user.id});
    let key = format!("set {amount}");
    let answer = admin.post_json_stubbornly("/api/credits", &key, body).await;
    answer.expect(200);
}

/// Delivers a webhook to the node that `to` talks to.
async fn deliver(to: Client, payload: String, signature: String) {
    let request = to.request(reqwest::Method::POST, "/api/v1/webhooks/stripe");
    let request = request.header("stripe-signature", signature).body(payload);
    to.send(request).await.expect(200);
}

on_two_nodes! {
    async fn a_page_claims_no_version_newer_than_what_it_shows(one: &App, other: &App) {
        let ann = one.sign_up("ann").await;
        ann.checkout("credits-10").await;
        // A commit falls right between the readings of one page.
        let mut tx = one.services.db.begin().await.expect("a transaction");
        for change in [
            "LOCK TABLE wallets IN ACCESS EXCLUSIVE MODE",
            "UPDATE recharge_records SET status = 'cancelled'",
        ] {
            sqlx::query(change).execute(&mut *tx).await.expect(change);
        }
        let user = UserId::parse(&ann.id).expect("an id");
        let touched = credits::touch(&mut tx, &user, one.services.clock.now()).await;
        touched.expect("the wallet's next version");
        let reader = ann.at(&other.base);
        let reading = tokio::spawn(async move { reader.get("/payments").await.expect(200) });
        until("the page waits for the wallet", async || {
            let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted \
                           AND relation = 'wallets'::regclass AND database = \
                           (SELECT oid FROM pg_database WHERE datname = current_database())";
            (one.number(waiting).await == 1).then_some(())
        })
        .await;
        tx.commit().await.expect("a commit");

        let page = reading.await.expect("a page").text();
        let claimed = as_of(&page).expect("a version");
        let is_newest = ann.wallet().await["version"] == claimed;
        assert!(!is_newest || figure(&page, "recharge-status") == "cancelled", "{page}");
        // The record's seal knows of no such end.
        one.execute("UPDATE recharge_records SET status = 'pending'", &[]).await;
    }

    async fn a_commit_on_one_is_pushed_by_the_other(one: &App, other: &App) {
        let (ann, admin) = (one.sign_up("ann").await, one.admin().await);
        let mut page = Live::open(&ann.at(&other.base)).await;
        page.shows(8, SOON).await;
        for amount in [5, 30, 0] {
            set_credits(&admin, &ann, amount).await;
            page.shows(amount, Duration::from_secs(1)).await;
        }
    }

    async fn what_a_lost_connection_missed_is_shown_once_it_is_back(one: &App, other: &App) {
        let (ann, admin) = (one.sign_up("ann").await, one.admin().await);
        one.next_job("slow:600000").await;
        let job = ann.start_job().await;
        // From here on nothing but a cancellation changes it.
        until("the provider has the job and it stands in line", async || {
            (ann.job(&job).await["progress"] == 20).then_some(())
        })
        .await;
        let mut page = Live::open(&ann.at(&other.base)).await;
        page.shows(7, SOON).await;

        let mut operator = Operator::of(one).await;
        operator.lets_in(false).await;
        assert_eq!(operator.ends("LISTEN%").await, 2, "each node listens once");
        set_credits(&admin, &ann, 5).await;
        let cancel = format!("/api/jobs/{job}/cancel");
        ann.post_json_stubbornly(&cancel, "cancel", json!({})).await.expect(200);
        operator.lets_in(true).await;
        page.shows(5, SOON).await;
        page.hears("the wish to cancel", SOON, |event| {
            event.name == "job" && event.data["cancel_requested"] == true
        })
        .await;
        // And the next change comes the usual way.
        set_credits(&admin, &ann, 6).await;
        page.shows(6, Duration::from_secs(1)).await;
    }

    async fn what_could_not_be_passed_on_is_passed_on_later(one: &App, other: &App) {
        let (ann, admin) = (one.sign_up("ann").await, one.admin().await);
        let mut page = Live::open(&ann.at(&other.base)).await;
        page.shows(8, SOON).await;
        set_credits(&admin, &ann, 9).await;
        page.shows(9, SOON).await;
        let mut operator = Operator::of(one).await;
        assert!(operator.ends("SELECT CAST(pg_notify%").await >= 1, "whoever told is gone");
        set_credits(&admin, &ann, 3).await;
        page.shows(3, SOON).await;
    }

    async fn a_node_that_stops_tells_of_its_last_commits(one: &App, other: &App) {
        let (ann, third) = (one.sign_up("ann").await, one.another().await);
        let admin = third.admin().await;
        let mut page = Live::open(&ann.at(&other.base)).await;
        page.shows(8, SOON).await;
        set_credits(&admin, &ann, 2).await;
        page.shows(2, SOON).await;
        // Committed while nobody passes anything on any more.
        let mut operator = Operator::of(one).await;
        operator.lets_in(false).await;
        operator.ends("SELECT CAST(pg_notify%").await;
        set_credits(&admin, &ann, 4).await;
        third.leave().await;
        page.shows(4, SOON).await;
        operator.lets_in(true).await;
    }

    async fn signing_out_at_one_ends_the_streams_at_the_other(one: &App, other: &App) {
        let ann = one.sign_up("ann").await;
        let mut page = Live::open(&ann.at(&other.base)).await;
        page.shows(8, SOON).await;
        ann.post("/api/auth/sign-out").await.expect(204);
        page.ends(SOON).await;
    }

    async fn a_block_told_at_one_ends_the_streams_at_the_other(one: &App, other: &App) {
        let ann = one.sign_up("ann").await;
        let token = one.token(&ann, "credits:read").await;
        let mut page = Live::open(&ann.at(&other.base)).await;
        let mut program = Live::open(&token.at(&other.base)).await;
        page.shows(8, SOON).await;
        program.shows(8, SOON).await;
        let email = Email::parse(&ann.email).expect("an address");
        let accounts = &one.services.accounts;
        let user = accounts.find_by_email(&email).await.expect("the database").expect("ann");
        one.execute("UPDATE users SET blocked_at = 1 WHERE email = $1", &[&ann.email]).await;
        accounts.signed_out(&user).await.expect("the database");
        page.ends(SOON).await;
        program.ends(SOON).await;
    }

    async fn a_key_used_at_both_at_once_does_the_work_once(one: &App, other: &App) {
        let ann = one.sign_up("ann").await;
        let bases = [one.base.clone(), other.base.clone()];
        let deducted = at_once(12, |number| {
            let ann = ann.at(&bases[number % 2]);
            async move {
                let body = json!({"action": "deduct", "amount": 2, "reason": "why"});
                ann.post_json_once("/api/credits", "one key", body).await.expect(200)
            }
        });
        let tried_on = at_once(6, |number| {
            let ann = ann.at(&bases[number % 2]);
            async move {
                let form = Multipart::try_on(pictures::person(), pictures::garment());
                ann.try_on_once("one key", form).await.expect(202)
            }
        });
        let checked_out = at_once(6, |number| {
            let ann = ann.at(&bases[number % 2]);
            async move {
                let body = json!({"item": "credits-10"});
                ann.post_json_once("/api/checkout", "one key", body).await.expect(201)
            }
        });
        let (deducted, tried_on, checked_out) = tokio::join!(deducted, tried_on, checked_out);
        for answers in [deducted, tried_on, checked_out] {
            let first_hand = answers.iter().filter(|answer| !answer.is_replayed()).count();
            assert_eq!(first_hand, 1, "{}", answers[0].asked);
            assert!(answers.iter().all(|answer| answer.body == answers[0].body));
        }
        assert_eq!(ann.figure("used").await + ann.figure("held").await, 3);
        assert_eq!(one.number("SELECT COUNT(*) FROM recharge_records").await, 1);
        assert_eq!(one.number("SELECT COUNT(*) FROM jobs").await, 1);
    }

    async fn no_work_is_done_twice(one: &App, other: &App) {
        const BUYERS: usize = 8;
        const JOBS: usize = 8;
        let nodes = [one, other];
        let mut buyers = Vec::new();
        for number in 0..BUYERS {
            buyers.push(one.sign_up(&format!("buyer{number}")).await);
        }
        for _ in 0..JOBS {
            one.next_job("duplicate_callback").await;
        }
        let secret = one.webhook_secret();
        let bases = [one.base.clone(), other.base.clone()];
        let started = at_once(BUYERS, |number| {
            let here = buyers[number].at(&bases[number % 2]);
            let there = here.at(&bases[(number + 1) % 2]);
            let (secret, now) = (secret.clone(), nodes[0].now());
            async move {
                let job = there.start_job().await;
                let bought = here.buy("credits-10", "duplicate:3").await;
                // Beside Stripe's own deliveries one more event, at both nodes, and both pages.
                let told = event(&format!("evt_{number}"), "checkout.session.completed", &bought.session_id);
                let told = told.to_string();
                let header = signature(&told, &secret, now);
                let landing = bought.landing();
                let (_, _, one, other) = tokio::join!(
                    deliver(here.clone(), told.clone(), header.clone()),
                    deliver(there.clone(), told, header),
                    here.get(&landing),
                    there.get(&landing),
                );
                one.expect(200);
                other.expect(200);
                (here, job)
            }
        })
        .await;
        for (buyer, job) in started {
            buyer.job_ends(&job).await;
        }
        until("every event and every delivery is done with", async || {
            let waiting = "SELECT (SELECT COUNT(*) FROM webhook_events WHERE next_at IS NOT NULL) \
                 + (SELECT COUNT(*) FROM sandbox_deliveries WHERE due_at IS NOT NULL)";
            (one.number(waiting).await == 0).then_some(())
        })
        .await;

        let (buyers, jobs) = (BUYERS as i64, JOBS as i64);
        for (count, statement) in [
            (buyers, "SELECT COUNT(*) FROM sandbox_book WHERE paid = 1"),
            (buyers, "SELECT COUNT(*) FROM lots WHERE recharge_id IS NOT NULL"),
            (buyers, "SELECT COUNT(*) FROM entries WHERE recharge_id IS NOT NULL"),
            // Each delivery was sent once, each event acted on once.
            (0, "SELECT COUNT(*) FROM sandbox_deliveries WHERE attempts <> 1 OR delivered_at IS NULL"),
            (0, "SELECT COUNT(*) FROM webhook_events WHERE attempts <> 1"),
            // Each job was submitted once, run once, and settled once.
            (jobs, "SELECT COUNT(*) FROM sandbox_fashn_runs"),
            (jobs, "SELECT COUNT(*) FROM jobs WHERE state = 'succeeded' AND attempts = 1"),
            (jobs, "SELECT COUNT(*) FROM entries WHERE kind = 'capture'"),
            (0, "SELECT COUNT(*) FROM entries WHERE kind = 'release'"),
            (jobs, "SELECT COUNT(*) FROM files WHERE kind = 'result'"),
        ] {
            assert_eq!(one.number(statement).await, count, "{statement}");
        }
        let files = one.number("SELECT COUNT(*) FROM files").await;
        assert_eq!(i64::try_from(one.stored_files()).ok(), Some(files));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_passwords_are_counted_over_all_nodes() {
    let one = App::start_with(Kind::Postgres, &[("ATELIER_RATE_LIMITS", "on")]).await;
    let other = one.another().await;
    let ann = one.sign_up("ann").await;
    let wrong = json!({"email": ann.email, "password": "not this one"});
    for number in 0..5 {
        let node = if number % 2 == 0 { &one } else { &other };
        let answer = node
            .anonymous()
            .post_json("/api/auth/sign-in", wrong.clone())
            .await;
        answer.expect(401);
    }
    for node in [&one, &other] {
        let answer = node
            .anonymous()
            .post_json("/api/auth/sign-in", wrong.clone())
            .await;
        assert_eq!(answer.expect(429).code(), "rate_limited");
    }
    other.leave().await;
    one.stop().await;
}
