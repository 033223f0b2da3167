use std::time::Duration;

use secrecy::ExposeSecret;
use url::Url;

use super::drafts::{self, Draft};
use super::files::StoreError;
use super::jobs::{Job, JobState};
use super::work::{VideoWays, Wish, Work, WorkRow};
use super::{ProviderId, Studio, Tool};
use crate::credits::{self, CreditsError, Held, HoldRequest, Insufficient};
use crate::db::{Change, Tx};
use crate::idempotency::{self, Answer, Claim, KeyRefused, Patience, Scope};
use crate::ids::{JobId, UserId};
use crate::secret;
use crate::time::Timestamp;

/// Somebody wants something made.
#[derive(Clone, Debug)]
pub struct SubmitRequest {
    pub user: UserId,
    pub draft: Draft,
    pub key: Option<Scope>,
}

#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error(transparent)]
    Insufficient(#[from] Insufficient),
    #[error("an operator has stopped the spending of this account")]
    Stopped,
    #[error("too many jobs are unfinished")]
    TooManyJobs,
    #[error("the provider is not available")]
    ProviderDown,
    #[error("the draft is gone")]
    NoDraft,
    #[error(transparent)]
    Key(#[from] KeyRefused),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<CreditsError> for SubmitError {
    fn from(error: CreditsError) -> Self {
        match error {
            CreditsError::Insufficient(insufficient) => Self::Insufficient(insufficient),
            CreditsError::Stopped => Self::Stopped,
            CreditsError::NoWallet | CreditsError::Deleted => {
                Self::Database(sqlx::Error::RowNotFound)
            }
            CreditsError::Database(error) => Self::Database(error),
        }
    }
}

/// How long a job may wait before it is given up; a video takes a provider minutes.
const fn deadline(tool: Tool) -> Duration {
    Duration::from_secs(match tool {
        Tool::TryOn => 10 * 60,
        Tool::Video => 30 * 60,
    })
}

impl Studio {
    /// Whether what it makes are previews.
    pub fn makes_previews(&self) -> bool {
        self.settings.previews
    }

    /// The AI providers switched on.
    pub fn providers(&self) -> impl Iterator<Item = ProviderId> {
        self.providers.all()
    }

    /// Whether a provider is switched on and did not refuse everything just now.
    pub fn answers(&self, provider: ProviderId) -> bool {
        let provider = self.providers.named(provider);
        provider.is_some_and(|provider| !provider.is_down())
    }

    /// How long the pictures somebody sent are kept after the job.
    pub fn originals_kept(&self) -> Duration {
        self.settings.originals_kept
    }

    /// Whether jobs of this kind are taken at all right now.
    pub fn is_available(&self, tool: Tool) -> bool {
        match tool {
            Tool::TryOn => self.providers.that_makes(Wish::TryOn).is_some(),
            Tool::Video => self.video_ways().any(),
        }
    }

    /// From what videos are made right now.
    pub fn video_ways(&self) -> VideoWays {
        self.providers.video_ways()
    }

    /// Accepts a job: one transaction holds what pays for it and writes its row. Nothing is held
    /// when it is refused.
    pub async fn submit(&self, request: &SubmitRequest) -> Result<Answer, SubmitError> {
        let patience = Patience::default();
        loop {
            match self.submit_once(request).await {
                Err(SubmitError::Key(KeyRefused::InFlight)) if patience.wait().await => {}
                done => return done,
            }
        }
    }

    async fn submit_once(&self, request: &SubmitRequest) -> Result<Answer, SubmitError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if let Some(scope) = &request.key {
            match idempotency::claim(&mut tx, scope, now).await? {
                Claim::New | Claim::Resume(_) => {}
                Claim::Refused(refused) => return Err(refused.into()),
                Claim::Done(answer) => {
                    drop(tx);
                    self.drop_draft(&request.draft).await?;
                    return Ok(answer);
                }
            }
        }
        let provider = self.providers.that_makes(wish(&request.draft));
        let provider = provider.ok_or(SubmitError::ProviderDown)?.id();
        let answer = self.accept(&mut tx, request, provider, now).await?;
        if let Some(scope) = &request.key {
            idempotency::keep(&mut tx, scope, now, &answer).await?;
        }
        tx.commit().await?;
        self.wake.notify_one();
        Ok(answer)
    }

    async fn accept(
        &self,
        tx: &mut Tx,
        request: &SubmitRequest,
        provider: ProviderId,
        now: Timestamp,
    ) -> Result<Answer, SubmitError> {
        let id = JobId::new(now);
        let tool = request.draft.work.tool();
        let hold = HoldRequest {
            job: &id,
            tool: tool.as_str(),
            price: tool.price(self.catalog.prices()),
        };
        // The hold locks the wallet, so the count behind it cannot be passed by two at once.
        let held = credits::hold(tx, &request.user, hold, now).await?;
        credits::refuse_deleted(tx, &request.user).await?;
        self.check_unfinished(tx, &request.user).await?;
        let made_by = MadeBy {
            provider,
            callback_hash: secret::hash(&self.callback_token(&id)),
        };
        let job = insert_job(tx, &id, request, &held, &made_by, now).await?;
        take_draft(tx, &id, request, now).await?;
        tx.changed(Change::Job(request.user.clone(), id));
        let body = serde_json::to_string(&job).unwrap_or_default();
        Ok(Answer {
            status: 202,
            body,
            replayed: false,
        })
    }

    async fn check_unfinished(&self, tx: &mut Tx, user: &UserId) -> Result<(), SubmitError> {
        let unfinished: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM jobs WHERE user_id = $1 AND finished_at IS NULL",
        )
        .bind(user)
        .fetch_one(&mut **tx)
        .await?;
        if unfinished >= self.settings.most_unfinished {
            return Err(SubmitError::TooManyJobs);
        }
        Ok(())
    }

    /// What a job's callbacks prove themselves by. It is the same for each submit of a job, so that a
    /// callback finds the job whichever of them the provider took. Only a hash of it is stored.
    pub(super) fn callback_token(&self, job: &JobId) -> String {
        let key = self.settings.callback_key.expose_secret();
        secret::keyed_hash(key, &format!("callback {job}"))
    }

    /// Where the provider calls back.
    pub(super) fn callback_address(&self, tool: Tool, token: &str) -> Url {
        let path = match tool {
            Tool::TryOn => "try-on",
            Tool::Video => "video",
        };
        let mut address = self.settings.callback_base.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty();
            segments.extend(["api", path, "callback", token]);
        }
        address
    }
}

