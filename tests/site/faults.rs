//! The database goes away under load: locked, full, connections cut, restarted. Whoever asks meanwhile
//! is told so clearly and at once, the program serves again by itself, and afterwards nothing is lost
//! and nothing was done twice.

use std::path::Path;
use std::process::Command;

use atelier_server::testing::cluster::Cluster;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::privileges::operations;
use crate::support::process::{MACHINE, Place, Server};
use crate::support::shop::{Dice, NEVER, Shop, What};
use crate::support::{Kind, LIMIT, until_within};

/// What must never be in the log, whatever the database does.
fn check_log(log: &[String]) {
    const BROKEN: [&str; 3] = ["panicked", "by itself", "without a hold"];
    let broken = |line: &&String| BROKEN.iter().any(|word| line.contains(word));
    assert_eq!(log.iter().find(broken), None, "{log:#?}");
}

/// The same process does everything again; then all comes to rest and is compared.
async fn heals(shop: &Shop, server: Server) {
    assert_eq!(shop.told().lost, 0, "requests without an answer");
    for what in [What::Pack, What::TryOn] {
        let wish = shop.wish(0, what);
        until_within(LIMIT * 2, "it serves again", async || {
            let answer = shop.ask(&wish).await.expect("an answer");
            [201, 202].contains(&answer.status).then_some(())
        })
        .await;
    }
    check_log(&server.log());
    let (status, _) = server.terminate();
    assert!(status.success(), "{status}");
    check_log(&shop.rest().await.log);
}

fn interrupted(shop: &Shop) -> u64 {
    shop.told().interrupted
}

