//! What is kept of refunds and disputes: two tables of one shape.

use sqlx::{Any, AnyConnection, AssertSqlSafe, Executor, FromRow};

use super::gateway::{DisputeProgress, DisputeState, RefundProgress, RefundState};
use crate::db::Tx;
use crate::ids::{RechargeId, UserId};
use crate::time::Timestamp;

/// One of the tables.
pub(super) struct Table {
    name: &'static str,
    /// The status of what did not happen after all.
    undone: &'static str,
}

pub(super) const REFUNDS: Table = Table {
    name: "refunds",
    undone: "failed",
};
pub(super) const DISPUTES: Table = Table {
    name: "disputes",
    undone: "won",
};

/// A refund or a dispute as it is kept.
pub(super) struct Reversal<'a> {
    pub id: &'a str,
    amount_minor: i64,
    status: &'static str,
    created_at: Timestamp,
}

impl<'a> From<&'a RefundState> for Reversal<'a> {
    fn from(refund: &'a RefundState) -> Self {
        Self {
            id: &refund.id,
            amount_minor: refund.amount_minor,
            status: match refund.progress {
                RefundProgress::Pending => "pending",
                RefundProgress::Succeeded => "succeeded",
                RefundProgress::Failed => "failed",
            },
            created_at: refund.created_at,
        }
    }
}

impl<'a> From<&'a DisputeState> for Reversal<'a> {
    fn from(dispute: &'a DisputeState) -> Self {
        Self {
            id: &dispute.id,
            amount_minor: dispute.amount_minor,
            status: match dispute.progress {
                DisputeProgress::Open => "open",
                DisputeProgress::Won => "won",
                DisputeProgress::Lost => "lost",
            },
            created_at: dispute.created_at,
        }
    }
}

impl Reversal<'_> {
    /// Whether it is a refund whose money goes back.
    pub fn counts(&self) -> bool {
        self.amount_minor > 0 && self.status != REFUNDS.undone
    }
}

impl Table {
    /// Keeps what the provider says of a purchase, whichever record of it stood here before. What it no longer speaks of did not
    /// happen after all. Gives how many rows that changed.
    pub async fn keep(
        &self,
        tx: &mut Tx,
        recharge: &RechargeId,
        said: &[Reversal<'_>],
        now: Timestamp,
    ) -> sqlx::Result<u64> {
        let mut changed = 0;
        for one in said.iter().filter(|one| one.amount_minor > 0) {
            changed += self.put(tx, recharge, one, now).await?;
        }
        let Self { name, undone } = self;
        let select =
            format!("SELECT id FROM {name} WHERE recharge_id = $1 AND status <> '{undone}'");
        let known: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select))
            .bind(recharge)
            .fetch_all(&mut **tx)
            .await?;
        for id in known {
            if !said.iter().any(|one| one.id == id) {
                changed += self.undo(tx, &id, now).await?;
            }
        }
        Ok(changed)
    }

    async fn put(
        &self,
        tx: &mut Tx,
        recharge: &RechargeId,
        one: &Reversal<'_>,
        now: Timestamp,
    ) -> sqlx::Result<u64> {
        let name = self.name;
        let statement = format!(
            "INSERT INTO {name} (id, recharge_id, amount_minor, status, created_at, changed_at) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (id) DO UPDATE SET recharge_id = excluded.recharge_id, \
             amount_minor = excluded.amount_minor, \
             status = excluded.status, changed_at = excluded.changed_at \
             WHERE {name}.recharge_id <> excluded.recharge_id \
             OR {name}.status <> excluded.status \
             OR {name}.amount_minor <> excluded.amount_minor"
        );
        let done = sqlx::query(AssertSqlSafe(statement))
            .bind(one.id)
            .bind(recharge)
            .bind(one.amount_minor)
            .bind(one.status)
            .bind(one.created_at)
            .bind(now)
            .execute(&mut **tx)
            .await?;
        Ok(done.rows_affected())
    }

    async fn undo(&self, tx: &mut Tx, id: &str, now: Timestamp) -> sqlx::Result<u64> {
        let Self { name, undone } = self;
        let statement =
            format!("UPDATE {name} SET status = '{undone}', changed_at = $2 WHERE id = $1");
        let done = sqlx::query(AssertSqlSafe(statement)).bind(id).bind(now);
        Ok(done.execute(&mut **tx).await?.rows_affected())
    }

    /// How many there are of a purchase, whatever became of them.
    pub async fn count<'e>(
        &self,
        db: impl Executor<'e, Database = Any>,
        recharge: &RechargeId,
    ) -> sqlx::Result<i64> {
        let select = format!("SELECT COUNT(*) FROM {} WHERE recharge_id = $1", self.name);
        let count = sqlx::query_scalar(AssertSqlSafe(select)).bind(recharge);
        count.fetch_one(db).await
    }

    /// Those of an account, oldest first.
    pub async fn of<T>(&self, connection: &mut AnyConnection, user: &UserId) -> sqlx::Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, sqlx::any::AnyRow> + Send + Unpin,
    {
        let name = self.name;
        let select = format!(
            "SELECT t.id, t.recharge_id, t.amount_minor, t.status, t.created_at FROM {name} t \
             JOIN recharge_records r ON r.id = t.recharge_id WHERE r.user_id = $1 \
             ORDER BY t.created_at, t.id"
        );
        let rows = sqlx::query_as(AssertSqlSafe(select)).bind(user);
        rows.fetch_all(connection).await
    }
}
