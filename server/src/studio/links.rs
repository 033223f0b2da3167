//! Links to results for whoever has no session here: a chat, another program, a phone. Each opens one file
//! for a few minutes, and nothing but the address proves anything.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::{FileKind, Job, StoredFile, Studio};
use crate::ids::JobId;
use crate::secret;
use crate::time::Timestamp;

/// How long a link opens its file.
const LINK_LIFE: Duration = Duration::from_secs(10 * 60);

/// A link as the API answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Link {
    /// Below this site.
    pub url: String,
    pub expires_at: Timestamp,
}

impl Studio {
    /// A link to what a job made.
    pub fn link(&self, job: &JobId) -> Link {
        let expires_at = self.clock.now().plus(LINK_LIFE);
        let seconds = expires_at.seconds();
        let key = self.settings.callback_key.expose_secret();
        let proof = secret::keyed_hash(key, &said(job, seconds));
        Link {
            url: format!("/api/links/{job}.{seconds}.{proof}"),
            expires_at,
        }
    }

    /// The job and the file that a link's last part opens: `None` when it is none of ours, when its time is
    /// over, or when the file is gone.
    pub async fn linked(&self, token: &str) -> sqlx::Result<Option<(Job, StoredFile)>> {
        let Some((job, seconds)) = self.read(token) else {
            return Ok(None);
        };
        if self.clock.now().seconds() >= seconds {
            return Ok(None);
        }
        let Some(job) = self.job(&job).await? else {
            return Ok(None);
        };
        let file = self.file_of(&job.id, FileKind::Result).await?;
        Ok(file.map(|file| (job, file)))
    }

    fn read(&self, token: &str) -> Option<(JobId, i64)> {
        let mut parts = token.split('.');
        let (job, seconds, proof) = (parts.next()?, parts.next()?, parts.next()?);
        let (job, seconds) = (JobId::parse(job)?, seconds.parse().ok()?);
        let key = self.settings.callback_key.expose_secret();
        let proof = hex::decode(proof).ok()?;
        let is_ours = secret::is_hmac_sha256(key, said(&job, seconds).as_bytes(), &proof);
        (is_ours && parts.next().is_none()).then_some((job, seconds))
    }
}

/// What a link says and its last part proves.
fn said(job: &JobId, seconds: i64) -> String {
    format!("link {job} {seconds}")
}
