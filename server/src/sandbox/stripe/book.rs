//! What was really paid and refunded: written in the transaction of the payment, read by tests and
//! by whoever wants to compare the ledger with it.

use serde::Serialize;
use sqlx::{AnyConnection, AnyPool};

use super::store::Object;
use crate::time::Timestamp;

/// One payment.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    pub payment_intent: String,
    /// The session it was paid in; a renewal is paid in none.
    pub session_id: Option<String>,
    /// Of a renewal: that of the session the subscription began with.
    pub client_reference_id: Option<String>,
    /// The invoice it pays, if there is one.
    pub invoice: Option<String>,
    pub amount_minor: i64,
    pub currency: String,
    /// The money came in. False while a delayed payment is under way, and when it failed.
    pub paid: bool,
    /// How much went back by refunds, in minor units.
    pub refunded: i64,
    /// The money is withheld by a dispute that is open or lost.
    pub disputed: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    payment_intent: String,
    session_id: Option<String>,
    client_reference_id: Option<String>,
    invoice: Option<String>,
    amount_minor: i64,
    currency: String,
    paid: i64,
    refunded: i64,
    disputed: i64,
}

/// What is known of a payment when it is written down.
pub struct Entry<'a> {
    pub intent: &'a Object,
    pub session_id: Option<&'a str>,
    pub client_reference_id: Option<&'a str>,
    pub invoice: Option<&'a str>,
    pub paid: bool,
}

/// Writes down a payment. Once per intent and session: the database refuses a second.
pub async fn enter(
    connection: &mut AnyConnection,
    entry: &Entry<'_>,
    at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO sandbox_stripe_book (payment_intent, session_id, client_reference_id, \
         amount_minor, currency, paid, created_at, invoice) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&entry.intent.id)
    .bind(entry.session_id)
    .bind(entry.client_reference_id)
    .bind(entry.intent.integer("amount"))
    .bind(entry.intent.text("currency"))
    .bind(i64::from(entry.paid))
    .bind(at.micros())
    .bind(entry.invoice)
    .execute(connection)
    .await?;
    Ok(())
}

/// The invoice of the payment was drawn after it.
pub async fn set_invoice(
    connection: &mut AnyConnection,
    intent: &str,
    invoice: &str,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_stripe_book SET invoice = $2 WHERE payment_intent = $1")
        .bind(intent)
        .bind(invoice)
        .execute(connection)
        .await?;
    Ok(())
}

/// The delayed payment came in.
pub async fn mark_paid(connection: &mut AnyConnection, intent: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_stripe_book SET paid = 1 WHERE payment_intent = $1")
        .bind(intent)
        .execute(connection)
        .await?;
    Ok(())
}

/// Of the payment so much has gone back in all.
pub async fn set_refunded(
    connection: &mut AnyConnection,
    intent: &str,
    refunded: i64,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_stripe_book SET refunded = $2 WHERE payment_intent = $1")
        .bind(intent)
        .bind(refunded)
        .execute(connection)
        .await?;
    Ok(())
}

pub async fn set_disputed(
    connection: &mut AnyConnection,
    intent: &str,
    disputed: bool,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_stripe_book SET disputed = $2 WHERE payment_intent = $1")
        .bind(intent)
        .bind(i64::from(disputed))
        .execute(connection)
        .await?;
    Ok(())
}

/// Every payment, oldest first.
pub async fn items(reader: &AnyPool) -> sqlx::Result<Vec<Item>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT payment_intent, session_id, client_reference_id, invoice, amount_minor, currency, \
         paid, refunded, disputed FROM sandbox_stripe_book ORDER BY created_at, payment_intent",
    )
    .fetch_all(reader)
    .await?;
    Ok(rows.into_iter().map(Item::from).collect())
}

impl From<Row> for Item {
    fn from(row: Row) -> Self {
        Self {
            payment_intent: row.payment_intent,
            session_id: row.session_id,
            client_reference_id: row.client_reference_id,
            invoice: row.invoice,
            amount_minor: row.amount_minor,
            currency: row.currency,
            paid: row.paid == 1,
            refunded: row.refunded,
            disputed: row.disputed == 1,
        }
    }
}
