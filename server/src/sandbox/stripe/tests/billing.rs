//! Subscriptions: begun, renewed, not paid, ended.

use serde_json::{Value, json};
use stripe_billing::invoice::{ListInvoice, RetrieveInvoice};
use stripe_billing::invoice_payment::{
    ListInvoicePayment, ListInvoicePaymentPayment, ListInvoicePaymentPaymentType,
};
use stripe_billing::subscription::{ListSubscription, ListSubscriptionStatus};
use stripe_checkout::checkout_session::{ListCheckoutSession, RetrieveCheckoutSession};
use stripe_core::refund::CreateRefund;
use stripe_shared::{
    CheckoutSessionPaymentStatus, Invoice, InvoiceBillingReason as Reason, InvoiceStatus,
    Subscription, SubscriptionStatus as Status,
};
use stripe_webhook::EventObject;

use super::{GOOD_CARD, World, latest_invoice, period, sandbox_on, wanted_subscription};
use crate::on_both_databases;

const PAYS_ONCE: &str = "4000000000000341";

/// The intent that pays the invoice.
fn intent_of(invoice: &Invoice) -> String {
    let payment = &invoice.payments.as_ref().unwrap().data[0];
    let intent = payment.payment.payment_intent.as_ref().unwrap();
    intent.id().to_string()
}

