//! What was really paid and given back: written in the transaction of the payment, read by tests and
//! by whoever wants to compare the ledger with it.

use serde_json::{Value, json};
use sqlx::{AnyConnection, AnyPool};

use super::store::Kind;
use crate::time::Timestamp;

/// What is known of a payment when it is written down.
pub struct Entry<'a> {
    /// The provider's id of it.
    pub payment: &'a str,
    /// The checkout it was paid in; none, where a renewal is paid in none.
    pub checkout: Option<&'a str>,
    /// What the shop calls the checkout, or that which the subscription began with.
    pub reference: Option<&'a str>,
    /// The invoice it pays, if there is one.
    pub invoice: Option<&'a str>,
    pub amount_minor: i64,
    /// Lower case.
    pub currency: &'a str,
    pub paid: bool,
}

/// Writes down a payment. Once: the database refuses a second.
pub async fn enter<K: Kind>(
    connection: &mut AnyConnection,
    entry: &Entry<'_>,
    at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO sandbox_book (provider, payment_id, session_id, reference, invoice, \
         amount_minor, currency, paid, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(K::PROVIDER)
    .bind(entry.payment)
    .bind(entry.checkout)
    .bind(entry.reference)
    .bind(entry.invoice)
    .bind(entry.amount_minor)
    .bind(entry.currency)
    .bind(i64::from(entry.paid))
    .bind(at.micros())
    .execute(connection)
    .await?;
    Ok(())
}

/// The invoice of the payment was drawn after it.
pub async fn set_invoice(
    connection: &mut AnyConnection,
    payment: &str,
    invoice: &str,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_book SET invoice = $2 WHERE payment_id = $1")
        .bind(payment)
        .bind(invoice)
        .execute(connection)
        .await?;
    Ok(())
}

/// The delayed payment came in.
pub async fn mark_paid(connection: &mut AnyConnection, payment: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_book SET paid = 1 WHERE payment_id = $1")
        .bind(payment)
        .execute(connection)
        .await?;
    Ok(())
}

/// Of the payment so much has gone back in all.
pub async fn set_refunded(
    connection: &mut AnyConnection,
    payment: &str,
    refunded: i64,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_book SET refunded = $2 WHERE payment_id = $1")
        .bind(payment)
        .bind(refunded)
        .execute(connection)
        .await?;
    Ok(())
}

/// The money is withheld by a dispute that is open or lost, or is no longer.
pub async fn set_disputed(
    connection: &mut AnyConnection,
    payment: &str,
    disputed: bool,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_book SET disputed = $2 WHERE payment_id = $1")
        .bind(payment)
        .bind(i64::from(disputed))
        .execute(connection)
        .await?;
    Ok(())
}

/// One payment as it stands.
#[derive(sqlx::FromRow)]
pub struct Item {
    payment_id: String,
    session_id: Option<String>,
    reference: Option<String>,
    pub invoice: Option<String>,
    amount_minor: i64,
    currency: String,
    paid: i64,
    refunded: i64,
    disputed: i64,
}

impl Item {
    /// With the provider's names for the payment, its checkout and what the shop calls that.
    pub fn named(&self, [payment, checkout, reference]: [&str; 3]) -> Value {
        json!({
            payment: self.payment_id,
            checkout: self.session_id,
            reference: self.reference,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            // False while a delayed payment is under way, and when it failed.
            "paid": self.paid == 1,
            "refunded": self.refunded,
            "disputed": self.disputed == 1,
        })
    }
}

/// Every payment, oldest first.
pub async fn items<K: Kind>(reader: &AnyPool) -> sqlx::Result<Vec<Item>> {
    sqlx::query_as(
        "SELECT payment_id, session_id, reference, invoice, amount_minor, currency, paid, \
         refunded, disputed FROM sandbox_book WHERE provider = $1 ORDER BY created_at, payment_id",
    )
    .bind(K::PROVIDER)
    .fetch_all(reader)
    .await
}