/// Waits until so many more answers came.
async fn serve_more(shop: &Shop, answers: u64) {
    let before = shop.told().answers;
    until_within(LIMIT * 2, "more is answered", async || {
        (shop.told().answers >= before + answers).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_is_said_to_be_away_and_then_serves_on() {
    let mut dice = Dice::thrown();
    let shop = Shop::open(Place::new(Kind::Sqlite).await, &mut dice).await;
    let server = shop.serve(|_| {});
    let shopping = shop.begin_shopping(&mut dice);
    serve_more(&shop, 10).await;
    // Another process, say a backup, that takes its time with a lock.
    let other = shop.database().await;
    let lock = other.begin().await.expect("the lock");
    until_within(LIMIT * 2, "somebody is told", async || {
        (interrupted(&shop) > 0).then_some(())
    })
    .await;
    // Reading goes on.
    let page = shop.buyers[0].request(Method::GET, "/payments");
    let page = shop.buyers[0].send(page.header(ACCEPT, "text/html")).await;
    page.expect(200);
    // And a form says what its page words.
    let form = shop.buyers[0]
        .request(Method::POST, "/do/checkout")
        .header(ACCEPT, "text/html")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("key=of-a-form&item=credits-10");
    let sent = shop.buyers[0].send(form).await.expect(302);
    assert_eq!(sent.header("location"), "/payments");
    assert!(sent.header("set-cookie").starts_with("atelier_flash="));
    // One that fails before its page can word it is answered by a page of its own.
    let form = shop.buyers[0]
        .request(Method::POST, "/do/language")
        .header(ACCEPT, "text/html")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("language=zh");
    let sent = shop.buyers[0].send(form).await.expect(503);
    assert!(sent.text().contains("Interrupted for a moment"));
    drop(lock);
    other.close().await;
    shopping.end().await;
    heals(&shop, server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing() {
    let mut dice = Dice::thrown();
    let shop = Shop::open(Place::new(Kind::Sqlite).await, &mut dice).await;
    let file = shop.place.folder.path().join("atelier.db");
    let size = file.metadata().expect("the database's file").len();
    // In the shell's blocks of 512 bytes. Files may not grow beyond it, as on a disk that is full.
    let most = size / 512 + 600;
    let program = shop.command(|_| {});
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -S -f \"$0\"; exec \"$@\""])
        .arg(most.to_string())
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(shop.place.folder.path())
        .env_clear()
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let server = Server::start(limited);
    let shopping = shop.begin_shopping(&mut dice);
    until_within(LIMIT * 2, "the disk is full", async || {
        (interrupted(&shop) > 20).then_some(())
    })
    .await;
    // What is there can be read.
    shop.buyers[0].get("/api/credits").await.expect(200);
    shopping.end().await;
    shop.check(NEVER).await;
    assert_eq!(shop.told().lost, 0, "requests without an answer");
    check_log(&server.log());
    // Somebody makes room.
    let room = ["--fsize=unlimited:unlimited", "--pid"];
    let mut prlimit = Command::new("prlimit");
    let made = prlimit.args(room).arg(server.id().to_string()).status();
    assert!(made.expect("prlimit, of util-linux").success());
    heals(&shop, server).await;
}

/// A cluster of its own, which commits to the disk: what was answered has to survive it.
async fn own_cluster() -> Cluster {
    let started = tokio::task::spawn_blocking(Cluster::start_durable).await;
    started.expect("no panic").expect("a cluster")
}

async fn admin(cluster: &Cluster) -> Option<PgConnection> {
    PgConnection::connect(&cluster.url("postgres")).await.ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_again_and_again_lose_nothing() {
    const CUTS: usize = 40;
    let _machine = MACHINE.lock().await;
    let mut dice = Dice::thrown();
    let cluster = own_cluster().await;
    let shop = Shop::open(Place::on(cluster.url("postgres")), &mut dice).await;
    let server = shop.serve(|_| {});
    let mut admin = admin(&cluster).await.expect("the cluster");
    let shopping = shop.begin_shopping(&mut dice);
    let mut cuts = 0;
    while cuts < CUTS || interrupted(&shop) == 0 {
        serve_more(&shop, 1 + dice.below(6)).await;
        let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        let cut: i64 = sqlx::query_scalar(cut)
            .fetch_one(&mut admin)
            .await
            .expect("a cut");
        cuts += usize::from(cut > 0);
    }
    shopping.end().await;
    heals(&shop, server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_restarts_under_load_loses_nothing() {
    let _machine = MACHINE.lock().await;
    let mut dice = Dice::thrown();
    let cluster = own_cluster().await;
    let shop = Shop::open(Place::on(cluster.url("postgres")), &mut dice).await;
    let server = shop.serve(|_| {});
    let shopping = shop.begin_shopping(&mut dice);
    // Its fast shutdown, as an operator's, and its immediate one, as after a crash.
    for signal in ["INT", "QUIT", "INT", "QUIT"] {
        serve_more(&shop, 20).await;
        restart(&cluster, signal).await;
    }
    serve_more(&shop, 20).await;
    shopping.end().await;
    assert!(interrupted(&shop) > 0, "nobody noticed the restarts");
    heals(&shop, server).await;
}

/// Stops the server by a signal; its watchdog starts it again.
async fn restart(cluster: &Cluster, signal: &str) {
    let mut old = admin(cluster).await.expect("the cluster");
    let (pid, folder): (String, String) = sqlx::query_as(
        "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1), \
         current_setting('data_directory')",
    )
    .fetch_one(&mut old)
    .await
    .expect("where the server is");
    let folder = Path::new(&folder)
        .parent()
        .expect("a folder around the data");
    std::fs::write(folder.join("again"), "").expect("a sign for the watchdog");
    let told = Command::new("kill").args(["-s", signal, &pid]).status();
    assert!(told.expect("a signal is sent").success());
    until_within(LIMIT * 2, "another server answers", async || {
        let mut new = admin(cluster).await?;
        let now = "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)";
        let now: String = sqlx::query_scalar(now).fetch_one(&mut new).await.ok()?;
        (now != pid).then_some(())
    })
    .await;
}

on_both_databases! {
    async fn a_database_that_does_not_answer_is_said_to_programs_and_to_people(app: &App) {
        let ann = app.sign_up("ann").await;
        app.services.db.close().await;
        for path in ["/api/credits", "/api/auth/me"] {
            let told = ann.get(path).await.expect(503);
            assert_eq!((told.code().as_str(), told.header("retry-after")), ("unavailable", "2"));
        }
        for (language, words) in [("en", "it is done once"), ("zh", "都只会执行一次")] {
            let page = ann
                .request(Method::GET, "/payments")
                .header(ACCEPT, "text/html")
                .header("accept-language", language);
            let page = ann.send(page).await.expect(503);
            assert!(page.text().contains(words), "{}", page.text());
            // Who signed in is not said to have signed out.
            assert!(!page.text().contains("/sign-up"), "{}", page.text());
        }
        app.anonymous().get("/readyz").await.expect(503);
        app.anonymous().get("/healthz").await.expect(200);
    }

    async fn every_operation_says_that_the_database_is_away(app: &App) {
        // Of these the answer needs no database, or what was sent is refused before it is asked.
        const WITHOUT: [&str; 11] = [
            "GET /api/catalog", "GET /api/openapi.json", "GET /healthz", "GET /metrics", "GET /api/test-creem",
            "POST /api/v1/webhooks/stripe", "POST /api/webhooks/stripe", "POST /api/webhooks/creem",
            "POST /api/webhooks/replicate", "POST /api/auth/sign-out", "GET /api/links/{token}",
        ];
        let admin = app.admin().await;
        let document = admin.get("/api/openapi.json").await.expect(200).json();
        app.services.db.close().await;
        let mut asked = 0;
        for (method, path, _) in operations(&document) {
            let name = format!("{method} {path}");
            if WITHOUT.contains(&name.as_str()) {
                continue;
            }
            let place = path.replace("{id}", "00000000-0000-7000-8000-000000000000").replace("{token}", &atelier_server::secret::token()).replace("{batch_id}", "gifts");
            let kind = Method::from_bytes(method.as_bytes()).expect("a method");
            let body = json!({"email": "ann@example.com", "password": "a long password", "token": "made-up"});
            let request = admin.request(kind, &place);
            let answer = admin.send(if method == "GET" { request } else { request.json(&body) }).await;
            assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "{name}");
            asked += 1;
        }
        assert!(asked > 50, "{asked}");
    }
}
