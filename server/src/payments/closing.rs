//! The end of an account's buying: its plan ends at the provider, what it set out to buy can no longer be paid, and
//! what providers sent about it is erased. Money that comes all the same is held back for the operator.

use super::fulfil::FulfilError;
use super::gateway::Subject;
use super::{Payments, Recharge, RechargeRow, records};
use crate::db::Tx;
use crate::ids::{InboxId, UserId};

/// Why a payment for an account that was deleted gives nothing.
pub(super) const DELETED: &str = "account_deleted";

/// What is left of the payload of an event that was about an account that is deleted.
pub const ERASED: &str = "{}";

/// Payloads erased in one transaction.
const AT_ONCE: usize = 100;

impl Payments {
    /// One pass; says whether nothing is left.
    pub(crate) async fn close_account(&self, user: &UserId) -> Result<bool, FulfilError> {
        self.end_plans(user).await?;
        self.run_errands_of(user).await;
        for recharge in self.open_purchases(user).await? {
            if let Some(session) = &recharge.session_id {
                self.gateway(recharge.provider)?
                    .expire_checkout(session)
                    .await?;
                self.fulfil(session).await?;
            }
        }
        let living: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM subscriptions WHERE user_id = $1 AND status <> 'ended'",
        )
        .bind(user)
        .fetch_one(self.db.reader())
        .await?;
        self.forget_addresses(user).await?;
        Ok(living == 0 && self.open_purchases(user).await?.is_empty())
    }

    /// An errand each: told to the provider until it is confirmed.
    async fn end_plans(&self, user: &UserId) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE subscriptions SET errand = COALESCE(errand, 'end') \
             WHERE user_id = $1 AND status <> 'ended'",
        )
        .bind(user)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// What may still be paid: pending, and looked at again by itself. A checkout that is being made at this moment is
    /// among them, and found with its session next time.
    async fn open_purchases(&self, user: &UserId) -> sqlx::Result<Vec<Recharge>> {
        let rows: Vec<RechargeRow> = sqlx::query_as(
            "SELECT * FROM recharge_records WHERE user_id = $1 AND status = 'pending' \
             AND held_back IS NULL AND next_check_at IS NOT NULL",
        )
        .bind(user)
        .fetch_all(self.db.reader())
        .await?;
        Ok(rows.into_iter().map(Recharge::from).collect())
    }

    /// The provider's pages of what was bought show who bought it.
    async fn forget_addresses(&self, user: &UserId) -> sqlx::Result<()> {
        let with_addresses: Vec<RechargeRow> = sqlx::query_as(
            "SELECT * FROM recharge_records WHERE user_id = $1 AND (status <> 'pending' OR next_check_at IS NULL) \
             AND (checkout_url IS NOT NULL OR receipt_url IS NOT NULL)",
        )
        .bind(user)
        .fetch_all(self.db.reader())
        .await?;
        for row in with_addresses {
            let mut tx = self.db.begin().await?;
            records::change(&mut tx, &row.id, |row| {
                row.checkout_url = None;
                row.receipt_url = None;
                true
            })
            .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Erases what providers sent about an account. The events themselves stay: what they are about can be read again.
    ///
    /// # Errors
    /// The database's own.
    pub(crate) async fn erase_payloads(
        &self,
        user: &UserId,
        email: Option<&str>,
    ) -> sqlx::Result<()> {
        let named: Vec<InboxId> = sqlx::query_scalar(
            "SELECT e.id FROM webhook_events e WHERE e.payload <> $1 AND ( \
               e.payload LIKE $2 OR LOWER(e.payload) LIKE $3 ESCAPE '!' \
               OR EXISTS (SELECT 1 FROM payment_customers c WHERE c.user_id = $4 \
                          AND e.payload LIKE '%' || c.customer_id || '%') \
               OR EXISTS (SELECT 1 FROM recharge_records r WHERE r.user_id = $4 \
                          AND (e.payload LIKE '%' || r.session_id || '%' \
                               OR e.payload LIKE '%' || r.transaction_id || '%' \
                               OR e.payload LIKE '%' || r.subscription_id || '%')))",
        )
        .bind(ERASED)
        .bind(format!("%{user}%"))
        .bind(email.map(containing))
        .bind(user)
        .fetch_all(self.db.reader())
        .await?;
        for some in named.chunks(AT_ONCE) {
            let mut tx = self.db.begin().await?;
            for id in some {
                erase(&mut tx, id).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// The same of an event that comes later, once it is known what it is about.
    pub(super) async fn erase_if_deleted(
        &self,
        event: &InboxId,
        subject: &Subject,
    ) -> sqlx::Result<()> {
        let (Subject::Checkout(object) | Subject::Payment(object) | Subject::Subscription(object)) =
            subject
        else {
            return Ok(());
        };
        let deleted: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM recharge_records r JOIN users u ON u.id = r.user_id \
             WHERE u.deleted_at IS NOT NULL AND (r.session_id = $1 OR r.transaction_id = $1 \
             OR r.subscription_id = $1)",
        )
        .bind(object)
        .fetch_one(self.db.reader())
        .await?;
        if deleted == 0 {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        erase(&mut tx, event).await?;
        tx.commit().await
    }

    /// Whether an account was deleted.
    pub(super) async fn is_deleted(&self, user: &UserId) -> sqlx::Result<bool> {
        let deleted: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM users WHERE id = $1 AND deleted_at IS NOT NULL",
        )
        .bind(user)
        .fetch_one(self.db.reader())
        .await?;
        Ok(deleted > 0)
    }
}

/// A `LIKE` pattern, with `!` before what would mean something in one.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// What was sent, and in which words an operator let it be acted on again.
async fn erase(tx: &mut Tx, event: &InboxId) -> sqlx::Result<()> {
    sqlx::query("UPDATE webhook_events SET payload = $2 WHERE id = $1")
        .bind(event)
        .bind(ERASED)
        .execute(&mut **tx)
        .await?;
    sqlx::query("UPDATE audit_log SET reason = NULL WHERE target = $1")
        .bind(event)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
