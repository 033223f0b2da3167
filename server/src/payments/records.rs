use serde::Serialize;
use sqlx::{AnyConnection, FromRow};
use utoipa::ToSchema;

use super::fulfil::SURPLUS;
use super::{Payments, Provider, letters};
use crate::catalog::{Interval, Offer};
use crate::credits::{Grant, Returned};
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

words! {
    /// How a purchase stands: how far it has come, and of a completed one the worst of what became
    /// of its money.
    Standing {
        Pending = "pending", Completed = "completed", Failed = "failed", Cancelled = "cancelled",
        PartiallyRefunded = "partially_refunded", Refunded = "refunded", Disputed = "disputed",
    }
}

/// A recharge record: what somebody set out to buy, frozen when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
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
    #[serde(rename = "status")]
    pub standing: Standing,
    #[serde(skip)]
    pub status: RechargeStatus,
    pub payment_method: Option<String>,
    pub payment_id: Option<String>,
    pub session_id: Option<String>,
    pub receipt_url: Option<String>,
    pub created_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    /// The money that came, tax included; empty while nothing has.
    pub paid_minor: Option<i64>,
    /// What of it went back.
    pub returned_minor: i64,
    /// Of a plan: its period and the uses in it.
    #[serde(skip)]
    pub plan: Option<RecordedPlan>,
    pub subscription_id: Option<String>,
    #[serde(skip)]
    pub transaction_id: Option<String>,
    #[serde(skip)]
    pub terms_version: Option<String>,
    /// When the buyer asked to begin at once, before the time to withdraw is over.
    #[serde(skip)]
    pub immediate_at: Option<Timestamp>,
    /// Where the provider's page waits while the purchase is open.
    #[serde(skip)]
    pub checkout_url: Option<String>,
    #[serde(skip)]
    pub expires_days: Option<i64>,
    /// Why a payment that arrived was not granted.
    #[serde(skip)]
    pub held_back: Option<String>,
}

impl Recharge {
    /// Whether it paid for a second plan beside a living one: its money goes back.
    pub fn is_surplus(&self) -> bool {
        self.held_back.as_deref() == Some(SURPLUS)
    }

    /// What it brings when it is paid at `now`.
    pub(super) fn grant(&self, now: Timestamp) -> Grant<'_> {
        Grant {
            recharge: &self.id,
            credits: self.credits - self.bonus,
            bonus: self.bonus,
            expires_at: self.expires_days.map(|days| now.plus_days(days)),
            provider: self.provider.as_str(),
        }
    }
}

/// What a record freezes of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedPlan {
    pub interval: Interval,
    /// Uses a period; `None` is unlimited.
    pub quota: Option<i64>,
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
    pub plan_interval: Option<String>,
    pub plan_quota: Option<i64>,
    pub subscription_id: Option<String>,
    pub transaction_id: Option<String>,
    pub paid_minor: Option<i64>,
    pub returned_minor: i64,
    pub disputed: i64,
    pub immediate_at: Option<Timestamp>,
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
            .later_text("plan_interval", self.plan_interval.as_deref())
            .later_number("plan_quota", self.plan_quota)
            .later_text("subscription_id", self.subscription_id.as_deref())
            .later_text("transaction_id", self.transaction_id.as_deref())
            .later_number("paid_minor", self.paid_minor)
            .later_number("returned_minor", some_unless_zero(self.returned_minor))
            .later_number("disputed", some_unless_zero(self.disputed))
            .later_number("immediate_at", self.immediate_at.map(Timestamp::micros))
            .finish()
    }

    /// The worst of what became of it.
    fn standing(&self) -> Standing {
        match self.status {
            RechargeStatus::Pending => Standing::Pending,
            RechargeStatus::Failed => Standing::Failed,
            RechargeStatus::Cancelled => Standing::Cancelled,
            RechargeStatus::Completed if self.disputed != 0 => Standing::Disputed,
            RechargeStatus::Completed if self.is_returned() => Standing::Refunded,
            RechargeStatus::Completed if self.returned_minor > 0 => Standing::PartiallyRefunded,
            RechargeStatus::Completed => Standing::Completed,
        }
    }

    /// Whether all the money went back.
    pub fn is_returned(&self) -> bool {
        self.returned_minor > 0 && self.returned_minor >= self.paid()
    }

    /// What was paid; as long as the provider has not said it, the price.
    pub(super) fn paid(&self) -> i64 {
        self.paid_minor.unwrap_or(self.amount_minor)
    }

    /// How its money stands, as the ledger wants to know it.
    pub(super) fn returned(&self) -> Returned<'_> {
        Returned {
            recharge: &self.id,
            paid_minor: self.paid(),
            returned_minor: self.returned_minor,
            disputed: self.disputed != 0,
            provider: self.provider.as_str(),
        }
    }

    fn plan(&self) -> Option<RecordedPlan> {
        Some(RecordedPlan {
            interval: Interval::parse(self.plan_interval.as_deref()?)?,
            quota: self.plan_quota,
        })
    }
}

const fn some_unless_zero(number: i64) -> Option<i64> {
    if number == 0 { None } else { Some(number) }
}

impl From<RechargeRow> for Recharge {
    fn from(row: RechargeRow) -> Self {
        Self {
            standing: row.standing(),
            plan: row.plan(),
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
            paid_minor: row.paid_minor,
            returned_minor: row.returned_minor,
            subscription_id: row.subscription_id,
            transaction_id: row.transaction_id,
            terms_version: row.terms_version,
            immediate_at: row.immediate_at,
        }
    }
}

