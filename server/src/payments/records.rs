use std::time::Duration;

use serde::Serialize;
use sqlx::FromRow;

use super::fulfil::is_session_id;
use super::{Payments, Provider};
use crate::catalog::Offer;
use crate::db::{Seal, Tx};
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

/// A recharge record as the database keeps it.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct RechargeRow {
    pub id: RechargeId,
    pub user_id: UserId,
    #[sqlx(try_from = "String")]
    pub provider: Provider,
    pub item: String,
    pub amount_minor: i64,
    pub currency: String,
    pub credits: i64,
    pub bonus: i64,
    pub expires_days: Option<i64>,
    #[sqlx(try_from = "String")]
    pub status: RechargeStatus,
    pub payment_method: Option<String>,
    pub payment_id: Option<String>,
    pub session_id: Option<String>,
    pub checkout_url: Option<String>,
    pub receipt_url: Option<String>,
    pub held_back: Option<String>,
    pub terms_version: Option<String>,
    pub checks: i64,
    pub next_check_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub seal: String,
}

impl RechargeRow {
    pub fn seal(&self) -> String {
        Seal::of("recharge_records")
            .text(self.id.as_str())
            .text(self.user_id.as_str())
            .text(self.provider.as_str())
            .text(&self.item)
            .number(self.amount_minor)
            .text(&self.currency)
            .number(self.credits)
            .number(self.bonus)
            .maybe_number(self.expires_days)
            .text(self.status.as_str())
            .maybe_text(self.payment_method.as_deref())
            .maybe_text(self.payment_id.as_deref())
            .maybe_text(self.session_id.as_deref())
            .maybe_text(self.checkout_url.as_deref())
            .maybe_text(self.receipt_url.as_deref())
            .maybe_text(self.held_back.as_deref())
            .maybe_text(self.terms_version.as_deref())
            .number(self.checks)
            .maybe_number(self.next_check_at.map(Timestamp::micros))
            .number(self.created_at.micros())
            .maybe_number(self.completed_at.map(Timestamp::micros))
            .finish()
    }
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
    let row = RechargeRow {
        id: id.clone(),
        user_id: user.clone(),
        provider,
        item: offer.item.clone(),
        amount_minor: offer.price.amount_minor,
        currency: offer.price.currency.clone(),
        credits: offer.credits,
        bonus: offer.bonus,
        expires_days: offer.expires_days,
        status: RechargeStatus::Pending,
        payment_method: None,
        payment_id: None,
        session_id: None,
        checkout_url: None,
        receipt_url: None,
        held_back: None,
        terms_version: None,
        checks: 0,
        next_check_at: Some(now.plus(CHECKS[0])),
        created_at: now,
        completed_at: None,
        seal: String::new(),
    };
    sqlx::query(
        "INSERT INTO recharge_records (id, user_id, provider, item, amount_minor, currency, \
         credits, bonus, expires_days, status, checks, next_check_at, created_at, seal) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(&row.id)
    .bind(&row.user_id)
    .bind(row.provider.as_str())
    .bind(&row.item)
    .bind(row.amount_minor)
    .bind(&row.currency)
    .bind(row.credits)
    .bind(row.bonus)
    .bind(row.expires_days)
    .bind(row.status.as_str())
    .bind(row.checks)
    .bind(row.next_check_at)
    .bind(row.created_at)
    .bind(row.seal())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes a record under its lock; the only way one is changed. `change` says whether there is
/// anything to write. `None` where there is no such record or nothing changed.
pub(super) async fn change(
    tx: &mut Tx,
    id: &RechargeId,
    change: impl FnOnce(&mut RechargeRow) -> bool,
) -> sqlx::Result<Option<RechargeRow>> {
    let select = tx.locking("SELECT * FROM recharge_records WHERE id = $1");
    let row: Option<RechargeRow> = sqlx::query_as(select)
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    if !change(&mut row) {
        return Ok(None);
    }
    row.seal = row.seal();
    update(tx, &row).await?;
    Ok(Some(row))
}

async fn update(tx: &mut Tx, row: &RechargeRow) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE recharge_records SET status = $2, payment_method = $3, payment_id = $4, \
         session_id = $5, checkout_url = $6, receipt_url = $7, held_back = $8, checks = $9, \
         next_check_at = $10, completed_at = $11, seal = $12 WHERE id = $1",
    )
    .bind(&row.id)
    .bind(row.status.as_str())
    .bind(&row.payment_method)
    .bind(&row.payment_id)
    .bind(&row.session_id)
    .bind(&row.checkout_url)
    .bind(&row.receipt_url)
    .bind(&row.held_back)
    .bind(row.checks)
    .bind(row.next_check_at)
    .bind(row.completed_at)
    .bind(&row.seal)
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
    change(tx, id, |row| {
        let free = row
            .session_id
            .as_deref()
            .is_none_or(|known| known == session_id);
        if free {
            row.session_id = Some(session_id.to_owned());
            row.checkout_url = checkout_url.map(str::to_owned).or(row.checkout_url.take());
        }
        free
    })
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
