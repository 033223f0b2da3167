//! What a provider tells by itself. Nothing of it is believed: a callback only makes a worker ask.

use http::HeaderMap;
use serde_json::Value;

use super::jobs::JobRow;
use super::{ProviderId, Studio};
use crate::ids::JobId;
use crate::secret;

/// What became of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Known,
    /// It is about no job of ours.
    Unknown,
    /// Its provider signs what it says, and did not sign this.
    Forged,
}

impl Studio {
    /// A callback came to the address of one job: look at it now. The provider's own id of it is taken
    /// only where the answer that had it was lost.
    pub async fn callback(
        &self,
        token: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> sqlx::Result<Heard> {
        let job: Option<JobRow> = sqlx::query_as("SELECT * FROM jobs WHERE callback_hash = $1")
            .bind(secret::hash(token))
            .fetch_optional(self.db.reader())
            .await?;
        let Some(job) = job else {
            return Ok(Heard::Unknown);
        };
        let provider = self.providers.named(job.provider);
        let signed = provider.and_then(|one| one.is_signed(headers, body, self.clock.now()));
        if signed == Some(false) {
            return Ok(Heard::Forged);
        }
        let told = told_id(body);
        self.note_callback(&job.id, job.external_id.is_some())
            .await?;
        // Where the answer is only late, it finds the job running already.
        if let (Some(id), None) = (told, &job.external_id) {
            self.mark_running(&job, &id).await?;
        }
        self.wake.notify_one();
        Ok(Heard::Known)
    }

    /// A callback came to the address of all jobs of a provider, which has to sign it.
    pub async fn signed_callback(
        &self,
        from: ProviderId,
        headers: &HeaderMap,
        body: &[u8],
    ) -> sqlx::Result<Heard> {
        let provider = self.providers.named(from);
        let signed = provider.and_then(|one| one.is_signed(headers, body, self.clock.now()));
        if signed != Some(true) {
            return Ok(Heard::Forged);
        }
        let job: Option<JobId> =
            sqlx::query_scalar("SELECT id FROM jobs WHERE provider = $1 AND external_id = $2")
                .bind(from.as_str())
                .bind(told_id(body).unwrap_or_default())
                .fetch_optional(self.db.reader())
                .await?;
        let Some(job) = job else {
            return Ok(Heard::Unknown);
        };
        self.note_callback(&job, true).await?;
        self.wake.notify_one();
        Ok(Heard::Known)
    }

    /// That the provider told of a job, which is looked at now where the provider can be asked about it.
    async fn note_callback(&self, id: &JobId, can_be_asked: bool) -> sqlx::Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        sqlx::query("UPDATE jobs SET called_back_at = $2 WHERE id = $1 AND finished_at IS NULL")
            .bind(id)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        if can_be_asked {
            self.bring_forward(&mut tx, id, now).await?;
        }
        tx.commit().await
    }
}

/// The provider's id of the job that a callback is about.
fn told_id(body: &[u8]) -> Option<String> {
    let told: Value = serde_json::from_slice(body).ok()?;
    told.get("id")?.as_str().map(str::to_owned)
}
