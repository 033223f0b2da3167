//! The sandbox's own page: what its payment providers know stands on it, and its plain forms move them
//! and come back.

use serde_json::json;

use crate::support::client::{DECLINED_CARD, checkout_of};
use crate::support::html::{field, figure};
use crate::support::{App, Checkout, Client, Kind, until};

/// Pays for an item at Creem with a good card; `webhook` says how it tells of it.
async fn pay_at_creem(buyer: &Client, item: &str, webhook: &str) -> Checkout {
    let body = json!({"item": item, "provider": "creem"});
    let answer = buyer.post_json("/api/checkout", body).await.expect(201);
    let checkout = checkout_of(&answer);
    buyer.pay_by_card(&checkout, webhook).await;
    checkout
}

/// The same, and waits until it is credited.
async fn buy_at_creem(buyer: &Client, item: &str) -> Checkout {
    let bought = pay_at_creem(buyer, item, "normal").await;
    buyer.recharge_becomes(&bought, "completed").await;
    bought
}

/// Presses a button of Creem's desk, which leads back to the page.
async fn press(app: &App, action: &str, part: &str, fields: &[(&str, &str)]) {
    let back = format!("/sandbox#creem-{part}");
    let fields = [fields, &[("return_to", &back)]].concat();
    let path = format!("/sandbox/creem/{action}");
    let answer = app.anonymous().form(&path, &fields).await.expect(303);
    assert_eq!(answer.header("location"), back);
}

