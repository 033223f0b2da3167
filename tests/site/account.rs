//! What an account does with itself on its page: another address, and its end.

use std::time::Duration;

use atelier_server::db::{Database, Kind as DatabaseKind};
use atelier_server::failpoint::ACCOUNT_DELETED;
use reqwest::Method;
use reqwest::header::USER_AGENT;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::support::app::PASSWORD;
use crate::support::client::checkout_of;
use crate::support::live::Live;
use crate::support::process::{Place, Server};
use crate::support::{Answer, App, Checkout, Client, html, until, until_within};

/// Nobody else's word: the name of somebody, in their address, device, words and what is written about them.
const NAME: &str = "zyxwvut";
/// Providers tell of it in their own time, and a deletion looks again ever more seldom.
const SETTLED: Duration = Duration::from_secs(60);

/// Sends a form, and follows it to where it leads.
async fn sends(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = client.sends(path, fields).await.expect(302);
    client.follow(&answer).await
}

/// The path of the newest link of a kind in the letters to an address.
async fn link_to(app: &App, email: &str, kind: &str) -> String {
    until(&format!("a letter with {kind} to {email}"), async || {
        let page = app
            .anonymous()
            .get("/sandbox/mail")
            .await
            .expect(200)
            .text();
        let letters = page
            .split("<article")
            .filter(|letter| letter.contains(email));
        let mut links = letters.filter_map(|letter| letter.split(kind).nth(1).map(str::to_owned));
        let token = links.next()?;
        Some(format!(
            "{kind}{}",
            token.split(['"', '<', '\n']).next()?.trim()
        ))
    })
    .await
}

on_both_databases! {
    async fn the_account_page_changes_the_address(app: &App) {
        let laptop = app.sign_up("ann").await;
        let phone = laptop.elsewhere().signed_in_as(&laptop.email, PASSWORD).await;
        let page = sends(&laptop, "/do/change-email", &[("email", "no address"), ("email_password", PASSWORD)]).await.text();
        assert!(page.contains("does not look like an e-mail address"), "{page}");
        let page = sends(&laptop, "/do/change-email", &[("email", "ann@new.example"), ("email_password", "not mine at all")]).await.text();
        assert!(page.contains("not your current password"), "{page}");
        let page = sends(&laptop, "/do/change-email", &[("email", "ann@new.example"), ("email_password", PASSWORD)]).await.text();
        assert!(page.contains("We have sent a link to the new address"), "{page}");
        let link = link_to(app, "ann@new.example", "/change-email/").await;
        // Nobody is signed in where the letter is opened.
        let anyone = app.anonymous();
        let asked = anyone.get(&link).await.expect(200);
        assert_eq!(asked.header("cache-control"), "no-store");
        assert!(asked.text().contains("ann@new.example"));
        assert!(laptop.get("/account").await.text().contains(&laptop.email), "looking changes nothing");
        let token = html::field(&asked.text(), "token").expect("the token");
        let done = sends(&anyone, "/do/confirm-email", &[("token", &token)]).await.expect(200).text();
        assert!(done.contains("Your address is changed"), "{done}");
        let again = sends(&anyone, "/do/confirm-email", &[("token", &token)]).await.expect(200).text();
        assert!(again.contains("Your address is changed"), "{again}");
        for browser in [&laptop, &phone] {
            assert!(browser.get("/account").await.expect(200).text().contains("ann@new.example"));
        }
        app.anonymous().signed_in_as("ann@new.example", PASSWORD).await;
        until("the old address is told", async || {
            let page = app.anonymous().get("/sandbox/mail").await.text();
            page.split("<article")
                .any(|letter| letter.contains(&laptop.email) && letter.contains("was changed"))
                .then_some(())
        }).await;
    }

    async fn a_taken_address_is_answered_like_a_free_one(app: &App) {
        let (ann, bob) = (app.sign_up("ann").await, app.sign_up("bob").await);
        let mut pages = Vec::new();
        for email in [bob.email.as_str(), "free@example.com"] {
            let page = sends(&ann, "/do/change-email", &[("email", email), ("email_password", PASSWORD)]).await.text();
            let notice = page.split("class=\"notices\"").nth(1).expect("a notice");
            pages.push(notice.split("</div>").next().unwrap_or_default().to_owned());
        }
        assert_eq!(pages[0], pages[1]);
        until("its owner is told", async || {
            let page = app.anonymous().get("/sandbox/mail").await.text();
            page.split("<article")
                .any(|letter| letter.contains(&bob.email) && letter.contains("has an account already"))
                .then_some(())
        }).await;
        let link = link_to(app, "free@example.com", "/change-email/").await;
        app.anonymous().signed_up_as("free").await;
        let token = link.rsplit('/').next().unwrap_or_default();
        let page = sends(&ann, "/do/confirm-email", &[("token", token)]).await.expect(200).text();
        assert!(page.contains("has got an account of its own meanwhile"), "{page}");
        assert!(ann.get("/account").await.text().contains(&ann.email));
    }
}

