use std::time::Duration;

use http::StatusCode;
use secrecy::SecretString;
use stripe_checkout::checkout_session::ExpireCheckoutSession;
use stripe_webhook::{EventObject, Webhook};
use tokio_util::sync::CancellationToken;

use super::{Delivery, GOOD_CARD, SECRET, sandbox};
use crate::sandbox::stripe::{StripeSandbox, signed_event};

/// The events of one payment by card.
const EVENTS: [&str; 4] = [
    "charge.succeeded",
    "checkout.session.completed",
    "payment_intent.created",
    "payment_intent.succeeded",
];

#[tokio::test]
async fn a_payment_is_told_and_each_event_parses() {
    let world = sandbox().await;
    let session = world.session().await;
    world.pay_by_card(&session, GOOD_CARD).await;
    assert_eq!(world.receiver.received(4).await, EVENTS);
    let event = world
        .receiver
        .events("checkout.session.completed")
        .remove(0);
    let EventObject::CheckoutSessionCompleted(told) = event.data.object else {
        panic!("not a session");
    };
    assert_eq!((told.id, told.amount_total), (session.id, Some(990)));
    let event = world.receiver.events("charge.succeeded").remove(0);
    assert!(matches!(event.data.object, EventObject::ChargeSucceeded(charge) if charge.paid));
}

#[tokio::test]
async fn the_redirect_does_not_wait_for_normal_webhooks() {
    let world = sandbox().await;
    world.receiver.hold(true);
    let session = world.session().await;
    assert_eq!(world.pay_by_card(&session, GOOD_CARD).await.status, 303);
    world.receiver.received(4).await;
}

#[tokio::test]
async fn before_redirect_waits_for_the_answer() {
    let world = sandbox().await;
    world.receiver.hold(true);
    let session = world.session().await;
    let form = format!("card_number={GOOD_CARD}&webhook=before_redirect");
    let paying = world.pay(&session, &form);
    tokio::pin!(paying);
    tokio::select! {
        answer = &mut paying => panic!("redirected with {} before the answer", answer.status),
        _ = world.receiver.received(4) => {}
    }
    world.receiver.hold(false);
    assert_eq!(paying.await.status, 303);
    assert_eq!(world.receiver.types(), EVENTS, "each exactly once");
}

#[tokio::test]
async fn a_failed_first_delivery_before_the_redirect_is_tried_again() {
    let world = sandbox().await;
    world.receiver.answer(StatusCode::INTERNAL_SERVER_ERROR);
    let session = world.session().await;
    let form = format!("card_number={GOOD_CARD}&webhook=before_redirect");
    assert_eq!(world.pay(&session, &form).await.status, 303);
    assert_eq!(world.receiver.types(), EVENTS);
    world.receiver.answer(StatusCode::OK);
    world.advance(1);
    assert_eq!(world.receiver.received(8).await.len(), 8);
}

#[tokio::test]
async fn duplicates_are_the_same_event() {
    let world = sandbox().await;
    let session = world.session().await;
    world
        .pay(
            &session,
            &format!("card_number={GOOD_CARD}&webhook=duplicate:25"),
        )
        .await;
    world.receiver.received(100).await;
    let completed = world.receiver.events("checkout.session.completed");
    assert_eq!(completed.len(), 25);
    assert!(completed.iter().all(|event| event.id == completed[0].id));
}

#[tokio::test]
async fn never_is_listed_but_not_sent() {
    let world = sandbox().await;
    let session = world.session().await;
    world
        .pay(&session, &format!("card_number={GOOD_CARD}&webhook=never"))
        .await;
    let listed = world.get("v1/events").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 4);
    assert_eq!(listed["data"][0]["pending_webhooks"], 0);
    // Whatever were to be sent would be sent before the events of this second payment.
    let other = world.session().await;
    world.pay_by_card(&other, GOOD_CARD).await;
    assert_eq!(world.receiver.received(4).await, EVENTS);
    let told = world
        .receiver
        .events("checkout.session.completed")
        .remove(0);
    assert!(
        matches!(told.data.object, EventObject::CheckoutSessionCompleted(s) if s.id == other.id)
    );
}

