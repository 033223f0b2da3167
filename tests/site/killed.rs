//! Killed between what a provider has done and what our books say of it, where money goes back and
//! plans change: whoever comes next, the same program started again or another node, finds out and does
//! it once.

use std::time::Duration;

use atelier_server::db::{Database, Kind};
use atelier_server::failpoint::{MONEY_RETURNED, PLAN_CHANGED, STRIPE_ANSWERED};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::support::client::GOOD_CARD;
use crate::support::process::{Place, Server};
use crate::support::{Answer, Checkout, Client, until, until_within};

/// The leases of the dead run out first, where no clock is put forward.
const RECOVERY: Duration = Duration::from_secs(110);

/// A program that stops where it is when it comes to `point` for the n-th time.
fn doomed(place: &Place, point: &str, times: u64) -> Server {
    let mut command = place.command(&["serve"]);
    command.env("FAILPOINT", format!("{point}:{times}"));
    Server::start(command)
}

/// The same program some minutes later.
fn again(place: &Place) -> Server {
    let mut command = place.command(&["serve"]);
    command.env("CLOCK_AHEAD", "180");
    Server::start(command)
}

/// On SQLite the program is started again; on PostgreSQL another node has been there all the while.
struct Next<'a> {
    place: &'a Place,
    other: Option<Server>,
}

impl<'a> Next<'a> {
    async fn to(place: &'a Place) -> Self {
        let db = Database::open(&place.database_url)
            .await
            .expect("the database");
        let other = (db.kind() == Kind::Postgres).then(|| place.serve());
        db.close().await;
        Self { place, other }
    }

    fn takes_over(self) -> Server {
        self.other.unwrap_or_else(|| again(self.place))
    }
}

/// Sends a request, waits until the program has stopped in what follows from it, kills it. The answer,
/// if there was one: the success page waits a while only.
async fn kill_in(server: Server, client: &Client, request: RequestBuilder) -> Option<Answer> {
    let asking = client.clone();
    let asked = tokio::spawn(async move { asking.try_send(request).await });
    until("the point is reached", async || {
        let log = server.log();
        log.iter()
            .any(|line| line.contains("failpoint reached"))
            .then_some(())
    })
    .await;
    let log = server.kill();
    let wrong = log.iter().find(|line| !line.contains("failpoint reached"));
    assert_eq!(wrong, None, "{log:#?}");
    asked.await.expect("the request")
}

async fn pay(buyer: &Client, checkout: &Checkout, webhook: &str) {
    let fields = [("card_number", GOOD_CARD), ("webhook", webhook)];
    buyer.pay(checkout, &fields).await.expect(303);
}

async fn land(buyer: &Client, checkout: &Checkout) {
    buyer.get(&checkout.landing()).await.expect(200);
}

/// Waits until the wallet is like this, however the news comes.
async fn wallet_becomes(client: &Client, pointer: &str, value: serde_json::Value) {
    until_within(RECOVERY, &format!("{pointer} is {value}"), async || {
        let wallet = client.wallet().await;
        (wallet.pointer(pointer) == Some(&value)).then_some(())
    })
    .await;
}

async fn number(place: &Place, statement: &'static str) -> i64 {
    let db = Database::open(&place.database_url)
        .await
        .expect("the database");
    let row = sqlx::query_scalar(statement).fetch_one(db.reader()).await;
    db.close().await;
    row.expect(statement)
}

const REFUNDS_MADE: &str = "SELECT COUNT(*) FROM sandbox_objects WHERE kind = 'refund'";
const REFUNDS_KNOWN: &str = "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded'";
const INVOICES_PAID: &str = "SELECT COUNT(*) FROM recharge_records WHERE status = 'completed'";
const ERRANDS: &str = "SELECT COUNT(*) FROM subscriptions WHERE errand IS NOT NULL";

fn agrees(place: &Place) {
    let verify = place.run(&["verify"]);
    assert!(verify.status.success(), "{verify:?}");
}

/// A refund by the operator, with the program killed when it comes to `point` for the n-th time.
async fn refund_killed_at(place: &Place, point: &str, times: u64) {
    let next = Next::to(place).await;
    let server = doomed(place, point, times);
    let ann = server.anonymous().signed_up_as("ann").await;
    let bought = ann.checkout("starter").await;
    pay(&ann, &bought, "never").await;
    land(&ann, &bought).await;
    let admin = server
        .anonymous()
        .signed_in_as("admin@example.com", "atelier-demo")
        .await;
    let path = format!("/api/admin/recharges/{}/refund", bought.recharge_id);
    let refund = |admin: &Client| {
        let request = admin
            .request(Method::POST, &path)
            .header("idempotency-key", "one wish");
        request.json(&json!({}))
    };
    assert!(kill_in(server, &admin, refund(&admin)).await.is_none());
    let server = next.takes_over();
    let (ann, admin) = (ann.at(&server.base), admin.at(&server.base));
    wallet_becomes(&ann, "/credits/remaining", json!(8)).await;
    // Whoever asks again, under the same key, gives nothing back twice: once its claim is over.
    let db = Database::open(&place.database_url)
        .await
        .expect("the database");
    let mut tx = db.begin().await.expect("a transaction");
    let over = sqlx::query("UPDATE idempotency_keys SET lease_until = 0 WHERE key = 'one wish'");
    let over = over.execute(&mut *tx).await.expect("the claim");
    assert_eq!(over.rows_affected(), 1);
    tx.commit().await.expect("a commit");
    db.close().await;
    admin.send(refund(&admin)).await.expect(200);
    assert_eq!(number(place, REFUNDS_MADE).await, 1);
    assert_eq!(number(place, REFUNDS_KNOWN).await, 1);
    server.terminate();
    agrees(place);
}

