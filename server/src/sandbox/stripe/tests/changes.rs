//! Subscriptions changed in the middle of a period.

use stripe::{ApiErrorsCode, StripeError};
use stripe_billing::invoice::ListInvoice;
use stripe_billing::subscription::{
    CancelSubscription, UpdateSubscription, UpdateSubscriptionItems,
    UpdateSubscriptionPaymentBehavior, UpdateSubscriptionProrationBehavior as Proration,
};
use stripe_core::customer::{RetrieveCustomer, RetrieveCustomerReturned};
use stripe_shared::{
    InvoiceBillingReason as Reason, Price, Subscription, SubscriptionStatus as Status,
};

use super::{GOOD_CARD, World, latest_invoice, period, sandbox_on};
use crate::on_both_databases;

/// The change of the one item to another price.
fn switch(of: &Subscription, price: &Price, proration: Proration) -> UpdateSubscription {
    let item = UpdateSubscriptionItems {
        id: Some(of.items.data[0].id.to_string()),
        price: Some(price.id.to_string()),
        ..UpdateSubscriptionItems::new()
    };
    UpdateSubscription::new(of.id.clone())
        .items(vec![item])
        .proration_behavior(proration)
}

/// The amounts of all invoices so far, oldest first.
async fn billed(world: &World, subscription: &Subscription) -> Vec<i64> {
    let list = ListInvoice::new().subscription(subscription.id.to_string());
    let list = list.send(&world.client).await.unwrap();
    list.data
        .iter()
        .rev()
        .map(|invoice| invoice.total)
        .collect()
}

async fn balance(world: &World, subscription: &Subscription) -> Option<i64> {
    let customer = RetrieveCustomer::new(subscription.customer.id().clone());
    match customer.send(&world.client).await.unwrap() {
        RetrieveCustomerReturned::Customer(customer) => customer.balance,
        RetrieveCustomerReturned::DeletedCustomer(_) => None,
    }
}

