//! Refunds and disputes.

use serde_json::json;
use stripe::{ApiErrorsCode, StripeError};
use stripe_core::charge::RetrieveCharge;
use stripe_core::dispute::{ListDispute, RetrieveDispute};
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};
use stripe_shared::{CheckoutSession, DisputeStatus};
use stripe_webhook::EventObject;

use super::{World, sandbox};

fn intent_of(session: &CheckoutSession) -> String {
    session.payment_intent.as_ref().unwrap().id().to_string()
}

async fn paid_with(world: &World, card: &str) -> String {
    let session = world.session().await;
    assert_eq!(
        world
            .pay(&session, &format!("card_number={card}&webhook=never"))
            .await
            .status,
        303
    );
    intent_of(&world.retrieve(&session).await)
}

fn code<T>(result: Result<T, StripeError>) -> Option<ApiErrorsCode> {
    match result {
        Err(StripeError::Stripe(error, 400)) => error.code,
        Err(other) => panic!("not a refusal: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

#[tokio::test]
async fn money_goes_back_in_parts_and_never_more_than_came() {
    let world = sandbox().await;
    let intent = intent_of(&world.paid_session().await);
    let refund = || CreateRefund::new().payment_intent(intent.as_str());
    let part = refund().amount(400).send(&world.client).await.unwrap();
    assert_eq!(
        (part.amount, part.status.as_deref()),
        (400, Some("succeeded"))
    );
    assert_eq!(world.book().await[0]["refunded"], 400);
    assert_eq!(code(refund().amount(591).send(&world.client).await), None);
    let rest = refund().send(&world.client).await.unwrap();
    assert_eq!(rest.amount, 590);
    assert_eq!(world.book().await[0]["refunded"], 990);
    let refused = refund().send(&world.client).await;
    assert_eq!(code(refused), Some(ApiErrorsCode::ChargeAlreadyRefunded));

    let charge = rest.charge.unwrap().into_id();
    let charge = RetrieveCharge::new(charge)
        .send(&world.client)
        .await
        .unwrap();
    assert!(charge.refunded && charge.amount_refunded == 990);
    let listed = ListRefund::new()
        .charge(charge.id.to_string())
        .send(&world.client)
        .await
        .unwrap();
    assert_eq!(listed.data.len(), 2);
    let one = RetrieveRefund::new(part.id.clone()).expand(["charge".to_owned()]);
    assert!(
        one.send(&world.client)
            .await
            .unwrap()
            .charge
            .unwrap()
            .is_object()
    );
}

#[tokio::test]
async fn refunds_are_told() {
    let world = sandbox().await;
    let intent = intent_of(&world.paid_session().await);
    let answer = world
        .post_json("refunds", json!({"payment_intent": intent, "amount": 90}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let types = world.receiver.received(3).await;
    assert_eq!(
        types,
        ["charge.refunded", "refund.created", "refund.updated"]
    );
    let told = world.receiver.events("charge.refunded").remove(0);
    assert!(matches!(
        told.data.object,
        EventObject::ChargeRefunded(charge) if charge.amount_refunded == 90 && !charge.refunded
    ));
    let quiet = json!({"payment_intent": intent, "webhook": "never"});
    assert_eq!(world.post_json("refunds", quiet).await.status, 200);
    assert_eq!(world.book().await[0]["refunded"], 990);
    assert_eq!(world.receiver.types().len(), 3);
}

#[tokio::test]
async fn bad_refunds_are_refused() {
    let world = sandbox().await;
    let session = world.session().await;
    world.pay_by_card(&session, "4000000000000002").await;
    let unpaid = intent_of(&world.retrieve(&session).await);
    let refused = CreateRefund::new()
        .payment_intent(unpaid)
        .send(&world.client)
        .await;
    assert_eq!(
        code(refused),
        Some(ApiErrorsCode::PaymentIntentUnexpectedState)
    );
    assert_eq!(
        code(CreateRefund::new().send(&world.client).await),
        Some(ApiErrorsCode::ParameterMissing)
    );
    let answer = world
        .post("v1/refunds", "payment_intent=pi_none", None)
        .await;
    assert_eq!(
        (answer.status, &answer.json()["error"]["param"]),
        (400, &json!("payment_intent"))
    );
    let answer = world
        .post("v1/refunds", "payment_intent=pi_none&webhook=never", None)
        .await;
    assert_eq!(answer.json()["error"]["code"], "parameter_unknown");
    for body in [
        json!([]),
        json!({"payment_intent": {"a": "b"}}),
        json!({"amount": 5}),
    ] {
        assert_eq!(world.post_json("refunds", body).await.status, 400);
    }
}

#[tokio::test]
async fn parallel_refunds_do_not_exceed_the_charge() {
    let world = sandbox().await;
    let intent = intent_of(&world.paid_session().await);
    let refunds = (0..10).map(|_| {
        let refund = CreateRefund::new()
            .payment_intent(intent.as_str())
            .amount(300);
        let client = world.client.clone();
        async move { refund.send(&client).await }
    });
    let refunds = futures::future::join_all(refunds).await;
    assert_eq!(refunds.iter().filter(|refund| refund.is_ok()).count(), 3);
    assert_eq!(world.book().await[0]["refunded"], 900);
}

#[tokio::test]
async fn some_refunds_arrive_late() {
    let world = sandbox().await;
    let intent = paid_with(&world, "4000000000007726").await;
    let refund = CreateRefund::new()
        .payment_intent(intent)
        .send(&world.client)
        .await
        .unwrap();
    assert_eq!(refund.status.as_deref(), Some("pending"));
    world.advance(2);
    let later = RetrieveRefund::new(refund.id.clone())
        .send(&world.client)
        .await
        .unwrap();
    assert_eq!(later.status.as_deref(), Some("succeeded"));
    let types = world.receiver.received(4).await;
    assert_eq!(
        types,
        [
            "charge.refund.updated",
            "charge.refunded",
            "refund.created",
            "refund.updated"
        ]
    );
}

#[tokio::test]
async fn some_refunds_come_back() {
    let world = sandbox().await;
    let intent = paid_with(&world, "4000000000005126").await;
    let refund = CreateRefund::new().payment_intent(intent).amount(400);
    let refund = refund.send(&world.client).await.unwrap();
    assert_eq!(refund.status.as_deref(), Some("succeeded"));
    assert_eq!(world.book().await[0]["refunded"], 400);
    world.advance(2);
    let later = RetrieveRefund::new(refund.id.clone())
        .send(&world.client)
        .await
        .unwrap();
    assert_eq!(later.status.as_deref(), Some("failed"));
    assert_eq!(world.book().await[0]["refunded"], 0);
    world.receiver.received(7).await;
    let told = world.receiver.events("refund.failed").remove(0);
    assert!(matches!(told.data.object, EventObject::RefundFailed(told) if told.id == refund.id));
}

#[tokio::test]
async fn a_dispute_is_opened_and_won() {
    let world = sandbox().await;
    let intent = intent_of(&world.paid_session().await);
    let opened = world
        .post_json("disputes", json!({"payment_intent": intent}))
        .await;
    assert_eq!(opened.status, 200, "{}", opened.text);
    assert_eq!(world.book().await[0]["disputed"], true);
    assert_eq!(
        world
            .post_json("disputes", json!({"payment_intent": intent}))
            .await
            .status,
        400
    );
    let refused = CreateRefund::new()
        .payment_intent(intent.as_str())
        .send(&world.client)
        .await;
    assert_eq!(code(refused), Some(ApiErrorsCode::ChargeDisputed));
    let id = opened.json()["id"].as_str().unwrap().to_owned();
    let dispute = RetrieveDispute::new(id).send(&world.client).await.unwrap();
    assert_eq!(
        (dispute.status, dispute.amount),
        (DisputeStatus::NeedsResponse, 990)
    );

    let won = json!({"payment_intent": intent, "outcome": "won"});
    assert_eq!(world.post_json("disputes", won.clone()).await.status, 200);
    assert_eq!(world.book().await[0]["disputed"], false);
    assert_eq!(world.post_json("disputes", won).await.status, 400);
    let types = world.receiver.received(4).await;
    assert_eq!(
        types,
        [
            "charge.dispute.closed",
            "charge.dispute.created",
            "charge.dispute.funds_reinstated",
            "charge.dispute.funds_withdrawn",
        ]
    );
    let told = world.receiver.events("charge.dispute.closed").remove(0);
    assert!(matches!(
        told.data.object,
        EventObject::ChargeDisputeClosed(dispute) if dispute.status == DisputeStatus::Won
    ));
}

#[tokio::test]
async fn a_lost_dispute_keeps_the_money() {
    let world = sandbox().await;
    let intent = intent_of(&world.paid_session().await);
    world
        .post_json(
            "disputes",
            json!({"payment_intent": intent, "webhook": "never"}),
        )
        .await;
    let lost = json!({"payment_intent": intent, "outcome": "lost", "webhook": "never"});
    assert_eq!(
        world.post_json("disputes", lost).await.json()["status"],
        "lost"
    );
    assert_eq!(world.book().await[0]["disputed"], true);
    let refused = CreateRefund::new()
        .payment_intent(intent.as_str())
        .send(&world.client)
        .await;
    assert_eq!(code(refused), Some(ApiErrorsCode::ChargeDisputed));
}

#[tokio::test]
async fn some_cards_dispute_by_themselves() {
    let world = sandbox().await;
    for (card, status, withheld) in [
        ("4000000000000259", DisputeStatus::NeedsResponse, true),
        ("4000000000002685", DisputeStatus::NeedsResponse, true),
        (
            "4000000000001976",
            DisputeStatus::WarningNeedsResponse,
            false,
        ),
    ] {
        let intent = paid_with(&world, card).await;
        world.advance(1);
        let disputes = ListDispute::new().payment_intent(intent.as_str());
        let disputes = disputes.send(&world.client).await.unwrap();
        assert_eq!(disputes.data[0].status, status, "{card}");
        let book = world.book().await;
        let item = book
            .iter()
            .find(|item| item["payment_intent"] == intent.as_str())
            .unwrap();
        assert_eq!(item["disputed"], withheld, "{card}");
    }
}

#[tokio::test]
async fn there_is_no_subscription_to_renew() {
    let world = sandbox().await;
    let answer = world
        .post_json("renew", json!({"subscription": "sub_1"}))
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"]["code"], "resource_missing");
}