on_both_databases! {
    async fn a_purchase_stands_on_the_desk_and_is_refunded_from_it(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("starter", "normal").await;
        ann.recharge_becomes(&bought, "completed").await;
        let desk = ann.get("/sandbox").await.expect(200).text();
        for part in [bought.session_id.as_str(), "ann@example.com", "checkout.session.completed"] {
            assert!(desk.contains(part), "{part}: {desk}");
        }
        let intent = field(&desk, "payment_intent").expect("a payment to refund");
        let fields = [
            ("payment_intent", intent.as_str()),
            ("return_to", "/sandbox#payments"),
            ("amount", ""),
        ];
        let answer = app.anonymous().form("/sandbox/stripe/refunds", &fields).await.expect(303);
        assert_eq!(answer.header("location"), "/sandbox#payments");
        until("the refund arrives", async || {
            let page = ann.get("/payments").await.text();
            (figure(&page, "recharge-status") == "refunded").then_some(())
        })
        .await;
        let desk = ann.get("/sandbox").await.expect(200).text();
        assert!(desk.contains("$9.90 refunded"), "{desk}");
    }

    async fn a_plan_is_renewed_from_the_desk(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("premium-monthly", "never").await;
        ann.get(&bought.landing()).await.expect(200);
        let desk = ann.get("/sandbox").await.expect(200).text();
        let subscription = field(&desk, "subscription").expect("a subscription to renew");
        let renew = async |outcome: &str| {
            let fields = [
                ("subscription", subscription.as_str()),
                ("return_to", "/sandbox#subscriptions"),
                ("outcome", outcome),
            ];
            app.anonymous().form("/sandbox/stripe/renew", &fields).await.expect(303);
        };
        renew("failed").await;
        until("the plan is unpaid", async || {
            let page = ann.get("/dashboard").await.text();
            page.contains("renewal is not paid yet").then_some(())
        })
        .await;
        renew("paid").await;
        until("the plan goes on", async || {
            let page = ann.get("/dashboard").await.text();
            (!page.contains("renewal is not paid yet")).then_some(())
        })
        .await;
        let page = ann.get("/payments").await.expect(200).text();
        assert_eq!(figure(&page, "plan-name"), "premium-monthly");
        // Both periods were paid, and each has its receipt.
        assert_eq!(page.matches("href=\"/payments/receipts/").count(), 2, "{page}");
    }

    async fn a_payment_that_never_succeeded_is_offered_nothing(app: &App) {
        let ann = app.sign_up("ann").await;
        let checkout = ann.checkout("starter").await;
        let declined = [("card_number", DECLINED_CARD), ("webhook", "never")];
        ann.pay(&checkout, &declined).await.expect(402);
        let desk = ann.get("/sandbox").await.expect(200).text();
        assert!(desk.contains("requires_payment_method"), "{desk}");
        assert_eq!(field(&desk, "payment_intent"), None, "{desk}");
        ann.pay_by_card(&checkout, "never").await;
        let desk = ann.get("/sandbox").await.expect(200).text();
        assert!(field(&desk, "payment_intent").is_some(), "{desk}");
    }

    async fn a_purchase_at_creem_stands_on_the_desk_and_is_refunded_from_it(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = buy_at_creem(&ann, "starter").await;
        let desk = ann.get("/sandbox").await.expect(200).text();
        for part in [bought.session_id.as_str(), "ann@example.com", "checkout.completed"] {
            assert!(desk.contains(part), "{part}: {desk}");
        }
        let transaction = field(&desk, "transaction").expect("a payment to refund");
        let part_of_it = [("transaction", transaction.as_str()), ("amount", "90")];
        press(app, "refunds", "payments", &part_of_it).await;
        until("the part arrives", async || {
            let desk = ann.get("/sandbox").await.text();
            desk.contains("$0.90 refunded").then_some(())
        })
        .await;
        let the_rest = [("transaction", transaction.as_str()), ("amount", "")];
        press(app, "refunds", "payments", &the_rest).await;
        until("the refund arrives", async || {
            let page = ann.get("/payments").await.text();
            (figure(&page, "recharge-status") == "refunded").then_some(())
        })
        .await;
        let desk = ann.get("/sandbox").await.expect(200).text();
        assert!(desk.contains("$9.90 refunded"), "{desk}");
        assert_eq!(field(&desk, "transaction"), None, "nothing is left: {desk}");
    }

    async fn a_payment_at_creem_is_disputed_from_the_desk(app: &App) {
        let ann = app.sign_up("ann").await;
        buy_at_creem(&ann, "starter").await;
        let desk = ann.get("/sandbox").await.expect(200).text();
        let transaction = field(&desk, "transaction").expect("a payment to dispute");
        let payment = ("transaction", transaction.as_str());
        press(app, "disputes", "payments", &[payment]).await;
        // At Creem a dispute takes the money at once.
        until("the money is gone", async || {
            let page = ann.get("/payments").await.text();
            (figure(&page, "recharge-status") != "completed").then_some(())
        })
        .await;
        press(app, "disputes", "payments", &[payment, ("outcome", "lost")]).await;
        let desk = ann.get("/sandbox").await.expect(200).text();
        assert_eq!(field(&desk, "transaction"), None, "all is over: {desk}");
    }

    async fn a_plan_at_creem_is_renewed_from_the_desk(app: &App) {
        let ann = app.sign_up("ann").await;
        buy_at_creem(&ann, "premium-monthly").await;
        let desk = ann.get("/sandbox").await.expect(200).text();
        let subscription = field(&desk, "subscription").expect("a subscription to renew");
        let ends = async |outcome: &str| {
            let fields = [("subscription", subscription.as_str()), ("outcome", outcome)];
            press(app, "renew", "subscriptions", &fields).await;
        };
        ends("failed").await;
        until("the plan is unpaid", async || {
            let page = ann.get("/dashboard").await.text();
            page.contains("renewal is not paid yet").then_some(())
        })
        .await;
        ends("paid").await;
        until("the plan goes on", async || {
            let page = ann.get("/dashboard").await.text();
            (!page.contains("renewal is not paid yet")).then_some(())
        })
        .await;
        let page = ann.get("/payments").await.expect(200).text();
        assert_eq!(figure(&page, "plan-name"), "premium-monthly");
    }

    async fn an_event_of_creem_is_sent_as_the_desk_says(app: &App) {
        let ann = app.sign_up("ann").await;
        buy_at_creem(&ann, "starter").await;
        let credits = ann.remaining().await;
        let delivered = async |times: usize| {
            until(&format!("{times} were delivered"), async || {
                let desk = ann.get("/sandbox").await.text();
                (desk.matches("Delivered, answered 200").count() == times).then_some(desk)
            })
            .await
        };
        let desk = delivered(1).await;
        let (_, at_creem) = desk.split_once("id=\"creem\"").expect("a part of its own");
        let event = field(at_creem, "event").expect("an event to send again");
        let of = ("event", event.as_str());
        press(app, "webhooks", "webhooks", &[of, ("action", "resend")]).await;
        delivered(2).await;
        press(app, "webhooks", "webhooks", &[of, ("action", "duplicate")]).await;
        delivered(4).await;
        assert_eq!(ann.remaining().await, credits, "credited once");

        press(app, "webhooks", "webhooks", &[("mode", "reversed")]).await;
        let kept_back = pay_at_creem(&ann, "starter", "").await;
        let desk = ann.get("/sandbox").await.expect(200).text();
        assert!(desk.contains("<option value=\"reversed\" selected>"), "{desk}");
        assert!(desk.contains("Kept back"), "{desk}");
        press(app, "webhooks", "webhooks", &[("action", "release")]).await;
        delivered(5).await;
        ann.recharge_becomes(&kept_back, "completed").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_others_can_come_the_desk_does_not_say_who_bought() {
    let public = [("ATELIER_SANDBOX_PUBLIC", "1")];
    let app = App::start_with(Kind::Sqlite, &public).await;
    let ann = app.sign_up("ann").await;
    let bought = ann.buy("starter", "never").await;
    let at_creem = buy_at_creem(&ann, "starter").await;
    let desk = app.anonymous().get("/sandbox").await.expect(200).text();
    assert!(desk.contains(&bought.session_id), "{desk}");
    assert!(desk.contains(&at_creem.session_id), "{desk}");
    assert!(!desk.contains("ann@example.com"), "{desk}");
    app.stop().await;
}
