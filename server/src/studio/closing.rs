//! The end of an account's studio: nothing more is made, and nothing of it is kept.

use super::settle::CancelError;
use super::{StoreError, Studio};
use crate::ids::UserId;

/// What keeps the studio of a deleted account from being closed; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum ClosingError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Studio {
    /// One pass; says whether nothing is left. Jobs that were not submitted end at once and release what they held;
    /// what a provider has ends as it says, and its files go then.
    pub(crate) async fn close_account(&self, user: &UserId) -> Result<bool, ClosingError> {
        for job in self.open_jobs(user).await? {
            match self.cancel(&job, None).await {
                Ok(_) | Err(CancelError::Ended | CancelError::NotEnded | CancelError::Key(_)) => {}
                Err(CancelError::Database(error)) => return Err(error.into()),
            }
        }
        self.let_all_go(user).await?;
        let files_left = self.delete_files_of(user).await?;
        if files_left || !self.open_jobs(user).await?.is_empty() {
            return Ok(false);
        }
        // Also what was stored just before a crash and never got a row.
        self.files.delete_all_of(user).await?;
        Ok(true)
    }

    /// Words, drafts and the files of everything that has ended.
    async fn let_all_go(&self, user: &UserId) -> sqlx::Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE jobs SET prompt = NULL, deleted_at = COALESCE(deleted_at, $2) \
             WHERE user_id = $1 AND finished_at IS NOT NULL",
        )
        .bind(user)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        for statement in [
            "DELETE FROM drafts WHERE user_id = $1",
            "UPDATE files SET expires_at = 0 WHERE user_id = $1 AND (job_id IS NULL OR job_id IN \
             (SELECT id FROM jobs WHERE user_id = $1 AND finished_at IS NOT NULL))",
        ] {
            sqlx::query(statement).bind(user).execute(&mut *tx).await?;
        }
        tx.commit().await
    }
}
