//! Paying a checkout: one transaction from the open checkout to its outcome.

use sqlx::AnyConnection;

use super::errors::Refusal;
use super::events::Act;
use super::hosted::cards::{Card, Decline, Fate};
use super::provider::DISPUTED_AFTER;
use super::store::{self, Kind, Next, Object};
use super::subscriptions::Beginning;
use super::{CreemSandbox, Product, ids, shapes};
use crate::sandbox::book;
use crate::sandbox::webhook_mode::WebhookMode;
use crate::time::Timestamp;

/// One press of the button.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub card: Card,
    /// Where the checkout names no customer.
    pub email: Option<String>,
    pub webhook: WebhookMode,
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// Paid, now or before: on to the success page.
    Complete(Box<Object>),
    Declined(Box<Object>, Decline),
    /// Nothing was tried; still to be paid.
    Open(Box<Object>),
    Expired,
    Unknown,
}

impl CreemSandbox {
    /// Pays the checkout, at most once however often and wherever it is tried.
    pub(super) async fn pay(&self, id: &str, attempt: &Attempt) -> sqlx::Result<Outcome> {
        let now = self.0.clock.now();
        let mut tx = self.0.db.begin().await?;
        let checkout = store::lock(&mut tx, Kind::Checkout, id).await?;
        let mut checkout = match standing(checkout, now) {
            Outcome::Open(checkout) => checkout,
            over => return Ok(over),
        };
        if let Fate::Declined(why) = attempt.card.fate {
            return Ok(Outcome::Declined(checkout, why));
        }
        let product = checkout.text("product").and_then(|id| self.product(id));
        let Some(product) = product else {
            return Ok(Outcome::Unknown);
        };
        let mut act = Act::new(now, (), attempt.webhook);
        self.complete(&mut tx, &mut act, &mut checkout, product, attempt)
            .await?;
        tx.commit().await?;
        self.wake();
        self.deliver_before_redirect(act.into_held()).await;
        Ok(Outcome::Complete(checkout))
    }

    /// How it stands with the checkout, when there is nothing to try.
    pub(super) async fn look(&self, id: &str) -> sqlx::Result<Outcome> {
        let mut reader = self.0.db.reader().acquire().await?;
        let checkout = store::find(&mut reader, Kind::Checkout, id).await?;
        Ok(standing(checkout, self.0.clock.now()))
    }

    async fn complete(
        &self,
        connection: &mut AnyConnection,
        act: &mut Act,
        checkout: &mut Object,
        product: &Product,
        attempt: &Attempt,
    ) -> sqlx::Result<()> {
        let customer = payer(connection, act, checkout, attempt).await?;
        let id = ids::fresh("tran_");
        let amount = amount_of(checkout, product);
        let order = shapes::order(product, &customer, &id, amount, act.at);
        let subscription = product.billing.is_recurring().then(|| ids::fresh("sub_"));
        let of = shapes::TransactionOf {
            id: &id,
            product,
            amount,
            customer: &customer,
            order: order["id"].as_str(),
            subscription: subscription.as_deref(),
            period: subscription
                .is_some()
                .then(|| (act.at, product.billing.end_of(act.at))),
            paid: true,
        };
        let shape = shapes::transaction(&of, act.at);
        let parent = Some(checkout.id.clone());
        let mut transaction = Object::new(Kind::Transaction, shape, parent, act.at);
        transaction.notes.product = Some(product.id.clone());
        apply_fate(&mut transaction, attempt, act);
        store::put(connection, &transaction).await?;
        checkout.set("status", "completed");
        checkout.set("customer", customer);
        checkout.set("order", order);
        checkout.due_at = None;
        checkout.notes.next = None;
        let subscription = match subscription {
            Some(id) => {
                let beginning = Beginning {
                    id: &id,
                    product,
                    checkout,
                    transaction: &transaction,
                    card: &attempt.card,
                };
                Some(beginning.begin(connection, act).await?)
            }
            None => None,
        };
        if let Some(subscription) = &subscription {
            checkout.set("subscription", subscription.id.as_str());
        }
        store::put(connection, checkout).await?;
        enter(connection, checkout, &transaction, act.at).await?;
        let shown = self.show_checkout(connection, checkout).await?;
        act.tell(connection, "checkout.completed", &shown).await?;
        if let Some(subscription) = &subscription {
            for event in ["subscription.active", "subscription.paid"] {
                let shown = self.show_subscription(connection, subscription).await?;
                act.tell(connection, event, &shown).await?;
            }
        }
        Ok(())
    }
}

