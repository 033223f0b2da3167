//! What the sandbox page shows of Creem.

use sqlx::AnyConnection;

use super::payments::amount_of;
use super::store::{self, Kind, Object};
use super::{CreemSandbox, Product, returns, subscriptions};
use crate::sandbox::settings;
use crate::sandbox::view::{self, Checkout, DeskView, Payment, Possible, Subscription, newest};
use crate::time::Timestamp;

impl CreemSandbox {
    /// Everything the sandbox page shows, as it is now.
    pub async fn desk(&self) -> sqlx::Result<DeskView> {
        self.catch_up().await?;
        let mut reader = self.0.db.snapshot().await?;
        Ok(DeskView {
            checkouts: self.checkouts(&mut reader).await?,
            payments: payments(&mut reader).await?,
            subscriptions: self.subscriptions(&mut reader).await?,
            events: view::events::<Kind>(&mut reader).await?,
            webhook_mode: settings::webhook_mode::<Kind>(&mut reader)
                .await?
                .to_string(),
        })
    }

    async fn checkouts(&self, reader: &mut AnyConnection) -> sqlx::Result<Vec<Checkout>> {
        let mut checkouts = Vec::new();
        for found in newest(reader, Kind::Checkout).await? {
            let product = self.product_of(&found);
            let url = found.text("checkout_url").map(str::to_owned);
            checkouts.push(Checkout {
                item: product.map_or_else(String::new, |product| product.name.clone()),
                amount: product.map_or(0, |product| amount_of(&found, product)),
                currency: product.map_or_else(String::new, |product| product.currency.clone()),
                status: found.text("status").unwrap_or_default().to_owned(),
                payment_status: None,
                email: email_of(reader, &found).await?,
                url: url.filter(|_| found.text("status") == Some("pending")),
                created: found.created_at,
                id: found.id,
            });
        }
        Ok(checkouts)
    }

    async fn subscriptions(&self, reader: &mut AnyConnection) -> sqlx::Result<Vec<Subscription>> {
        let mut subscriptions = Vec::new();
        for found in newest(reader, Kind::Subscription).await? {
            let product = self.product_of(&found);
            let at = |field: &str| found.text(field).and_then(Timestamp::parse);
            subscriptions.push(Subscription {
                plan: product.map_or_else(String::new, |product| product.name.clone()),
                amount: product.map_or(0, |product| product.price),
                currency: product.map_or_else(String::new, |product| product.currency.clone()),
                status: found.text("status").unwrap_or_default().to_owned(),
                period_start: at("current_period_start_date").unwrap_or(found.created_at),
                period_end: at("current_period_end_date").unwrap_or(found.created_at),
                ends: found.text("status") == Some("scheduled_cancel"),
                renewable: !subscriptions::is_over(&found),
                email: email_of(reader, &found).await?,
                created: found.created_at,
                id: found.id,
            });
        }
        Ok(subscriptions)
    }

    fn product_of(&self, object: &Object) -> Option<&Product> {
        self.product(object.text("product")?)
    }
}

async fn email_of(reader: &mut AnyConnection, object: &Object) -> sqlx::Result<Option<String>> {
    let id = object.text("customer").unwrap_or_default();
    let customer = store::find(reader, Kind::Customer, id).await?;
    Ok(customer.and_then(|customer| customer.text("email").map(str::to_owned)))
}

async fn payments(reader: &mut AnyConnection) -> sqlx::Result<Vec<Payment>> {
    let mut payments = Vec::new();
    for found in newest(reader, Kind::Transaction).await? {
        let before_dispute = found.notes.before_dispute.as_ref();
        payments.push(Payment {
            amount: found.integer("amount"),
            // Of a disputed one Creem says that all has gone back.
            refunded: before_dispute.map_or_else(
                || found.integer("refunded_amount"),
                |(refunded, _)| *refunded,
            ),
            currency: found.text("currency").unwrap_or_default().to_lowercase(),
            status: found.text("status").unwrap_or_default().to_owned(),
            dispute: None,
            possible: possible(reader, &found).await?,
            last4: None,
            invoice: None,
            created: found.created_at,
            id: found.id,
        });
    }
    Ok(payments)
}

/// By the same rules as `returns` goes by.
async fn possible(reader: &mut AnyConnection, transaction: &Object) -> sqlx::Result<Possible> {
    let came = returns::has_come(transaction);
    let refundable = came && !returns::is_pending(reader, transaction).await?;
    Ok(Possible {
        refund: if refundable {
            returns::left(transaction)
        } else {
            0
        },
        dispute: came,
        outcome: returns::is_disputed(transaction),
    })
}
