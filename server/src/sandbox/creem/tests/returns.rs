use serde_json::{Value, json};

use super::{GOOD_CARD, World, sandbox, text};
use crate::on_both_databases;

async fn paid(world: &World, card: &str) -> String {
    let checkout = world.paid("prod_starter", card).await;
    text(&checkout["order"]["transaction"])
}

async fn state(world: &World, transaction: &str) -> (Value, Value) {
    let now = world.transaction(transaction).await;
    (now["status"].clone(), now["refunded_amount"].clone())
}

on_both_databases! {
    async fn the_api_gives_back_all_that_is_left(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = paid(&world, GOOD_CARD).await;
        let part = json!({"transaction": id, "amount": 400, "webhook": "never"});
        world.post("refunds", part).await.ok();
        assert_eq!(state(&world, &id).await, (json!("partialRefund"), json!(400)));
        let rest = world.post("v1/refunds", json!({"transaction_id": id})).await.ok();
        assert_eq!(rest, json!({"status": "succeeded"}));
        assert_eq!(state(&world, &id).await, (json!("refunded"), json!(990)));
        assert_eq!(world.book().await[0]["refunded"], 990);
        world.receiver.received(1).await;
        let told = world.receiver.first("refund.created").json();
        let object = &told["object"];
        assert_eq!(object["refund_amount"], 590);
        assert_eq!(object["transaction"]["id"], id.as_str());
        assert_eq!(object["checkout"]["metadata"]["recharge_id"], "r-1");
        assert_eq!(world.post("v1/refunds", json!({"transaction_id": id})).await.status, 400);
    }

    async fn refunds_beyond_the_payment_are_refused(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = paid(&world, GOOD_CARD).await;
        let order = world.transaction(&id).await["order"].clone();
        for (body, status) in [
            (json!({"transaction": id, "amount": 991}), 400),
            (json!({"transaction": id, "amount": 0}), 400),
            (json!({"transaction": id, "order": order}), 400),
            (json!({"transaction": "tran_none"}), 404),
            (json!({"order": "ord_none"}), 404),
            (json!({"transaction": id, "webhook": "soon"}), 400),
        ] {
            let answer = world.post("refunds", body.clone()).await;
            assert_eq!(answer.status, status, "{body}: {}", answer.text);
        }
        let body = json!({"transaction_id": id, "amount": 5});
        assert_eq!(world.post("v1/refunds", body).await.status, 400);
        let refunds = (0..10).map(|_| world.post("refunds", json!({"order": order, "amount": 300})));
        let refunds = futures::future::join_all(refunds).await;
        assert_eq!(refunds.iter().filter(|refund| refund.status == 200).count(), 3);
        assert_eq!(world.book().await[0]["refunded"], 900);
    }

    async fn some_refunds_arrive_later(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = paid(&world, "4000000000007726").await;
        let refund = json!({"transaction_id": id});
        assert_eq!(world.post("v1/refunds", refund.clone()).await.ok()["status"], "pending");
        assert_eq!(state(&world, &id).await, (json!("paid"), Value::Null));
        assert_eq!(world.post("v1/refunds", refund).await.status, 400, "one at a time");
        world.advance(2);
        assert_eq!(state(&world, &id).await, (json!("refunded"), json!(990)));
        assert_eq!(world.receiver.received(1).await, ["refund.created"]);
    }

    async fn a_dispute_takes_the_money_until_it_is_won(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = paid(&world, GOOD_CARD).await;
        world.post("refunds", json!({"transaction": id, "amount": 100, "webhook": "never"})).await.ok();
        let early = json!({"transaction": id, "outcome": "won"});
        assert_eq!(world.post("disputes", early.clone()).await.status, 400);
        world.post("disputes", json!({"transaction": id})).await.ok();
        assert_eq!(state(&world, &id).await, (json!("chargedBack"), json!(990)));
        assert_eq!(world.book().await[0]["disputed"], true);
        world.receiver.received(1).await;
        let told = world.receiver.first("dispute.created").json();
        assert_eq!(told["object"]["transaction"]["id"], id.as_str());
        assert_eq!(world.post("disputes", json!({"transaction": id})).await.status, 400);
        assert_eq!(world.post("v1/refunds", json!({"transaction_id": id})).await.status, 400);
        world.post("disputes", early.clone()).await.ok();
        assert_eq!(state(&world, &id).await, (json!("partialRefund"), json!(100)));
        assert_eq!(world.book().await[0]["disputed"], false);
        assert_eq!(world.post("disputes", early).await.status, 400);
        assert_eq!(world.receiver.kinds(), ["dispute.created"], "of the end nobody tells");
    }

    async fn a_lost_dispute_keeps_the_money(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = paid(&world, "4000000000000259").await;
        world.advance(1);
        assert_eq!(state(&world, &id).await, (json!("chargedBack"), json!(990)));
        world.post("disputes", json!({"transaction": id, "outcome": "lost"})).await.ok();
        assert_eq!(state(&world, &id).await, (json!("chargedBack"), json!(990)));
        assert_eq!(world.book().await[0]["disputed"], true);
    }
}
