//! The program as a process: killed at any moment, told to stop, and worked from the command line.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use atelier_server::db::Database;
use serde_json::{Value, json};

use crate::support::client::{GOOD_CARD, checkout_of};
use crate::support::live::Live;
use crate::support::multipart::Multipart;
use crate::support::process::{MACHINE, Place, Server};
use crate::support::{Client, Kind, at_once, pictures, until, until_within};

/// Runs `verify`, which must find so many things; its lines.
fn disagreements(place: &Place, words: &[&str], count: usize) -> Vec<String> {
    let output = place.run(words);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
    assert!(
        lines[count].ends_with(&format!("{count} disagreements")),
        "{said}"
    );
    lines
}

/// The command that a finding names.
fn mend_of(finding: &str) -> Vec<&str> {
    let command = finding.split_once("mend: atelier ").expect("a command").1;
    command.split(' ').collect()
}

const BUYERS: usize = 10;
const PURCHASES: usize = 200;
const JOBS: usize = 20;
/// Enough answers to have something to lose, few enough to have much on its way.
const PAID_BEFORE_THE_END: usize = 60;
/// Leases of the dead process have to run out first.
const RECOVERY: Duration = Duration::from_secs(110);

/// What the buyers were told before the program was killed.
#[derive(Default)]
struct Told {
    /// Sessions whose payment was answered.
    paid: Vec<String>,
    /// Jobs that were accepted.
    jobs: Vec<String>,
}

