//! What was written is what is read next, by anybody, on any connection: there is no copy to go stale.

use std::time::Duration;

use atelier_server::accounts::{Email, Scopes};
use atelier_server::credits::{self, Grant};
use atelier_server::ids::{RechargeId, UserId};
use atelier_server::verify;
use serde_json::json;

use crate::support::live::Live;
use crate::support::{App, Client, Numbers};

const WRITES: usize = 200;

/// The balance by one of the ways to ask for it, over a connection of its own.
async fn read_somehow(reader: &Client, way: i64) -> i64 {
    let (path, pointer) = match way {
        0 => ("/api/credits", "/credits/remaining"),
        1 => ("/api/auth/me", "/wallet/credits/remaining"),
        2 => ("/api/stats", "/balance"),
        _ => ("/api/credits/entries?limit=1", "/items/0/balance_after"),
    };
    let answer = reader.get(path).await.expect(200).json();
    let balance = answer.pointer(pointer).and_then(serde_json::Value::as_i64);
    balance.unwrap_or_else(|| panic!("{pointer} in {answer}"))
}

on_both_databases! {
    async fn every_write_is_seen_by_the_next_read(app: &App) {
        let (ann, admin) = (app.sign_up("ann").await, app.admin().await);
        let reader = app.token(&ann, "credits:read").await;
        let mut numbers = Numbers(7);
        let mut balance: i64 = 8;
        let mut version = ann.wallet().await["version"].as_i64().expect("a version");
        for _ in 0..WRITES {
            let (action, amount) = match numbers.below(3) {
                0 => ("add", 1 + numbers.below(500)),
                1 if balance > 0 => ("deduct", 1 + numbers.below(balance.unsigned_abs())),
                _ => ("set", numbers.below(1_000)),
            };
            let body = json!({"action": action, "amount": amount, "reason": "why", "user_id": ann.id});
            let written = admin.post_json("/api/credits", body).await.expect(200).json();
            let before = balance;
            balance = match action {
                "add" => balance + amount,
                "deduct" => balance - amount,
                _ => amount,
            };
            version += i64::from(balance != before);
            let seen = read_somehow(&reader, numbers.below(4)).await;
            assert_eq!(seen, balance, "{action} {amount}");
            assert_eq!(written["credits"]["remaining"], balance);
            assert_eq!(written["version"], version);
        }
    }

    async fn a_stream_shows_a_token_what_its_scopes_allow(app: &App) {
        let ann = app.sign_up("ann").await;
        let none = app.token(&ann, "credits:spend").await;
        assert_eq!(none.get("/live").await.expect(403).code(), "forbidden");
        let jobs_only = app.token(&ann, "jobs").await;
        let mut stream = Live::open(&jobs_only).await;
        ann.start_job().await;
        let first = stream.next().await.expect("an event");
        assert_eq!(first.name, "job");
    }

    async fn a_role_or_a_block_counts_from_the_next_request_on(app: &App) {
        let ann = app.sign_up("ann").await;
        let email = Email::parse(&ann.email).expect("an address");
        let accounts = &app.services.accounts;
        let user = accounts.find_by_email(&email).await.expect("the database").expect("ann");
        let scopes = Scopes::parse("admin").expect("a scope");
        assert!(accounts.mint_token(&user, "", &scopes, None).await.is_err());
        set_user(app, "UPDATE users SET role = 'admin' WHERE email = $1", &ann).await;
        let nobody = "/api/credits?user_id=00000000-0000-7000-8000-000000000000";
        ann.get(nobody).await.expect(404);
        set_user(app, "UPDATE users SET role = 'user' WHERE email = $1", &ann).await;
        ann.get(nobody).await.expect(403);
        set_user(app, "UPDATE users SET blocked_at = 1 WHERE email = $1", &ann).await;
        ann.get("/api/credits").await.expect(401);
    }

    async fn an_open_page_hears_of_credits_that_lapse(app: &App) {
        let ann = app.sign_up("ann").await;
        let db = &app.services.db;
        let now = app.services.clock.now();
        let ends = now.plus(Duration::from_secs(3));
        let recharge = RechargeId::new(now);
        let grant = Grant {
            recharge: &recharge,
            credits: 10,
            bonus: 0,
            expires_at: Some(ends),
            provider: "stripe",
        };
        let user = UserId::parse(&ann.id).expect("an id");
        let mut tx = db.begin().await.expect("a transaction");
        credits::grant(&mut tx, &user, grant, now).await.expect("a grant");
        tx.commit().await.expect("a commit");
        // Packs lapse after days; a node that starts looks at once for what lapses next.
        let node = app.another().await;
        let mut page = Live::open(&ann.at(&node.base)).await;
        page.shows(18, Duration::from_secs(2)).await;
        page.shows(8, Duration::from_secs(5)).await;
        assert!(app.services.clock.now() >= ends);
        assert_eq!(ann.entries_of("expire").await, 1);
        node.leave().await;
        // A purchase that nobody made is missed.
        for finding in verify::findings(db).await.expect("the ledger is read") {
            verify::accept(db, &finding, "a test", now).await.expect("it is written");
        }
    }
}

async fn set_user(app: &App, statement: &'static str, user: &Client) {
    assert_eq!(app.execute(statement, &[&user.email]).await, 1);
}
