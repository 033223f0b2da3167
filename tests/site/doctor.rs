//! `atelier doctor`, run as a process: what it says of an installation that is well, and of each thing
//! that can be wrong with it.

use std::fs;
use std::process::Command;

use atelier_server::payments::stripe::{API_VERSION, KINDS};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::process::{Place, Server};
use crate::support::{Kind, until};

const SITE: &str = "https://studio.example.com";

/// What `doctor` said.
struct Said {
    code: Option<i32>,
    lines: Vec<String>,
}

impl Said {
    fn of(mut command: Command) -> Self {
        let output = command.output().expect("the program ends");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<String> = said.lines().map(str::to_owned).collect();
        assert!(!lines.is_empty(), "{output:?}");
        for line in &lines {
            let verdict = line.split(' ').next().unwrap_or_default();
            assert!(["ok", "missing", "wrong"].contains(&verdict), "{line}");
            assert!(!line.contains("fake"), "a secret is told: {line}");
        }
        let well = lines.iter().all(|line| line.starts_with("ok "));
        assert_eq!(output.status.code(), Some(i32::from(!well)), "{said}");
        Self {
            code: output.status.code(),
            lines,
        }
    }

    /// The line about `what`.
    #[track_caller]
    fn about(&self, what: &str) -> &str {
        let mut lines = self.lines.iter();
        let line = lines.find(|line| line[8..].trim_start().starts_with(&format!("{what}: ")));
        line.unwrap_or_else(|| panic!("nothing about {what}: {:?}", self.lines))
    }

    #[track_caller]
    fn expect(&self, what: &str, verdict: &str, names: &[&str]) {
        let line = self.about(what);
        assert!(line.starts_with(verdict), "{line}");
        for name in names {
            assert!(line.contains(name), "{line} does not name {name}");
        }
    }
}

/// `doctor` for an installation whose Stripe is played at `base`.
fn doctor_at(place: &Place, base: &str, more: &[(&str, &str)]) -> Said {
    let mut command = place.command(&["doctor"]);
    command
        .env("STRIPE_SECRET_KEY", "sk_test_fake")
        .env("STRIPE_WEBHOOK_SECRET", "whsec_fake")
        .env("STRIPE_API_BASE", base)
        .env("ATELIER_URL", SITE)
        .envs(more.iter().copied());
    Said::of(command)
}

/// The sandbox of a running server, as the account of another installation.
struct Account<'a> {
    place: &'a Place,
    server: &'a Server,
}

impl Account<'_> {
    fn base(&self) -> String {
        format!("{}/sandbox/stripe/", self.server.base)
    }

    fn doctor(&self) -> Said {
        doctor_at(self.place, &self.base(), &[])
    }

    /// Makes or changes an endpoint.
    async fn post(&self, path: &str, fields: &[(&str, &str)], events: &[&str]) -> Value {
        let caller = self.server.anonymous();
        let numbered = events.iter().enumerate();
        let events = numbered.map(|(number, kind)| format!("enabled_events[{number}]={kind}"));
        let fields = fields.iter().map(|(name, value)| format!("{name}={value}"));
        let body: Vec<String> = fields.chain(events).collect();
        let request = caller
            .request(reqwest::Method::POST, &format!("{}v1/{path}", self.base()))
            .header("authorization", "Bearer sk_test_fake")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        caller.send(request).await.expect(200).json()
    }

    async fn make_endpoint(&self, version: &str, events: &[&str]) -> String {
        let url = format!("{SITE}/api/v1/webhooks/stripe");
        let fields = [("url", url.as_str()), ("api_version", version)];
        let made = self.post("webhook_endpoints", &fields, events).await;
        made["id"].as_str().expect("an id").to_owned()
    }

    async fn change_endpoint(&self, id: &str, fields: &[(&str, &str)], events: &[&str]) {
        let path = format!("webhook_endpoints/{id}");
        self.post(&path, fields, events).await;
    }
}

