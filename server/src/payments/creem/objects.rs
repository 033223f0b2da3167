//! Creem's objects, as far as they are read.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::time::Timestamp;

/// A related object: in some answers the whole, in others its id.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Related<T> {
    Id(String),
    Whole(Box<T>),
}

/// What has an id.
pub trait Identified {
    fn id(&self) -> &str;
}

impl<T: Identified> Related<T> {
    pub fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Whole(whole) => whole.id(),
        }
    }
}

macro_rules! identified {
    ($($name:ident),+) => {$(
        impl Identified for $name {
            fn id(&self) -> &str {
                &self.id
            }
        }
    )+};
}

identified!(Customer, Named, Product);

/// An object of which only the id counts.
#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    pub id: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Product {
    pub id: String,
    /// In cents.
    #[serde(default)]
    pub price: i64,
    #[serde(default)]
    pub currency: String,
    #[serde(default)]
    tax_mode: String,
}

impl Product {
    /// What of a price's tax comes on top of it.
    pub fn tax_on_top(&self, tax: Option<i64>) -> i64 {
        match self.tax_mode.as_str() {
            "exclusive" => tax.unwrap_or(0),
            _ => 0,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct Customer {
    pub id: String,
    #[serde(default)]
    pub external_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Checkout {
    pub id: String,
    pub status: String,
    pub checkout_url: Option<String>,
    pub product: Related<Product>,
    pub units: Option<i64>,
    pub custom_price: Option<i64>,
    pub order: Option<Order>,
    pub subscription: Option<Related<Named>>,
    #[serde(default)]
    pub metadata: Option<HashMap<String, Value>>,
}

/// Amounts are in cents.
#[derive(Clone, Debug, Deserialize)]
pub struct Order {
    pub transaction: Option<String>,
    pub amount: i64,
    pub amount_paid: Option<i64>,
    pub tax_amount: Option<i64>,
    pub discount_amount: Option<i64>,
    pub currency: String,
    pub status: String,
}

/// Amounts are in cents.
#[derive(Clone, Debug, Deserialize)]
pub struct Transaction {
    pub id: String,
    pub amount: i64,
    pub amount_paid: Option<i64>,
    pub tax_amount: Option<i64>,
    pub discount_amount: Option<i64>,
    pub refunded_amount: Option<i64>,
    pub currency: String,
    pub status: String,
    pub subscription: Option<String>,
    pub period_start: Option<i64>,
    pub period_end: Option<i64>,
    created_at: i64,
}

/// Creem writes these times in milliseconds.
pub fn moment(millis: i64) -> Timestamp {
    Timestamp::from_micros(millis.saturating_mul(1_000))
}

impl Transaction {
    pub fn created_at(&self) -> Timestamp {
        moment(self.created_at)
    }

    pub fn is_charged_back(&self) -> bool {
        // Creem's client and its documentation spell it differently.
        matches!(self.status.as_str(), "chargedBack" | "chargeback")
    }

    /// Whether its money came, whatever became of it.
    pub fn is_paid(&self) -> bool {
        let came = matches!(self.status.as_str(), "paid" | "refunded" | "partialRefund");
        came || self.is_charged_back()
    }

    pub fn paid(&self) -> i64 {
        if self.is_paid() {
            self.amount_paid.unwrap_or(self.amount)
        } else {
            0
        }
    }

    /// How much went back by refunds.
    pub fn refunded(&self) -> i64 {
        let whole = (self.status == "refunded").then(|| self.paid());
        self.refunded_amount.or(whole).unwrap_or(0)
    }

    pub fn period(&self) -> Option<(Timestamp, Timestamp)> {
        Some((moment(self.period_start?), moment(self.period_end?)))
    }
}

/// Dates are RFC 3339 here.
#[derive(Clone, Debug, Deserialize)]
pub struct Subscription {
    pub id: String,
    pub status: String,
    pub product: Related<Product>,
    pub customer: Option<Related<Customer>>,
    pub last_transaction: Option<Transaction>,
    pub last_transaction_id: Option<String>,
    pub current_period_start_date: Option<String>,
    pub current_period_end_date: Option<String>,
    pub canceled_at: Option<String>,
    pub created_at: String,
    #[serde(default)]
    pub metadata: Option<HashMap<String, Value>>,
}

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub pagination: Pagination,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Pagination {
    pub next_page: Option<i64>,
}

/// A text of our own metadata.
pub fn own(metadata: Option<&HashMap<String, Value>>, name: &str) -> Option<String> {
    metadata?.get(name)?.as_str().map(str::to_owned)
}
