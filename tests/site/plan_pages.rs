//! Plans and receipts as a browser without script gets them: each form does what it says, and each
//! page afterwards says what is true.

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use url::form_urlencoded;

use crate::support::client::DECLINED_CARD;
use crate::support::html::{figure, values};
use crate::support::{Answer, Checkout, Client, until};

/// Subscribes with a good card, and lands.
async fn subscribe(buyer: &Client, plan: &str) -> (Checkout, Answer) {
    let checkout = buyer.buy(plan, "never").await;
    let landed = buyer.get(&checkout.landing()).await.expect(200);
    (checkout, landed)
}

/// Sends a form as a browser does, and gives where it leads.
async fn submit(client: &Client, path: &str, fields: &[(&str, &str)]) -> String {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = client
        .request(Method::POST, path)
        .header(ACCEPT, "text/html")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    client
        .send(request)
        .await
        .expect(302)
        .header("location")
        .to_owned()
}

/// Sends a form and gives the page behind it.
async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> String {
    assert_eq!(submit(client, path, fields).await, "/payments");
    client.get("/payments").await.expect(200).text()
}

fn has(page: &str, part: &str) -> bool {
    page.contains(part)
}

on_both_databases! {
    async fn a_plan_begins_and_every_page_says_so(app: &App) {
        let ann = app.sign_up("ann").await;
        let before = ann.get("/payments").await.expect(200).text();
        assert!(has(&before, "name=\"item\" value=\"premium-monthly\""));
        let (_, landed) = subscribe(&ann, "premium-monthly").await;
        assert!(has(&landed.text(), "Your plan has begun"), "{}", landed.text());
        assert!(landed.header("refresh").contains("/dashboard"));
        assert_eq!(figure(&landed.text(), "recharge-status"), "completed");
        for path in ["/dashboard", "/payments"] {
            let page = ann.get(path).await.expect(200).text();
            assert_eq!(figure(&page, "plan-name"), "premium-monthly", "{path}");
        }
        let dashboard = ann.get("/dashboard").await.expect(200).text();
        assert_eq!(figure(&dashboard, "remaining-uses"), "111");
        // A second one is not offered, and not sold to whoever asks all the same.
        let page = ann.get("/payments").await.expect(200).text();
        assert!(!has(&page, "name=\"item\" value=\"premium-monthly\""));
        let again = [("key", "another"), ("item", "premium-unlimited")];
        let page = send(&ann, "/do/checkout", &again).await;
        assert_eq!(figure(&page, "plan-name"), "premium-monthly");
    }

    async fn a_plan_is_ended_and_taken_up_again_by_its_forms(app: &App) {
        let ann = app.sign_up("ann").await;
        subscribe(&ann, "premium-monthly").await;
        let page = send(&ann, "/do/plan", &[("action", "end")]).await;
        assert!(has(&page, "Ends on ") && has(&page, "value=\"resume\""), "{page}");
        // Sent twice, it is ended once.
        send(&ann, "/do/plan", &[("action", "end")]).await;
        let page = send(&ann, "/do/plan", &[("action", "resume")]).await;
        assert!(has(&page, "Renews on ") && has(&page, "value=\"end\""), "{page}");
    }

    async fn moving_up_counts_now_and_moving_down_later(app: &App) {
        let ann = app.sign_up("ann").await;
        subscribe(&ann, "premium-monthly").await;
        let change = [("action", "change"), ("plan", "premium-unlimited")];
        let page = send(&ann, "/do/plan", &change).await;
        assert_eq!(figure(&page, "plan-name"), "premium-unlimited");
        let dashboard = ann.get("/dashboard").await.expect(200).text();
        assert_eq!(figure(&dashboard, "remaining-uses"), "unlimited");
        let change = [("action", "change"), ("plan", "premium-monthly")];
        let page = send(&ann, "/do/plan", &change).await;
        assert_eq!(figure(&page, "plan-name"), "premium-unlimited");
        assert!(has(&page, "it goes on as Premium Monthly"), "{page}");
    }

    async fn without_a_plan_its_forms_change_nothing(app: &App) {
        let ann = app.sign_up("ann").await;
        for fields in [&[("action", "end")][..], &[("action", "resume")], &[("action", "x")]] {
            send(&ann, "/do/plan", fields).await;
        }
        let signed_out = submit(&app.anonymous(), "/do/plan", &[("action", "end")]).await;
        assert!(signed_out.starts_with("/sign-in"), "{signed_out}");
    }

    async fn the_portal_is_on_an_origin_that_forms_may_lead_to(app: &App) {
        let ann = app.sign_up("ann").await;
        subscribe(&ann, "premium-monthly").await;
        let portal = submit(&ann, "/do/portal", &[]).await;
        let address: url::Url = portal.parse().expect("an address");
        let origin = address.origin().ascii_serialization();
        let page = ann.get("/payments").await.expect(200);
        assert!(page.header("content-security-policy").contains(&origin), "{origin}");
    }

    async fn a_receipt_is_for_its_owner_alone(app: &App) {
        let (ann, ben) = (app.sign_up("ann").await, app.sign_up("ben").await);
        let bought = ann.buy("starter", "never").await;
        let receipt = format!("/payments/receipts/{}", bought.recharge_id);
        ann.get(&receipt).await.expect(404);
        ann.get(&bought.landing()).await.expect(200);
        let page = ann.get(&receipt).await.expect(200).text();
        for part in ["Receipt", "Starter", "$9.90", "ann@example.com", &bought.recharge_id] {
            assert!(has(&page, part), "{part}: {page}");
        }
        let history = ann.get("/payments").await.expect(200).text();
        assert!(has(&history, &receipt), "{history}");
        ben.get(&receipt).await.expect(404);
        ann.get("/payments/receipts/nothing").await.expect(404);
        let signed_out = app.anonymous().get(&receipt).await;
        assert!(signed_out.header("location").starts_with("/sign-in"));
    }

    async fn a_landing_under_the_other_name_of_a_checkout_credits_too(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "never").await;
        let landing = format!("/payments/success?checkout_id={}", bought.session_id);
        let page = ann.get(&landing).await.expect(200).text();
        assert_eq!(figure(&page, "credits-remaining"), "18");
    }

    async fn a_declined_plan_can_be_tried_again(app: &App) {
        let ann = app.sign_up("ann").await;
        let checkout = ann.checkout("premium-monthly").await;
        ann.pay(&checkout, &[("card_number", DECLINED_CARD)]).await.expect(402);
        let page = ann.get(&checkout.landing()).await.expect(200).text();
        assert!(has(&page, "your plan begins"), "{page}");
        assert_eq!(values(&page, "plan-name"), Vec::<String>::new());
    }

    async fn what_went_back_is_said_under_its_purchase_and_on_its_receipt(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("starter", "never").await;
        ann.get(&bought.landing()).await.expect(200);
        let intent = app.book().await[0]["payment_intent"].clone();
        let wish = serde_json::json!({"payment_intent": intent, "amount": 330});
        app.anonymous().post_json("/sandbox/stripe/refunds", wish).await.expect(200);
        let page = until("the refund is told", async || {
            let page = ann.get("/payments").await.text();
            page.contains("Refund of $3.30").then_some(page)
        })
        .await;
        assert_eq!(figure(&page, "recharge-status"), "partially_refunded");
        let receipt = format!("/payments/receipts/{}", bought.recharge_id);
        let page = ann.get(&receipt).await.expect(200).text();
        assert!(has(&page, "$6.60") && has(&page, "Paid after returns"), "{page}");
        let statement = ann.get("/statement").await.expect(200).text();
        assert!(has(&statement, "Money returned: Starter"), "{statement}");
    }
}