on_both_places! {
    async fn a_fresh_sandbox_is_well(place: &Place) {
        let said = Said::of(place.command(&["doctor"]));
        assert_eq!(said.code, Some(0), "{:?}", said.lines);
        for what in [
            "database", "public address", "mail", "catalogue", "Stripe", "Stripe key",
            "Stripe mode", "Stripe permissions", "webhook endpoint", "webhook events",
            "billing portal",
        ] {
            said.expect(what, "ok", &[]);
        }
    }

    async fn an_account_is_looked_at_from_nothing_to_well(place: &Place) {
        let server = place.serve();
        let account = Account { place, server: &server };
        let address = format!("{SITE}/api/v1/webhooks/stripe");
        let bare = account.doctor();
        bare.expect("Stripe key", "ok", &[]);
        bare.expect("webhook endpoint", "missing", &[&address, API_VERSION]);

        let (first, last) = (KINDS[0], KINDS[KINDS.len() - 1]);
        let few = [&KINDS[1..], &["charge.captured"]].concat();
        let id = account.make_endpoint(API_VERSION, &few).await;
        let said = account.doctor();
        said.expect("webhook endpoint", "ok", &[&id]);
        said.expect("webhook events", "missing", &[first, "charge.captured"]);
        assert!(!said.about("webhook events").contains(last), "{:?}", said.lines);

        account.change_endpoint(&id, &[], &["*"]).await;
        account.doctor().expect("webhook events", "wrong", &["*"]);
        account.change_endpoint(&id, &[("disabled", "true")], &KINDS).await;
        account.doctor().expect("webhook endpoint", "wrong", &[&id, "disabled"]);
        account.change_endpoint(&id, &[("disabled", "false")], &[]).await;
        // The program makes the prices of its plans by and by.
        until("the prices are made", async || {
            account.doctor().about("prices of plans").starts_with("ok").then_some(())
        }).await;
        let well = account.doctor();
        assert_eq!(well.code, Some(0), "{:?}", well.lines);

        let old = account.make_endpoint("2019-02-19", &KINDS).await;
        account.doctor().expect("webhook endpoint", "wrong", &[&id, &old, "twice"]);
        account.change_endpoint(&id, &[("disabled", "true")], &[]).await;
        account.doctor().expect("webhook endpoint", "wrong", &[&old, "2019-02-19", API_VERSION]);
        server.terminate();
    }

    async fn a_database_of_the_other_mode_is_named(place: &Place) {
        place.says(&["migrate"]);
        place.says(&["verify"]);
        let said = doctor_live(place, "http://127.0.0.1:9/", &[]);
        said.expect("database", "wrong", &["sandbox", "live"]);
    }
}

on_both_databases! {
    async fn the_sandbox_sends_the_site_what_its_endpoint_asks_for(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "normal").await;
        ann.recharge_becomes(&bought, "completed").await;
        let payment = app.book().await[0]["payment_intent"].clone();
        let body = json!({"payment_intent": payment});
        let desk = app.anonymous().post_json("/sandbox/stripe/refunds", body).await;
        desk.expect(200);
        // The last of them came, so that no other is still on its way.
        let came: Vec<String> = until("all were delivered", async || {
            let waiting = "SELECT COUNT(*) FROM sandbox_deliveries WHERE delivered_at IS NULL";
            if app.number(waiting).await > 0 {
                return None;
            }
            let kinds = "SELECT kind FROM webhook_events WHERE origin = 'webhook'";
            let rows = sqlx::query_scalar(kinds).fetch_all(app.services.db.reader()).await;
            Some(rows.expect("the inbox"))
        })
        .await;
        let told = app.number(
            "SELECT COUNT(*) FROM sandbox_objects WHERE kind = 'event' \
             AND facet IN ('payment_intent.succeeded', 'charge.succeeded')",
        );
        assert_eq!(told.await, 2, "more happened than was asked for");
        assert!(came.contains(&"charge.refunded".to_owned()), "{came:?}");
        for kind in came {
            assert!(KINDS.contains(&kind.as_str()), "{kind}");
        }
    }
}