/// The columns of our tables, other people's books aside, in which `needle` stands.
async fn columns_with(db: &Database, needle: &str) -> Vec<String> {
    let columns: Vec<(String, String)> = sqlx::query_as(match db.kind() {
        DatabaseKind::Sqlite => {
            "SELECT m.name, p.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND p.type = 'TEXT' AND m.name NOT LIKE 'sandbox%' \
             AND m.name NOT LIKE 'sqlite%'"
        }
        DatabaseKind::Postgres => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns \
             WHERE table_schema = 'public' AND data_type = 'text' AND table_name NOT LIKE 'sandbox%'"
        }
    })
    .fetch_all(db.reader())
    .await
    .expect("the columns");
    assert!(columns.len() > 80, "{columns:?}");
    let mut found = Vec::new();
    for (table, column) in columns {
        let count = format!("SELECT COUNT(*) FROM {table} WHERE LOWER({column}) LIKE $1");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .bind(format!("%{needle}%"))
            .fetch_one(db.reader())
            .await
            .expect("a count");
        if count > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}

/// What the sandbox's Stripe says of its objects of a kind, in order.
async fn at_stripe(db: &Database, kind: &str, field: &str) -> Vec<String> {
    at_provider(db, "stripe", kind, field).await
}

async fn at_provider(db: &Database, provider: &str, kind: &str, field: &str) -> Vec<String> {
    let states: Vec<String> =
        sqlx::query_scalar("SELECT state FROM sandbox_objects WHERE provider = $1 AND kind = $2")
            .bind(provider.to_owned())
            .bind(kind.to_owned())
            .fetch_all(db.reader())
            .await
            .expect("the objects");
    let states = states
        .iter()
        .map(|state| serde_json::from_str::<Value>(state).expect("JSON"));
    let mut said: Vec<String> = states
        .map(|state| state[field].as_str().unwrap_or_default().to_owned())
        .collect();
    said.sort_unstable();
    said
}

async fn number_in(db: &Database, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement)
        .fetch_one(db.reader())
        .await
        .expect(statement)
}

async fn taken_apart(db: &Database) {
    until_within(SETTLED, "the deletion is done", async || {
        let left =
            "SELECT COUNT(*) FROM account_deletions WHERE done_at IS NULL OR email IS NOT NULL";
        (number_in(db, left).await == 0).then_some(())
    })
    .await;
}

async fn deletes(client: &Client) -> Answer {
    let fields = [
        ("deletion_email", client.email.as_str()),
        ("deletion_password", PASSWORD),
    ];
    client.sends("/do/delete-account", &fields).await
}

