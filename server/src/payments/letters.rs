//! What buyers are told by letter, and what such a letter says when it is sent.

use super::records::{Recharge, RechargeRow, RechargeStatus};
use super::returns::Refund;
use super::reversals::Reversal;
use super::subscriptions::{Subscription, SubscriptionStatus};
use crate::db::{Database, Tx};
use crate::ids::RechargeId;
use crate::mail::{Template, outbox};
use crate::time::Timestamp;

/// A purchase is paid.
pub(super) async fn receipt(tx: &mut Tx, row: &RechargeRow, now: Timestamp) -> sqlx::Result<()> {
    outbox::to_account(tx, &row.user_id, Template::Receipt, row.id.as_str(), now).await
}

/// Money goes back: of what the provider says, the refunds that are not known yet. Before they are kept.
pub(super) async fn refunds(
    tx: &mut Tx,
    recharge: &Recharge,
    said: &[Reversal<'_>],
    now: Timestamp,
) -> sqlx::Result<()> {
    let known: Vec<String> = sqlx::query_scalar("SELECT id FROM refunds WHERE recharge_id = $1")
        .bind(&recharge.id)
        .fetch_all(&mut **tx)
        .await?;
    for refund in said.iter().filter(|refund| refund.counts()) {
        if !known.iter().any(|id| id == refund.id) {
            outbox::to_account(tx, &recharge.user_id, Template::Refund, refund.id, now).await?;
        }
    }
    Ok(())
}

/// A plan's renewal is not paid.
pub(super) async fn renewal_failed(
    tx: &mut Tx,
    plan: &Subscription,
    now: Timestamp,
) -> sqlx::Result<()> {
    outbox::to_account(tx, &plan.user_id, Template::RenewalFailed, &plan.id, now).await
}

/// A purchase, once it is paid.
pub async fn completed(db: &Database, id: &RechargeId) -> sqlx::Result<Option<Recharge>> {
    let row: Option<RechargeRow> =
        sqlx::query_as("SELECT * FROM recharge_records WHERE id = $1 AND status = $2")
            .bind(id)
            .bind(RechargeStatus::Completed.as_str())
            .fetch_optional(db.reader())
            .await?;
    Ok(row.map(Recharge::from))
}

/// A refund that did not fail, with its purchase.
pub async fn refund(db: &Database, id: &str) -> sqlx::Result<Option<(Refund, Recharge)>> {
    let refund: Option<Refund> = sqlx::query_as(
        "SELECT id, recharge_id, amount_minor, status, created_at FROM refunds \
         WHERE id = $1 AND status <> 'failed'",
    )
    .bind(id)
    .fetch_optional(db.reader())
    .await?;
    let Some(refund) = refund else {
        return Ok(None);
    };
    let recharge = completed(db, &refund.recharge_id).await?;
    Ok(recharge.map(|recharge| (refund, recharge)))
}

/// A plan whose renewal is still not paid.
pub async fn unpaid_plan(db: &Database, id: &str) -> sqlx::Result<Option<Subscription>> {
    sqlx::query_as("SELECT * FROM subscriptions WHERE id = $1 AND status = $2")
        .bind(id)
        .bind(SubscriptionStatus::PastDue.as_str())
        .fetch_optional(db.reader())
        .await
}
