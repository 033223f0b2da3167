//! One-time purchases with more to them: tax, an invoice, and what does not fit the record.

use serde_json::Value;
use stripe_billing::invoice::RetrieveInvoice;
use stripe_shared::{CheckoutSessionPaymentStatus as PaymentStatus, InvoiceBillingReason};
use stripe_types::Currency;

use super::{FORM, GOOD_CARD, World, sandbox_on, wanted_session};
use crate::on_both_databases;

async fn made(world: &World, extra: &str) -> Value {
    let answer = world
        .post("v1/checkout/sessions", &format!("{FORM}{extra}"), None)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

on_both_databases! {
    async fn tax_is_on_top_or_inside(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let behavior = "&automatic_tax[enabled]=true&line_items[0][price_data][tax_behavior]=";
        let on_top = made(&world, &format!("{behavior}exclusive")).await;
        assert_eq!(on_top["amount_subtotal"], 990);
        assert_eq!(on_top["total_details"]["amount_tax"], 198);
        assert_eq!(on_top["amount_total"], 1_188);
        let inside = made(&world, &format!("{behavior}inclusive")).await;
        assert_eq!(inside["total_details"]["amount_tax"], 165);
        assert_eq!(inside["amount_total"], 990);
        let page = world.get(&format!("checkout/{}", on_top["id"].as_str().unwrap())).await;
        assert!(page.text.contains("<dt>Tax</dt><dd>USD 1.98</dd>"), "{}", page.text);
        assert!(page.text.contains("Pay USD 11.88"));
    }

    async fn a_purchase_can_have_an_invoice(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let extra = "&invoice_creation[enabled]=true&customer_email=ann@example.com";
        for method in ["card", "delayed:succeeded:5000"] {
            let session = made(&world, extra).await;
            let id = session["id"].as_str().unwrap();
            let form = format!("card_number={GOOD_CARD}&method={method}&webhook=never");
            assert_eq!(world.post(&format!("checkout/{id}"), &form, None).await.status, 303);
            world.advance(5);
            let session = world.get(&format!("v1/checkout/sessions/{id}")).await.json();
            let invoice = RetrieveInvoice::new(session["invoice"].as_str().unwrap())
                .expand(vec!["payments".to_owned()])
                .send(&world.client)
                .await
                .unwrap();
            assert_eq!(invoice.billing_reason, Some(InvoiceBillingReason::Manual));
            assert_eq!((invoice.total, invoice.amount_paid), (990, 990));
            assert_eq!(invoice.customer_email.as_deref(), Some("ann@example.com"));
            let intent = invoice.payments.as_ref().unwrap().data[0].payment.payment_intent.as_ref();
            assert_eq!(intent.unwrap().id().as_str(), session["payment_intent"]);
            let page = invoice.hosted_invoice_url.unwrap();
            let page = world.http.get(page).send().await.unwrap().text().await.unwrap();
            assert!(page.contains("115 credits") && page.contains("USD 9.90"), "{page}");
        }
        let book = world.book().await;
        assert!(book.iter().all(|item| item["invoice"].as_str().unwrap().starts_with("in_")));
    }

    async fn a_session_can_end_otherwise_than_asked(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let pay = async |charge: &str| {
            let session = wanted_session().send(&world.client).await.unwrap();
            let form = format!("card_number={GOOD_CARD}&webhook=never&charge={charge}");
            let answer = world.pay(&session, &form).await;
            assert_eq!(answer.status, 303, "{}", answer.text);
            world.retrieve(&session).await
        };
        let less = pay("amount:500").await;
        assert_eq!((less.amount_total, less.amount_subtotal), (Some(500), Some(500)));
        let intent = less.payment_intent.unwrap().into_object().unwrap();
        assert_eq!(intent.amount_received, 500);
        let other = pay("currency:eur").await;
        assert_eq!(other.currency, Some(Currency::EUR));
        let cheaper = pay("discount:90").await;
        assert_eq!((cheaper.amount_total, cheaper.amount_subtotal), (Some(900), Some(990)));
        assert_eq!(cheaper.total_details.unwrap().amount_discount, 90);
        let free = pay("discount:990").await;
        assert_eq!(free.payment_status, PaymentStatus::NoPaymentRequired);
        assert!(free.payment_intent.is_none());
        assert_eq!(world.book().await.len(), 3, "nothing was paid for what is free");

        let session = world.session().await;
        for charge in ["discount:991", "amount:0", "tip:5"] {
            let form = format!("card_number={GOOD_CARD}&charge={charge}");
            assert_eq!(world.pay(&session, &form).await.status, 422, "{charge}");
        }
        // A declined attempt does not take the discount twice.
        let form = "card_number=4000000000000002&charge=discount:90";
        assert_eq!(world.pay(&session, form).await.status, 402);
        let form = format!("card_number={GOOD_CARD}&charge=discount:90");
        assert_eq!(world.pay(&session, &form).await.status, 303);
        assert_eq!(world.retrieve(&session).await.amount_total, Some(900));
    }

    async fn some_amounts_cannot_be_charged(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let price = "line_items[0][price_data]";
        for (currency, amount, status) in [
            ("jpy", 49, 400),
            ("jpy", 50, 200),
            ("gbp", 30, 200),
            ("kwd", 1_005, 400),
            ("kwd", 1_000, 200),
            ("isk", 10_050, 400),
            ("ugx", 10_000, 200),
        ] {
            let form = format!("{FORM}&{price}[currency]={currency}&{price}[unit_amount]={amount}");
            let answer = world.post("v1/checkout/sessions", &form, None).await;
            assert_eq!(answer.status, status, "{currency} {amount}: {}", answer.text);
        }
    }

    async fn modes_and_prices_go_together(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let plan = world.plan("premium", 1_900).await;
        let line = format!("success_url=http://x/s&line_items[0][quantity]=1&line_items[0][price]={}", plan.id);
        for (form, param) in [
            (format!("{line}&mode=payment"), "mode"),
            (format!("{line}&mode=subscription&invoice_creation[enabled]=true"), "invoice_creation"),
            (format!("{line}&mode=subscription&payment_intent_data[description]=x"), "payment_intent_data"),
            (format!("{FORM}&subscription_data[description]=x"), "subscription_data"),
            (format!("{line}&mode=subscription&subscription_data[trial_period_days]=7"), "subscription_data[trial_period_days]"),
            (format!("{line}&mode=subscription&consent_collection[terms_of_service]=required"), "consent_collection"),
        ] {
            let answer = world.post("v1/checkout/sessions", &form, None).await;
            assert_eq!(answer.status, 400, "{form}: {}", answer.text);
            assert_eq!(answer.json()["error"]["param"], param, "{form}");
        }
        let inline = "mode=subscription&success_url=http://x/s&line_items[0][quantity]=1\
            &line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=990\
            &line_items[0][price_data][recurring][interval]=year\
            &line_items[0][price_data][product_data][name]=Yearly";
        let session = world.post("v1/checkout/sessions", inline, None).await.json();
        let path = format!("checkout/{}", session["id"].as_str().unwrap());
        let answer = world.post(&path, &format!("card_number={GOOD_CARD}"), None).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
    }
}
