//! Events that Stripe really signed and that look like nothing we know: of an API version before ours
//! or after it, of somebody else's account, without what they are about, beyond all measure. Each is
//! answered 200 and kept, and none of them is believed: what is granted is what the API says.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::stripe::{deliver, deliver_signed, signature};
use crate::support::{App, Checkout, until};

const MEGABYTE: usize = 1024 * 1024;

/// How an event stands in the inbox: what became of it, and why.
#[derive(sqlx::FromRow)]
struct Kept {
    kind: String,
    state: String,
    reason: Option<String>,
}

/// An event about `object`, of the API version `version`.
fn event(id: &str, version: &str, kind: &str, object: Value) -> Value {
    json!({
        "id": id, "object": "event", "api_version": version, "created": 1_546_300_800,
        "livemode": false, "pending_webhooks": 1, "request": null, "type": kind,
        "data": {"object": object},
    })
}

/// Delivers what is really signed; all of it must be taken, and each be kept once.
async fn deliver_all(app: &App, payloads: &[String]) {
    for payload in payloads {
        let before = events_stored(app).await;
        let answer = deliver_signed(app, payload).await;
        let shown: String = payload.chars().take(200).collect();
        assert_eq!(answer.status, 200, "{shown}: {}", answer.text());
        assert_eq!(events_stored(app).await, before + 1, "{shown}");
    }
}

/// Waits until nothing of what was delivered is still to be acted on.
async fn all_kept(app: &App) -> Vec<Kept> {
    until("every event has come to its end", async || {
        let rows = sqlx::query_as("SELECT kind, state, reason FROM webhook_events");
        let kept: Vec<Kept> = rows
            .fetch_all(app.services.db.reader())
            .await
            .expect("the inbox");
        let over = kept.iter().all(|event| event.state != "received");
        over.then_some(kept)
    })
    .await
}

/// Each event came to an end that says why.
async fn assert_settled(app: &App) {
    for event in all_kept(app).await {
        let Kept {
            kind,
            state,
            reason,
        } = event;
        match state.as_str() {
            "processed" => {}
            "ignored" | "unparsed" => {
                let said = reason.is_some_and(|reason| !reason.is_empty());
                assert!(said, "{kind} is {state} and does not say why");
            }
            other => panic!("{kind} is {other}: {reason:?}"),
        }
    }
}

async fn assert_unparsed(app: &App, count: usize) {
    let kept = all_kept(app).await;
    let unparsed = kept.iter().filter(|event| event.state == "unparsed");
    assert_eq!(unparsed.count(), count);
    assert_settled(app).await;
}

async fn events_stored(app: &App) -> i64 {
    app.number("SELECT COUNT(*) FROM webhook_events").await
}

fn texts(events: &[Value]) -> Vec<String> {
    events.iter().map(Value::to_string).collect()
}

/// What a version of 2019 said about a purchase and a subscription: no `payment_status`, lines as
/// `display_items`, links between charge, invoice and subscription that are gone since.
fn of_2019(checkout: &Checkout, intent: &str) -> Vec<Value> {
    let of = |id: &str, kind: &str, object: Value| event(id, "2019-02-19", kind, object);
    let plan = json!({
        "id": "plan_1", "object": "plan", "amount": 1900, "currency": "usd", "interval": "month",
        "product": "prod_1", "nickname": null,
    });
    let session = json!({
        "id": checkout.session_id, "object": "checkout.session", "cancel_url": "https://a.example/",
        "client_reference_id": null, "customer": "cus_1", "customer_email": null,
        "display_items": [{"amount": 190, "currency": "usd", "quantity": 1, "type": "sku"}],
        "livemode": false, "payment_intent": intent, "payment_method_types": ["card"],
    });
    let subscription = json!({
        "id": "sub_1", "object": "subscription", "billing": "charge_automatically",
        "current_period_start": 1_546_300_800, "current_period_end": 1_548_979_200,
        "customer": "cus_1", "plan": plan, "quantity": 1, "start": 1_546_300_800, "status": "active",
    });
    let invoice = json!({
        "id": "in_1", "object": "invoice", "amount_paid": 1900, "billing": "charge_automatically",
        "charge": "ch_1", "customer": "cus_1", "date": 1_546_300_800, "paid": true,
        "payment_intent": "pi_1", "subscription": "sub_1",
        "lines": {"data": [{"id": "sli_1", "plan": plan, "period": {"start": 1, "end": 2}}]},
    });
    let charge = json!({
        "id": "ch_1", "object": "charge", "amount": 1900, "amount_refunded": 1900,
        "invoice": "in_1", "paid": true, "refunded": true, "source": {"id": "card_1"},
        "refunds": {"data": [{"id": "re_1", "amount": 1900, "charge": "ch_1"}]},
    });
    let dispute = json!({"id": "dp_1", "object": "dispute", "charge": "ch_1", "status": "lost"});
    vec![
        of("evt_19_1", "checkout.session.completed", session),
        of(
            "evt_19_2",
            "customer.subscription.created",
            subscription.clone(),
        ),
        of("evt_19_3", "customer.subscription.deleted", subscription),
        of("evt_19_4", "invoice.paid", invoice.clone()),
        of("evt_19_5", "invoice.payment_failed", invoice),
        of("evt_19_6", "charge.refunded", charge),
        of("evt_19_7", "charge.dispute.closed", dispute),
    ]
}

