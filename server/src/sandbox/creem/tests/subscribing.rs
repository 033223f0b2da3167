use serde_json::{Value, json};

use super::{GOOD_CARD, World, sandbox, text};
use crate::on_both_databases;
use crate::time::Timestamp;

const MONTH: u64 = 31 * 24 * 3_600;

async fn subscribed(world: &World, card: &str) -> String {
    let checkout = world.paid("prod_monthly", card).await;
    text(&checkout["subscription"]["id"])
}

async fn transactions(world: &World) -> Vec<Value> {
    let found = world.get("v1/transactions/search?page_size=100").await.ok();
    found["items"].as_array().unwrap().clone()
}

async fn status(world: &World, id: &str) -> String {
    text(&world.subscription(id).await["status"])
}

on_both_databases! {
    async fn a_paid_checkout_begins_it(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = world.checkout("prod_monthly").await;
        let answer = world.pay(&id, GOOD_CARD, "normal").await;
        let kinds = world.receiver.received(3).await;
        assert_eq!(kinds, ["checkout.completed", "subscription.active", "subscription.paid"]);
        let checkout = world.retrieve(&id).await;
        let subscription = text(&checkout["subscription"]["id"]);
        assert!(answer.location.unwrap().contains(&format!("subscription_id={subscription}")));
        assert_eq!(checkout["order"]["type"], "recurring");
        let now = world.subscription(&subscription).await;
        assert_eq!(now["status"], "active");
        assert_eq!(now["metadata"]["user_id"], "u-1");
        assert_eq!(now["product"]["id"], "prod_monthly");
        assert_eq!(now["last_transaction"]["type"], "invoice");
        let end = Timestamp::parse(now["current_period_end_date"].as_str().unwrap()).unwrap();
        assert_eq!(now["last_transaction"]["period_end"], end.millis());
        assert!(end > world.clock.now());
    }

    async fn it_renews_by_itself_also_after_a_long_sleep(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = subscribed(&world, GOOD_CARD).await;
        world.advance(MONTH);
        assert_eq!(transactions(&world).await.len(), 2);
        world.advance(3 * MONTH);
        let all = transactions(&world).await;
        assert_eq!(all.len(), 5);
        for pair in all.windows(2) {
            assert_eq!(pair[0]["period_start"], pair[1]["period_end"], "no gap, no overlap");
        }
        assert_eq!(status(&world, &id).await, "active");
        assert_eq!(world.book().await.len(), 5);
    }

    async fn a_refused_renewal_is_late_then_unpaid(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = subscribed(&world, "4000000000000341").await;
        world.advance(MONTH);
        assert_eq!(status(&world, &id).await, "past_due");
        for wanted in ["past_due", "past_due", "unpaid", "unpaid"] {
            world.advance(3 * 24 * 3_600);
            assert_eq!(status(&world, &id).await, wanted);
        }
        let declined = transactions(&world).await;
        assert_eq!(declined.iter().filter(|one| one["status"] == "declined").count(), 4);
        assert_eq!(world.book().await.len(), 1);
        let again = world.post("renew", json!({"subscription": id})).await;
        assert_eq!(again.status, 400);
    }

    async fn by_hand_a_renewal_is_refused_and_then_paid(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = subscribed(&world, GOOD_CARD).await;
        world.advance(60);
        let failed = json!({"subscription": id, "outcome": "failed"});
        let late = world.post("renew", failed).await.ok();
        assert_eq!(late["status"], "past_due");
        let end = late["current_period_end_date"].as_str().unwrap();
        assert_eq!(Timestamp::parse(end).unwrap(), world.clock.now(), "the period is over");
        let kinds = world.receiver.received(2).await;
        assert_eq!(kinds, ["subscription.expired", "subscription.past_due"]);
        let paid = world.post("renew", json!({"subscription": id, "webhook": "never"})).await.ok();
        assert_eq!(paid["status"], "active");
        let start = paid["current_period_start_date"].as_str().unwrap();
        assert_eq!(Timestamp::parse(start).unwrap(), world.clock.now());
        assert_eq!(world.post("renew", json!({"subscription": "sub_none"})).await.status, 404);
    }

    async fn it_ends_with_its_period_unless_taken_up_again(ground: TestGround) {
        let world = sandbox(ground).await;
        let checkout = world.checkout("prod_monthly").await;
        world.pay(&checkout, GOOD_CARD, "normal").await;
        let id = text(&world.retrieve(&checkout).await["subscription"]["id"]);
        let cancel = format!("v1/subscriptions/{id}/cancel");
        let resume = format!("v1/subscriptions/{id}/resume");
        assert_eq!(world.post(&resume, json!({})).await.status, 400);
        let scheduled = json!({"mode": "scheduled", "onExecute": "cancel"});
        let answer = world.post(&cancel, scheduled.clone()).await.ok();
        assert_eq!(answer["status"], "scheduled_cancel");
        assert_eq!(world.post(&resume, json!({})).await.ok()["status"], "active");
        world.post(&cancel, scheduled).await.ok();
        world.told().await;
        world.advance(MONTH);
        assert_eq!(status(&world, &id).await, "canceled");
        assert_eq!(transactions(&world).await.len(), 1);
        let kinds = world.receiver.received(7).await;
        assert_eq!(kinds, [
            "checkout.completed",
            "subscription.active",
            "subscription.canceled",
            "subscription.paid",
            "subscription.scheduled_cancel",
            "subscription.scheduled_cancel",
            "subscription.update",
        ]);
        assert_eq!(world.post(&cancel, json!({})).await.status, 400);
    }

    async fn it_ends_at_once(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = subscribed(&world, GOOD_CARD).await;
        let cancel = format!("v1/subscriptions/{id}/cancel");
        assert_eq!(world.post(&cancel, json!({"onExecute": "pause"})).await.status, 400);
        let ended = world.post(&cancel, json!({"mode": "immediate"})).await.ok();
        assert_eq!(ended["status"], "canceled");
        assert!(ended["canceled_at"].is_string());
        assert!(ended.get("next_transaction_date").is_none());
        world.advance(MONTH);
        assert_eq!(world.book().await.len(), 1);
    }

    async fn a_dearer_product_is_charged_for_the_rest_of_the_period(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = subscribed(&world, GOOD_CARD).await;
        world.advance(15 * 24 * 3_600);
        let upgrade = format!("v1/subscriptions/{id}/upgrade");
        let wish = json!({
            "product_id": "prod_unlimited", "update_behavior": "proration-charge-immediately",
        });
        let now = world.post(&upgrade, wish).await.ok();
        assert_eq!(now["product"]["id"], "prod_unlimited");
        let charged = now["last_transaction"]["amount"].as_i64().unwrap();
        assert!((1_400..1_600).contains(&charged), "half of 3000: {charged}");
        assert_eq!(world.receiver.received(1).await, ["subscription.update"]);
        world.advance(17 * 24 * 3_600);
        assert_eq!(transactions(&world).await[0]["amount"], 4_900);
        for (product, status) in [("prod_none", 404), ("prod_starter", 404), ("prod_monthly", 400)] {
            let answer = world.post(&upgrade, json!({"product_id": product})).await;
            assert_eq!(answer.status, status, "{product}");
        }
        let cheaper = json!({"product_id": "prod_monthly", "update_behavior": "proration-none"});
        world.post(&upgrade, cheaper).await.ok();
        assert_eq!(transactions(&world).await.len(), 3, "nothing charged");
    }
}
