use serde_json::json;

use super::{Answer, GOOD_CARD, sandbox, text};
use crate::on_both_databases;

on_both_databases! {
    async fn the_checkout_speaks_both_languages(ground: TestGround) {
        let world = sandbox(ground).await;
        let id = world.checkout("prod_starter").await;
        for (language, words) in [("en", "Pay USD 9.90"), ("zh-CN", "支付 USD 9.90")] {
            let request = world.http.get(world.url(&format!("checkout/{id}")));
            let page = Answer::of(request.header("accept-language", language)).await;
            assert_eq!(page.status, 200);
            assert!(page.text.contains(words), "{}", page.text);
            assert!(page.text.contains("Starter &lt;115&gt;"));
            assert!(!page.text.contains("<script"));
        }
        assert!(world.get("style.css").await.text.contains(".banner"));
    }

    async fn a_checkout_that_is_over_says_so(ground: TestGround) {
        let world = sandbox(ground).await;
        let paid = world.paid("prod_starter", GOOD_CARD).await;
        let page = world.get(&format!("checkout/{}", text(&paid["id"]))).await;
        assert!(page.text.contains("paid already"), "{}", page.text);
        assert!(page.text.contains("checkout_id="));
        assert_eq!(world.get("checkout/ch_none").await.status, 404);
    }

    async fn the_portal_ends_and_takes_up_again(ground: TestGround) {
        let world = sandbox(ground).await;
        let checkout = world.paid("prod_monthly", GOOD_CARD).await;
        let subscription = text(&checkout["subscription"]["id"]);
        let body = json!({"customer_id": checkout["customer"]["id"]});
        let link = world.post("v1/customers/billing", body).await.ok();
        let link = text(&link["customer_portal_link"]);
        let portal = link.strip_prefix(world.base.as_str()).unwrap();
        let page = world.get(portal).await;
        assert!(page.text.contains("End with this period"), "{}", page.text);
        for (action, status) in [("cancel", "scheduled_cancel"), ("resume", "active")] {
            let form = [("subscription", subscription.as_str()), ("action", action)];
            let answer = world.submit(portal, &form).await;
            assert_eq!(answer.status, 303, "{}", answer.text);
            assert_eq!(world.subscription(&subscription).await["status"], status);
        }
        assert_eq!(world.receiver.received(2).await.len(), 2);
    }

    async fn a_portal_shows_its_own_customer_only(ground: TestGround) {
        let world = sandbox(ground).await;
        let checkout = world.paid("prod_monthly", GOOD_CARD).await;
        let subscription = text(&checkout["subscription"]["id"]);
        let other = json!({"email": "other@example.com", "name": "Other"});
        let other = world.post("v1/customers", other).await.ok();
        let body = json!({"customer_id": other["id"]});
        let link = world.post("v1/customers/billing", body).await.ok();
        let link = text(&link["customer_portal_link"]);
        let portal = link.strip_prefix(world.base.as_str()).unwrap();
        assert!(world.get(portal).await.text.contains("no subscription"));
        let form = [("subscription", subscription.as_str()), ("action", "cancel")];
        assert_eq!(world.submit(portal, &form).await.status, 404);
        assert_eq!(world.submit("portal/none", &form).await.status, 404);
        assert_eq!(world.get("portal/none").await.status, 404);
        assert_eq!(world.subscription(&subscription).await["status"], "active");
        let nobody = json!({"customer_id": "cust_none"});
        assert_eq!(world.post("v1/customers/billing", nobody).await.status, 404);
    }
}