/// What a version of the future may say: more fields, other words, less of what we count on.
fn of_the_future(checkout: &Checkout) -> Vec<Value> {
    let of = |id: &str, kind: &str, object: Value| {
        let mut event = event(id, "2031-04-01.zinc", kind, object);
        event["context"] = json!({"workspace": ["wksp_1"]});
        event["reason"] = json!({"type": "automation", "rule": {"id": 7}});
        event
    };
    let session = json!({
        "id": checkout.session_id, "object": "checkout.session.v2", "mode": "barter",
        "status": "reserved", "payment_status": {"state": "settled", "by": "coins"},
        "amounts": {"total": {"value": "1.90", "currency": "USD"}},
    });
    vec![
        of("evt_31_1", "checkout.session.completed", session),
        of(
            "evt_31_2",
            "refund.updated",
            json!({"id": "re_9", "status": "teleported"}),
        ),
        of(
            "evt_31_3",
            "charge.refunded",
            json!({"id": "ch_9", "object": "charge"}),
        ),
        of(
            "evt_31_4",
            "customer.subscription.updated",
            json!({"id": "sub_9", "status": "asleep"}),
        ),
        of(
            "evt_31_5",
            "invoice.paid",
            json!({"id": "in_9", "parent": {"type": "estate"}}),
        ),
        of(
            "evt_31_6",
            "charge.dispute.created",
            json!({"id": "du_9", "charge": {"id": "ch_9"}}),
        ),
        of(
            "evt_31_7",
            "checkout.session.dreamt",
            json!({"id": checkout.session_id}),
        ),
        of(
            "evt_31_8",
            "treasury.moon.landed",
            json!({"id": "moon_1", "object": "treasury.moon"}),
        ),
    ]
}

/// Events about nothing, or about something without a name.
fn about_nothing() -> Vec<Value> {
    let kind = "checkout.session.completed";
    let whole = |id: &str| event(id, "2026-09-30.endive", kind, json!({"id": "cs_test_1"}));
    let with_object = |id: &str, object: Value| event(id, "2026-09-30.endive", kind, object);
    let mut events = vec![
        with_object("evt_0_1", Value::Null),
        with_object("evt_0_2", json!("cs_test_1")),
        with_object("evt_0_3", json!([])),
        with_object("evt_0_4", json!({})),
        with_object("evt_0_5", json!({"id": null})),
        with_object("evt_0_6", json!({"id": 7})),
        with_object("evt_0_7", json!({"id": ""})),
        with_object("evt_0_8", json!({"id": "../../../v1/customers"})),
        with_object(
            "evt_0_9",
            json!({"id": "cs_test_1\u{0}'; DROP TABLE wallets; --"}),
        ),
    ];
    for (id, data) in [
        ("evt_0_a", Value::Null),
        ("evt_0_b", json!({})),
        ("evt_0_c", json!([1])),
    ] {
        let mut event = whole(id);
        event["data"] = data;
        events.push(event);
    }
    events
}

/// What belongs to another account of the same platform, or to the live side of ours.
fn of_another_account() -> Vec<Value> {
    let ids = [
        ("checkout.session.completed", "cs_live_a1b2c3"),
        ("checkout.session.expired", "cs_test_a1b2c3"),
        ("charge.refunded", "ch_3Another"),
        ("refund.failed", "re_3Another"),
        ("charge.dispute.created", "du_1Another"),
        ("invoice.paid", "in_1Another"),
        ("customer.subscription.deleted", "sub_1Another"),
    ];
    let numbered = ids.iter().enumerate();
    let events = numbered.map(|(number, (kind, object))| {
        let id = format!("evt_acct_{number}");
        // Their own metadata may even use the names of ours.
        let metadata = json!({"user_id": "1", "recharge_id": "7"});
        let object = json!({"id": object, "metadata": metadata, "payment_status": "paid"});
        let mut event = event(&id, "2026-09-30.endive", kind, object);
        event["account"] = json!("acct_1Another");
        event["livemode"] = json!(true);
        event
    });
    events.collect()
}

