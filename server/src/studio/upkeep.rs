use super::Studio;
use super::settle::UNDO;
use crate::time::Timestamp;

impl Studio {
    /// What has to be done now and then: files and drafts whose time is over go, and the words of deleted jobs.
    pub async fn tidy(&self) -> sqlx::Result<()> {
        let now = self.clock.now();
        self.forget_old_drafts(now).await?;
        self.forget_words(now).await?;
        self.delete_expired_files(now).await
    }

    /// The words of jobs whose deletion cannot be undone any more.
    async fn forget_words(&self, now: Timestamp) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE jobs SET prompt = NULL \
             WHERE deleted_at IS NOT NULL AND prompt IS NOT NULL AND deleted_at <= $1",
        )
        .bind(now.minus(UNDO))
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }
}
