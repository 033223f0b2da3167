//! One payment grants once, whatever arrives, however often and in which order; what is not paid
//! grants nothing. The oracle is the sandbox's own book of what was paid.

use atelier_server::payments::Fulfilment;
use serde_json::{Value, json};

use crate::support::client::{DECLINED_CARD, GOOD_CARD};
use crate::support::stripe::{deliver, deliver_signed, event, signature};
use crate::support::{App, Checkout, Client, at_once, until};

/// Fulfils as landing on the success page does, through the same function.
async fn fulfil(app: &App, checkout: &Checkout) -> Fulfilment {
    let payments = &app.services.payments;
    let fulfilled = payments.fulfil(&checkout.session_id).await;
    fulfilled.expect("Stripe answers")
}

/// The book says that just this was paid, and the ledger agrees.
async fn assert_bought_once(app: &App, buyer: &Client, checkout: &Checkout, credits: i64) {
    let book = app.book().await;
    let paid: Vec<&Value> = book.iter().filter(|item| item["paid"] == true).collect();
    assert_eq!(paid.len(), 1, "{book:?}");
    assert_eq!(paid[0]["session_id"], checkout.session_id);
    assert_eq!(paid[0]["client_reference_id"], buyer.id);
    assert_eq!(buyer.remaining().await, 8 + credits);
    assert_eq!(buyer.figure("total").await, 8 + credits);
    // The initial credits are the other grant.
    assert_eq!(buyer.entries_of("grant").await, 2);
}

/// Nothing of the event is still waiting in the inbox.
async fn inbox_is_quiet(app: &App) {
    until("the inbox is quiet", async || {
        let waiting = "SELECT COUNT(*) FROM webhook_events WHERE state = 'received'";
        (app.number(waiting).await == 0).then_some(())
    })
    .await;
}

/// State and reason of an event in the inbox.
async fn inbox_entry(app: &App, kind: &str) -> (String, String) {
    until(&format!("{kind} is settled in the inbox"), async || {
        let row: Option<(String, Option<String>)> =
            sqlx::query_as("SELECT state, reason FROM webhook_events WHERE kind = $1")
                .bind(kind)
                .fetch_optional(app.services.db.reader())
                .await
                .expect("the inbox");
        let (state, reason) = row?;
        (state != "received").then(|| (state, reason.unwrap_or_default()))
    })
    .await
}

async fn events_stored(app: &App) -> i64 {
    app.number("SELECT COUNT(*) FROM webhook_events").await
}