/// What the database or a parser might stumble over.
fn beyond_measure() -> Vec<String> {
    let with = |id: &str, field: &str, text: &str| {
        format!(
            r#"{{"id":"{id}","object":"event","type":"charge.refunded","livemode":false,
            "pending_webhooks":1,"created":1,"{field}":{text},"data":{{"object":{{"id":"ch_1"}}}}}}"#
        )
    };
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let mut payloads = vec![
        with("evt_n_1", "amount", "9223372036854775808"),
        with(
            "evt_n_2",
            "amount",
            "-170141183460469231731687303715884105729",
        ),
        with("evt_n_3", "amount", "1.7976931348623157e308"),
        with("evt_n_4", "created", "99999999999999999999999999"),
        with("evt_n_5", "created", "-1"),
        with("evt_n_6", "pending_webhooks", "18446744073709551615"),
        with("evt_n_7", "amount", &"9".repeat(300)),
    ];
    // Ids and kinds as nobody would give them, and that no index could hold.
    let long: String = (0..9_000_u32)
        .map(|n| format!("{:02x}", n.wrapping_mul(2_654_435_761) >> 24))
        .collect();
    for (id, kind, object) in [
        (long.as_str(), "charge.refunded", "ch_1"),
        ("evt_l_1", long.as_str(), "ch_1"),
        ("evt_l_2", "checkout.session.completed", long.as_str()),
        ("", "checkout.session.completed", "cs_test_1"),
        ("evt_l_3", "", "cs_test_1"),
        (
            "evt_\u{1f4b3} '\"\\",
            "checkout.session.completed",
            "cs_\u{202e}tset",
        ),
    ] {
        let object = json!({ "id": object });
        payloads.push(event(id, "2026-09-30.endive", kind, object).to_string());
    }
    payloads.push(with("evt_n_8", "amount", &deep));
    payloads
}

/// Authentic, and no event at all.
const NO_EVENTS: [&str; 7] = [
    "null",
    "0",
    "\"evt_1\"",
    "{\"id\":\"evt_1\"",
    "{\"id\":\"evt_\\ud800\",\"type\":\"lone.surrogate\"}",
    "\u{feff}{\"id\":\"evt_bom\",\"type\":\"with.a.mark\"}",
    "id=evt_1&type=checkout.session.completed",
];

/// An event that is just so long.
fn of_size(size: usize) -> String {
    let frame = event(
        "evt_size",
        "2026-09-30.endive",
        "size.tried",
        json!({"id": "x", "pad": ""}),
    );
    let pad = "x".repeat(size - frame.to_string().len());
    let object = json!({"id": "x", "pad": pad});
    let event = event("evt_size", "2026-09-30.endive", "size.tried", object).to_string();
    assert_eq!(event.len(), size);
    event
}

