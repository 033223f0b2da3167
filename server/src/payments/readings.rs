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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::on_both_databases;
    use crate::payments::stripe::Stripe;

    on_both_databases! {
        async fn what_was_read_first_never_overwrites_what_was_read_last(ground: TestGround) {
            // Fails only if it was installed before, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let stripe = Stripe::new(&"sk_test_1".into(), "whsec_1".into(), "http://127.0.0.1:9/");
            let payments = Payments::new(
                ground.db.clone(),
                ground.clock.clone(),
                ground.catalog.clone(),
                vec![Arc::new(stripe.unwrap())],
                "http://127.0.0.1:3000/".parse().unwrap(),
                "node".to_owned(),
            );
            let first = payments.begin_reading("pi_1").await.unwrap();
            let second = payments.begin_reading("pi_1").await.unwrap();
            for (reading, counts) in [(&second, true), (&first, false), (&second, false)] {
                let mut tx = ground.db.begin().await.unwrap();
                assert_eq!(reading.apply(&mut tx).await.unwrap(), counts);
                tx.commit().await.unwrap();
            }
        }
    }
}
