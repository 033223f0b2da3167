use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::{GOOD_CARD, SECRET, World, sandbox, signing};
use crate::on_both_databases;
use crate::sandbox::creem::{CreemSandbox, Signatures, signed_event};
use crate::secret::{hmac_sha256, keyed_hash};
use crate::time::Timestamp;

impl World {
    /// Waits until each delivery is in the state wanted: what was answered is not yet written down.
    async fn deliveries(&self, what: &str, wanted: impl Fn(&Delivery) -> bool) {
        let waiting = async {
            loop {
                let all: Vec<Delivery> =
                    sqlx::query_as("SELECT attempts, due_at FROM sandbox_deliveries")
                        .fetch_all(self.sandbox.0.db.reader())
                        .await
                        .unwrap();
                if all.iter().all(&wanted) {
                    return;
                }
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(waited.is_ok(), "never: {what}");
    }
}

#[derive(sqlx::FromRow)]
struct Delivery {
    attempts: i64,
    due_at: Option<i64>,
}

on_both_databases! {
    async fn a_payment_is_told_signed_in_both_ways(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = world.checkout("prod_starter").await;
        world.pay(&id, GOOD_CARD, "normal").await;
        world.receiver.received(1).await;
        let told = world.receiver.first("checkout.completed");
        let event = told.json();
        assert_eq!(event["object"]["id"], id.as_str());
        assert_eq!(event["object"]["order"]["amount"], 990);
        assert_eq!(event["created_at"], world.clock.now().millis());
        assert_eq!(told.header("creem-signature"), Some(&*keyed_hash(SECRET, &told.body)));
        let id = event["id"].as_str().unwrap();
        assert_eq!(told.header("webhook-id"), Some(id));
        let at = world.clock.now().seconds();
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mac = hmac_sha256(&key, format!("{id}.{at}.{}", told.body).as_bytes());
        let signature = format!("v1,{}", STANDARD.encode(mac));
        assert_eq!(told.header("webhook-signature"), Some(&*signature));
    }

    async fn one_way_of_signing_can_be_switched_off(ground: TestGround) {
        let world = signing(ground, Signatures::Creem).await;
        let id = world.checkout("prod_starter").await;
        world.pay(&id, GOOD_CARD, "normal").await;
        world.receiver.received(1).await;
        let told = world.receiver.first("checkout.completed");
        assert!(told.header("creem-signature").is_some());
        assert!(told.header("webhook-signature").is_none());
    }

    async fn before_redirect_waits_for_the_answer(ground: TestGround) {
        let world = sandbox(ground).await;
        world.receiver.hold(true);
        let id = world.checkout("prod_starter").await;
        let paying = world.pay(&id, GOOD_CARD, "before_redirect");
        tokio::pin!(paying);
        tokio::select! {
            answer = &mut paying => panic!("redirected with {} before the answer", answer.status),
            _ = world.receiver.received(1) => {}
        }
        world.receiver.hold(false);
        assert_eq!(paying.await.status, 303);
        assert_eq!(world.receiver.kinds(), ["checkout.completed"]);
    }

    async fn modes_send_as_often_and_as_late_as_asked(ground: TestGround) {
        let world = sandbox(ground).await;
        for (mode, sent) in [("never", 0), ("duplicate:5", 5), ("delayed:60000", 5)] {
            let id = world.checkout("prod_starter").await;
            assert_eq!(world.pay(&id, GOOD_CARD, mode).await.status, 303);
            world.receiver.received(sent).await;
        }
        let first = world.receiver.all()[0].body.clone();
        assert!(world.receiver.all().iter().all(|one| one.body == first), "the same event");
        let noted = |delivery: &Delivery| delivery.due_at.is_none() || delivery.attempts == 0;
        world.deliveries("the five are noted", noted).await;
        world.advance(59);
        assert_eq!(world.receiver.all().len(), 5);
        world.advance(1);
        world.receiver.received(6).await;
    }

    async fn whatever_is_not_200_is_tried_again_four_times(ground: TestGround) {
        let world = sandbox(ground).await;
        world.receiver.answer(StatusCode::ACCEPTED);
        let id = world.checkout("prod_starter").await;
        world.pay(&id, GOOD_CARD, "normal").await;
        for (tries, pause) in (1..).zip([30, 60, 5 * 60, 60 * 60]) {
            world.receiver.received(tries).await;
            let due_at = world.clock.now().plus(Duration::from_secs(pause)).micros();
            let planned = |delivery: &Delivery| delivery.due_at == Some(due_at);
            world.deliveries("planned again", planned).await;
            world.advance(pause);
        }
        world.receiver.received(5).await;
        let given_up = |delivery: &Delivery| delivery.due_at.is_none() && delivery.attempts == 5;
        world.deliveries("given up", given_up).await;
        let times = world.receiver.all();
        let mut times: Vec<_> = times.iter().map(|one| one.header("webhook-timestamp")).collect();
        times.dedup();
        assert_eq!(times.len(), 5, "signed afresh");
    }

    async fn two_nodes_send_each_event_once(ground: TestGround) {
        let world = sandbox(ground).await;
        let node = &world.sandbox.0;
        let other = CreemSandbox::new(node.db.clone(), node.clock.clone(), node.settings.clone());
        let stop = CancellationToken::new();
        tokio::spawn(other.clone().deliver(stop.clone()));
        for _ in 0..10 {
            let id = world.checkout("prod_starter").await;
            world.pay(&id, GOOD_CARD, "normal").await;
            other.wake();
        }
        world.receiver.received(10).await;
        let once = |delivery: &Delivery| delivery.attempts == 1 && delivery.due_at.is_none();
        world.deliveries("sent once", once).await;
        assert_eq!(world.receiver.all().len(), 10);
        stop.cancel();
    }
}

#[test]
fn a_signed_event_of_its_own_names_the_transaction_where_one_is_meant() {
    let at = Timestamp::from_seconds(1_800_000_000);
    let secret = SecretString::from(SECRET);
    let signed = signed_event("refund.created", "tran_1", &secret, at);
    let event: serde_json::Value = serde_json::from_str(&signed.payload).unwrap();
    assert_eq!(event["object"]["transaction"]["id"], "tran_1");
    assert_eq!(event["id"], signed.id.as_str());
    assert_eq!(signed.headers.len(), 4);
}
