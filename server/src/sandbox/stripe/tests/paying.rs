use serde_json::json;
use stripe_shared::{
    CheckoutSessionPaymentStatus as PaymentStatus, CheckoutSessionStatus as Status,
};

use super::{GOOD_CARD, sandbox};

#[tokio::test]
async fn paying_goes_back_with_the_session_and_is_in_the_book() {
    let world = sandbox().await;
    let session = world.session().await;
    let answer = world.pay_by_card(&session, "4242+4242+4242+4242").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let success = format!(
        "http://127.0.0.1:3000/payments/success?session_id={}",
        session.id
    );
    assert_eq!(answer.location, Some(success.clone()));
    let intent = world.retrieve(&session).await.payment_intent.unwrap();
    let wanted = json!({
        "payment_intent": intent.id().as_str(), "session_id": session.id.as_str(),
        "client_reference_id": "user-1", "amount_minor": 990, "currency": "usd",
        "paid": true, "refunded": 0, "disputed": false, "invoice": null,
    });
    assert_eq!(world.book().await, [wanted]);

    for form in ["card_number=4000000000000002", "card_number=nonsense"] {
        let again = world.pay(&session, form).await;
        assert_eq!(
            (again.status, again.location.as_ref()),
            (303, Some(&success)),
            "{form}"
        );
    }
    assert_eq!(world.book().await.len(), 1);
}

#[tokio::test]
async fn each_declined_card_says_why_and_changes_nothing_in_the_book() {
    let world = sandbox().await;
    let session = world.session().await;
    for (card, words, code) in [
        (
            "4000000000000002",
            "Your card was declined.",
            "card_declined",
        ),
        ("4000000000009995", "insufficient funds", "card_declined"),
        ("4000000000000069", "has expired", "expired_card"),
        (
            "4000000000000127",
            "security code is incorrect",
            "incorrect_cvc",
        ),
        (
            "4000000000000119",
            "while processing your card",
            "processing_error",
        ),
        ("4111111111111111", "only test cards", "card_declined"),
    ] {
        let answer = world.pay_by_card(&session, card).await;
        assert_eq!(answer.status, 402, "{card}");
        assert!(
            answer.text.contains(&words.replace('\'', "&#39;")),
            "{card}: {}",
            answer.text
        );
        let now = world.retrieve(&session).await;
        assert_eq!(now.status, Some(Status::Open));
        let intent = now.payment_intent.unwrap().into_object().unwrap();
        let error = intent.last_payment_error.unwrap();
        assert_eq!(error.code.unwrap().as_str(), code, "{card}");
        let charge = intent.latest_charge.unwrap().into_object().unwrap();
        assert!(!charge.paid && charge.failure_message.is_some());
    }
    assert!(world.book().await.is_empty());
    let failed = world
        .get("v1/events?type=payment_intent.payment_failed")
        .await
        .json();
    assert_eq!(failed["data"].as_array().unwrap().len(), 6);
    assert_eq!(world.pay_by_card(&session, GOOD_CARD).await.status, 303);
    assert_eq!(world.book().await.len(), 1);
    let created = world
        .get("v1/events?type=payment_intent.created")
        .await
        .json();
    assert_eq!(
        created["data"].as_array().unwrap().len(),
        1,
        "one intent for all attempts"
    );
}

#[tokio::test]
async fn a_form_that_makes_no_sense_is_refused_in_words() {
    let world = sandbox().await;
    let session = world.session().await;
    for (form, words) in [
        ("card_number=4242424242424241", "card number is incorrect"),
        ("card_number=", "card number is incorrect"),
        ("", "card number is incorrect"),
        (
            "card_number=4242424242424242&webhook=duplicate:101",
            "Unknown webhook mode",
        ),
        (
            "card_number=4242424242424242&webhook=soon",
            "Unknown webhook mode",
        ),
        ("method=delayed:maybe:5", "Unknown method"),
        ("method=delayed:failed", "Unknown method"),
    ] {
        let answer = world.pay(&session, form).await;
        assert_eq!(answer.status, 422, "{form}");
        assert!(answer.text.contains(words), "{form}: {}", answer.text);
    }
    assert_eq!(world.retrieve(&session).await.status, Some(Status::Open));
    let nobody = world
        .post(
            "checkout/cs_test_none",
            "card_number=4242424242424242",
            None,
        )
        .await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn many_presses_at_once_pay_once() {
    let world = sandbox().await;
    let session = world.session().await;
    let answers =
        futures::future::join_all((0..20).map(|_| world.pay_by_card(&session, GOOD_CARD))).await;
    assert!(answers.iter().all(|answer| answer.status == 303));
    assert_eq!(world.book().await.len(), 1);
    let completed = world
        .get("v1/events?type=checkout.session.completed")
        .await
        .json();
    assert_eq!(completed["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_expired_session_cannot_be_paid() {
    let world = sandbox().await;
    let session = world.session().await;
    world.advance(24 * 3_600);
    let answer = world.pay_by_card(&session, GOOD_CARD).await;
    assert_eq!(answer.status, 410);
    assert!(answer.text.contains("expired"));
    assert_eq!(world.retrieve(&session).await.status, Some(Status::Expired));
    assert_eq!(
        world.receiver.received(1).await,
        ["checkout.session.expired"]
    );
    assert!(world.book().await.is_empty());
}

#[tokio::test]
async fn a_delayed_payment_comes_in_later() {
    let world = sandbox().await;
    let session = world.session().await;
    let answer = world.pay(&session, "method=delayed:succeeded:5000").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let now = world.retrieve(&session).await;
    assert_eq!(
        (now.status, now.payment_status),
        (Some(Status::Complete), PaymentStatus::Unpaid)
    );
    assert_eq!(world.book().await[0]["paid"], false);
    world.receiver.received(4).await;
    world.advance(5);
    let types = world.receiver.received(7).await;
    assert!(types.contains(&"checkout.session.async_payment_succeeded".to_owned()));
    assert_eq!(
        world.retrieve(&session).await.payment_status,
        PaymentStatus::Paid
    );
    assert_eq!(world.book().await[0]["paid"], true);
}

#[tokio::test]
async fn a_delayed_payment_fails_later() {
    let world = sandbox().await;
    let session = world.session().await;
    world
        .pay(&session, "method=delayed:failed:5000&webhook=never")
        .await;
    world.advance(5);
    let now = world.retrieve(&session).await;
    assert_eq!(
        (now.status, now.payment_status),
        (Some(Status::Complete), PaymentStatus::Unpaid)
    );
    let failed = world
        .get("v1/events?type=checkout.session.async_payment_failed")
        .await
        .json();
    assert_eq!(failed["data"].as_array().unwrap().len(), 1);
    assert_eq!(world.book().await[0]["paid"], false);
}

#[tokio::test]
async fn the_bank_may_ask_first() {
    let world = sandbox().await;
    let session = world.session().await;
    let asked = world.pay_by_card(&session, "4000002760003184").await;
    assert_eq!(asked.status, 200);
    assert!(asked.text.contains("Your bank asks"));
    assert!(world.book().await.is_empty());
    let form = "card_number=4000002760003184&authentication=";
    assert_eq!(
        world.pay(&session, &format!("{form}fail")).await.status,
        402
    );
    assert_eq!(
        world.pay(&session, &format!("{form}complete")).await.status,
        303
    );
    assert_eq!(world.book().await.len(), 1);
}
