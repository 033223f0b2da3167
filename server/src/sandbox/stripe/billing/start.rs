//! The beginning of a subscription: its first invoice is paid on the checkout page.

use serde_json::Value;
use sqlx::AnyConnection;

use super::invoices::{self, Charged};
use super::{Interval, items, period, schedule};
use crate::sandbox::stripe::checkout::cards::Card;
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::store::{self, Billing, Kind, Object};
use crate::sandbox::stripe::{ids, shapes};

/// Starts the subscription of the locked session, whose customer is known and whose card pays.
pub async fn start(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
    card: &Card,
) -> sqlx::Result<()> {
    let mut subscription = new_subscription(session, card, act);
    act.tell(connection, "customer.subscription.created", &subscription)
        .await?;
    let before = subscription.shape.clone();
    let plan = plan_of(session);
    let lines = invoices::period_lines(&subscription, plan, period(&subscription));
    let now = act.at.seconds();
    let mut invoice = invoices::draw(
        connection,
        act,
        &mut subscription,
        "subscription_create",
        lines,
        (now, now),
    )
    .await?;
    let charged = Charged {
        card,
        decline: None,
        session: Some(&session.id),
    };
    invoices::charge(connection, act, &subscription, &mut invoice, &charged).await?;
    subscription.set("status", "active");
    schedule(&mut subscription);
    store::put(connection, &subscription).await?;
    let previous = shapes::previous(&before, &subscription.shape);
    act.tell_change(
        connection,
        "customer.subscription.updated",
        &subscription,
        previous,
    )
    .await?;
    session.set("subscription", subscription.id);
    session.set("invoice", invoice.id);
    Ok(())
}

fn new_subscription(session: &Object, card: &Card, act: &Act) -> Object {
    let id = ids::fresh("sub_");
    let now = act.at.seconds();
    let bought = session.notes.line_items.iter();
    let bought: Vec<Value> = bought
        .map(|line| {
            let end = Interval::of(&line["price"]).map_or(now, |every| every.after(now, 1));
            let quantity = line["quantity"].as_i64().unwrap_or(1);
            shapes::subscription_item(&id, &line["price"], quantity, (now, end), act.at)
        })
        .collect();
    let customer = session.text("customer").unwrap_or_default();
    let of = shapes::SubscriptionOf {
        id: &id,
        customer,
        currency: &session.shape["currency"],
        items: bought,
        automatic_tax: session.shape["automatic_tax"]["enabled"] == true,
        given: &session.notes.subscription,
    };
    let shape = shapes::subscription(of, act.at);
    let parent = Some(customer.to_owned());
    let mut subscription = Object::new(Kind::Subscription, shape, parent, act.at);
    subscription.notes.billing = Some(Billing {
        card: card.number().to_owned(),
        plan: plan_of(session).to_owned(),
        renews_at: items(&subscription)
            .first()
            .and_then(|item| item["current_period_end"].as_i64())
            .unwrap_or(now),
        client_reference_id: session.text("client_reference_id").map(str::to_owned),
        ..Billing::default()
    });
    subscription
}

/// The name of what is subscribed to.
fn plan_of(session: &Object) -> &str {
    let line = session.notes.line_items.first();
    line.and_then(|line| line["description"].as_str())
        .unwrap_or_default()
}