async fn renew(world: &World, subscription: &Subscription, outcome: Option<&str>) -> Value {
    let body = json!({
        "subscription": subscription.id.as_str(), "outcome": outcome, "webhook": "never",
    });
    let answer = world.post_json("renew", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

on_both_databases! {
    async fn subscribing_makes_everything_at_once(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let price = world.plan("premium", 1_900).await;
        let session = wanted_subscription(&price).send(&world.client).await.unwrap();
        assert_eq!(session.amount_total, Some(1_900));
        assert!(session.subscription.is_none() && session.customer.is_none());
        let page = world.get(&format!("checkout/{}", session.id)).await;
        assert!(page.text.contains("Renews every month for USD 19.00"), "{}", page.text);
        assert!(!page.text.contains("name=\"method\""), "{}", page.text);

        assert_eq!(world.pay_by_card(&session, "4000000000000002").await.status, 402);
        assert!(world.book().await.is_empty());
        assert_eq!(world.pay(&session, "method=delayed:succeeded:5").await.status, 422);
        assert_eq!(world.pay_by_card(&session, GOOD_CARD).await.status, 303);

        let session = RetrieveCheckoutSession::new(session.id)
            .expand(["invoice.payments", "customer"].map(str::to_owned))
            .send(&world.client)
            .await
            .unwrap();
        assert_eq!(session.payment_status, CheckoutSessionPaymentStatus::Paid);
        assert!(session.payment_intent.is_none());
        let customer = session.customer.unwrap().into_object().unwrap();
        assert_eq!(customer.email.as_deref(), Some("ann@example.com"));
        let invoice = session.invoice.unwrap().into_object().unwrap();
        assert_eq!(invoice.billing_reason, Some(Reason::SubscriptionCreate));
        assert_eq!((invoice.status.clone(), invoice.amount_paid), (Some(InvoiceStatus::Paid), 1_900));

        let subscription = session.subscription.unwrap().into_id();
        let subscription = world.subscription(&subscription).await;
        assert_eq!(subscription.status, Status::Active);
        assert_eq!(period(&subscription), ["2026-11-20", "2026-12-20"]);
        assert_eq!(subscription.metadata["user"], "user-1");
        let item = &subscription.items.data[0];
        assert_eq!((&item.price.id, item.plan.id.as_str()), (&price.id, price.id.as_str()));
        assert_eq!(item.price.product.as_object().unwrap().name, "premium");
        assert_eq!(latest_invoice(&subscription).id, invoice.id);
        let parent = invoice.parent.as_ref().unwrap().subscription_details.as_ref().unwrap();
        assert_eq!(parent.subscription.id(), &subscription.id);
        assert_eq!(parent.metadata.as_ref().unwrap()["user"], "user-1");
        let line = &invoice.lines.data[0];
        assert_eq!(line.period.end, item.current_period_end);
        let details = line.pricing.as_ref().unwrap().price_details.as_ref().unwrap();
        assert_eq!(details.price.id(), &price.id);
        let parent = line.parent.as_ref().unwrap().subscription_item_details.as_ref().unwrap();
        assert_eq!(parent.subscription_item, item.id.as_str());

        let intent = intent_of(&invoice);
        let wanted = json!([{
            "payment_intent": intent, "session_id": session.id.as_str(),
            "client_reference_id": "user-1", "invoice": invoice.id.as_ref().unwrap().as_str(),
            "amount_minor": 1900, "currency": "usd", "paid": true, "refunded": 0,
            "disputed": false,
        }]);
        assert_eq!(Value::from(world.book().await), wanted);
        let mut by = ListInvoicePaymentPayment::new(ListInvoicePaymentPaymentType::PaymentIntent);
        by.payment_intent = Some(intent);
        let payments = ListInvoicePayment::new().payment(by);
        let payments = payments.expand(vec!["data.payment.payment_intent".to_owned()]);
        let payments = payments.send(&world.client).await.unwrap();
        assert_eq!(payments.data[0].invoice.id(), &invoice.id);
        assert!(payments.data[0].payment.payment_intent.as_ref().unwrap().is_object());
        let of_invoice = ListInvoicePayment::new().invoice(invoice.id.unwrap().to_string());
        assert_eq!(of_invoice.send(&world.client).await.unwrap().data.len(), 1);
    }

    async fn every_event_of_a_subscription_parses(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let price = world.plan("premium", 1_900).await;
        let session = wanted_subscription(&price).send(&world.client).await.unwrap();
        world.pay_by_card(&session, GOOD_CARD).await;
        let types = world.receiver.received(14).await;
        assert_eq!(types, [
            "charge.succeeded",
            "checkout.session.completed",
            "customer.created",
            "customer.subscription.created",
            "customer.subscription.updated",
            "invoice.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
            "invoice_payment.paid",
            "payment_intent.created",
            "payment_intent.succeeded",
            "price.created",
            "product.created",
        ]);
        let told = world.receiver.events("customer.subscription.created").remove(0);
        assert!(matches!(
            told.data.object,
            EventObject::CustomerSubscriptionCreated(told) if told.status == Status::Incomplete
        ));
        let told = world.receiver.events("invoice.paid").remove(0);
        assert!(matches!(told.data.object, EventObject::InvoicePaid(told) if told.amount_paid == 1_900));
        let told = world.receiver.events("invoice_payment.paid").remove(0);
        assert!(matches!(told.data.object, EventObject::InvoicePaymentPaid(told) if told.status == "paid"));
    }

    async fn a_subscription_renews_by_the_calendar(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        world.advance_days(11 + 30 + 30);
        let begun = world.subscribed(GOOD_CARD).await;
        assert_eq!(period(&begun), ["2027-01-30", "2027-02-28"]);
        world.advance_days(29);
        let renewed = world.subscription(&begun.id).await;
        assert_eq!(period(&renewed), ["2027-02-28", "2027-03-30"]);
        let invoice = latest_invoice(&renewed);
        assert_eq!(invoice.billing_reason, Some(Reason::SubscriptionCycle));
        assert_eq!(invoice.lines.data[0].period.start, renewed.items.data[0].current_period_start);
        // Asleep for a while: every period is billed, one after the other.
        world.advance_days(61);
        let renewed = world.subscription(&begun.id).await;
        assert_eq!(period(&renewed), ["2027-04-30", "2027-05-30"]);
        let invoices = ListInvoice::new().subscription(begun.id.to_string());
        assert_eq!(invoices.send(&world.client).await.unwrap().data.len(), 4);
        assert!(world.left_undone().await.is_empty());
        let book = world.book().await;
        assert_eq!(book.len(), 4);
        assert!(book.iter().all(|item| item["paid"] == true && item["amount_minor"] == 1_900));
        assert_eq!(book.iter().filter(|item| item["session_id"].is_null()).count(), 3);
        assert!(book.iter().all(|item| item["client_reference_id"] == "user-1"));
    }

    async fn an_unpaid_renewal_is_tried_again_and_then_ends_it(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(PAYS_ONCE).await;
        assert_eq!(world.book().await.len(), 1);
        world.advance_days(30);
        let unpaid = world.subscription(&begun.id).await;
        assert_eq!(unpaid.status, Status::PastDue);
        assert_eq!(period(&unpaid), ["2026-12-20", "2027-01-20"]);
        let invoice = latest_invoice(&unpaid).clone();
        assert_eq!((invoice.status.clone(), invoice.attempt_count), (Some(InvoiceStatus::Open), 1));
        assert_eq!(invoice.next_payment_attempt, Some(world.clock.now().plus_days(3).seconds()));
        for (days, attempts) in [(3, 2), (5, 3)] {
            world.advance_days(days);
            let now = world.subscription(&begun.id).await;
            assert_eq!((now.status.clone(), latest_invoice(&now).attempt_count), (Status::PastDue, attempts));
        }
        world.advance_days(7);
        let ended = world.subscription(&begun.id).await;
        assert_eq!(ended.status, Status::Canceled);
        assert_eq!(ended.ended_at, Some(world.clock.now().seconds()));
        assert_eq!(latest_invoice(&ended).attempt_count, 4);
        assert_eq!(latest_invoice(&ended).next_payment_attempt, None);
        let invoice = invoice.id.unwrap();
        let failed = world.told_of(invoice.as_str()).await;
        assert_eq!(failed[..2], ["invoice.created", "invoice.finalized"]);
        assert_eq!(failed[2..], ["invoice.payment_failed"; 4]);
        let told = world.told_of(begun.id.as_str()).await;
        assert_eq!(told.last().unwrap(), "customer.subscription.deleted");
        world.advance_days(60);
        assert_eq!(world.subscription(&begun.id).await.status, Status::Canceled);
        assert_eq!(world.book().await.len(), 1, "nothing was ever paid again");
    }

    async fn some_banks_want_the_payer_each_time(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let price = world.plan("premium", 1_900).await;
        let always = world.subscribed_to(&price, "4000002760003184").await;
        let once = world.subscribed_to(&price, "4000002500003155").await;
        world.advance_days(30);
        assert_eq!(world.subscription(&once.id).await.status, Status::Active);
        let unpaid = world.subscription(&always.id).await;
        assert_eq!(unpaid.status, Status::PastDue);
        let invoice = latest_invoice(&unpaid).id.clone().unwrap();
        let told = world.told_of(invoice.as_str()).await;
        assert_eq!(told[2..], ["invoice.payment_failed", "invoice.payment_action_required"]);
    }

    async fn a_period_ends_when_the_desk_says_so(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let first = begun.items.data[0].current_period_start;
        renew(&world, &begun, None).await;
        let second = world.subscription(&begun.id).await;
        assert!(second.items.data[0].current_period_start > first, "another period");
        world.advance_days(2);
        renew(&world, &begun, Some("paid")).await;
        let third = world.subscription(&begun.id).await;
        assert_eq!(period(&third), ["2026-11-22", "2026-12-22"]);
        assert_eq!(world.book().await.len(), 3);

        renew(&world, &begun, Some("failed")).await;
        let unpaid = world.subscription(&begun.id).await;
        assert_eq!(unpaid.status, Status::PastDue);
        let invoice = latest_invoice(&unpaid).id.clone().unwrap();
        assert_eq!(world.book().await.len(), 3);
        renew(&world, &begun, Some("paid")).await;
        let paid = world.subscription(&begun.id).await;
        assert_eq!((paid.status.clone(), period(&paid)), (Status::Active, period(&unpaid)));
        let invoice = RetrieveInvoice::new(invoice).expand(vec!["payments".to_owned()]);
        let invoice = invoice.send(&world.client).await.unwrap();
        assert_eq!((invoice.status.clone(), invoice.attempt_count), (Some(InvoiceStatus::Paid), 2));
        assert_eq!(invoice.payments.unwrap().data.len(), 1, "one intent for all attempts");
        assert_eq!(world.book().await.len(), 4);
        // What was planned for the failure does not come any more.
        world.advance_days(3);
        assert_eq!(world.subscription(&begun.id).await.status, Status::Active);
        assert_eq!(world.book().await.len(), 4);
        assert!(world.left_undone().await.is_empty());
    }

    async fn invoices_are_refunded_and_disputed_like_other_payments(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let intent = intent_of(latest_invoice(&begun));
        let refund = CreateRefund::new().payment_intent(intent.as_str()).amount(900);
        assert_eq!(refund.send(&world.client).await.unwrap().amount, 900);
        assert_eq!(world.book().await[0]["refunded"], 900);
        let dispute = json!({ "payment_intent": intent, "webhook": "never" });
        assert_eq!(world.post_json("disputes", dispute).await.status, 200);
        assert_eq!(world.book().await[0]["disputed"], true);
    }

    async fn subscriptions_are_listed(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let customer = begun.customer.id().to_string();
        let price = begun.items.data[0].price.id.to_string();
        let list = || ListSubscription::new().customer(customer.as_str());
        let count = async |list: ListSubscription| {
            list.send(&world.client).await.unwrap().data.len()
        };
        assert_eq!(count(list().price(price.as_str())).await, 1);
        assert_eq!(count(list().price("price_none")).await, 0);
        assert_eq!(count(list().status(ListSubscriptionStatus::PastDue)).await, 0);
        let path = format!("v1/subscriptions/{}", begun.id);
        let ended = world.http.delete(world.url(&path)).bearer_auth("sk_test_x").send().await;
        assert_eq!(ended.unwrap().status(), 200);
        assert_eq!(count(list()).await, 0, "what is over is not listed unless asked for");
        assert_eq!(count(list().status(ListSubscriptionStatus::All)).await, 1);
        assert_eq!(count(list().status(ListSubscriptionStatus::Ended)).await, 1);
        let sessions = ListCheckoutSession::new().subscription(begun.id.to_string());
        assert_eq!(sessions.send(&world.client).await.unwrap().data.len(), 1);
        let paid = ListInvoice::new().customer(customer.as_str()).status(InvoiceStatus::Paid);
        let paid = paid.expand(vec!["data.payments".to_owned()]);
        assert_eq!(paid.send(&world.client).await.unwrap().data.len(), 1);
    }
}
