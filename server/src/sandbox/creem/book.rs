//! What was really paid and given back: written in the transaction of the payment, read by tests and
//! by whoever wants to compare the ledger with it.

use serde::Serialize;
use sqlx::{AnyConnection, AnyPool};

use super::store::Object;
use crate::time::Timestamp;

/// One payment that came in.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    pub transaction: String,
    pub checkout_id: String,
    pub request_id: Option<String>,
    pub amount_minor: i64,
    /// Lower case.
    pub currency: String,
    pub paid: bool,
    /// How much went back by refunds, in minor units.
    pub refunded: i64,
    /// The money is withheld by a dispute that is open or lost.
    pub disputed: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    transaction_id: String,
    checkout_id: String,
    request_id: Option<String>,
    amount_minor: i64,
    currency: String,
    refunded: i64,
    disputed: i64,
}

/// Writes down a paid transaction of a checkout. Once: the database refuses a second.
pub async fn enter(
    connection: &mut AnyConnection,
    checkout: &Object,
    transaction: &Object,
    at: Timestamp,
) -> sqlx::Result<()> {
    let currency = transaction.text("currency").unwrap_or_default();
    sqlx::query(
        "INSERT INTO sandbox_creem_book \
         (transaction_id, checkout_id, request_id, amount_minor, currency, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&transaction.id)
    .bind(&checkout.id)
    .bind(checkout.text("request_id"))
    .bind(transaction.integer("amount_paid"))
    .bind(currency.to_ascii_lowercase())
    .bind(at.micros())
    .execute(connection)
    .await?;
    Ok(())
}

/// Of the payment so much has gone back in all.
pub async fn set_refunded(
    connection: &mut AnyConnection,
    transaction: &str,
    refunded: i64,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_creem_book SET refunded = $2 WHERE transaction_id = $1")
        .bind(transaction)
        .bind(refunded)
        .execute(connection)
        .await?;
    Ok(())
}

pub async fn set_disputed(
    connection: &mut AnyConnection,
    transaction: &str,
    disputed: bool,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sandbox_creem_book SET disputed = $2 WHERE transaction_id = $1")
        .bind(transaction)
        .bind(i64::from(disputed))
        .execute(connection)
        .await?;
    Ok(())
}

/// Every payment, oldest first.
pub async fn items(reader: &AnyPool) -> sqlx::Result<Vec<Item>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT transaction_id, checkout_id, request_id, amount_minor, currency, refunded, \
         disputed FROM sandbox_creem_book ORDER BY created_at, transaction_id",
    )
    .fetch_all(reader)
    .await?;
    Ok(rows.into_iter().map(Item::from).collect())
}

impl From<Row> for Item {
    fn from(row: Row) -> Self {
        Self {
            transaction: row.transaction_id,
            checkout_id: row.checkout_id,
            request_id: row.request_id,
            amount_minor: row.amount_minor,
            currency: row.currency,
            paid: true,
            refunded: row.refunded,
            disputed: row.disputed == 1,
        }
    }
}