/// Buys, as far as it gets.
async fn buy(buyer: Client, told: Arc<Mutex<Told>>) -> Option<()> {
    let request = buyer.request(reqwest::Method::POST, "/api/checkout");
    let body = json!({"item": "credits-10"});
    let opened = buyer.try_send(request.json(&body)).await?;
    let checkout = checkout_of(&opened.expect(201));
    let form = format!("card_number={}&webhook=normal", GOOD_CARD.replace(' ', ""));
    let pay = buyer
        .request(reqwest::Method::POST, &checkout.url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let paid = buyer.try_send(pay).await?;
    assert_eq!(paid.status, 303, "{}", paid.text());
    told.lock()
        .expect("no panic")
        .paid
        .push(checkout.session_id);
    Some(())
}

/// Starts a job, as far as it gets.
async fn try_on(buyer: Client, told: Arc<Mutex<Told>>) -> Option<()> {
    let request = buyer.request(reqwest::Method::POST, "/api/try-on");
    let form = Multipart::try_on(pictures::person(), pictures::garment());
    let answer = buyer
        .try_send(form.into_request(request))
        .await?
        .expect(202);
    let id = answer.json()["id"].as_str().expect("an id").to_owned();
    told.lock().expect("no panic").jobs.push(id);
    Some(())
}

async fn number(db: &Database, statement: &'static str) -> i64 {
    let row = sqlx::query_scalar(statement).fetch_one(db.reader()).await;
    row.expect(statement)
}

async fn texts(db: &Database, statement: &'static str) -> HashSet<String> {
    let rows = sqlx::query_scalar(statement).fetch_all(db.reader()).await;
    rows.expect(statement).into_iter().collect()
}

const BOOK: &str = "SELECT session_id FROM sandbox_book WHERE paid = 1";
const GRANTED: &str = "SELECT r.session_id FROM recharge_records r \
     JOIN lots l ON l.recharge_id = r.id AND l.source = 'purchase' AND l.granted = 10 \
     WHERE r.status = 'completed'";
const HELD: &str = "SELECT CAST(COALESCE(SUM(held + trials_held), 0) AS BIGINT) FROM wallets";
const UNFINISHED: &str = "SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL";

/// Every purchase that was paid is granted once, every job that was accepted is settled once.
async fn nothing_is_missing_or_double(db: &Database, told: &Told) {
    let book = texts(db, BOOK).await;
    assert!(told.paid.iter().all(|session| book.contains(session)));
    // Each grant is one lot and one entry, and nothing else was ever granted for money.
    let lots = number(
        db,
        "SELECT COUNT(*) FROM lots WHERE recharge_id IS NOT NULL",
    )
    .await;
    let entries = "SELECT COUNT(*) FROM entries WHERE kind = 'grant' AND recharge_id IS NOT NULL";
    assert_eq!(usize::try_from(lots).ok(), Some(book.len()));
    assert_eq!(number(db, entries).await, lots);
    let jobs = texts(db, "SELECT id FROM jobs").await;
    assert!(told.jobs.iter().all(|id| jobs.contains(id)));
    // Captured where there is a result, released where there is none.
    let wrong = "SELECT COUNT(*) FROM jobs j JOIN consumption_records c ON c.job_id = j.id \
         WHERE (j.state = 'succeeded') <> (c.status = 'completed')";
    assert_eq!(number(db, wrong).await, 0);
    let settled = "SELECT COUNT(*) FROM entries WHERE kind IN ('capture', 'release')";
    assert_eq!(
        usize::try_from(number(db, settled).await).ok(),
        Some(jobs.len())
    );
}

on_both_places! {
    async fn nothing_is_lost_when_the_program_is_killed(place: &Place) {
        let machine = MACHINE.lock().await;
        let server = place.serve();
        let mut buyers = Vec::new();
        for number in 0..BUYERS {
            buyers.push(server.anonymous().signed_up_as(&format!("buyer{number}")).await);
        }
        let told = Arc::new(Mutex::new(Told::default()));
        let mut under_way = tokio::task::JoinSet::new();
        for number in 0..PURCHASES {
            let buyer = buyers[number % BUYERS].clone();
            under_way.spawn(buy(buyer.clone(), told.clone()));
            if number < JOBS {
                under_way.spawn(try_on(buyer, told.clone()));
            }
        }
        until("some of it is answered", async || {
            let told = told.lock().expect("no panic");
            (told.paid.len() >= PAID_BEFORE_THE_END && !told.jobs.is_empty()).then_some(())
        })
        .await;
        server.kill();
        while let Some(one) = under_way.join_next().await {
            one.expect("no buyer was told anything wrong");
        }
        drop(machine);

        let server = place.serve();
        let db = Database::open(&place.database_url).await.expect("the database");
        until_within(RECOVERY, "all that was paid is granted and nothing is held", async || {
            let settled = number(&db, HELD).await == 0 && number(&db, UNFINISHED).await == 0;
            (settled && texts(&db, BOOK).await == texts(&db, GRANTED).await).then_some(())
        })
        .await;
        let told = std::mem::take(&mut *told.lock().expect("no panic"));
        assert!(told.paid.len() < PURCHASES, "killed too late to show anything");
        nothing_is_missing_or_double(&db, &told).await;
        db.close().await;
        place.says(&["verify"]);
        let (status, _) = server.terminate();
        assert!(status.success());
    }

    async fn told_to_stop_it_ends_a_hundred_streams_and_exits(place: &Place) {
        let _machine = MACHINE.lock().await;
        let server = place.serve();
        let ann = server.anonymous().signed_up_as("ann").await;
        let mut streams = at_once(100, |_| {
            let ann = ann.clone();
            async move { Live::open(&ann).await }
        })
        .await;
        for stream in &mut streams {
            assert_eq!(stream.next().await.expect("the wallet comes first").name, "credits");
        }
        let stopped = tokio::task::spawn_blocking(|| server.terminate());
        for stream in &mut streams {
            assert!(stream.next().await.is_none(), "an event after the end");
        }
        let (status, took) = stopped.await.expect("no panic");
        assert_eq!(status.code(), Some(0));
        assert!(took < Duration::from_secs(10), "{took:?}");
    }

    async fn credits_added_on_the_command_line_reach_an_open_page_within_a_second(place: &Place) {
        let _machine = MACHINE.lock().await;
        let server = place.serve();
        let ann = server.anonymous().signed_up_as("ann").await;
        let mut page = Live::open(&ann).await;
        page.shows(8, Duration::from_secs(5)).await;
        for remaining in [18, 28] {
            let words = ["credits", "add", "--email", "ann@example.com", "--amount", "10"];
            let said = place.says(&words);
            page.shows(remaining, Duration::from_secs(1)).await;
            let said: Value = serde_json::from_str(&said).expect("a wallet");
            assert_eq!(said["credits"]["remaining"], remaining);
        }
        server.terminate();
    }

    async fn an_operator_works_a_wallet_from_the_command_line(place: &Place) {
        assert!(place.says(&["migrate"]).contains("up to date"));
        let create = ["user", "create", "--email", "ann@example.com", "--name", "Ann"];
        let made = place.run_with_input(&create, "a long password\n");
        assert!(made.status.success(), "{made:?}");
        // The address is taken now, and a short password was never good.
        assert_eq!(place.run_with_input(&create, "a long password\n").status.code(), Some(1));
        let short = ["user", "create", "--email", "eve@example.com"];
        assert_eq!(place.run_with_input(&short, "short\n").status.code(), Some(1));

        let credits = |words: &[&str]| -> Value {
            let words = [&["credits"], words, &["--email", "ann@example.com"]].concat();
            let said = place.says(&words);
            serde_json::from_str(&said).expect("a wallet")
        };
        assert_eq!(credits(&["show"])["credits"]["remaining"], 8);
        let added = credits(&["add", "--amount", "5", "--reason", "a gift"]);
        assert_eq!((&added["credits"]["remaining"], &added["entry"]["reason"]), (&json!(13), &json!("a gift")));
        assert_eq!(credits(&["deduct", "--amount", "3"])["credits"]["removed"], 3);
        assert_eq!(credits(&["set", "--amount", "0"])["credits"]["remaining"], 0);
        let to_ann = ["--email", "ann@example.com"];
        for words in [
            &["credits", "add", "--amount", "0"][..],
            &["credits", "add", "--amount", "1000001"],
            &["credits", "deduct", "--amount", "1"],
            &["token", "create", "--scopes", "credits:write"],
            &["token", "create", "--scopes", "everything"],
        ] {
            let refused = place.run(&[words, &to_ann].concat());
            assert_eq!(refused.status.code(), Some(1), "{words:?}");
            assert_eq!(String::from_utf8_lossy(&refused.stderr).lines().count(), 1, "{refused:?}");
        }
        let unknown = ["credits", "show", "--email", "nobody@example.com"];
        assert_eq!(place.run(&unknown).status.code(), Some(1));
        assert!(place.says(&["verify"]).contains("0 disagreements"));
        let told: Value = serde_json::from_str(&place.says(&["verify", "--json"])).expect("JSON");
        assert_eq!(told["findings"], json!([]));
        assert!(told["entries"].as_i64() >= Some(4), "{told}");
    }

    async fn what_verify_names_mends_what_it_found(place: &Place) {
        let server = place.serve();
        let ann = server.anonymous().signed_up_as("ann").await;
        // Paid, and nobody told us.
        let unheard = ann.buy("credits-10", "never").await;
        server.kill();
        place.says(&["verify"]);
        let said = disagreements(place, &["verify", "--deep"], 1);
        assert!(said[0].contains(&format!("recharge.paid {}", unheard.recharge_id)), "{said:?}");
        place.says(&mend_of(&said[0]));
        assert!(place.says(&["verify", "--deep"]).contains("0 disagreements"));

        // Somebody gave a lot another end, by hand.
        let db = Database::open(&place.database_url).await.expect("the database");
        let mut tx = db.begin().await.expect("a transaction");
        let changed = sqlx::query("UPDATE lots SET expires_at = 5 WHERE source = 'purchase'");
        changed.execute(&mut *tx).await.expect("a change");
        tx.commit().await.expect("a commit");
        db.close().await;
        let said = disagreements(place, &["verify"], 2);
        place.says(&mend_of(&said[0]));
        assert!(place.says(&["verify", "--deep"]).contains("0 disagreements"));
        assert_eq!(place.run(&["rebuild", "--user", "nobody"]).status.code(), Some(1));
        assert_eq!(place.run(&["recharge", "fulfil", "--id", "nothing"]).status.code(), Some(1));
    }

    async fn a_token_of_the_command_line_works(place: &Place) {
        let server = place.serve();
        let ann = server.anonymous().signed_up_as("ann").await;
        let words = ["token", "create", "--email", "ann@example.com", "--scopes", "credits:read"];
        let token = place.says(&words);
        assert!(token.starts_with("atl_"), "{token}");
        let holder = server.anonymous().with_token(&ann, &token);
        assert_eq!(holder.remaining().await, 8);
        let made = ["user", "create", "--email", "boss@example.com", "--admin"];
        assert!(place.run_with_input(&made, "a long password").status.success());
        let words = ["token", "create", "--email", "boss@example.com", "--scopes", "admin,credits:read"];
        let boss = server.anonymous().with_token(&ann, &place.says(&words));
        boss.get(&format!("/api/credits?user_id={}", ann.id)).await.expect(200);
        server.terminate();
    }

    async fn a_webhook_sent_three_times_from_the_command_line_grants_once(place: &Place) {
        let server = place.serve();
        let ann = server.anonymous().signed_up_as("ann").await;
        let bought = ann.buy("credits-10", "never").await;
        let to = format!("{}/api/v1/webhooks/stripe", server.base);
        let words =
            ["webhook", "send", "--session", &bought.session_id, "--times", "3", "--to", &to];
        assert_eq!(place.says(&words).lines().filter(|line| line.starts_with("200 ")).count(), 3);
        ann.recharge_becomes(&bought, "completed").await;
        assert_eq!(ann.remaining().await, 18);
        let wrong = [&words[..], &["--secret", "whsec_wrong"]].concat();
        assert_eq!(place.run(&wrong).status.code(), Some(1));
        server.terminate();
    }

    async fn a_ledger_that_does_not_add_up_is_found(place: &Place) {
        place.says(&["migrate"]);
        let create = ["user", "create", "--email", "ann@example.com"];
        assert!(place.run_with_input(&create, "a long password").status.success());
        let db = Database::open(&place.database_url).await.expect("the database");
        let mut tx = db.begin().await.expect("a transaction");
        // Adds up by itself, so the database lets it pass; only the ledger tells.
        let forged = "UPDATE wallets SET remaining = remaining + 5, total = total + 5";
        sqlx::query(forged).execute(&mut *tx).await.expect("a forgery");
        tx.commit().await.expect("a commit");
        db.close().await;
        let output = place.run(&["verify"]);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("wallet.total"), "{said}");
    }
}