/// Who will make a job's result, and what its callbacks prove themselves by.
struct MadeBy {
    provider: ProviderId,
    callback_hash: String,
}

async fn insert_job(
    tx: &mut Tx,
    id: &JobId,
    request: &SubmitRequest,
    held: &Held,
    made_by: &MadeBy,
    now: Timestamp,
) -> sqlx::Result<Job> {
    let row = WorkRow::from(&request.draft.work);
    sqlx::query(
        "INSERT INTO jobs (id, user_id, tool, state, progress, cancel_requested, paid_by, cost, \
         category, prompt, aspect, seconds, provider, callback_hash, next_at, deadline_at, \
         created_at, began_with_picture) \
         VALUES ($1, $2, $3, 'queued', 0, 0, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, $14)",
    )
    .bind(id)
    .bind(&request.user)
    .bind(row.tool.as_str())
    .bind(held.hold.paid_by.as_str())
    .bind(held.hold.credits)
    .bind(row.category.as_str())
    .bind(row.prompt)
    .bind(row.aspect)
    .bind(row.seconds)
    .bind(made_by.provider.as_str())
    .bind(&made_by.callback_hash)
    .bind(now)
    .bind(now.plus(deadline(row.tool)))
    .bind(i64::from(!request.draft.files.is_empty()))
    .execute(&mut **tx)
    .await?;
    Ok(Job {
        id: id.clone(),
        user_id: request.user.clone(),
        work: request.draft.work.clone(),
        began_with_picture: !request.draft.files.is_empty(),
        state: JobState::Queued,
        progress: 0,
        cancel_requested: false,
        paid_by: held.hold.paid_by,
        cost: held.hold.credits,
        created_at: now,
        finished_at: None,
        result_url: None,
        error: None,
    })
}

/// As far as it decides who makes it.
fn wish(draft: &Draft) -> Wish {
    match &draft.work {
        Work::TryOn { .. } => Wish::TryOn,
        Work::Video(video) => Wish::Video {
            picture: !draft.files.is_empty(),
            prompt: !video.prompt.is_empty(),
        },
    }
}

/// The draft's pictures become the job's; all must be the account's own and still be there.
async fn take_draft(
    tx: &mut Tx,
    job: &JobId,
    request: &SubmitRequest,
    now: Timestamp,
) -> Result<(), SubmitError> {
    for file in &request.draft.files {
        let taken = sqlx::query(
            "UPDATE files SET job_id = $1, expires_at = NULL \
             WHERE id = $2 AND user_id = $3 AND job_id IS NULL AND expires_at > $4",
        )
        .bind(job)
        .bind(file)
        .bind(&request.user)
        .bind(now)
        .execute(&mut **tx)
        .await?
        .rows_affected();
        if taken != 1 {
            return Err(SubmitError::NoDraft);
        }
    }
    if request.draft.is_kept {
        drafts::forget(tx, &request.user, request.draft.work.tool()).await?;
    }
    Ok(())
}
