//! Invoices: drawn, charged, paid or not.

use serde_json::{Map, Value, json};
use sqlx::AnyConnection;

use super::items;
use crate::sandbox::book;
use crate::sandbox::stripe::checkout::cards::{Card, Decline};
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::store::{self, Kind, Object};
use crate::sandbox::stripe::tax::Taxed;
use crate::sandbox::stripe::{charging, shapes};

/// A line to be drawn, with its tax.
pub type Line = (Value, Taxed);

/// Who is charged, and what the bank says.
pub struct Charged<'a> {
    pub card: &'a Card,
    pub decline: Option<Decline>,
    /// The session it is paid in, if it is.
    pub session: Option<&'a str>,
}

/// The lines of a full period; `plan` is the name of what is subscribed to.
pub fn period_lines(subscription: &Object, plan: &str, period: (i64, i64)) -> Vec<Line> {
    let lines = items(subscription).iter().map(|item| {
        let quantity = quantity(item);
        let interval = &item["price"]["recurring"]["interval"];
        let interval = interval.as_str().unwrap_or_default();
        let of = LineOf {
            description: &format!("{quantity} × {plan} (per {interval})"),
            amount: amount(item),
            period,
            proration: false,
        };
        line(subscription, item, &of)
    });
    lines.collect()
}

pub fn quantity(item: &Value) -> i64 {
    item["quantity"].as_i64().unwrap_or(1)
}

/// What an item costs for a full period.
pub fn amount(item: &Value) -> i64 {
    item["price"]["unit_amount"].as_i64().unwrap_or(0) * quantity(item)
}

/// What a line of a subscription's item says.
pub struct LineOf<'a> {
    pub description: &'a str,
    pub amount: i64,
    pub period: (i64, i64),
    pub proration: bool,
}

/// A line of the item with its tax, as the subscription's tax is set.
pub fn line(subscription: &Object, item: &Value, of: &LineOf<'_>) -> Line {
    let automatic = subscription.shape["automatic_tax"]["enabled"] == true;
    let taxed = Taxed::by_price(of.amount, &item["price"], automatic);
    let shape = shapes::invoice_line(&shapes::InvoiceLineOf {
        description: of.description,
        amount: of.amount,
        quantity: quantity(item),
        price: &item["price"],
        period: of.period,
        item: Some((&subscription.shape["id"], &item["id"])),
        proration: of.proration,
        taxed,
    });
    (shape, taxed)
}

/// Draws an invoice for the locked subscription: finalised, not charged yet.
///
/// Its own period is the time before it, as Stripe counts; that of its lines is what they pay for.
pub async fn draw(
    connection: &mut AnyConnection,
    act: &mut Act,
    subscription: &mut Object,
    reason: &str,
    lines: Vec<Line>,
    period: (i64, i64),
) -> sqlx::Result<Object> {
    let id = subscription.text("customer").unwrap_or_default().to_owned();
    let customer = store::lock(connection, Kind::Customer, &id).await?;
    let (lines, taxed): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
    let of = shapes::InvoiceOf {
        reason,
        currency: &subscription.shape["currency"],
        customer: &subscription.shape["customer"],
        customer_email: customer
            .as_ref()
            .map_or(&Value::Null, |c| &c.shape["email"]),
        subscription: Some(&subscription.shape),
        metadata: &Map::new(),
        lines,
        taxed: taxed.into_iter().sum(),
        discount: 0,
        automatic_tax: subscription.shape["automatic_tax"]["enabled"] == true,
        period,
    };
    let shape = shapes::invoice(of, act.at);
    let parent = Some(subscription.id.clone());
    let mut invoice = Object::new(Kind::Invoice, shape, parent, act.at);
    act.tell(connection, "invoice.created", &invoice).await?;
    if let Some(customer) = customer {
        settle_balance(connection, &mut invoice, customer).await?;
    }
    finalize(connection, act, &mut invoice).await?;
    subscription.set("latest_invoice", invoice.id.as_str());
    Ok(invoice)
}

