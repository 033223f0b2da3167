use super::Studio;

impl Studio {
    /// What has to be done now and then: files and drafts whose time is over go.
    pub async fn tidy(&self) -> sqlx::Result<()> {
        let now = self.clock.now();
        self.forget_old_drafts(now).await?;
        self.delete_expired_files(now).await
    }
}
