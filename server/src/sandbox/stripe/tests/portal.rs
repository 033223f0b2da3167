//! The customer portal.

use stripe_billing::billing_portal_configuration::ListBillingPortalConfiguration;
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_shared::{Subscription, SubscriptionStatus as Status};

use super::{Answer, GOOD_CARD, World, sandbox_on};
use crate::on_both_databases;

/// The path of a portal session of the subscription's customer.
async fn visit(world: &World, subscription: &Subscription) -> String {
    let made = CreateBillingPortalSession::new()
        .customer(subscription.customer.id().to_string())
        .return_url("http://127.0.0.1:3000/payments")
        .send(&world.client)
        .await
        .unwrap();
    assert_eq!(made.url, format!("{}portal/{}", world.base, made.id));
    format!("portal/{}", made.id)
}

async fn act(world: &World, path: &str, of: &Subscription, form: &str) -> Answer {
    let form = format!("subscription={}&{form}", of.id);
    world.post(path, &form, None).await
}

on_both_databases! {
    async fn customers_see_and_end_their_plan(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let path = visit(&world, &begun).await;
        let page = world.get(&path).await;
        assert_eq!(page.status, 200);
        for words in [
            "premium (active)", "USD 19.00 every month", "2026-12-20", "../invoices/in_",
            "href=\"http://127.0.0.1:3000/payments\"", "Cancel at the end of the period",
        ] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        assert!(!page.text.contains("<script") && !page.text.contains("style=\""));
        let request = world.http.get(world.url(&path)).header("accept-language", "zh");
        let chinese = request.send().await.unwrap().text().await.unwrap();
        assert!(chinese.contains("您的套餐与账单"), "{chinese}");

        let answer = act(&world, &path, &begun, "action=cancel").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        assert_eq!(world.url(&path).join(&answer.location.unwrap()).unwrap(), world.url(&path));
        assert!(world.subscription(&begun.id).await.cancel_at_period_end);
        assert!(world.get(&path).await.text.contains("Keep the plan"));
        assert_eq!(act(&world, &path, &begun, "action=resume").await.status, 303);
        assert!(!world.subscription(&begun.id).await.cancel_at_period_end);
    }

    async fn customers_switch_plans(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let path = visit(&world, &begun).await;
        assert!(!world.get(&path).await.text.contains("Other plan"), "there is no other");
        let dearer = world.plan("unlimited", 4_900).await;
        assert!(world.get(&path).await.text.contains("unlimited: USD 49.00 every month"));
        let form = format!("action=switch&price={}", dearer.id);
        assert_eq!(act(&world, &path, &begun, &form).await.status, 303);
        let now = world.subscription(&begun.id).await;
        assert_eq!(now.items.data[0].price.id, dearer.id);
        assert!(world.get(&path).await.text.contains("unlimited (active)"));
    }

    async fn customers_pay_what_failed_with_another_card(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed("4000000000000341").await;
        world.advance_days(30);
        let path = visit(&world, &begun).await;
        assert!(world.get(&path).await.text.contains("could not be charged"));
        assert_eq!(act(&world, &path, &begun, "action=pay").await.status, 402);
        assert_eq!(world.subscription(&begun.id).await.status, Status::PastDue);
        let card = async |number: &str| {
            world.post(&path, &format!("action=card&card_number={number}"), None).await.status
        };
        assert_eq!(card("nonsense").await, 422);
        assert_eq!(card("4000002760003184").await, 303);
        let asked = act(&world, &path, &begun, "action=pay").await;
        assert!(asked.text.contains("Your bank asks"), "{}", asked.text);
        let answer = act(&world, &path, &begun, "action=pay&authentication=complete").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        assert_eq!(world.subscription(&begun.id).await.status, Status::Active);
        assert_eq!(world.book().await.len(), 2);
        assert_eq!(card(GOOD_CARD).await, 303);
        world.advance_days(31);
        assert_eq!(world.subscription(&begun.id).await.status, Status::Active);
        assert_eq!(world.book().await.len(), 3);
    }

    async fn nobody_reaches_the_plans_of_others(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let made = world.post("v1/customers", "email=bob@example.com", None).await.json();
        let form = format!("customer={}", made["id"].as_str().unwrap());
        let bob = world.post("v1/billing_portal/sessions", &form, None).await.json();
        let path = format!("portal/{}", bob["id"].as_str().unwrap());
        assert!(world.get(&path).await.text.contains("You have no plan."));
        assert_eq!(act(&world, &path, &begun, "action=cancel").await.status, 404);
        assert!(!world.subscription(&begun.id).await.cancel_at_period_end);
        assert_eq!(world.get("portal/bps_none").await.status, 404);
        assert_eq!(world.get("invoices/in_none").await.status, 404);
        let nobody = world.post("v1/billing_portal/sessions", "customer=cus_none", None).await;
        assert_eq!(nobody.status, 400);
    }

    async fn the_portal_has_one_configuration(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let list = ListBillingPortalConfiguration::new().active(true).is_default(true);
        let list = list.send(&world.client).await.unwrap();
        assert_eq!(list.data.len(), 1);
        assert!(list.data[0].active && list.data[0].is_default);
    }
}
