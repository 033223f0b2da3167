use serde_json::json;
use url::Url;

use super::{GOOD_CARD, sandbox, text};
use crate::on_both_databases;
use crate::secret::hash;

on_both_databases! {
    async fn paying_goes_back_signed_and_is_in_the_book(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = world.checkout("prod_starter").await;
        let answer = world.pay(&id, "4242 4242 4242 4242", "normal").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let checkout = world.retrieve(&id).await;
        assert_eq!(checkout["status"], "completed");
        let order = &checkout["order"];
        assert_eq!((&order["status"], &order["amount_paid"]), (&json!("paid"), &json!(990)));
        let back: Url = answer.location.clone().unwrap().parse().unwrap();
        let mut given: Vec<(String, String)> = back.query_pairs().into_owned().collect();
        let (name, signature) = given.pop().unwrap();
        assert_eq!(name, "signature");
        let wanted = [
            ("a", "b".to_owned()),
            ("checkout_id", id.clone()),
            ("order_id", text(&order["id"])),
            ("customer_id", text(&checkout["customer"]["id"])),
            ("product_id", "prod_starter".to_owned()),
            ("request_id", "r-1".to_owned()),
        ];
        assert_eq!(given, wanted.map(|(name, value)| (name.to_owned(), value)));
        let signed: Vec<String> = given[1..].iter().map(|(k, v)| format!("{k}={v}|")).collect();
        assert_eq!(signature, hash(&format!("{}salt=creem_test_x", signed.concat())));
        let booked = json!({
            "transaction": order["transaction"], "checkout_id": id, "request_id": "r-1",
            "amount_minor": 990, "currency": "usd", "paid": true, "refunded": 0, "disputed": false,
        });
        assert_eq!(world.book().await, [booked]);
        let transaction = world.transaction(&text(&order["transaction"])).await;
        assert_eq!((&transaction["type"], &transaction["status"]), (&json!("payment"), &json!("paid")));

        // Whatever is pressed later, it is paid once and goes back to the same place.
        for card in ["4000000000000002", GOOD_CARD] {
            let again = world.pay(&id, card, "normal").await;
            assert_eq!((again.status, again.location), (303, answer.location.clone()));
        }
        assert_eq!(world.book().await.len(), 1);
        assert_eq!(world.receiver.received(1).await, ["checkout.completed"]);
    }

    async fn a_custom_price_counts_for_each_unit(ground: TestGround) {
        let world = sandbox(ground).await;
        let new = json!({"product_id": "prod_starter", "custom_price": 1_500, "units": 3});
        let made = world.post("v1/checkouts", new).await.ok();
        let id = text(&made["id"]);
        // Without a page to go back to, the checkout says that it is paid.
        let form = [("card_number", GOOD_CARD), ("email", "new@example.com")];
        let answer = world.submit(&format!("checkout/{id}"), &form).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let checkout = world.retrieve(&id).await;
        assert_eq!(checkout["order"]["amount"], 4_500);
        assert_eq!(checkout["customer"]["email"], "new@example.com");
        assert_eq!(world.book().await[0]["amount_minor"], 4_500);
    }

    async fn each_declined_card_says_why_and_changes_nothing(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = world.checkout("prod_starter").await;
        for (card, words) in [
            ("4000000000000002", "Your card was declined."),
            ("4000000000009995", "insufficient funds"),
            ("4000000000000069", "has expired"),
            ("4000000000000127", "security code is incorrect"),
            ("4111111111111111", "only test cards"),
        ] {
            let answer = world.pay(&id, card, "normal").await;
            assert_eq!(answer.status, 402, "{card}");
            assert!(answer.text.contains(words), "{card}: {}", answer.text);
        }
        assert!(world.book().await.is_empty());
        assert_eq!(world.retrieve(&id).await["status"], "pending");
        assert_eq!(world.pay(&id, GOOD_CARD, "never").await.status, 303);
    }

    async fn a_form_that_makes_no_sense_is_refused_in_words(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = world.checkout("prod_starter").await;
        for (form, words) in [
            (vec![], "number is incorrect"),
            (vec![("card_number", "nonsense")], "number is incorrect"),
            (vec![("card_number", GOOD_CARD), ("webhook", "soon")], "Unknown webhook mode"),
            (vec![("card_number", GOOD_CARD), ("email", "nobody")], "not an e-mail address"),
        ] {
            let answer = world.submit(&format!("checkout/{id}"), &form).await;
            assert_eq!(answer.status, 422, "{form:?}");
            assert!(answer.text.contains(words), "{form:?}: {}", answer.text);
        }
        assert_eq!(world.pay("ch_none", GOOD_CARD, "normal").await.status, 404);
        world.advance(24 * 3_600);
        let late = world.pay(&id, GOOD_CARD, "normal").await;
        assert_eq!(late.status, 410);
        assert!(world.book().await.is_empty());
    }

    async fn many_presses_at_once_pay_once(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = world.checkout("prod_monthly").await;
        let presses = (0..20).map(|_| world.pay(&id, GOOD_CARD, "normal"));
        let answers = futures::future::join_all(presses).await;
        assert!(answers.iter().all(|answer| answer.status == 303));
        assert_eq!(world.book().await.len(), 1);
        world.receiver.received(3).await;
        assert_eq!(world.receiver.kinds().len(), 3);
    }

    async fn one_address_is_one_customer(ground: TestGround) {
        let world = sandbox(ground).await;
        let checkouts = (0..5).map(|_| world.checkout("prod_starter"));
        let checkouts = futures::future::join_all(checkouts).await;
        let mut customers = Vec::new();
        for id in &checkouts {
            customers.push(text(&world.retrieve(id).await["customer"]["id"]));
        }
        customers.dedup();
        assert_eq!(customers.len(), 1);
    }
}