on_both_databases! {
    async fn it_ends_with_its_period_or_goes_on(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let change = async |cancel| {
            // Apart in time, so that their events have an order.
            world.advance(1);
            let change = UpdateSubscription::new(begun.id.clone()).cancel_at_period_end(cancel);
            change.send(&world.client).await.unwrap()
        };
        let ends = change(true).await;
        assert!(ends.cancel_at_period_end && ends.status == Status::Active);
        assert_eq!(ends.cancel_at, Some(begun.items.data[0].current_period_end));
        let goes_on = change(false).await;
        assert_eq!((goes_on.cancel_at, goes_on.canceled_at), (None, None));
        change(true).await;
        world.advance_days(31);
        let ended = world.subscription(&begun.id).await;
        assert_eq!(ended.status, Status::Canceled);
        assert_eq!(ended.ended_at, Some(begun.items.data[0].current_period_end));
        assert_eq!(billed(&world, &begun).await, [1_900]);
        assert_eq!(world.told_of(begun.id.as_str()).await[2..], [
            "customer.subscription.updated",
            "customer.subscription.updated",
            "customer.subscription.updated",
            "customer.subscription.deleted",
        ]);
    }

    async fn it_ends_at_once_and_only_once(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        world.advance_days(3);
        let cancel = || CancelSubscription::new(begun.id.clone());
        let ended = cancel().send(&world.client).await.unwrap();
        assert_eq!(ended.status, Status::Canceled);
        assert_eq!(ended.ended_at, Some(world.clock.now().seconds()));
        match cancel().send(&world.client).await {
            Err(StripeError::Stripe(error, 404)) => {
                assert_eq!(error.code, Some(ApiErrorsCode::ResourceMissing));
            }
            other => panic!("{other:?}"),
        }
        world.advance_days(40);
        assert_eq!(billed(&world, &begun).await, [1_900]);
    }

    async fn a_dearer_plan_is_paid_at_once_for_the_rest(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let dearer = world.plan("unlimited", 4_900).await;
        world.advance_days(15);
        let switched = switch(&begun, &dearer, Proration::AlwaysInvoice);
        let switched = switched.send(&world.client).await.unwrap();
        assert_eq!(switched.items.data[0].price.id, dearer.id);
        assert_eq!(switched.items.data[0].id, begun.items.data[0].id);
        assert_eq!(period(&switched), period(&begun));
        let now = world.subscription(&begun.id).await;
        let invoice = latest_invoice(&now);
        assert_eq!(invoice.billing_reason, Some(Reason::SubscriptionUpdate));
        let amounts: Vec<_> = invoice.lines.data.iter().map(|line| line.amount).collect();
        assert_eq!((amounts, invoice.amount_paid), (vec![-950, 2_450], 1_500));
        assert_eq!(world.book().await[1]["amount_minor"], 1_500);
        world.advance_days(15);
        assert_eq!(billed(&world, &begun).await, [1_900, 1_500, 4_900]);
    }

    async fn a_cheaper_plan_can_wait_for_the_next_period(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let cheaper = world.plan("basic", 900).await;
        world.advance_days(15);
        switch(&begun, &cheaper, Proration::None).send(&world.client).await.unwrap();
        assert_eq!(billed(&world, &begun).await, [1_900]);
        world.advance_days(15);
        world.subscription(&begun.id).await;
        assert_eq!(billed(&world, &begun).await, [1_900, 900]);
    }

    async fn a_difference_can_wait_for_the_next_invoice(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let dearer = world.plan("unlimited", 4_900).await;
        world.advance_days(15);
        switch(&begun, &dearer, Proration::CreateProrations).send(&world.client).await.unwrap();
        assert_eq!(billed(&world, &begun).await, [1_900]);
        world.advance_days(15);
        world.subscription(&begun.id).await;
        assert_eq!(billed(&world, &begun).await, [1_900, 4_900 + 1_500]);
    }

    async fn what_is_given_back_pays_the_next_invoices(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed(GOOD_CARD).await;
        let cheaper = world.plan("basic", 900).await;
        world.advance_days(15);
        switch(&begun, &cheaper, Proration::AlwaysInvoice).send(&world.client).await.unwrap();
        assert_eq!(billed(&world, &begun).await, [1_900, -500]);
        assert_eq!(balance(&world, &begun).await, Some(-500));
        world.advance_days(15);
        let renewed = world.subscription(&begun.id).await;
        let invoice = latest_invoice(&renewed);
        assert_eq!((invoice.total, invoice.amount_paid), (900, 400));
        assert_eq!(balance(&world, &begun).await, Some(0));
        assert_eq!(world.book().await[1]["amount_minor"], 400);
    }

    async fn a_change_that_cannot_be_paid_changes_nothing_if_so_wanted(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let begun = world.subscribed("4000000000000341").await;
        let dearer = world.plan("unlimited", 4_900).await;
        world.advance_days(15);
        let strict = switch(&begun, &dearer, Proration::AlwaysInvoice)
            .payment_behavior(UpdateSubscriptionPaymentBehavior::ErrorIfIncomplete);
        match strict.send(&world.client).await {
            Err(StripeError::Stripe(error, 402)) => {
                assert_eq!(error.code, Some(ApiErrorsCode::CardDeclined));
            }
            other => panic!("{other:?}"),
        }
        let now = world.subscription(&begun.id).await;
        assert_eq!(now.items.data[0].price.id, begun.items.data[0].price.id);
        assert_eq!(billed(&world, &begun).await, [1_900]);
        let lenient = switch(&begun, &dearer, Proration::AlwaysInvoice);
        let changed = lenient.send(&world.client).await.unwrap();
        assert_eq!(changed.status, Status::PastDue);
        assert_eq!(changed.items.data[0].price.id, dearer.id);
    }
}
