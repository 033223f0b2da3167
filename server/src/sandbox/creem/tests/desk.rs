//! What a person at Creem can do from a page.

use serde_json::json;

use super::{GOOD_CARD, World, sandbox, text};
use crate::on_both_databases;
use crate::sandbox::view::Possible;

/// What can be done about the newest payment.
async fn possible(world: &World) -> (i64, bool, bool) {
    let view = world.sandbox.desk().await.unwrap();
    let Possible {
        refund,
        dispute,
        outcome,
    } = view.payments[0].possible;
    (refund, dispute, outcome)
}

on_both_databases! {
    async fn the_desk_sees_everything(ground: TestGround) {
        let world = sandbox(ground).await;
        let begun = world.paid("prod_monthly", GOOD_CARD).await;
        world.advance(1);
        let open = world.checkout("prod_starter").await;
        let view = world.sandbox.desk().await.unwrap();
        let checkout = &view.checkouts[0];
        assert_eq!((&checkout.id, checkout.amount, &*checkout.status), (&open, 990, "pending"));
        assert!(checkout.url.as_deref().unwrap().ends_with(&open));
        assert_eq!(view.checkouts[1].url, None, "it is paid");
        let payment = &view.payments[0];
        assert_eq!((payment.amount, &*payment.currency, &*payment.status), (1_900, "usd", "paid"));
        let plan = &view.subscriptions[0];
        assert_eq!(plan.id, text(&begun["subscription"]["id"]));
        assert_eq!((&*plan.plan, plan.amount, plan.renewable), ("Premium", 1_900, true));
        assert_eq!(plan.email.as_deref(), Some("buyer@example.com"));
        assert!(plan.period_start < plan.period_end);
        let kinds: Vec<_> = view.events.iter().map(|event| &*event.kind).collect();
        assert_eq!(kinds, ["subscription.paid", "subscription.active", "checkout.completed"]);
        let cancel = format!("v1/subscriptions/{}/cancel", plan.id);
        world.post(&cancel, json!({"mode": "immediate"})).await.ok();
        assert!(!world.sandbox.desk().await.unwrap().subscriptions[0].renewable);
    }

    async fn the_desk_offers_what_can_be_done(ground: TestGround) {
        let world = sandbox(ground).await;
        world.paid("prod_starter", GOOD_CARD).await;
        let transaction = world.sandbox.desk().await.unwrap().payments[0].id.clone();
        let act = async |path: &str, more: (&str, serde_json::Value)| {
            let mut body = json!({ "transaction": transaction });
            body[more.0] = more.1;
            world.post(path, body).await.ok();
        };
        assert_eq!(possible(&world).await, (990, true, false));
        act("refunds", ("amount", json!(90))).await;
        assert_eq!(possible(&world).await, (900, true, false));
        act("disputes", ("outcome", json!(null))).await;
        assert_eq!(possible(&world).await, (0, false, true));
        let shown = world.sandbox.desk().await.unwrap().payments[0].refunded;
        assert_eq!(shown, 90, "what the bank holds is not refunded");
        act("disputes", ("outcome", json!("won"))).await;
        assert_eq!(possible(&world).await, (900, true, false));
        act("refunds", ("amount", json!(null))).await;
        assert_eq!(possible(&world).await, (0, false, false));

        world.advance(1);
        world.paid("prod_starter", "4000000000007726").await;
        let later = world.sandbox.desk().await.unwrap().payments[0].id.clone();
        world.post("refunds", json!({"transaction": later, "amount": 1})).await.ok();
        assert_eq!(possible(&world).await, (0, true, false), "one is under way");
    }

    async fn forms_go_back_to_their_page(ground: TestGround) {
        let world = sandbox(ground).await;
        world.paid("prod_starter", GOOD_CARD).await;
        let transaction = world.sandbox.desk().await.unwrap().payments[0].id.clone();
        let refund = async |amount: &str, to: &str| {
            let form = [("transaction", &*transaction), ("amount", amount), ("return_to", to)];
            world.submit("refunds", &form).await
        };
        for away in ["https://evil.example", "//evil.example", "/\\evil.example", "payments"] {
            assert_eq!(refund("90", away).await.status, 400, "{away}");
        }
        assert_eq!(refund("much", "/sandbox").await.status, 400);
        let answer = refund("90", "/sandbox#creem-payments").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        assert_eq!(answer.location.as_deref(), Some("/sandbox#creem-payments"));
        assert_eq!(world.book().await[0]["refunded"], 90);
        assert_eq!(refund("", "/sandbox").await.status, 303);
        assert_eq!(world.book().await[0]["refunded"], 990);
        assert_eq!(refund("", "/sandbox").await.status, 400, "nothing is left");
    }

    async fn webhooks_are_sent_as_the_desk_says(ground: TestGround) {
        let world = sandbox(ground).await;
        let control = async |body: serde_json::Value| world.post("webhooks", body).await;
        assert_eq!(control(json!({"mode": "reversed"})).await.ok()["mode"], "reversed");
        let id = world.checkout("prod_monthly").await;
        world.pay(&id, GOOD_CARD, "").await;
        let listed = world.get("webhooks").await.ok();
        assert_eq!(listed["items"][0]["deliveries"][0]["held"], true);
        assert_eq!(control(json!({"action": "release"})).await.ok()["deliveries"], 3);
        let newest_first = ["subscription.paid", "subscription.active", "checkout.completed"];
        let told = world.receiver.all().into_iter().map(|one| text(&one.json()["eventType"]));
        assert_eq!(told.collect::<Vec<_>>(), newest_first);

        control(json!({"mode": "never"})).await.ok();
        let id = world.checkout("prod_starter").await;
        world.pay(&id, GOOD_CARD, "").await;
        assert_eq!(control(json!({"action": "duplicate"})).await.ok()["deliveries"], 2);
        world.receiver.received(5).await;
        let event = listed["items"][0]["id"].clone();
        control(json!({"action": "resend", "event": event})).await.ok();
        world.receiver.received(6).await;
        let unknown = json!({"action": "resend", "event": "evt_none"});
        assert_eq!(control(unknown).await.status, 404);
        for body in [json!({}), json!({"mode": "soon"}), json!({"mode": "before_redirect"})] {
            assert_eq!(control(body.clone()).await.status, 400, "{body}");
        }
    }
}