on_both_databases! {
    async fn a_deleted_account_leaves_nothing_that_names_it(app: &App) {
        let laptop = app.sign_up(NAME).await;
        let phone = laptop.elsewhere();
        let body = json!({"email": laptop.email, "password": PASSWORD});
        let request = phone.request(Method::POST, "/api/auth/sign-in").header(USER_AGENT, format!("{NAME} phone"));
        phone.send(request.json(&body)).await.expect(200);
        let minted = laptop.post_json("/api/tokens", json!({"name": NAME, "scopes": ["credits:read"]})).await;
        let secret = minted.expect(201).json()["secret"].as_str().expect("a secret").to_owned();
        let program = app.anonymous().with_token(&laptop, &secret);
        let mut stream = Live::open(&phone).await;
        assert!(stream.next().await.is_some());
        // Bought, made, written about; a plan, an open checkout, a draft.
        let bought = laptop.buy("starter", "normal").await;
        laptop.recharge_becomes(&bought, "completed").await;
        let plan = laptop.buy("premium-monthly", "normal").await;
        laptop.recharge_becomes(&plan, "completed").await;
        laptop.checkout("standard").await;
        let job = laptop.start_job().await;
        laptop.job_ends(&job).await;
        let wish = json!({"prompt": format!("{NAME} dances")});
        let film = laptop.post_json("/api/video/generate", wish).await.expect(202).json();
        laptop.job_ends(film["id"].as_str().expect("an id")).await;
        let admin = app.admin().await;
        let note = json!({"action": "add", "amount": 1, "reason": format!("{NAME} wrote to us"), "user_id": laptop.id});
        admin.post_json("/api/credits", note).await.expect(200);
        app.execute("INSERT INTO audit_log (id, at, actor, action, target, reason) \
                     SELECT 'aud_of_job', 1, 'cli', 'reconciliation.mend', id, $2 FROM jobs WHERE id = $1", &[&job, &format!("{NAME} asked")]).await;
        app.execute("INSERT INTO audit_log (id, at, actor, action, target, before, after, reason) \
                     VALUES ('aud_of_sync', 1, 'cli', 'user.sync', $1, $2, 'name X', 'by the API')", &[&laptop.id, &format!("name {NAME}")]).await;
        // Findings of a day and of an entry are known by the account and that.
        for part in ["@2026-11-29", "#3"] {
            app.execute("INSERT INTO audit_log (id, at, actor, action, target, reason) VALUES ($1, 1, 'cli', 'ledger.accept', $1, $2)",
                        &[&format!("{}{part}", laptop.id), &format!("{NAME} asked")]).await;
            app.execute("INSERT INTO accepted_findings (kind, id, found, reason, accepted_at) VALUES ('day.used', $1, '1', $2, 1)",
                        &[&format!("{}{part}", laptop.id), &format!("{NAME} asked")]).await;
        }
        app.execute("INSERT INTO accepted_findings (kind, id, found, reason, accepted_at) \
                     SELECT 'lot.free', MIN(id), '1', $2, 1 FROM lots WHERE user_id = $1", &[&laptop.id, &format!("{NAME} asked")]).await;
        app.next_job("slow:2500").await;
        let under_way = laptop.start_job().await;
        laptop.job_becomes(&under_way, "running").await;
        let db = &app.services.db;
        let before = columns_with(db, NAME).await;
        for expected in ["users.email", "users.name", "sessions.data", "api_tokens.name", "jobs.prompt", "entry_notes.note", "audit_log.reason", "audit_log.before", "accepted_findings.reason", "webhook_events.payload"] {
            assert!(before.iter().any(|column| column == expected), "{expected} is not among {before:?}");
        }
        let folder = app.folder.path().join("mail");
        let entries = laptop.entries().await.len();

        let gone = deletes(&laptop).await.expect(302);
        assert_eq!(gone.header("location"), "/goodbye");
        stream.ends(Duration::from_secs(5)).await;
        assert!(app.anonymous().get("/goodbye").await.expect(200).text().contains("Your account is deleted"));
        program.get("/api/credits").await.expect(401);
        phone.get("/api/credits").await.expect(401);
        laptop.get("/api/credits").await.expect(401);
        let again = app.anonymous().post_json("/api/auth/sign-in", json!({"email": laptop.email, "password": PASSWORD})).await;
        again.expect(401);
        taken_apart(db).await;
        // What was under way ended as its provider said, and its files went then.
        let open = "SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL";
        let held = "SELECT CAST(COALESCE(SUM(held), 0) AS BIGINT) FROM wallets";
        let files = "SELECT COUNT(*) FROM files";
        assert_eq!((app.number(open).await, app.number(held).await, app.number(files).await, app.stored_files()), (0, 0, 0, 0));
        assert_eq!(at_stripe(db, "subscription", "status").await, ["canceled"]);
        let sessions = at_stripe(db, "checkout.session", "status").await;
        assert_eq!(sessions, ["complete", "complete", "expired"], "nothing can be paid any more");
        // Also once the provider has told of all that.
        until_within(SETTLED, "the last events are acted on", async || {
            let waiting = app.number("SELECT COUNT(*) FROM webhook_events WHERE next_at IS NOT NULL").await;
            (waiting == 0).then_some(())
        }).await;
        assert_eq!(columns_with(db, NAME).await, Vec::<String>::new());
        for letter in atelier_server::mail::kept_letters(&folder, 1_000).await.expect("the letters") {
            assert_ne!(letter.to, laptop.email);
        }
        let kept: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM entries WHERE user_id = $1")
            .bind(laptop.id.clone()).fetch_one(db.reader()).await.expect("a count");
        assert!(kept >= i64::try_from(entries).expect("a number"), "the ledger stays");
        // Nobody gives to it, and who comes back is new, but for the first credits.
        let add = json!({"action": "add", "amount": 1, "reason": "late", "user_id": laptop.id});
        admin.post_json("/api/credits", add).await.expect(404);
        let back = app.sign_up(NAME).await;
        assert_eq!((back.figure("total").await, back.wallet().await["trials"]["limit"].clone()), (0, json!(0)));
        assert_ne!(back.id, laptop.id);
    }

    async fn money_that_comes_for_a_deleted_account_is_held_back(app: &App) {
        app.stop_catching_up().await;
        let ann = app.sign_up("ann").await;
        // Paid, and nobody has told us yet.
        let pack = ann.buy("starter", "never").await;
        let plan = ann.buy("premium-monthly", "never").await;
        let total = ann.figure("total").await;
        deletes(&ann).await.expect(302);
        taken_apart(&app.services.db).await;
        let held: Vec<(String, String, String)> = sqlx::query_as("SELECT id, status, held_back FROM recharge_records ORDER BY id")
            .fetch_all(app.services.db.reader()).await.expect("the records");
        let late = |id: &str| (id.to_owned(), "pending".to_owned(), "account_deleted".to_owned());
        assert_eq!(held, [late(&pack.recharge_id), late(&plan.recharge_id)]);
        assert_eq!(at_stripe(&app.services.db, "subscription", "status").await, ["canceled"]);
        let now: i64 = sqlx::query_scalar("SELECT total FROM wallets WHERE user_id = $1")
            .bind(ann.id.clone()).fetch_one(app.services.db.reader()).await.expect("the wallet");
        assert_eq!(now, total);
    }

    async fn the_account_page_says_why_it_does_not_delete(app: &App) {
        let ann = app.sign_up("ann").await;
        let page = sends(&ann, "/do/delete-account", &[("deletion_email", "bob@example.com"), ("deletion_password", PASSWORD)]).await.text();
        assert!(page.contains("That is not the address of this account"), "{page}");
        let page = sends(&ann, "/do/delete-account", &[("deletion_email", &ann.email), ("deletion_password", "not mine at all")]).await.text();
        assert!(page.contains("not your current password"), "{page}");
        assert_eq!(ann.remaining().await, 8);
        let admin = app.admin().await;
        let page = sends(&admin, "/do/delete-account", &[("deletion_email", &admin.email), ("deletion_password", "atelier-demo")]).await.text();
        assert!(page.contains("You are the only administrator"), "{page}");
    }
}