on_both_places! {
    async fn a_refund_is_known_and_made_once(place: &Place) {
        refund_killed_at(place, MONEY_RETURNED, 1).await;
    }

    async fn a_refund_that_was_read_is_written_down_once(place: &Place) {
        // The first answer is that of the purchase.
        refund_killed_at(place, STRIPE_ANSWERED, 2).await;
    }

    async fn a_payment_that_is_adopted_is_followed_to_its_end(place: &Place) {
        let next = Next::to(place).await;
        // The record and its grant are committed; what went back before is read, and not written down.
        let server = doomed(place, STRIPE_ANSWERED, 1);
        let anyone = server.anonymous();
        anyone.post_json("/sandbox/stripe/webhooks", json!({"mode": "never"})).await.expect(200);
        let ann = server.anonymous().signed_up_as("ann").await;
        let bought = ann.checkout("credits-10").await;
        pay(&ann, &bought, "never").await;
        let db = Database::open(&place.database_url).await.expect("the database");
        let mut tx = db.begin().await.expect("a transaction");
        let lost = sqlx::query("DELETE FROM recharge_records").execute(&mut *tx).await;
        assert_eq!(lost.expect("a deletion").rows_affected(), 1);
        tx.commit().await.expect("a commit");
        db.close().await;
        let session = format!("/sandbox/stripe/v1/checkout/sessions/{}", bought.session_id);
        let session = anyone.send(anyone.request(Method::GET, &session).bearer_auth("sk_test_somebody")).await;
        let half = json!({"payment_intent": session.expect(200).json()["payment_intent"], "amount": "95"});
        anyone.post_json("/sandbox/stripe/refunds", half).await.expect(200);
        let admin = server.anonymous().signed_in_as("admin@example.com", "atelier-demo").await;
        let mend = admin.request(Method::POST, "/api/admin/reconciliation/mend");
        let mend = mend.json(&json!({"kind": "payment_without_record", "id": bought.session_id}));
        assert!(kill_in(server, &admin, mend).await.is_none());
        let server = next.takes_over();
        wallet_becomes(&ann.at(&server.base), "/credits/remaining", json!(13)).await;
        server.terminate();
        agrees(place);
    }

    async fn a_move_up_is_known_and_billed_once(place: &Place) {
        let next = Next::to(place).await;
        let server = doomed(place, PLAN_CHANGED, 1);
        let ann = server.anonymous().signed_up_as("ann").await;
        let bought = ann.checkout("premium-monthly").await;
        pay(&ann, &bought, "never").await;
        land(&ann, &bought).await;
        let form = |ann: &Client| {
            ann.request(Method::POST, "/do/plan")
                .header(ACCEPT, "text/html")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body("action=change&plan=premium-unlimited")
        };
        assert!(kill_in(server, &ann, form(&ann)).await.is_none());
        let server = next.takes_over();
        let ann = ann.at(&server.base);
        wallet_becomes(&ann, "/premium/plan", json!("premium-unlimited")).await;
        // Sent again, it changes and costs nothing.
        ann.send(form(&ann)).await.expect(302);
        assert_eq!(number(place, INVOICES_PAID).await, 2);
        server.terminate();
        agrees(place);
    }

    async fn a_second_plan_is_ended_and_paid_back_once(place: &Place) {
        let server = doomed(place, PLAN_CHANGED, 1);
        let ann = server.anonymous().signed_up_as("ann").await;
        let first = ann.checkout("premium-monthly").await;
        let second = ann.checkout("premium-unlimited").await;
        pay(&ann, &first, "never").await;
        land(&ann, &first).await;
        // Stripe counts in seconds.
        let later = json!({"seconds": "2"});
        server.anonymous().post_json("/sandbox/clock", later).await.expect(200);
        pay(&ann, &second, "never").await;
        // The provider has ended it, and is killed before it is asked for the money.
        let landing = |ann: &Client| ann.request(Method::GET, &second.landing());
        kill_in(server, &ann, landing(&ann)).await;
        assert_eq!(number(place, REFUNDS_MADE).await, 0);
        assert_eq!(number(place, ERRANDS).await, 1);
        // Then the money is on its way back, and nobody has noted that.
        let mut command = place.command(&["serve"]);
        command.env("CLOCK_AHEAD", "180").env("FAILPOINT", format!("{MONEY_RETURNED}:1"));
        let server = Server::start(command);
        let ann = ann.at(&server.base);
        kill_in(server, &ann, landing(&ann)).await;
        assert_eq!(number(place, REFUNDS_MADE).await, 1);
        assert_eq!(number(place, ERRANDS).await, 1);
        let mut command = place.command(&["serve"]);
        command.env("CLOCK_AHEAD", "360");
        let server = Server::start(command);
        let ann = ann.at(&server.base);
        until_within(RECOVERY, "the errand is done", async || {
            (number(place, ERRANDS).await == 0).then_some(())
        })
        .await;
        wallet_becomes(&ann, "/premium/plan", json!("premium-monthly")).await;
        assert_eq!(number(place, REFUNDS_MADE).await, 1);
        assert_eq!(number(place, REFUNDS_KNOWN).await, 1);
        server.terminate();
        agrees(place);
    }
}
