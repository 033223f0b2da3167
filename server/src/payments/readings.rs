//! Readings of an object at a provider, numbered, so that the one that began last is the one that
//! counts. Whoever began later has seen whatever made an earlier one begin.

use super::Payments;
use crate::db::Tx;

/// A reading that has begun.
pub(super) struct Reading {
    object_id: String,
    number: i64,
}

impl Payments {
    /// Takes a number, before the provider is asked.
    pub(super) async fn begin_reading(&self, object_id: &str) -> sqlx::Result<Reading> {
        let mut tx = self.db.begin().await?;
        let number = sqlx::query_scalar(
            "INSERT INTO readings (object_id, started, applied) VALUES ($1, 1, 0) \
             ON CONFLICT (object_id) DO UPDATE SET started = readings.started + 1 \
             RETURNING started",
        )
        .bind(object_id)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Reading {
            object_id: object_id.to_owned(),
            number,
        })
    }
}

impl Reading {
    /// Whether what was read may be written: no later reading has been. Others that read the same
    /// object wait from here until the transaction ends.
    pub(super) async fn apply(&self, tx: &mut Tx) -> sqlx::Result<bool> {
        let applied =
            sqlx::query("UPDATE readings SET applied = $2 WHERE object_id = $1 AND applied < $2")
                .bind(&self.object_id)
                .bind(self.number)
                .execute(&mut **tx)
                .await?;
        Ok(applied.rows_affected() == 1)
    }
}