on_both_databases! {
    async fn a_webhook_alone_grants(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "normal").await;
        let record = ann.recharge_becomes(&bought, "completed").await;
        assert_bought_once(app, &ann, &bought, 10).await;
        assert_eq!((&record["credits"], &record["bonus"]), (&json!(10), &json!(0)));
        assert_eq!((&record["amount_minor"], &record["currency"]), (&json!(190), &json!("usd")));
        assert_eq!(record["payment_method"], "card");
        assert_eq!(record["payment_id"], app.book().await[0]["payment_intent"]);
    }

    async fn a_webhook_before_the_redirect_grants(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "before_redirect").await;
        ann.recharge_becomes(&bought, "completed").await;
        assert_bought_once(app, &ann, &bought, 10).await;
    }

    async fn a_late_webhook_grants(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "delayed:300").await;
        ann.recharge_becomes(&bought, "completed").await;
        assert_bought_once(app, &ann, &bought, 10).await;
    }

    async fn a_lost_webhook_is_made_good_by_landing(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "never").await;
        assert!(matches!(fulfil(app, &bought).await, Fulfilment::Granted(_)));
        assert_bought_once(app, &ann, &bought, 10).await;
    }

    async fn twenty_duplicates_and_twenty_landings_grant_once(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "duplicate:20").await;
        let landed = at_once(20, |_| {
            let (payments, session) = (app.services.payments.clone(), bought.session_id.clone());
            async move { payments.fulfil(&session).await.expect("Stripe answers") }
        })
        .await;
        for one in &landed {
            assert!(matches!(one, Fulfilment::Granted(_)), "{one:?}");
        }
        inbox_is_quiet(app).await;
        assert_bought_once(app, &ann, &bought, 10).await;
    }

    async fn a_wallet_that_cannot_be_written_is_not_taken_for_granted(app: &App) {
        let ann = app.sign_up("ann").await;
        // As after a restore that mixed two backups: the place of the next entry is taken.
        app.execute("UPDATE wallets SET seq = seq - 1 WHERE user_id = $1", &[&ann.id]).await;
        let bought = ann.buy("credits-10", "never").await;
        let refused = app.services.payments.fulfil(&bought.session_id).await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(ann.recharge(&bought).await["status"], "pending");
        app.execute("UPDATE wallets SET seq = seq + 1 WHERE user_id = $1", &[&ann.id]).await;
        assert!(matches!(fulfil(app, &bought).await, Fulfilment::Granted(_)));
        assert_bought_once(app, &ann, &bought, 10).await;
    }

    async fn bonus_credits_are_granted_beside_the_bought_ones(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("starter", "normal").await;
        ann.recharge_becomes(&bought, "completed").await;
        assert_eq!(ann.remaining().await, 8 + 115);
        assert_eq!(ann.figure("bonus").await, 15);
    }

    async fn a_top_up_grants_what_its_amount_buys(app: &App) {
        let ann = app.sign_up("ann").await;
        let answer = ann.post_json("/api/recharge", json!({"amount": 50})).await.expect(201);
        let top_up = crate::support::client::checkout_of(&answer);
        ann.pay_by_card(&top_up, "normal").await;
        let record = ann.recharge_becomes(&top_up, "completed").await;
        assert_eq!((&record["amount_minor"], &record["currency"]), (&json!(5000), &json!("cny")));
        assert_eq!(ann.remaining().await, 8 + 5000);
    }

    async fn an_open_checkout_grants_nothing(app: &App) {
        let ann = app.sign_up("ann").await;
        let open = ann.checkout("credits-10").await;
        assert!(matches!(fulfil(app, &open).await, Fulfilment::Unpaid(_)));
        // Even a really signed event that says so is only a signal.
        let lie = event("evt_lie", "checkout.session.completed", &open.session_id);
        deliver_signed(app, &lie.to_string()).await.expect(200);
        inbox_is_quiet(app).await;
        assert_eq!(ann.remaining().await, 8);
        assert_eq!(ann.recharge(&open).await["status"], "pending");
    }

    async fn a_delayed_payment_grants_when_it_arrives_and_not_before(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.checkout("credits-10").await;
        // The session is complete at once, the money arrives later.
        let fields = [("method", "delayed:succeeded:1500"), ("webhook", "normal")];
        ann.pay(&bought, &fields).await.expect(303);
        assert!(matches!(fulfil(app, &bought).await, Fulfilment::Waiting(_)));
        assert_eq!((ann.remaining().await, app.book().await[0]["paid"].clone()), (8, json!(false)));
        ann.recharge_becomes(&bought, "completed").await;
        assert_bought_once(app, &ann, &bought, 10).await;
    }

    async fn a_delayed_payment_that_fails_grants_nothing(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.checkout("credits-10").await;
        let fields = [("method", "delayed:failed:200"), ("webhook", "normal")];
        ann.pay(&bought, &fields).await.expect(303);
        ann.recharge_becomes(&bought, "failed").await;
        assert_eq!((ann.remaining().await, app.book().await[0]["paid"].clone()), (8, json!(false)));
    }

    async fn a_declined_card_changes_nothing_and_another_may_follow(app: &App) {
        let ann = app.sign_up("ann").await;
        let wallet = ann.wallet().await;
        let checkout = ann.checkout("credits-10").await;
        ann.pay(&checkout, &[("card_number", DECLINED_CARD)]).await.expect(402);
        assert!(matches!(fulfil(app, &checkout).await, Fulfilment::Unpaid(_)));
        assert_eq!(ann.wallet().await, wallet);
        assert!(app.book().await.iter().all(|item| item["paid"] == false));

        ann.pay(&checkout, &[("card_number", GOOD_CARD)]).await.expect(303);
        ann.recharge_becomes(&checkout, "completed").await;
        assert_bought_once(app, &ann, &checkout, 10).await;
    }

    async fn a_checkout_sent_twice_under_one_key_is_one_checkout(app: &App) {
        let ann = app.sign_up("ann").await;
        let body = json!({"item": "credits-10"});
        let answers = at_once(10, |_| {
            let (ann, body) = (ann.clone(), body.clone());
            async move { ann.post_json_once("/api/checkout", "twice", body).await }
        })
        .await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (201, &answers[0].body), "{}", answer.text());
        }
        assert_eq!(answers.iter().filter(|answer| !answer.is_replayed()).count(), 1);
        assert_eq!(app.number("SELECT COUNT(*) FROM recharge_records").await, 1);
        let other = ann.post_json_once("/api/checkout", "twice", json!({"item": "starter"})).await;
        assert_eq!((other.status, other.code().as_str()), (422, "idempotency_mismatch"));
    }

    async fn what_is_not_sold_is_refused(app: &App) {
        let ann = app.sign_up("ann").await;
        for body in [
            json!({}),
            json!({"item": "credits-11"}),
            json!({"item": 10}),
            json!({"item": "top-up"}),
            json!({"item": "top-up", "amount": 4}),
            json!({"item": "top-up", "amount": 10_001}),
            json!({"item": "top-up", "amount": 7.5}),
            json!({"item": "credits-10", "provider": "paypal"}),
        ] {
            let answer = ann.post_json("/api/checkout", body.clone()).await.expect(422);
            assert_eq!(answer.code(), "validation", "{body}");
        }
        assert_eq!(app.number("SELECT COUNT(*) FROM recharge_records").await, 0);
    }

    async fn authentic_events_are_stored_whatever_they_say(app: &App) {
        let ann = app.sign_up("ann").await;
        let open = ann.checkout("credits-10").await;
        let bare = json!({"id": "evt_bare", "object": "event", "type": "bare.kind"});
        let stranger = event("evt_2", "checkout.session.completed", "cs_test_nobody_knows");
        let unknown = event("evt_3", "unheard.of", &open.session_id);
        for payload in [bare.to_string(), stranger.to_string(), unknown.to_string()] {
            deliver_signed(app, &payload).await.expect(200);
        }
        assert_eq!(inbox_entry(app, "bare.kind").await.0, "ignored");
        assert_eq!(inbox_entry(app, "unheard.of").await.0, "ignored");
        let (state, reason) = inbox_entry(app, "checkout.session.completed").await;
        assert_eq!((state.as_str(), reason.is_empty()), ("ignored", false));

        for payload in ["not json", "{}", "[]", "{\"id\": 7, \"type\": null}"] {
            let before = events_stored(app).await;
            deliver_signed(app, payload).await.expect(200);
            assert_eq!(events_stored(app).await, before + 1, "{payload}");
        }
        let unparsed = "SELECT COUNT(*) FROM webhook_events WHERE state = 'unparsed'";
        assert_eq!(app.number(unparsed).await, 4);
        assert_eq!(ann.remaining().await, 8);
    }

    async fn an_event_of_another_api_version_still_grants(app: &App) {
        let ann = app.sign_up("ann").await;
        let bought = ann.buy("credits-10", "never").await;
        // `event` is of a version of 2019 and says next to nothing about its object.
        let old = event("evt_old", "checkout.session.completed", &bought.session_id);
        deliver_signed(app, &old.to_string()).await.expect(200);
        ann.recharge_becomes(&bought, "completed").await;
        assert_bought_once(app, &ann, &bought, 10).await;
    }

    async fn one_event_delivered_many_times_is_stored_once(app: &App) {
        let payload = event("evt_again", "charge.succeeded", "ch_1").to_string();
        for _ in 0..3 {
            deliver_signed(app, &payload).await.expect(200);
        }
        assert_eq!(events_stored(app).await, 1);
    }

    async fn a_bad_signature_is_refused_and_nothing_stored(app: &App) {
        let payload = event("evt_1", "checkout.session.completed", "cs_test_1").to_string();
        let (secret, now) = (app.webhook_secret(), app.now());
        let good = signature(&payload, &secret, now);
        let refused = [
            None,
            Some(String::new()),
            Some("nonsense".to_owned()),
            Some(signature(&payload, "whsec_other", now)),
            Some(signature(&payload, &secret, now - 3_600)),
            Some(signature("another payload", &secret, now)),
            Some(good.replace("v1=", "v0=")),
        ];
        for signature in refused {
            let answer = deliver(app, &payload, signature.as_deref()).await;
            let seen = (answer.status, answer.code());
            assert_eq!(seen, (400, "bad_signature".to_owned()), "{signature:?}");
        }
        assert_eq!(events_stored(app).await, 0);
        deliver(app, &payload, Some(&good)).await.expect(200);
        assert_eq!(events_stored(app).await, 1);
    }

    async fn a_webhook_of_more_than_1_mb_is_refused(app: &App) {
        let large = json!({"id": "evt_large", "type": "large", "pad": "x".repeat(1024 * 1024)});
        let answer = deliver_signed(app, &large.to_string()).await.expect(413);
        assert_eq!(answer.code(), "payload_too_large");
        assert_eq!(events_stored(app).await, 0);
        let smaller = json!({"id": "evt_fits", "type": "fits", "pad": "x".repeat(1000 * 1024)});
        deliver_signed(app, &smaller.to_string()).await.expect(200);
    }

    async fn both_addresses_of_the_webhook_take_events(app: &App) {
        let payload = event("evt_1", "unheard.of", "cs_1").to_string();
        let signature = signature(&payload, &app.webhook_secret(), app.now());
        let caller = app.anonymous();
        let request = caller
            .request(reqwest::Method::POST, "/api/webhooks/stripe")
            .header("stripe-signature", signature);
        caller.send(request.body(payload)).await.expect(200);
        assert_eq!(events_stored(app).await, 1);
    }
}
