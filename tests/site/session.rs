//! The session cookie: what it says to browsers, when it changes, and when it is worth nothing.

use reqwest::Method;
use serde_json::json;

use crate::support::app::PASSWORD;
use crate::support::client::SESSION;
use crate::support::{App, Client, until};

/// The session cookie's line of an answer, in small letters.
fn cookie_line(answer: &crate::support::Answer) -> String {
    let lines = answer.headers.get_all("set-cookie").iter();
    let mut texts = lines.map(|line| line.to_str().expect("text").to_owned());
    let line = texts.find(|text| text.starts_with(SESSION));
    line.expect("a session cookie").to_lowercase()
}

async fn sign_up(client: &Client) -> crate::support::Answer {
    let body = json!({"email": "ann@example.com", "password": PASSWORD});
    client
        .post_json("/api/auth/sign-up", body)
        .await
        .expect(201)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cookie_comes_along_from_a_payment_page_and_is_hidden_from_script() {
    let app = App::start(crate::support::Kind::Sqlite).await;
    let line = cookie_line(&sign_up(&app.anonymous()).await);
    assert!(line.contains("httponly"), "{line}");
    // Strict would not be sent when Stripe leads back to us: the buyer would look signed out.
    assert!(line.contains("samesite=lax"), "{line}");
    assert!(line.contains("path=/"), "{line}");
    // Plain http on loopback: a browser would drop a cookie that is for https only.
    assert!(!line.contains("secure"), "{line}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cookie_is_for_https_where_the_site_is() {
    let site = [("ATELIER_URL", "https://studio.example.com")];
    let app = App::start_with(crate::support::Kind::Sqlite, &site).await;
    let line = cookie_line(&sign_up(&app.anonymous()).await);
    assert!(line.contains("; secure"), "{line}");
    assert!(line.contains("samesite=lax"), "{line}");
    app.stop().await;
}

/// A caller with a session id of our choosing.
async fn with_session(app: &App, id: &str) -> u16 {
    let caller = app.anonymous();
    let request = caller.request(Method::GET, "/api/credits");
    let request = request.header("cookie", format!("{SESSION}={id}"));
    caller.send(request).await.status
}

/// The link in the newest letter to this address.
async fn letter_token(app: &App, kind: &str) -> String {
    let folder = app.folder.path().join("mail");
    until("the letter is there", async || {
        let letters = atelier_server::mail::kept_letters(&folder, 20).await.ok()?;
        letters.iter().find_map(|letter| {
            let (_, rest) = letter.text.split_once(&format!("/{kind}/"))?;
            let end = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
            Some(rest[..end].to_owned())
        })
    })
    .await
}

on_both_databases! {
    async fn signing_in_changes_the_id(app: &App) {
        let ann = app.sign_up("ann").await;
        let before = ann.session_id().expect("a session");
        assert_eq!(with_session(app, &before).await, 200);
        // Signing in again, as with an id that somebody planted before.
        let body = json!({"email": ann.email, "password": PASSWORD});
        ann.post_json("/api/auth/sign-in", body).await.expect(200);
        let after = ann.session_id().expect("a session");
        assert_ne!(before, after);
        assert_eq!((with_session(app, &before).await, with_session(app, &after).await), (401, 200));
    }

    async fn signing_out_ends_the_session(app: &App) {
        let ann = app.sign_up("ann").await;
        let id = ann.session_id().expect("a session");
        ann.post("/api/auth/sign-out").await.expect(204);
        assert_eq!(with_session(app, &id).await, 401);
        ann.get("/api/credits").await.expect(401);
    }

    async fn a_new_password_ends_every_session_and_token(app: &App) {
        let ann = app.sign_up("ann").await;
        let token = app.token(&ann, "credits:read").await;
        let phone = ann.elsewhere().signed_in_as(&ann.email, PASSWORD).await;
        let asked = json!({"email": ann.email});
        app.anonymous().post_json("/api/auth/forgot", asked).await.expect(202);
        let link = letter_token(app, "reset").await;
        let reset = |password: &str| json!({"token": link, "password": password});
        let caller = app.anonymous();
        caller.post_json("/api/auth/reset", reset("short")).await.expect(422);
        caller.post_json("/api/auth/reset", reset("another password")).await.expect(204);
        for caller in [&ann, &phone, &token] {
            caller.get("/api/credits").await.expect(401);
        }
        // The link works once, the old password not at all, the new one does.
        caller.post_json("/api/auth/reset", reset("a third password")).await.expect(422);
        let old = json!({"email": ann.email, "password": PASSWORD});
        caller.post_json("/api/auth/sign-in", old).await.expect(401);
        ann.elsewhere().signed_in_as(&ann.email, "another password").await;
    }

    async fn using_a_session_writes_its_row_at_most_once_a_day(app: &App) {
        let ann = app.sign_up("ann").await;
        const EXPIRY: &str = "SELECT MAX(expires_at) FROM sessions";
        const YESTERDAY: &str = "UPDATE sessions SET data = REPLACE(data, $1, '2001-01-01'), \
             expires_at = expires_at - 86400000000";
        let first = app.number(EXPIRY).await;
        for _ in 0..3 {
            ann.get("/api/credits").await.expect(200);
        }
        assert_eq!(app.number(EXPIRY).await, first);

        // The next day, by a row that is one day older.
        let today = app.services.clock.now().day();
        let mut tx = app.services.db.begin().await.expect("a transaction");
        let aged = sqlx::query(YESTERDAY).bind(&today).execute(&mut *tx).await;
        assert_eq!(aged.expect("aged").rows_affected(), 1);
        tx.commit().await.expect("a commit");
        ann.get("/api/credits").await.expect(200);
        let extended = app.number(EXPIRY).await;
        assert!(extended >= first, "{extended} {first}");
        ann.get("/api/credits").await.expect(200);
        assert_eq!(app.number(EXPIRY).await, extended);
    }

    async fn strangers_leave_no_session_behind(app: &App) {
        for path in ["/", "/sign-in", "/api/catalog", "/payments"] {
            let answer = app.anonymous().get(path).await;
            assert!(answer.headers.get("set-cookie").is_none(), "{path}");
        }
        assert_eq!(with_session(app, "AAAAAAAAAAAAAAAAAAAAAA").await, 401);
        assert_eq!(with_session(app, "nonsense").await, 401);
        assert_eq!(app.number("SELECT COUNT(*) FROM sessions").await, 0);
    }
}
