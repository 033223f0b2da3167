use std::time::Duration;

use serde::Serialize;
use sqlx::FromRow;

use super::fulfil::is_session_id;
use super::{Payments, Provider};
use crate::catalog::Offer;
use crate::db::Tx;
use crate::ids::{RechargeId, UserId};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// How far a purchase has come.
    RechargeStatus {
        Pending = "pending", Completed = "completed", Failed = "failed", Cancelled = "cancelled",
    }
}

/// A recharge record: what somebody set out to buy, frozen when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recharge {
    pub id: RechargeId,
    #[serde(skip)]
    pub user_id: UserId,
    pub provider: Provider,
    pub item: String,
    pub amount_minor: i64,
    pub currency: String,
    /// Credits in all, `bonus` of them given.
    pub credits: i64,
    pub bonus: i64,
    pub status: RechargeStatus,
    pub payment_method: Option<String>,
    pub payment_id: Option<String>,
    pub session_id: Option<String>,
    pub receipt_url: Option<String>,
    pub created_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    /// Where the provider's page waits while the purchase is open.
    #[serde(skip)]
    pub checkout_url: Option<String>,
    #[serde(skip)]
    pub expires_days: Option<i64>,
    /// Why a payment that arrived was not granted.
    #[serde(skip)]
    pub held_back: Option<String>,
}

#[derive(FromRow)]
pub(super) struct RechargeRow {
    id: RechargeId,
    user_id: UserId,
    #[sqlx(try_from = "String")]
    provider: Provider,
    item: String,
    amount_minor: i64,
    currency: String,
    credits: i64,
    bonus: i64,
    expires_days: Option<i64>,
    #[sqlx(try_from = "String")]
    status: RechargeStatus,
    payment_method: Option<String>,
    payment_id: Option<String>,
    session_id: Option<String>,
    checkout_url: Option<String>,
    receipt_url: Option<String>,
    held_back: Option<String>,
    created_at: Timestamp,
    completed_at: Option<Timestamp>,
}

impl From<RechargeRow> for Recharge {
    fn from(row: RechargeRow) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            provider: row.provider,
            item: row.item,
            amount_minor: row.amount_minor,
            currency: row.currency,
            credits: row.credits,
            bonus: row.bonus,
            status: row.status,
            payment_method: row.payment_method,
            payment_id: row.payment_id,
            session_id: row.session_id,
            receipt_url: row.receipt_url,
            created_at: row.created_at,
            completed_at: row.completed_at,
            checkout_url: row.checkout_url,
            expires_days: row.expires_days,
            held_back: row.held_back,
        }
    }
}

/// When a pending record is read again at the provider, counted from when it was made.
pub(super) const CHECKS: [Duration; 3] = [
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(65 * 60),
];

pub(super) async fn insert(
    tx: &mut Tx,
    id: &RechargeId,
    user: &UserId,
    provider: Provider,
    offer: &Offer,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO recharge_records (id, user_id, provider, item, amount_minor, currency, \
         credits, bonus, expires_days, status, next_check_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', $10, $11)",
    )
    .bind(id)
    .bind(user)
    .bind(provider.as_str())
    .bind(&offer.item)
    .bind(offer.price.amount_minor)
    .bind(&offer.price.currency)
    .bind(offer.credits)
    .bind(offer.bonus)
    .bind(offer.expires_days)
    .bind(now.plus(CHECKS[0]))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes where the checkout waits. The session's id is unique: one session, one record.
pub(super) async fn attach(
    tx: &mut Tx,
    id: &RechargeId,
    session_id: &str,
    checkout_url: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE recharge_records SET session_id = $2, checkout_url = COALESCE($3, checkout_url) \
         WHERE id = $1 AND (session_id IS NULL OR session_id = $2)",
    )
    .bind(id)
    .bind(session_id)
    .bind(checkout_url)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl Payments {
    /// One record.
    pub async fn recharge(&self, id: &RechargeId) -> sqlx::Result<Option<Recharge>> {
        let row: Option<RechargeRow> =
            sqlx::query_as("SELECT * FROM recharge_records WHERE id = $1")
                .bind(id)
                .fetch_optional(self.db.reader())
                .await?;
        Ok(row.map(Recharge::from))
    }

    /// The record behind a checkout session.
    pub async fn recharge_of_session(&self, session_id: &str) -> sqlx::Result<Option<Recharge>> {
        if !is_session_id(session_id) {
            return Ok(None);
        }
        let row: Option<RechargeRow> =
            sqlx::query_as("SELECT * FROM recharge_records WHERE session_id = $1")
                .bind(session_id)
                .fetch_optional(self.db.reader())
                .await?;
        Ok(row.map(Recharge::from))
    }

    /// The records of one account, newest first, older than `before` if given.
    pub async fn recharges_of(
        &self,
        user: &UserId,
        before: Option<&RechargeId>,
        limit: i64,
    ) -> sqlx::Result<Vec<Recharge>> {
        // Ids are made from the clock, so their order is that of time.
        let rows: Vec<RechargeRow> = sqlx::query_as(
            "SELECT * FROM recharge_records WHERE user_id = $1 AND ($2 IS NULL OR id < $2) \
             ORDER BY id DESC LIMIT $3",
        )
        .bind(user)
        .bind(before)
        .bind(limit)
        .fetch_all(self.db.reader())
        .await?;
        Ok(rows.into_iter().map(Recharge::from).collect())
    }
}