/// Two nodes that start at the same moment on an empty database.
async fn serve_two(place: &Arc<Place>) -> (Server, Server) {
    let starting = [place.clone(), place.clone()]
        .map(|place| tokio::task::spawn_blocking(move || place.serve()));
    let [one, other] = starting;
    (one.await.expect("a node"), other.await.expect("a node"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_one_of_two_nodes_is_killed_the_other_finishes_everything() {
    let machine = MACHINE.lock().await;
    let place = Arc::new(Place::new(Kind::Postgres).await);
    let (doomed, other) = serve_two(&place).await;
    let mut buyers = Vec::new();
    for number in 0..BUYERS {
        let buyer = doomed.anonymous();
        buyers.push(buyer.signed_up_as(&format!("buyer{number}")).await);
    }
    let told = Arc::new(Mutex::new(Told::default()));
    let mut under_way = tokio::task::JoinSet::new();
    for number in 0..PURCHASES {
        let node = if number % 2 == 0 { &doomed } else { &other };
        let buyer = buyers[number % BUYERS].at(&node.base);
        under_way.spawn(buy(buyer.clone(), told.clone()));
        if number < JOBS {
            under_way.spawn(try_on(buyer, told.clone()));
        }
    }
    until("some of it is answered", async || {
        let told = told.lock().expect("no panic");
        (told.paid.len() >= PAID_BEFORE_THE_END && !told.jobs.is_empty()).then_some(())
    })
    .await;
    doomed.kill();
    while let Some(one) = under_way.join_next().await {
        one.expect("no buyer was told anything wrong");
    }
    drop(machine);

    let db = Database::open(&place.database_url)
        .await
        .expect("the database");
    until_within(
        RECOVERY,
        "all that was paid is granted and nothing is held",
        async || {
            let settled = number(&db, HELD).await == 0 && number(&db, UNFINISHED).await == 0;
            (settled && texts(&db, BOOK).await == texts(&db, GRANTED).await).then_some(())
        },
    )
    .await;
    let told = std::mem::take(&mut *told.lock().expect("no panic"));
    assert!(
        told.paid.len() < PURCHASES,
        "killed too late to show anything"
    );
    nothing_is_missing_or_double(&db, &told).await;
    db.close().await;
    place.says(&["verify"]);
    let (status, _) = other.terminate();
    assert!(status.success());
}

/// The one line a start ends with when it cannot be.
fn refused_start(place: &Place, name: &str, value: &str) -> String {
    let output = place.command(&["serve"]).env(name, value).output();
    let output = output.expect("the program ends");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[tokio::test]
async fn settings_that_cannot_be_used_stop_the_start_with_one_line() {
    let place = Place::new(Kind::Sqlite).await;
    for (name, value) in [
        ("ATELIER_X", "1"),
        ("ATELIER_LISTEN", "nowhere"),
        ("ATELIER_LISTEN", "0.0.0.0:0"),
        ("ATELIER_URL", "http://studio.example.com"),
        ("ATELIER_CATALOG", "/nonexistent/catalog.toml"),
        ("ATELIER_RATE_LIMITS", "perhaps"),
        ("STRIPE_SECRET_KEY", "sk_test_fake"),
        ("DATABASE_URL", "mysql://localhost/atelier"),
    ] {
        let said = refused_start(&place, name, value);
        let named = said.contains(name) || name == "STRIPE_SECRET_KEY" || value.starts_with("0.0");
        assert!(named, "{name}={value}: {said}");
    }
}

#[tokio::test]
async fn a_sandboxs_database_is_not_served_live() {
    let place = Place::new(Kind::Sqlite).await;
    place.says(&["migrate"]);
    place.serve().terminate();
    let catalog = place.folder.path().join("catalog.toml");
    let mut own = place.says(&["catalog", "print"]);
    own.push_str(
        "\n[seller]\nname = \"A\"\naddress = \"B\"\ntax_id = \"C\"\n\
         contact = \"c@example.com\"\nterms = { en = \"T\", zh = \"T\" }\n\
         privacy = { en = \"P\", zh = \"P\" }\nterms_version = \"1\"\n",
    );
    std::fs::write(&catalog, own).expect("a catalogue");
    let output = place
        .command(&["serve"])
        .env("STRIPE_SECRET_KEY", "sk_live_fake")
        .env("STRIPE_WEBHOOK_SECRET", "whsec_fake")
        .env("FASHN_API_KEY", "fa-fake")
        .env("ATELIER_CATALOG", &catalog)
        .output()
        .expect("the program ends");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("sandbox") && said.contains("live"), "{said}");
}

#[tokio::test]
async fn the_printed_catalogue_is_one_that_can_be_used() {
    let place = Place::new(Kind::Sqlite).await;
    let catalog = place.folder.path().join("catalog.toml");
    std::fs::write(&catalog, place.says(&["catalog", "print"])).expect("a catalogue");
    let migrated = place
        .command(&["migrate"])
        .env("ATELIER_CATALOG", &catalog)
        .status();
    assert!(migrated.expect("the program ends").success());
}

#[tokio::test]
async fn a_second_program_on_the_same_address_says_so() {
    let place = Place::new(Kind::Sqlite).await;
    let server: Server = place.serve();
    let taken = server.base.trim_start_matches("http://").to_owned();
    let said = refused_start(&place, "ATELIER_LISTEN", &taken);
    assert!(said.contains("ATELIER_LISTEN"), "{said}");
    server.terminate();
}

#[tokio::test]
async fn the_printed_description_is_the_one_that_is_served() {
    let place = Place::new(Kind::Sqlite).await;
    let mut printed: Value = serde_json::from_str(&place.says(&["openapi"])).expect("JSON");
    let server = place.serve();
    let served = server
        .anonymous()
        .get("/api/openapi.json")
        .await
        .expect(200)
        .json();
    // Each names the address that its own settings give: the tests' server chose a port by itself.
    assert!(
        printed["servers"][0]["url"]
            .as_str()
            .expect("an address")
            .starts_with("http://127.0.0.1")
    );
    printed["servers"] = served["servers"].clone();
    assert!(printed == served, "they differ");
    server.terminate();
}