/// What a change gave back is kept for the customer and used up by the next invoices.
async fn settle_balance(
    connection: &mut AnyConnection,
    invoice: &mut Object,
    mut customer: Object,
) -> sqlx::Result<()> {
    let (balance, total) = (customer.integer("balance"), invoice.integer("total"));
    let used = match total {
        total if total < 0 => total,
        total => total.min(-balance).max(0),
    };
    invoice.set("starting_balance", balance);
    invoice.set("ending_balance", balance + used);
    if total > 0 {
        invoice.set("amount_due", total - used);
        invoice.set("amount_remaining", total - used);
    }
    if used == 0 {
        return Ok(());
    }
    customer.set("balance", balance + used);
    store::put(connection, &customer).await
}

async fn finalize(
    connection: &mut AnyConnection,
    act: &mut Act,
    invoice: &mut Object,
) -> sqlx::Result<()> {
    let now = act.at.seconds();
    let number: String = invoice.id.chars().skip(3).take(8).collect();
    invoice.set("status", "open");
    invoice.set("number", format!("{}-0001", number.to_ascii_uppercase()));
    invoice.set("effective_at", now);
    invoice.shape["status_transitions"]["finalized_at"] = json!(now);
    let page = format!("{}invoices/{}", act.of.hosted_base, invoice.id);
    invoice.set("invoice_pdf", format!("{page}?pdf=1"));
    invoice.set("hosted_invoice_url", page);
    store::put(connection, invoice).await?;
    act.tell(connection, "invoice.finalized", invoice).await
}

/// Charges the locked open invoice, and tells what came of it.
pub async fn charge(
    connection: &mut AnyConnection,
    act: &mut Act,
    subscription: &Object,
    invoice: &mut Object,
    charged: &Charged<'_>,
) -> sqlx::Result<()> {
    if invoice.integer("amount_due") == 0 {
        return pay(connection, act, invoice, None).await;
    }
    let (mut payment, mut intent) = payment_of(connection, act, invoice).await?;
    let email = invoice.text("customer_email").map(str::to_owned);
    let mut attempt =
        charging::new_charge(act, &mut intent, email.as_deref(), charged.card.details());
    let tried = invoice.integer("attempt_count") + 1;
    invoice.set("attempt_count", tried);
    invoice.set("attempted", true);
    if let Some(why) = charged.decline {
        store::put(connection, &payment).await?;
        charging::decline(connection, act, &mut intent, &mut attempt, why).await?;
        return fail(connection, act, invoice, why).await;
    }
    charging::plan_later(&mut attempt, &charged.card.fate, act.webhook, act);
    charging::succeed(connection, act, &mut intent, &mut attempt).await?;
    let billing = subscription.notes.billing.as_ref();
    let entry = book::Entry {
        payment: &intent.id,
        checkout: charged.session,
        reference: billing.and_then(|billing| billing.client_reference_id.as_deref()),
        invoice: Some(&invoice.id),
        amount_minor: intent.integer("amount"),
        currency: intent.text("currency").unwrap_or_default(),
        paid: true,
    };
    book::enter::<Kind>(connection, &entry, act.at).await?;
    pay(connection, act, invoice, Some(&mut payment)).await
}

/// The payment of the invoice and its intent: those of an earlier, failed attempt, or new ones.
async fn payment_of(
    connection: &mut AnyConnection,
    act: &mut Act,
    invoice: &Object,
) -> sqlx::Result<(Object, Object)> {
    if let Some(payment) =
        store::newest_child(connection, Kind::InvoicePayment, &invoice.id).await?
    {
        let id = payment.shape["payment"]["payment_intent"].as_str();
        let id = id.unwrap_or_default();
        if let Some(intent) = store::lock(connection, Kind::PaymentIntent, id).await? {
            return Ok((payment, intent));
        }
    }
    let given = Map::from_iter([("description".to_owned(), description(invoice).into())]);
    let due = invoice.integer("amount_due");
    let intent = charging::new_intent(connection, act, invoice, due, &given).await?;
    let payment = payment_by(act, invoice, &intent);
    Ok((payment, intent))
}