#[tokio::test]
async fn delayed_is_sent_when_its_time_has_come() {
    let world = sandbox().await;
    let session = world.session().await;
    world
        .pay(
            &session,
            &format!("card_number={GOOD_CARD}&webhook=delayed:60000"),
        )
        .await;
    let other = world.session().await;
    world.pay_by_card(&other, GOOD_CARD).await;
    assert_eq!(world.receiver.received(4).await.len(), 4);
    // A clock that runs ahead of an answer would have the event sent again.
    let is_noted = |delivery: &Delivery| delivery.due_at.is_none() || delivery.attempts == 0;
    world.deliveries("the four are noted", is_noted).await;
    world.advance(59);
    assert_eq!(world.receiver.types().len(), 4);
    world.advance(1);
    assert_eq!(world.receiver.received(8).await.len(), 8);
}

#[tokio::test]
async fn failures_are_tried_again_with_a_fresh_signature_eight_times() {
    let world = sandbox().await;
    world.receiver.answer(StatusCode::SERVICE_UNAVAILABLE);
    let session = world.session().await;
    ExpireCheckoutSession::new(session.id)
        .send(&world.client)
        .await
        .unwrap();
    for (tries, pause) in (1..).zip([1, 5, 30, 2 * 60, 10 * 60, 30 * 60, 60 * 60]) {
        world.receiver.received(tries).await;
        let due_at = world.clock.now().plus(Duration::from_secs(pause)).micros();
        world
            .deliveries("planned again", |delivery| delivery.due_at == Some(due_at))
            .await;
        world.advance(pause);
    }
    world.receiver.received(8).await;
    world
        .deliveries("given up", |d| d.due_at.is_none() && d.attempts == 8)
        .await;
    let mut signatures = world.receiver.signatures();
    signatures.dedup();
    assert_eq!(signatures.len(), 8);
}

#[tokio::test]
async fn a_new_sender_finds_what_the_old_one_left() {
    let world = sandbox().await;
    world.receiver.answer(StatusCode::BAD_GATEWAY);
    let session = world.session().await;
    world.pay_by_card(&session, GOOD_CARD).await;
    world
        .deliveries("answered", |delivery| delivery.last_status == Some(502))
        .await;
    drop(world.delivering.0);
    world.delivering.1.await.unwrap();
    world.receiver.answer(StatusCode::OK);
    world.clock.advance(Duration::from_secs(60));
    let stop = CancellationToken::new();
    tokio::spawn(world.sandbox.clone().deliver(stop.clone()));
    assert_eq!(world.receiver.received(8).await.len(), 8);
    stop.cancel();
}

#[tokio::test]
async fn two_nodes_send_each_event_once() {
    let world = sandbox().await;
    let node = &world.sandbox.0;
    let other = StripeSandbox::new(node.db.clone(), node.clock.clone(), node.settings.clone());
    let stop = CancellationToken::new();
    tokio::spawn(other.clone().deliver(stop.clone()));
    for _ in 0..10 {
        let session = world.session().await;
        world.pay_by_card(&session, GOOD_CARD).await;
        other.wake();
    }
    world.receiver.received(40).await;
    let sent_once = |delivery: &Delivery| delivery.attempts == 1 && delivery.due_at.is_none();
    world.deliveries("sent once", sent_once).await;
    assert_eq!(world.receiver.types().len(), 40);
    stop.cancel();
}

#[test]
fn a_signed_event_of_its_own_verifies() {
    let at = crate::time::Timestamp::from_seconds(1_800_000_000);
    let secret = SecretString::from(SECRET);
    let signed = signed_event("checkout.session.completed", "cs_test_1", &secret, at);
    let event = Webhook::construct_event_with_timestamp(
        &signed.payload,
        &signed.signature,
        SECRET,
        at.seconds(),
    );
    let event = event.unwrap();
    assert_eq!(event.id.as_str(), signed.id);
    assert!(matches!(
        event.data.object,
        EventObject::CheckoutSessionCompleted(session) if session.id.as_str() == "cs_test_1"
    ));
}