/// `doctor` for an installation where real money would move.
fn doctor_live(place: &Place, base: &str, more: &[(&str, &str)]) -> Said {
    let catalogue = place.folder.path().join("catalog.toml");
    let seller = "\n[seller]\nname = \"A\"\naddress = \"B\"\ntax_id = \"C\"\n\
                  contact = \"d@example.com\"\nterms = { en = \"E\", zh = \"E\" }\n\
                  privacy = { en = \"F\", zh = \"F\" }\nterms_version = \"1\"\n";
    let text = place.says(&["catalog", "print"]) + seller;
    fs::write(&catalogue, text).expect("the catalogue is written");
    let catalogue = catalogue.display().to_string();
    let live = [
        ("STRIPE_SECRET_KEY", "sk_live_fake"),
        ("FASHN_API_KEY", "fa-fake"),
        ("ATELIER_CATALOG", catalogue.as_str()),
    ];
    doctor_at(place, base, &[&live, more].concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_does_not_work_is_named_and_nothing_else_is_asked() {
    let place = Place::new(Kind::Sqlite).await;
    let server = place.serve();
    let base = format!("{}/sandbox/stripe/", server.base);
    let said = doctor_at(&place, &base, &[("STRIPE_SECRET_KEY", "pk_test_fake")]);
    said.expect("Stripe key", "wrong", &["STRIPE_SECRET_KEY"]);
    assert!(
        !said.lines.iter().any(|line| line.contains("webhook")),
        "{:?}",
        said.lines
    );
    server.terminate();
    let said = doctor_at(&place, "http://127.0.0.1:9/", &[]);
    said.expect("Stripe key", "wrong", &["could not be tried"]);
}

/// An account whose key may do next to nothing, and which is for tests.
async fn restricted_account() -> String {
    let answer = async |request: Request| {
        let list = |data: Value| {
            let list = json!({"object": "list", "data": data, "has_more": false, "url": "/v1/x"});
            (StatusCode::OK, list.to_string())
        };
        match request.uri().path() {
            "/v1/checkout/sessions" => list(json!([{"id": "cs_1", "livemode": false}])),
            "/v1/charges" | "/v1/billing_portal/configurations" => list(json!([])),
            _ => {
                let error = json!({"type": "invalid_request_error", "message": "not\nallowed"});
                (StatusCode::FORBIDDEN, json!({"error": error}).to_string())
            }
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
    format!("http://{address}/")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_restricted_key_may_not_see_is_named() {
    let place = Place::new(Kind::Sqlite).await;
    let base = restricted_account().await;
    let said = tokio::task::spawn_blocking(move || doctor_at(&place, &base, &[]));
    let said = said.await.expect("no panic");
    said.expect(
        "Stripe permissions",
        "wrong",
        &["Events", "Refunds", "Disputes"],
    );
    assert!(
        !said.about("Stripe permissions").contains("Charges"),
        "{:?}",
        said.lines
    );
    said.expect("webhook endpoint", "wrong", &["may not read"]);
    said.expect("billing portal", "missing", &["configuration"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_site_needs_more_than_a_sandbox() {
    let place = Place::new(Kind::Sqlite).await;
    let base = restricted_account().await;
    let said = tokio::task::spawn_blocking(move || {
        let bare = doctor_live(&place, &base, &[("ATELIER_URL", "")]);
        let set = [("SMTP_URL", "smtp://127.0.0.1:25"), ("MAIL_FROM", "")];
        (bare, doctor_live(&place, &base, &set))
    });
    let (bare, set) = said.await.expect("no panic");
    bare.expect("Stripe mode", "wrong", &["live key"]);
    bare.expect("public address", "missing", &["ATELIER_URL"]);
    bare.expect("mail", "missing", &["SMTP_URL"]);
    set.expect("public address", "ok", &[SITE]);
    set.expect("mail", "missing", &["MAIL_FROM"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_currency_that_nobody_takes_is_named() {
    let place = Place::new(Kind::Sqlite).await;
    let text = place
        .says(&["catalog", "print"])
        .replacen("\"usd\"", "\"xts\"", 1);
    let catalogue = place.folder.path().join("catalog.toml");
    fs::write(&catalogue, text).expect("the catalogue is written");
    let mut command = place.command(&["doctor"]);
    command.env("ATELIER_CATALOG", &catalogue);
    Said::of(command).expect("catalogue", "wrong", &["credits-10", "xts"]);
}
