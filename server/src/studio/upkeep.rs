use super::Studio;

impl Studio {
    /// What has to be done now and then: files whose time is over go.
    pub async fn tidy(&self) -> sqlx::Result<()> {
        self.delete_expired_files(self.clock.now()).await
    }
}