on_both_databases! {
    async fn events_of_2019_are_kept_and_the_api_is_believed(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "never").await;
        let intent = app.book().await[0]["payment_intent"].clone();
        let intent = intent.as_str().expect("a payment intent");
        deliver_all(app, &texts(&of_2019(&bought, intent))).await;
        ann.recharge_becomes(&bought, "completed").await;
        assert_settled(app).await;
        assert_eq!((ann.remaining().await, ann.figure("debt").await), (18, 0));
    }

    async fn events_of_the_future_are_kept_and_the_api_is_believed(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "never").await;
        let unpaid = ann.checkout("starter").await;
        deliver_all(app, &texts(&of_the_future(&bought))).await;
        ann.recharge_becomes(&bought, "completed").await;
        // What says in new words that it is paid is not.
        let lie = event("evt_31_9", "2031-04-01.zinc", "checkout.session.completed", json!({
            "id": unpaid.session_id, "payment_status": "paid", "status": "complete",
        }));
        deliver_all(app, &[lie.to_string()]).await;
        assert_settled(app).await;
        assert_eq!((ann.remaining().await, ann.figure("debt").await), (18, 0));
        assert_eq!(ann.recharge(&unpaid).await["status"], "pending");
    }

    async fn events_about_nothing_are_kept(app: &App) {
        let ann = app.sign_up("ann").await;
        let wallet = ann.wallet().await;
        deliver_all(app, &texts(&about_nothing())).await;
        assert_settled(app).await;
        assert_eq!(ann.wallet().await, wallet);
    }

    async fn events_of_another_account_are_kept_and_touch_nobody(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "normal").await;
        ann.recharge_becomes(&bought, "completed").await;
        let wallet = ann.wallet().await;
        deliver_all(app, &texts(&of_another_account())).await;
        assert_settled(app).await;
        assert_eq!(ann.wallet().await, wallet);
        assert_eq!(ann.recharge(&bought).await["status"], "completed");
    }

    async fn events_beyond_all_measure_are_kept(app: &App) {
        let ann = app.sign_up("ann").await;
        let wallet = ann.wallet().await;
        deliver_all(app, &beyond_measure()).await;
        assert_settled(app).await;
        assert_eq!(ann.wallet().await, wallet);
    }

    async fn what_is_signed_and_no_event_is_kept_as_such(app: &App) {
        deliver_all(app, &NO_EVENTS.map(str::to_owned)).await;
        assert_unparsed(app, NO_EVENTS.len()).await;
    }

    async fn a_megabyte_is_taken_and_one_byte_more_is_not(app: &App) {
        deliver_signed(app, &of_size(MEGABYTE)).await.expect(200);
        assert_eq!(events_stored(app).await, 1);
        for length in [MEGABYTE + 1, 2 * MEGABYTE] {
            let refused = deliver_signed(app, &of_size(length)).await.expect(413);
            assert_eq!(refused.code(), "payload_too_large");
        }
        // Nobody counts on the signature of what is not read.
        let refused = deliver(app, &of_size(MEGABYTE + 1), None).await;
        assert_eq!(refused.status, 413);
        assert_eq!(events_stored(app).await, 1);
        assert_settled(app).await;
    }
}

/// A request of which only the first two megabytes are ever sent; what is answered.
fn begin_endless_webhook(base: &str) -> String {
    let address = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("a connection");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("a limit");
    let head = format!(
        "POST /api/v1/webhooks/stripe HTTP/1.1\r\nhost: {address}\r\nstripe-signature: t=1,v1=00\r\n\
         content-type: application/json\r\ncontent-length: 1000000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("the head is sent");
    // The connection may be closed at any moment from here on, which is what is hoped for.
    let _ = stream.write_all(&vec![b' '; 2 * MEGABYTE]);
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer).unwrap_or(0);
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

on_both_places! {
    async fn what_is_refused_leaves_one_line_and_no_secret(place: &Place) {
        const MARK: &str = "nobody-may-log-this";
        let mut command = place.command(&["serve"]);
        // As verbose as an operator has it.
        command.env_remove("RUST_LOG");
        let server = crate::support::process::Server::start(command);
        let stranger = server.anonymous();
        let payload = event("evt_1", "2026-09-30.endive", MARK, json!({"id": MARK})).to_string();
        let large = of_size(MEGABYTE + 1).replace("size.tried", MARK);
        let signed = signature(&payload, "whsec_of_somebody_else", 1_795_000_000);
        let mut lines = server.log().len();
        for (body, header, status) in [
            (&payload, None, 400),
            (&payload, Some("t=1,v1=zz"), 400),
            (&payload, Some(signed.as_str()), 400),
            (&large, Some(signed.as_str()), 413),
        ] {
            let mut request = stranger.request(reqwest::Method::POST, "/api/v1/webhooks/stripe");
            if let Some(header) = header {
                request = request.header("stripe-signature", header);
            }
            let answer = stranger.send(request.body(body.clone())).await.expect(status);
            assert!(!answer.text().contains(MARK), "{}", answer.text());
            let log = until("the refusal is logged", async || {
                let log = server.log();
                (log.len() > lines).then_some(log)
            })
            .await;
            let said = &log[lines..];
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(said[0].contains("webhook"), "{said:?}");
            for secret in [MARK, "whsec_", "v1=", &signed[signed.len() - 64..]] {
                assert!(!said[0].contains(secret), "{said:?}");
            }
            lines = log.len();
        }
        server.kill();
        let db = atelier_server::db::Database::open(&place.database_url).await.expect("the database");
        let stored: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM webhook_events")
            .fetch_one(db.reader())
            .await
            .expect("the inbox");
        assert_eq!(stored, 0);
        db.close().await;
    }
}

/// Whoever announces a gigabyte is answered after the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_is_not_read_to_its_end() {
    let app = App::start(crate::support::Kind::Sqlite).await;
    let base = app.base.clone();
    let answer = tokio::task::spawn_blocking(move || begin_endless_webhook(&base)).await;
    let answer = answer.expect("no panic");
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer:?}");
    assert_eq!(events_stored(&app).await, 0);
    app.stop().await;
}
