//! The sandbox's own page: what its Stripe knows stands on it, and its plain forms move it and come
//! back.

use crate::support::html::{field, figure};
use crate::support::{App, Kind, until};

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
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_others_can_come_the_desk_does_not_say_who_bought() {
    let public = [("ATELIER_SANDBOX_PUBLIC", "1")];
    let app = App::start_with(Kind::Sqlite, &public).await;
    let ann = app.sign_up("ann").await;
    let bought = ann.buy("starter", "never").await;
    let desk = app.anonymous().get("/sandbox").await.expect(200).text();
    assert!(desk.contains(&bought.session_id), "{desk}");
    assert!(!desk.contains("ann@example.com"), "{desk}");
    app.stop().await;
}
