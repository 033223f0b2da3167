use std::time::Duration;

use secrecy::ExposeSecret;
use url::Url;

use super::files::{self, FileKind, StoreError, StoredFile};
use super::jobs::{Job, JobState};
use super::{Category, Picture, ProviderId, Studio, Tool};
use crate::credits::{self, CreditsError, Held, HoldRequest, Insufficient};
use crate::db::{Change, Tx};
use crate::idempotency::{self, Answer, Claim, KeyRefused, Patience, Scope};
use crate::ids::{FileId, JobId, UserId};
use crate::secret;
use crate::time::Timestamp;

/// Somebody wants to try something on.
#[derive(Clone, Debug)]
pub struct SubmitRequest {
    pub user: UserId,
    pub draft: Draft,
    pub category: Category,
    pub key: Option<Scope>,
}

/// Two checked pictures, kept privately for a day, waiting for what pays for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub person: FileId,
    pub garment: FileId,
}

#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error(transparent)]
    Insufficient(#[from] Insufficient),
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
            CreditsError::NoWallet => Self::Database(sqlx::Error::RowNotFound),
            CreditsError::Database(error) => Self::Database(error),
        }
    }
}

const DRAFT_LIFE: Duration = Duration::from_secs(24 * 3_600);
/// How long a job may wait before it is given up.
const DEADLINE: Duration = Duration::from_secs(10 * 60);

impl Studio {
    /// Keeps two checked pictures for a day.
    pub async fn keep_draft(
        &self,
        user: &UserId,
        person: &Picture,
        garment: &Picture,
    ) -> Result<Draft, SubmitError> {
        let person = self.store_picture(user, FileKind::Person, person).await?;
        let garment = self.store_picture(user, FileKind::Garment, garment).await?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        for file in [&person, &garment] {
            files::insert(&mut tx, file, None, Some(now.plus(DRAFT_LIFE)), now).await?;
        }
        tx.commit().await?;
        Ok(Draft {
            person: person.id,
            garment: garment.id,
        })
    }

    /// The newest draft of an account that still waits, if any.
    pub async fn find_draft(&self, user: &UserId) -> sqlx::Result<Option<Draft>> {
        let waiting: Vec<StoredFile> = sqlx::query_as(
            "SELECT id, user_id, job_id, kind, location, media_type, bytes, width, height \
             FROM files WHERE user_id = $1 AND job_id IS NULL AND kind <> 'result' \
               AND expires_at > $2 ORDER BY created_at DESC, id DESC LIMIT 2",
        )
        .bind(user)
        .bind(self.clock.now())
        .fetch_all(self.db.reader())
        .await?;
        let pick = |kind| {
            waiting
                .iter()
                .find(|file| file.kind == kind)
                .map(|f| f.id.clone())
        };
        Ok(pick(FileKind::Person)
            .zip(pick(FileKind::Garment))
            .map(|(person, garment)| Draft { person, garment }))
    }

    /// Lets go every draft of an account but this one: one is offered to go on with.
    pub async fn keep_only(&self, user: &UserId, draft: &Draft) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE files SET expires_at = 0 WHERE user_id = $1 AND job_id IS NULL \
             AND kind <> 'result' AND id NOT IN ($2, $3)",
        )
        .bind(user)
        .bind(&draft.person)
        .bind(&draft.garment)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Lets a draft go at the next sweep.
    pub async fn drop_draft(&self, draft: &Draft) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query("UPDATE files SET expires_at = 0 WHERE id IN ($1, $2) AND job_id IS NULL")
            .bind(&draft.person)
            .bind(&draft.garment)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Whether what it makes are previews.
    pub fn makes_previews(&self) -> bool {
        self.settings.previews
    }

    /// Whether jobs of this kind are taken at all right now.
    pub fn is_available(&self, tool: Tool) -> bool {
        self.providers.that_makes(tool).is_some()
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
        let provider = self.providers.that_makes(Tool::TryOn);
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
        let price = self.catalog.prices().try_on;
        let hold = HoldRequest {
            job: &id,
            tool: Tool::TryOn.as_str(),
            price,
        };
        // The hold locks the wallet, so the count behind it cannot be passed by two at once.
        let held = credits::hold(tx, &request.user, hold, now).await?;
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
    sqlx::query(
        "INSERT INTO jobs (id, user_id, tool, state, progress, cancel_requested, paid_by, cost, \
         category, provider, callback_hash, next_at, deadline_at, created_at) \
         VALUES ($1, $2, 'try_on', 'queued', 0, 0, $3, $4, $5, $9, $6, $7, $8, $7)",
    )
    .bind(id)
    .bind(&request.user)
    .bind(held.hold.paid_by.as_str())
    .bind(held.hold.credits)
    .bind(request.category.as_str())
    .bind(&made_by.callback_hash)
    .bind(now)
    .bind(now.plus(DEADLINE))
    .bind(made_by.provider.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(Job {
        id: id.clone(),
        user_id: request.user.clone(),
        tool: Tool::TryOn,
        state: JobState::Queued,
        progress: 0,
        cancel_requested: false,
        paid_by: held.hold.paid_by,
        cost: held.hold.credits,
        category: request.category,
        created_at: now,
        finished_at: None,
        result_url: None,
        error: None,
    })
}

/// The draft becomes the job's pictures; they must both be the account's own and still be there.
async fn take_draft(
    tx: &mut Tx,
    job: &JobId,
    request: &SubmitRequest,
    now: Timestamp,
) -> Result<(), SubmitError> {
    let taken = sqlx::query(
        "UPDATE files SET job_id = $1, expires_at = NULL \
         WHERE id IN ($2, $3) AND user_id = $4 AND job_id IS NULL AND expires_at > $5",
    )
    .bind(job)
    .bind(&request.draft.person)
    .bind(&request.draft.garment)
    .bind(&request.user)
    .bind(now)
    .execute(&mut **tx)
    .await?
    .rows_affected();
    if taken == 2 {
        Ok(())
    } else {
        Err(SubmitError::NoDraft)
    }
}