/// Begins to buy at Creem.
async fn checkout_at_creem(buyer: &Client, item: &str) -> Checkout {
    let body = json!({"item": item, "provider": "creem"});
    checkout_of(&buyer.post_json("/api/checkout", body).await.expect(201))
}

async fn buy_at_creem(buyer: &Client, item: &str) -> Checkout {
    let checkout = checkout_at_creem(buyer, item).await;
    buyer.pay_by_card(&checkout, "normal").await;
    buyer.recharge_becomes(&checkout, "completed").await;
    checkout
}

/// How the subscriptions at Creem stand, in order.
async fn plans_at_creem(db: &Database) -> Vec<String> {
    at_provider(db, "creem", "subscription", "status").await
}

/// Puts the time forward; what is due at Creem happens.
async fn later(app: &App, hours: i64) {
    let client = app.anonymous();
    let body = json!({"hours": hours.to_string()});
    client.post_json("/sandbox/clock", body).await.expect(200);
    client.get("/sandbox/creem/book").await.expect(200);
}

/// Every event is acted on, and none waits to be sent.
async fn told(app: &App) {
    until_within(SETTLED, "the last events are acted on", async || {
        let waiting = "SELECT (SELECT COUNT(*) FROM webhook_events WHERE next_at IS NOT NULL) \
                       + (SELECT COUNT(*) FROM sandbox_deliveries WHERE due_at IS NOT NULL)";
        (app.number(waiting).await == 0).then_some(())
    })
    .await;
}