/// Writes a paid transaction of the checkout into the book.
pub async fn enter(
    connection: &mut AnyConnection,
    checkout: &Object,
    transaction: &Object,
    at: Timestamp,
) -> sqlx::Result<()> {
    let currency = transaction.text("currency").unwrap_or_default();
    let entry = book::Entry {
        payment: &transaction.id,
        checkout: Some(&checkout.id),
        reference: checkout.text("request_id"),
        invoice: None,
        amount_minor: transaction.integer("amount_paid"),
        currency: &currency.to_ascii_lowercase(),
        paid: true,
    };
    book::enter::<Kind>(connection, &entry, at).await
}

/// What the payer pays.
pub fn amount_of(checkout: &Object, product: &Product) -> i64 {
    let price = checkout.shape["custom_price"].as_i64();
    price.unwrap_or(product.price) * checkout.integer("units").max(1)
}

fn standing(checkout: Option<Object>, now: Timestamp) -> Outcome {
    let Some(checkout) = checkout.map(Box::new) else {
        return Outcome::Unknown;
    };
    match checkout.text("status") {
        Some("completed") => Outcome::Complete(checkout),
        Some("pending") if !checkout.is_due(now) => Outcome::Open(checkout),
        _ => Outcome::Expired,
    }
}

/// What the card makes of the payment later.
fn apply_fate(transaction: &mut Object, attempt: &Attempt, act: &Act) {
    transaction.notes.webhook = attempt.webhook.later();
    match attempt.card.fate {
        Fate::RefundsLater => transaction.notes.refunds_later = true,
        Fate::Disputed => transaction.plan(Next::Dispute, act.at.plus(DISPUTED_AFTER)),
        Fate::Success | Fate::RefusesLater | Fate::Declined(_) => {}
    }
}

/// The id of the checkout's customer, or of the one with the address that was typed.
async fn payer(
    connection: &mut AnyConnection,
    act: &Act,
    checkout: &Object,
    attempt: &Attempt,
) -> sqlx::Result<String> {
    if let Some(customer) = checkout.text("customer") {
        return Ok(customer.to_owned());
    }
    let email = attempt.email.as_deref().unwrap_or("payer@example.com");
    Ok(customer_with(connection, email, act.at).await?.id)
}

/// The customer with this address, made if there is none.
pub async fn customer_with(
    connection: &mut AnyConnection,
    email: &str,
    at: Timestamp,
) -> sqlx::Result<Object> {
    if let Some(customer) = store::find_by_facet(connection, Kind::Customer, email).await? {
        return Ok(customer);
    }
    let shape = shapes::customer(email, None, None, at);
    let customer = Object::new(Kind::Customer, shape, None, at);
    store::add(connection, &customer).await?;
    // Somebody else may have been first.
    let first = store::find_by_facet(connection, Kind::Customer, email).await?;
    Ok(first.unwrap_or(customer))
}

/// An e-mail address, as far as a form has to know.
pub fn check_email(email: &str) -> Result<(), Refusal> {
    let plain = !email.contains(|c: char| c.is_control() || c.is_whitespace());
    let sound = plain
        && email.len() <= 254
        && email
            .split_once('@')
            .is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
    if sound {
        Ok(())
    } else {
        Err(Refusal::bad_request("email must be an email"))
    }
}
