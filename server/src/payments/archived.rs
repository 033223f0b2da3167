//! What is kept of an account's purchases, for the archive that its owner takes away.

use serde::Serialize;
use sqlx::FromRow;

use super::reversals::{DISPUTES, REFUNDS};
use super::{Dispute, Payments, Recharge, Refund, records};
use crate::ids::{RechargeId, UserId};
use crate::time::Timestamp;

/// A purchase with what its buyer agreed to, and what became of its money.
#[derive(Debug, Serialize)]
pub struct ArchivedPurchase {
    #[serde(flatten)]
    pub recharge: Recharge,
    pub terms_version: Option<String>,
    /// When the buyer asked to begin at once.
    pub immediate_at: Option<Timestamp>,
    /// Why a payment that arrived was not granted.
    pub held_back: Option<String>,
    /// Oldest first.
    pub refunds: Vec<Refund>,
    pub disputes: Vec<Dispute>,
}

/// An account as a provider knows it.
#[derive(Debug, FromRow, Serialize)]
pub struct ArchivedCustomer {
    pub provider: String,
    pub customer_id: String,
}

impl Payments {
    /// Purchases of an account, newest first, older than `before` if given, as they were at one moment.
    ///
    /// # Errors
    /// The database's own.
    pub async fn archived_purchases(
        &self,
        user: &UserId,
        before: Option<&RechargeId>,
        limit: i64,
    ) -> sqlx::Result<Vec<ArchivedPurchase>> {
        let mut snapshot = self.db.snapshot().await?;
        let recharges = records::read_recharges(&mut snapshot, user, before, limit).await?;
        let refunds: Vec<Refund> = REFUNDS.of(&mut snapshot, user).await?;
        let disputes: Vec<Dispute> = DISPUTES.of(&mut snapshot, user).await?;
        snapshot.rollback().await?;
        let purchases = recharges.into_iter().map(|recharge| ArchivedPurchase {
            refunds: refunds
                .iter()
                .filter(|refund| refund.recharge_id == recharge.id)
                .cloned()
                .collect(),
            disputes: disputes
                .iter()
                .filter(|dispute| dispute.recharge_id == recharge.id)
                .cloned()
                .collect(),
            terms_version: recharge.terms_version.clone(),
            immediate_at: recharge.immediate_at,
            held_back: recharge.held_back.clone(),
            recharge,
        });
        Ok(purchases.collect())
    }

    /// What providers call an account.
    ///
    /// # Errors
    /// The database's own.
    pub async fn archived_customers(&self, user: &UserId) -> sqlx::Result<Vec<ArchivedCustomer>> {
        sqlx::query_as(
            "SELECT provider, customer_id FROM payment_customers WHERE user_id = $1 \
             ORDER BY provider",
        )
        .bind(user)
        .fetch_all(self.db.reader())
        .await
    }
}