/// What came in at Creem, and what of it went back.
const TAKEN: &str = "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM sandbox_book WHERE provider = 'creem'";
const GIVEN_BACK: &str =
    "SELECT CAST(COALESCE(SUM(refunded), 0) AS BIGINT) FROM sandbox_book WHERE provider = 'creem'";

on_both_databases! {
    async fn a_plan_at_creem_ends_with_its_account(app: &App) {
        app.stop_catching_up().await;
        let (ann, db) = (app.sign_up(NAME).await, &app.services.db);
        buy_at_creem(&ann, "starter").await;
        buy_at_creem(&ann, "premium-monthly").await;
        told(app).await;
        assert_eq!(plans_at_creem(db).await, ["active"]);
        let before = columns_with(db, NAME).await;
        for expected in ["users.email", "webhook_events.payload"] {
            assert!(before.iter().any(|column| column == expected), "{expected} is not among {before:?}");
        }
        let taken = app.number(TAKEN).await;
        deletes(&ann).await.expect(302);
        taken_apart(db).await;
        assert_eq!(plans_at_creem(db).await, ["canceled"]);
        // Months go by, and nothing is billed.
        for _ in 0..3 {
            later(app, 31 * 24).await;
        }
        told(app).await;
        assert_eq!((app.number(TAKEN).await, app.number(GIVEN_BACK).await), (taken, 0));
        assert_eq!(app.number("SELECT COUNT(*) FROM recharge_records").await, 2);
        assert_eq!(app.number("SELECT COUNT(*) FROM subscriptions WHERE status <> 'ended' OR errand IS NOT NULL").await, 0);
        assert_eq!(columns_with(db, NAME).await, Vec::<String>::new());
        let admin = app.admin().await;
        let found = admin.get("/api/admin/reconciliation").await.expect(200).json();
        assert_eq!((&found["items"], &found["problem"]), (&json!([]), &Value::Null));
    }

    async fn a_deletion_goes_on_once_creem_answers_again(app: &App) {
        let (ann, db) = (app.sign_up(NAME).await, &app.services.db);
        buy_at_creem(&ann, "premium-monthly").await;
        let job = ann.start_job().await;
        ann.job_ends(&job).await;
        told(app).await;
        // Whatever it is asked about the plan, it answers that something is wrong with itself.
        let state = "UPDATE sandbox_objects SET state = $1 || state WHERE provider = 'creem' AND kind = 'subscription'";
        app.execute(state, &["out of order "]).await;
        deletes(&ann).await.expect(302);
        until_within(SETTLED, "it was tried more than once", async || {
            let tries = "SELECT CAST(COALESCE(SUM(attempts), 0) AS BIGINT) FROM account_deletions";
            (app.number(tries).await > 1).then_some(())
        }).await;
        // Nobody gets in, everything else is done, and what is still to be done is written down.
        ann.get("/api/credits").await.expect(401);
        assert_eq!((app.number("SELECT COUNT(*) FROM files").await, app.stored_files()), (0, 0));
        let waits = "SELECT COUNT(*) FROM account_deletions WHERE done_at IS NULL AND next_at IS NOT NULL AND email IS NOT NULL";
        let errand = "SELECT COUNT(*) FROM subscriptions WHERE status = 'active' AND errand = 'end'";
        assert_eq!((app.number(waits).await, app.number(errand).await), (1, 1));
        app.execute("UPDATE sandbox_objects SET state = SUBSTR(state, LENGTH($1) + 1) WHERE provider = 'creem' AND kind = 'subscription'",
                    &["out of order "]).await;
        taken_apart(db).await;
        told(app).await;
        assert_eq!(plans_at_creem(db).await, ["canceled"]);
        assert_eq!(columns_with(db, NAME).await, Vec::<String>::new());
        let taken = app.number(TAKEN).await;
        later(app, 62 * 24).await;
        assert_eq!(app.number(TAKEN).await, taken);
    }

    async fn money_that_comes_at_creem_for_a_deleted_account_is_held_back_and_given_back(app: &App) {
        let (ann, db) = (app.sign_up(NAME).await, &app.services.db);
        let pack = checkout_at_creem(&ann, "starter").await;
        let plan = checkout_at_creem(&ann, "premium-monthly").await;
        deletes(&ann).await.expect(302);
        // Creem lets nobody expire a checkout: it is asked about as often as about any other, and the deletion waits for that.
        later(app, 2).await;
        until_within(SETTLED, "nothing is asked about any more", async || {
            app.services.payments.catch_up(Duration::ZERO).await.expect("a pass");
            let asked = "SELECT COUNT(*) FROM recharge_records WHERE next_check_at IS NOT NULL";
            (app.number(asked).await == 0).then_some(())
        }).await;
        taken_apart(db).await;
        assert_eq!(columns_with(db, NAME).await, Vec::<String>::new());
        for checkout in [&pack, &plan] {
            ann.pay_by_card(checkout, "normal").await;
        }
        until_within(SETTLED, "both are held back, and the plan ends", async || {
            let held = "SELECT COUNT(*) FROM recharge_records WHERE held_back = 'account_deleted' AND status = 'pending'";
            let ended = plans_at_creem(db).await == ["canceled"];
            (ended && app.number(held).await == 2).then_some(())
        }).await;
        told(app).await;
        assert_eq!(columns_with(db, NAME).await, Vec::<String>::new());
        let taken = app.number(TAKEN).await;
        assert!(taken > 0);
        let admin = app.admin().await;
        for checkout in [&pack, &plan] {
            let mend = json!({"kind": "paid_not_granted", "id": checkout.recharge_id});
            let done = admin.post_json("/api/admin/reconciliation/mend", mend).await.expect(200).json();
            assert_eq!(done["outcome"], "done");
        }
        told(app).await;
        assert_eq!((app.number(TAKEN).await, app.number(GIVEN_BACK).await), (taken, taken));
        assert_eq!(columns_with(db, NAME).await, Vec::<String>::new());
        let found = admin.get("/api/admin/reconciliation").await.expect(200).json();
        assert_eq!((&found["items"], &found["problem"]), (&json!([]), &Value::Null));
    }
}

