//! What a person at Stripe can do: about webhooks, and from a page.

use serde_json::{Value, json};
use stripe_core::refund::RetrieveRefund;

use super::{GOOD_CARD, World, sandbox_on};
use crate::on_both_databases;
use crate::sandbox::view::Possible;

const EVENTS: usize = 4;

async fn control(world: &World, body: Value) -> Value {
    let answer = world.post_json("webhooks", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// Somebody pays, with webhooks as the desk says.
async fn pay(world: &World) {
    let session = world.session().await;
    assert_eq!(world.pay_by_card(&session, GOOD_CARD).await.status, 303);
}

on_both_databases! {
    async fn an_event_is_sent_again_twice_or_not_at_all(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        pay(&world).await;
        world.receiver.received(EVENTS).await;
        let event = world.receiver.events("checkout.session.completed").remove(0).id.to_string();
        control(&world, json!({ "event": event, "action": "resend" })).await;
        world.receiver.received(EVENTS + 1).await;
        control(&world, json!({ "action": "duplicate" })).await;
        world.receiver.received(EVENTS + 3).await;
        assert_eq!(world.receiver.events("checkout.session.completed").len(), 4);

        let session = world.session().await;
        let form = format!("card_number={GOOD_CARD}&webhook=delayed:60000");
        world.pay(&session, &form).await;
        control(&world, json!({ "action": "drop" })).await;
        world.advance(60);
        pay(&world).await;
        world.receiver.received(2 * EVENTS + 3).await;
        assert_eq!(world.receiver.events("checkout.session.completed").len(), 5);
        let unknown = json!({ "event": "evt_none", "action": "resend" });
        assert_eq!(world.post_json("webhooks", unknown).await.status, 400);
        for body in [json!({}), json!({ "mode": "soon" }), json!({ "mode": "before_redirect" })] {
            assert_eq!(world.post_json("webhooks", body.clone()).await.status, 400, "{body}");
        }
    }

    async fn the_mode_holds_until_it_is_changed(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let set = control(&world, json!({ "mode": "never" })).await;
        assert_eq!(set["mode"], "never");
        pay(&world).await;
        // Who asks for something gets it, whatever the mode.
        let session = world.session().await;
        world.pay(&session, &format!("card_number={GOOD_CARD}&webhook=normal")).await;
        world.receiver.received(EVENTS).await;
        control(&world, json!({ "mode": "duplicate:3" })).await;
        pay(&world).await;
        world.receiver.received(4 * EVENTS).await;
        control(&world, json!({ "mode": "delayed:60000" })).await;
        pay(&world).await;
        control(&world, json!({ "mode": "normal" })).await;
        pay(&world).await;
        world.receiver.received(5 * EVENTS).await;
        world.advance(60);
        world.receiver.received(6 * EVENTS).await;
    }

    async fn what_was_kept_back_comes_newest_first(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        control(&world, json!({ "mode": "reversed" })).await;
        pay(&world).await;
        let view = world.sandbox.desk().await.unwrap();
        assert!(view.events.iter().all(|event| event.deliveries[0].held));
        let listed = world.get("webhooks").await.json();
        assert_eq!(listed["mode"], "reversed");
        assert_eq!(listed["items"][0]["type"], "checkout.session.completed");
        assert_eq!(listed["items"][0]["deliveries"][0]["held"], true);
        control(&world, json!({ "mode": "normal" })).await;
        assert_eq!(control(&world, json!({ "action": "release" })).await["deliveries"], 4);
        assert_eq!(world.receiver.order(), [
            "checkout.session.completed",
            "payment_intent.succeeded",
            "charge.succeeded",
            "payment_intent.created",
        ]);
        assert_eq!(control(&world, json!({ "action": "release" })).await["deliveries"], 0);
    }

    async fn forms_go_back_to_their_page(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let session = world.paid_session().await;
        let intent = session.payment_intent.unwrap().id().to_string();
        let form = |to: &str| format!("payment_intent={intent}&amount=90&webhook=&return_to={to}");
        for away in ["https://evil.example", "//evil.example", "/\\evil.example", "payments", ""] {
            let answer = world.post("refunds", &form(away), None).await;
            assert_eq!(answer.status, 400, "{away}: {}", answer.text);
        }
        let answer = world.post("refunds", &form("/sandbox?tab=payments"), None).await;
        assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/sandbox?tab=payments")));
        assert_eq!(world.book().await[0]["refunded"], 90);
        let refused = format!("payment_intent={intent}&amount=999&return_to=/sandbox");
        assert_eq!(world.post("refunds", &refused, None).await.status, 400);
        let rest = format!("payment_intent={intent}&amount=&fails=&return_to=/sandbox");
        assert_eq!(world.post("refunds", &rest, None).await.status, 303);
        assert_eq!(world.book().await[0]["refunded"], 990);
    }

    async fn a_refund_can_be_made_to_fail(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let session = world.paid_session().await;
        let intent = session.payment_intent.unwrap().id().to_string();
        let body = json!({ "payment_intent": intent, "fails": "1", "webhook": "never" });
        let refund = world.post_json("refunds", body).await.json();
        assert_eq!(refund["status"], "succeeded");
        assert_eq!(world.book().await[0]["refunded"], 990);
        world.advance(2);
        let later = RetrieveRefund::new(refund["id"].as_str().unwrap());
        let later = later.send(&world.client).await.unwrap();
        assert_eq!(later.status.as_deref(), Some("failed"));
        assert_eq!(world.book().await[0]["refunded"], 0);
        // The next refund goes its usual way.
        let body = json!({ "payment_intent": intent, "webhook": "never" });
        assert_eq!(world.post_json("refunds", body).await.status, 200);
        world.advance(60);
        assert_eq!(world.book().await[0]["refunded"], 990);
    }

    async fn the_desk_offers_what_can_be_done(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let possible = async || world.sandbox.desk().await.unwrap().payments[0].possible;
        let can = |refund, dispute, outcome| Possible { refund, dispute, outcome };
        let session = world.session().await;
        world.pay_by_card(&session, "4000000000000002").await;
        assert_eq!(possible().await, can(0, false, false), "declined");
        let declined = world.sandbox.desk().await.unwrap().payments[0].id.clone();
        let body = json!({ "payment_intent": declined });
        assert_eq!(world.post_json("disputes", body.clone()).await.status, 400);
        assert_eq!(world.post_json("refunds", body).await.status, 400);

        world.advance(1);
        let session = world.paid_session().await;
        let intent = session.payment_intent.unwrap().id().to_string();
        let act = async |path: &str, more: Value| {
            let mut body = json!({ "payment_intent": intent, "webhook": "never" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = world.post_json(path, body).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        };
        assert_eq!(possible().await, can(990, true, false));
        act("refunds", json!({ "amount": 90 })).await;
        assert_eq!(possible().await, can(900, true, false));
        act("disputes", json!({})).await;
        assert_eq!(possible().await, can(0, false, true), "the money is withheld");
        act("disputes", json!({ "outcome": "won" })).await;
        assert_eq!(possible().await, can(900, false, false), "no second dispute");
        act("refunds", json!({})).await;
        assert_eq!(possible().await, can(0, false, false));
    }

    async fn the_desk_sees_everything(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        world.advance(1);
        let open = world.session().await;
        world.advance(1);
        let paid = world.paid_session().await;
        let intent = paid.payment_intent.as_ref().unwrap().id().to_string();
        let body = json!({ "payment_intent": intent, "amount": 90, "webhook": "never" });
        world.post_json("refunds", body).await;
        let body = json!({ "payment_intent": intent, "webhook": "never" });
        world.post_json("disputes", body).await;
        let view = world.sandbox.desk().await.unwrap();
        let ids: Vec<_> = view.checkouts.iter().map(|checkout| &*checkout.id).collect();
        assert_eq!(ids[..2], [paid.id.as_str(), open.id.as_str()]);
        let checkout = &view.checkouts[1];
        assert_eq!((&*checkout.item, checkout.amount, &*checkout.status), ("115 credits", 990, "open"));
        assert!(checkout.url.is_some());
        let payment = &view.payments[0];
        assert_eq!((&payment.id, payment.refunded), (&intent, 90));
        assert_eq!((payment.last4.as_deref(), payment.possible.outcome), (Some("4242"), true));
        assert_eq!(payment.invoice, None);
        assert!(view.payments[1].invoice.as_deref().unwrap().starts_with("in_"));
        let plan = &view.subscriptions[0];
        assert_eq!((&*plan.id, &*plan.plan, plan.amount), (begun.id.as_str(), "premium", 1_900));
        assert_eq!(plan.email.as_deref(), Some("ann@example.com"));
        assert_eq!((view.events.len().min(20), &*view.webhook_mode), (20, "normal"));
        assert!(view.events.iter().any(|event| event.kind == "charge.dispute.created"));
    }
}
