//! Work that one node at a time does.

use std::time::Duration;

use super::Database;
use crate::time::Timestamp;

impl Database {
    /// Takes the lease `name` for `owner` until `now + length`, unless somebody else holds it.
    /// Whoever holds it may take it again, which extends it.
    pub async fn take_lease(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        length: Duration,
    ) -> sqlx::Result<bool> {
        let mut tx = self.begin().await?;
        let taken = sqlx::query(
            "INSERT INTO leases (name, owner, until) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until \
             WHERE leases.owner = excluded.owner OR leases.until <= $4",
        )
        .bind(name)
        .bind(owner)
        .bind(now.plus(length).micros())
        .bind(now.micros())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(taken > 0)
    }

    /// What the holders of a lease keep for the next one, for example how far they came.
    pub async fn lease_note(&self, name: &str) -> sqlx::Result<Option<String>> {
        let note = sqlx::query_scalar("SELECT note FROM leases WHERE name = $1");
        Ok(note
            .bind(name)
            .fetch_optional(self.reader())
            .await?
            .flatten())
    }

    /// Keeps a note, if the lease is still `owner`'s.
    pub async fn set_lease_note(&self, name: &str, owner: &str, note: &str) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE leases SET note = $3 WHERE name = $1 AND owner = $2")
            .bind(name)
            .bind(owner)
            .bind(note)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Gives a lease back before its end.
    pub async fn give_back_lease(&self, name: &str, owner: &str) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE leases SET until = 0 WHERE name = $1 AND owner = $2")
            .bind(name)
            .bind(owner)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}
