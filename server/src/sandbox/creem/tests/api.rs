use serde_json::json;

use super::{Answer, sandbox};
use crate::on_both_databases;

on_both_databases! {
    async fn without_a_key_nothing_is_answered(ground: TestGround) {
        let world = sandbox(ground).await;
        for key in [None, Some("sk_test_x"), Some("")] {
            let mut request = world.http.get(world.url("v1/products/search"));
            if let Some(key) = key {
                request = request.header("x-api-key", key);
            }
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, 403, "{key:?}");
            assert_eq!(answer.json()["error"], "Forbidden");
            assert!(answer.json()["message"][0].is_string());
        }
    }

    async fn products_are_those_of_the_settings(ground: TestGround) {
        let world = sandbox(ground).await;
        let product = world.get("v1/products?product_id=prod_monthly").await.ok();
        assert_eq!((&product["price"], &product["currency"]), (&json!(1900), &json!("USD")));
        assert_eq!(product["billing_period"], "every-month");
        let by_path = world.get("v1/products/prod_monthly").await.ok();
        assert_eq!(by_path, product);
        let page = world.get("v1/products/search?page_number=2&page_size=2").await.ok();
        assert_eq!(page["items"][0]["id"], "prod_unlimited");
        assert_eq!(page["pagination"]["total_pages"], 2);
        let none = world.get("v1/products?product_id=prod_none").await;
        assert_eq!((none.status, none.json()["status"].as_i64()), (404, Some(404)));
    }

    async fn a_checkout_waits_for_its_payer(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = world.checkout("prod_starter").await;
        let checkout = world.retrieve(&id).await;
        assert_eq!(checkout["status"], "pending");
        assert_eq!(checkout["product"]["price"], 990);
        assert_eq!(checkout["customer"]["email"], "buyer@example.com");
        assert_eq!(checkout["metadata"]["user_id"], "u-1");
        assert!(checkout.get("order").is_none(), "{checkout}");
        assert_eq!(checkout["checkout_url"], format!("{}checkout/{id}", world.base));
        world.advance(24 * 3_600);
        assert_eq!(world.retrieve(&id).await["status"], "expired");
    }

    async fn what_makes_no_checkout_is_refused(ground: TestGround) {
        let world = sandbox(ground).await;
        for (body, status) in [
            (json!({}), 400),
            (json!({"product_id": "prod_none"}), 404),
            (json!({"product_id": "prod_starter", "custom_price": 99}), 400),
            (json!({"product_id": "prod_monthly", "custom_price": 500}), 400),
            (json!({"product_id": "prod_starter", "units": 0}), 400),
            (json!({"product_id": "prod_starter", "success_url": "nowhere"}), 400),
            (json!({"product_id": "prod_starter", "discount_code": "X"}), 400),
            (json!({"product_id": "prod_starter", "request_id": "a\0b"}), 400),
            (json!({"product_id": "prod_starter", "customer": {"email": "nobody"}}), 400),
            (json!({"product_id": "prod_starter", "customer": {"id": "cust_none"}}), 404),
            (json!({"product_id": "prod_starter", "customer": {"id": "c", "email": "a@b"}}), 400),
        ] {
            let answer = world.post("v1/checkouts", body.clone()).await;
            assert_eq!(answer.status, status, "{body}: {}", answer.text);
        }
        assert_eq!(world.get("v1/checkouts?checkout_id=ch_none").await.status, 404);
        assert_eq!(world.get("v1/checkouts?checkout_id=%00").await.status, 404);
        assert_eq!(world.get("v1/nothing").await.status, 404);
        assert_eq!(world.get("v1/refunds").await.status, 404);
    }

    async fn a_customer_is_one_person_of_the_shop(ground: TestGround) {
        let world = sandbox(ground).await;
        let new = json!({"email": "a@example.com", "name": "A", "external_id": "u-1"});
        let made = world.post("v1/customers", new.clone()).await.ok();
        let found = world.get("v1/customers?email=a@example.com").await.ok();
        assert_eq!(found, made);
        assert_eq!(found["external_id"], "u-1");
        for again in [new, json!({"email": "b@example.com", "name": "B", "external_id": "u-1"})] {
            assert_eq!(world.post("v1/customers", again).await.status, 400);
        }
        assert_eq!(world.get("v1/customers?email=b@example.com").await.status, 404);
        assert_eq!(world.get("v1/customers").await.status, 400);
    }

    async fn transactions_are_found_by_what_they_are_about(ground: TestGround) {
        let world = sandbox(ground).await;
        let first = world.paid("prod_starter", "4242424242424242").await;
        world.advance(1);
        world.paid("prod_monthly", "4242424242424242").await;
        let customer = first["customer"]["id"].as_str().unwrap();
        let order = first["order"]["id"].as_str().unwrap();
        for (query, count) in [
            (String::new(), 2),
            (format!("customer_id={customer}"), 2),
            (format!("order_id={order}"), 1),
            ("product_id=prod_monthly".to_owned(), 1),
            (format!("customer_id={customer}&product_id=prod_none"), 0),
            ("customer_id=%00".to_owned(), 0),
        ] {
            let found = world.get(&format!("v1/transactions/search?{query}")).await.ok();
            assert_eq!(found["pagination"]["total_records"], count, "{query}");
        }
        let newest = world.get("v1/transactions/search?page_size=1").await.ok();
        assert_eq!(newest["items"][0]["type"], "invoice");
        assert_eq!(newest["pagination"]["next_page"], 2);
    }
}