fn payment_by(act: &Act, invoice: &Object, intent: &Object) -> Object {
    let shape = shapes::invoice_payment(&invoice.shape, &intent.id, act.at);
    Object::new(
        Kind::InvoicePayment,
        shape,
        Some(invoice.id.clone()),
        act.at,
    )
}

/// What the payer's bank is told it is for.
fn description(invoice: &Object) -> &'static str {
    match invoice.text("billing_reason") {
        Some("subscription_create") => "Subscription creation",
        _ => "Subscription update",
    }
}

/// The invoice is paid, by `payment` or by nothing that had to be paid.
async fn pay(
    connection: &mut AnyConnection,
    act: &mut Act,
    invoice: &mut Object,
    payment: Option<&mut Object>,
) -> sqlx::Result<()> {
    let now = act.at.seconds();
    let due = invoice.integer("amount_due");
    invoice.set("status", "paid");
    invoice.set("attempted", true);
    invoice.set("auto_advance", false);
    invoice.set("amount_paid", due);
    invoice.set("amount_remaining", 0);
    invoice.set("next_payment_attempt", Value::Null);
    invoice.shape["status_transitions"]["paid_at"] = json!(now);
    store::put(connection, invoice).await?;
    if let Some(payment) = payment {
        payment.set("status", "paid");
        payment.set("amount_paid", due);
        payment.shape["status_transitions"]["paid_at"] = json!(now);
        store::put(connection, payment).await?;
        act.tell(connection, "invoice_payment.paid", payment)
            .await?;
    }
    act.tell(connection, "invoice.paid", invoice).await?;
    act.tell(connection, "invoice.payment_succeeded", invoice)
        .await
}

/// The invoice stays open.
async fn fail(
    connection: &mut AnyConnection,
    act: &mut Act,
    invoice: &Object,
    why: Decline,
) -> sqlx::Result<()> {
    store::put(connection, invoice).await?;
    act.tell(connection, "invoice.payment_failed", invoice)
        .await?;
    if why == Decline::AuthenticationRequired {
        act.tell(connection, "invoice.payment_action_required", invoice)
            .await?;
    }
    Ok(())
}

/// Draws the invoice of a one-time purchase that is paid already, for the locked session.
pub async fn draw_for_session(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
    intent: &Object,
) -> sqlx::Result<()> {
    let now = act.at.seconds();
    let lines = session.notes.line_items.iter().map(|item| {
        let number = |field: &str| item[field].as_i64().unwrap_or(0);
        shapes::invoice_line(&shapes::InvoiceLineOf {
            description: item["description"].as_str().unwrap_or_default(),
            amount: number("amount_subtotal"),
            quantity: number("quantity"),
            price: &item["price"],
            period: (now, now),
            item: None,
            proration: false,
            taxed: Taxed::untaxed(number("amount_subtotal")),
        })
    });
    let detail = |field: &str| session.shape["total_details"][field].as_i64().unwrap_or(0);
    let (subtotal, discount) = (
        session.integer("amount_subtotal"),
        detail("amount_discount"),
    );
    let exclusive = session.integer("amount_total") + discount - subtotal;
    let of = shapes::InvoiceOf {
        reason: "manual",
        currency: &session.shape["currency"],
        customer: &session.shape["customer"],
        customer_email: &session.shape["customer_details"]["email"],
        subscription: None,
        metadata: &Map::new(),
        lines: lines.collect(),
        taxed: Taxed {
            subtotal,
            exclusive,
            inclusive: detail("amount_tax") - exclusive,
        },
        discount,
        automatic_tax: session.shape["automatic_tax"]["enabled"] == true,
        period: (now, now),
    };
    let mut invoice = Object::new(
        Kind::Invoice,
        shapes::invoice(of, act.at),
        Some(session.id.clone()),
        act.at,
    );
    act.tell(connection, "invoice.created", &invoice).await?;
    finalize(connection, act, &mut invoice).await?;
    let mut payment = payment_by(act, &invoice, intent);
    book::set_invoice(connection, &intent.id, &invoice.id).await?;
    session.set("invoice", invoice.id.as_str());
    pay(connection, act, &mut invoice, Some(&mut payment)).await
}