/// Deletes an account in a program that is killed behind the n-th step, and starts the program again.
async fn deletion_killed_behind(place: &Place, step: u64) {
    let mut command = place.command(&["serve"]);
    command.env("FAILPOINT", format!("{ACCOUNT_DELETED}:{step}"));
    let server = Server::start(command);
    let ann = server.anonymous().signed_up_as(NAME).await;
    let plan = ann.buy("premium-monthly", "normal").await;
    ann.recharge_becomes(&plan, "completed").await;
    ann.checkout("standard").await;
    let job = ann.start_job().await;
    ann.job_ends(&job).await;
    deletes(&ann).await.expect(302);
    until("the point is reached", async || {
        let log = server.log();
        log.iter()
            .any(|line| line.contains("failpoint reached"))
            .then_some(())
    })
    .await;
    server.kill();
    let mut command = place.command(&["serve"]);
    // The hold of the dead on its work is over.
    command.env("CLOCK_AHEAD", "600");
    let server = Server::start(command);
    let db = Database::open(&place.database_url)
        .await
        .expect("the database");
    taken_apart(&db).await;
    until_within(SETTLED, "nothing names it", async || {
        columns_with(&db, NAME).await.is_empty().then_some(())
    })
    .await;
    assert_eq!(at_stripe(&db, "subscription", "status").await, ["canceled"]);
    assert_eq!(
        at_stripe(&db, "checkout.session", "status").await,
        ["complete", "expired"]
    );
    assert_eq!(number_in(&db, "SELECT COUNT(*) FROM files").await, 0);
    db.close().await;
    server.terminate();
    let verify = place.run(&["verify"]);
    assert!(verify.status.success(), "{verify:?}");
}

on_both_places! {
    async fn a_deletion_killed_behind_its_first_step_goes_on(place: &Place) {
        deletion_killed_behind(place, 1).await;
    }

    async fn a_deletion_killed_behind_its_second_step_goes_on(place: &Place) {
        deletion_killed_behind(place, 2).await;
    }

    async fn a_deletion_killed_behind_its_last_step_goes_on(place: &Place) {
        deletion_killed_behind(place, 3).await;
    }
}