/// What a new record is made of.
pub(super) struct NewRecord<'a> {
    pub id: &'a RechargeId,
    pub user: &'a UserId,
    pub provider: Provider,
    pub offer: &'a Offer,
    /// The terms the buyer accepted, and that they asked to begin at once.
    pub terms_version: Option<&'a str>,
    pub immediate: bool,
}

impl NewRecord<'_> {
    /// A record of nothing paid yet.
    pub fn row(&self, now: Timestamp) -> RechargeRow {
        let offer = self.offer;
        let plan = offer.plan.as_ref();
        RechargeRow {
            id: self.id.clone(),
            user_id: self.user.clone(),
            provider: self.provider,
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
            terms_version: self.terms_version.map(str::to_owned),
            checks: 0,
            next_check_at: None,
            created_at: now,
            completed_at: None,
            plan_interval: plan.map(|plan| plan.interval.as_str().to_owned()),
            plan_quota: plan.and_then(|plan| plan.quota),
            subscription_id: None,
            transaction_id: None,
            paid_minor: None,
            returned_minor: 0,
            disputed: 0,
            immediate_at: self.immediate.then_some(now),
            seal: String::new(),
        }
    }
}

/// Writes a new record.
pub(super) async fn insert(tx: &mut Tx, row: &RechargeRow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO recharge_records (id, user_id, provider, item, amount_minor, currency, \
         credits, bonus, expires_days, status, payment_method, payment_id, receipt_url, \
         terms_version, checks, next_check_at, created_at, completed_at, plan_interval, plan_quota, \
         subscription_id, transaction_id, paid_minor, immediate_at, seal) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
         $19, $20, $21, $22, $23, $24, $25)",
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
    .bind(&row.payment_method)
    .bind(&row.payment_id)
    .bind(&row.receipt_url)
    .bind(&row.terms_version)
    .bind(row.checks)
    .bind(row.next_check_at)
    .bind(row.created_at)
    .bind(row.completed_at)
    .bind(&row.plan_interval)
    .bind(row.plan_quota)
    .bind(&row.subscription_id)
    .bind(&row.transaction_id)
    .bind(row.paid_minor)
    .bind(row.immediate_at)
    .bind(row.seal())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes a record under its lock; the only way one is changed. Whoever completes one sends its receipt. `change` says whether there is
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
    let before = row.status;
    if !change(&mut row) {
        return Ok(None);
    }
    row.seal = row.seal();
    update(tx, &row).await?;
    if row.status == RechargeStatus::Completed && before != row.status {
        let paid_at = row.completed_at.unwrap_or(row.created_at);
        letters::receipt(tx, &row, paid_at).await?;
    }
    Ok(Some(row))
}

async fn update(tx: &mut Tx, row: &RechargeRow) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE recharge_records SET status = $2, payment_method = $3, payment_id = $4, \
         session_id = $5, checkout_url = $6, receipt_url = $7, held_back = $8, checks = $9, \
         next_check_at = $10, completed_at = $11, subscription_id = $12, transaction_id = $13, \
         paid_minor = $14, returned_minor = $15, disputed = $16, seal = $17 WHERE id = $1",
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
    .bind(&row.subscription_id)
    .bind(&row.transaction_id)
    .bind(row.paid_minor)
    .bind(row.returned_minor)
    .bind(row.disputed)
    .bind(&row.seal)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Sets right what a record froze wrongly, or what was changed in it behind the program's back. `change` as above.
pub(super) async fn correct(
    tx: &mut Tx,
    id: &RechargeId,
    correction: impl FnOnce(&mut RechargeRow),
) -> sqlx::Result<Option<RechargeRow>> {
    let mut corrected = None;
    change(tx, id, |row| {
        correction(row);
        corrected = Some(row.clone());
        true
    })
    .await?;
    let Some(row) = corrected else {
        return Ok(None);
    };
    sqlx::query(
        "UPDATE recharge_records SET user_id = $2, amount_minor = $3, currency = $4, credits = $5, \
         bonus = $6 WHERE id = $1",
    )
    .bind(&row.id)
    .bind(&row.user_id)
    .bind(row.amount_minor)
    .bind(&row.currency)
    .bind(row.credits)
    .bind(row.bonus)
    .execute(&mut **tx)
    .await?;
    Ok(Some(row))
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
        if self.gateway_of_session(session_id).is_none() {
            return Ok(None);
        }
        let row: Option<RechargeRow> =
            sqlx::query_as("SELECT * FROM recharge_records WHERE session_id = $1")
                .bind(session_id)
                .fetch_optional(self.db.reader())
                .await?;
        Ok(row.map(Recharge::from))
    }

    /// The record of a payment that refunds and disputes name so.
    pub(super) async fn recharge_of_transaction(
        &self,
        transaction_id: &str,
    ) -> sqlx::Result<Option<Recharge>> {
        // Records older than the column have it as their payment.
        let row: Option<RechargeRow> = sqlx::query_as(
            "SELECT * FROM recharge_records WHERE transaction_id = $1 \
             OR (payment_id = $1 AND transaction_id IS NULL)",
        )
        .bind(transaction_id)
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
        let mut reader = self.db.reader().acquire().await?;
        read_recharges(&mut reader, user, before, limit).await
    }
}

/// Newest first.
pub(super) async fn read_recharges(
    connection: &mut AnyConnection,
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
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Recharge::from).collect())
}
