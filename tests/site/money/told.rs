//! What open pages hear of, and what they then show, where no credits moved.

use std::time::Duration;

use atelier_server::ids::UserId;
use serde_json::json;

use super::{CARD, FAILS_LATER, Stripe, buy_and_land, intent_of, pay_with, subscription_of};
use crate::support::live::{Event, Live};
use crate::support::{Client, until};

const SOON: Duration = Duration::from_secs(20);
const DAY: i64 = 86_400;

fn user_of(client: &Client) -> UserId {
    UserId::parse(&client.id).expect("an id")
}

async fn version(client: &Client) -> i64 {
    client.wallet().await["version"]
        .as_i64()
        .expect("a version")
}

/// A wallet after `version` in which a plan serves, or none does.
fn after(version: i64, serves: bool) -> impl Fn(&Event) -> bool {
    move |event| {
        let newer = event.data["version"].as_i64() > Some(version);
        event.name == "credits" && newer && event.data["premium"]["active"] == serves
    }
}

async fn page(client: &Client, path: &str) -> String {
    client.get(path).await.expect(200).text()
}

on_both_databases! {
    async fn a_plan_that_ends_by_itself_is_told(app: &App) {
        let stripe = Stripe::silent(app).await;
        let ann = app.sign_up("ann").await;
        let bought = buy_and_land(app, &ann, "premium-monthly", CARD).await;
        let subscription = subscription_of(&stripe, &bought).await;
        app.services.payments.set_plan_renewing(&user_of(&ann), false).await.expect("the end");
        let mut live = Live::open(&ann).await;
        let before = version(&ann).await;
        stripe.wait(32 * DAY).await;
        live.hears("the plan's end", SOON, after(before, false)).await;
        // Now its provider says so too: nothing is left in the wallet to change, and it is told.
        let before = version(&ann).await;
        let provider = atelier_server::payments::Provider::Stripe;
        app.services.payments.read_subscription_again(provider, &subscription).await.expect("it");
        live.hears("the subscription's end", SOON, after(before, false)).await;
        assert!(!page(&ann, "/payments").await.contains("is being updated"));
    }

    async fn a_plan_that_is_not_paid_is_told_when_it_is_late_and_when_it_rests(app: &App) {
        let mut stripe = Stripe::silent(app).await;
        let ann = app.sign_up("ann").await;
        buy_and_land(app, &ann, "premium-monthly", FAILS_LATER).await;
        let before = version(&ann).await;
        let mut live = Live::open(&ann).await;
        stripe.wait(31 * DAY + DAY / 2).await;
        let news = stripe.news().await;
        stripe.tell(&news).await;
        live.hears("the unpaid renewal", SOON, after(before, true)).await;
        let dashboard = page(&ann, "/dashboard").await;
        assert!(dashboard.contains("renewal is not paid yet"), "{dashboard}");

        let before = version(&ann).await;
        stripe.wait(3 * DAY).await;
        live.hears("the end of its days", SOON, after(before, false)).await;
        let dashboard = page(&ann, "/dashboard").await;
        assert!(dashboard.contains("Your plan is paused"), "{dashboard}");
        assert!(dashboard.contains("/do/portal"), "{dashboard}");
    }

    async fn money_of_a_plan_that_goes_back_in_part_is_told(app: &App) {
        let mut stripe = Stripe::silent(app).await;
        let ann = app.sign_up("ann").await;
        let bought = buy_and_land(app, &ann, "premium-monthly", CARD).await;
        let news = stripe.news().await;
        stripe.tell(&news).await;
        let before = version(&ann).await;
        let mut live = Live::open(&ann).await;
        let wish = json!({"payment_intent": intent_of(&stripe, &bought).await, "amount": 100});
        stripe.desk("refunds", wish).await;
        let news = stripe.news().await;
        stripe.tell(&news).await;
        live.hears("the refund", SOON, after(before, true)).await;
        let after_it = version(&ann).await;
        // What is known already is no news.
        stripe.tell(&news).await;
        assert_eq!(version(&ann).await, after_it);
    }

    async fn a_checkout_that_expires_is_told(app: &App) {
        let mut stripe = Stripe::silent(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = ann.checkout("starter").await;
        let mut live = Live::open(&ann).await;
        let before = version(&ann).await;
        stripe.wait(2 * 3_600).await;
        let news = stripe.news().await;
        stripe.tell(&news).await;
        live.hears("the expired checkout", SOON, after(before, false)).await;
        ann.recharge_becomes(&checkout, "cancelled").await;
    }

    async fn what_was_paid_for_a_change_is_called_so_and_how_it_was_paid_is_found_out(app: &App) {
        let stripe = Stripe::silent(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = ann.checkout("premium-monthly").await;
        pay_with(&ann, &checkout, CARD).await;
        page(&ann, &checkout.landing()).await;
        stripe.wait(10 * DAY).await;
        let changed = app.services.payments.change_plan(&user_of(&ann), "premium-unlimited").await;
        changed.expect("a move up");
        let history = page(&ann, "/payments").await;
        assert_eq!(history.matches("Difference after moving up").count(), 1, "{history}");
        until("both payments are read", async || {
            stripe.catch_up().await;
            let records = ann.get("/api/recharge").await.expect(200).json();
            let items = records["items"].as_array().expect("records").clone();
            assert_eq!(items.len(), 2, "{records}");
            items.iter().all(|item| item["payment_method"] == "card").then_some(())
        })
        .await;
    }
}
