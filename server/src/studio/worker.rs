//! The worker: leases due jobs and takes one step with each.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::jobs::JobRow;
use super::pictures::MOST_MEMORY;
use super::provider::{Cost, JobProvider, Order, ProviderError, TryOn, Verdict, VideoOrder};
use super::queue::LEASE;
use super::settle::End;
use super::work::{Aspect, Work};
use super::{Failure, FileKind, Picture, StoreError, Studio, Tool, clips};
use crate::db::Change;
use crate::failpoint;
use crate::ids::JobId;
use crate::secret;
use crate::time::Timestamp;

/// Steps at once in one process; FASHN lets six jobs of an account run by default.
const AT_ONCE: usize = 6;
const RENEW_EVERY: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long steps under way may take once we are told to stop.
const FINISH: Duration = Duration::from_secs(4);
/// Submits whose answer was lost, at most: each may have been taken, and is paid for then.
const MOST_UNSURE_SUBMITS: i64 = 2;
const MOST_FETCHES: i64 = 5;

#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// The jobs this worker is at.
#[derive(Clone, Default)]
struct InHand(Arc<Mutex<HashSet<JobId>>>);

impl InHand {
    /// `None` when a step of ours is at it still.
    fn take(&self, job: &JobId) -> Option<Held> {
        let taken = self.lock().insert(job.clone());
        taken.then(|| Held(self.clone(), job.clone()))
    }

    fn all(&self) -> Vec<JobId> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<JobId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job in hand, until this is dropped: when its step ends, however it ends.
struct Held(InHand, JobId);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

impl Studio {
    /// Works until told to stop, then gives back what it has not begun.
    pub async fn run_worker(self, stop: CancellationToken) {
        let mut steps = JoinSet::new();
        let in_hand = InHand::default();
        let mut renewed_at = self.clock.now();
        while !stop.is_cancelled() {
            let now = self.clock.now();
            if now.since(renewed_at) >= RENEW_EVERY {
                renewed_at = now;
                if let Err(error) = self.renew_leases(in_hand.all(), now).await {
                    tracing::warn!(%error, "job leases could not be renewed");
                }
            }
            if let Err(error) = self.start_due(&mut steps, &in_hand).await {
                tracing::error!(%error, "due jobs could not be read");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                Some(_) = steps.join_next(), if !steps.is_empty() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        let finish = async { while steps.join_next().await.is_some() {} };
        if tokio::time::timeout(FINISH, finish).await.is_err() {
            steps.shutdown().await;
        }
        if let Err(error) = self.give_back_leases().await {
            tracing::warn!(%error, "job leases could not be given back");
        }
    }

    async fn start_due(&self, steps: &mut JoinSet<()>, in_hand: &InHand) -> sqlx::Result<()> {
        while steps.try_join_next().is_some() {}
        while steps.len() < AT_ONCE {
            let Some(job) = self.lease_one().await? else {
                return Ok(());
            };
            // The machine stood still and the lease ran out; it is good again for the step under way.
            let Some(held) = in_hand.take(&job.id) else {
                continue;
            };
            let studio = self.clone();
            steps.spawn(async move {
                studio.step(job).await;
                drop(held);
            });
        }
        Ok(())
    }

    /// The heartbeat: what this node still works on stays its own. A lease that its step left
    /// behind is not renewed, so that another step can take the job.
    async fn renew_leases(&self, jobs: Vec<JobId>, now: Timestamp) -> sqlx::Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for job in jobs {
            sqlx::query(
                "UPDATE jobs SET lease_until = $3 \
                 WHERE id = $1 AND lease_owner = $2 AND lease_until > $4",
            )
            .bind(&job)
            .bind(&self.node)
            .bind(now.plus(LEASE))
            .bind(now)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }

    async fn give_back_leases(&self) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE jobs SET lease_until = 0 WHERE lease_owner = $1 AND finished_at IS NULL",
        )
        .bind(&self.node)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    async fn step(&self, job: JobRow) {
        let stepped = match (self.providers.named(job.provider), &job.external_id) {
            (None, _) => self.without_provider(&job).await,
            (Some(provider), None) => self.submit_step(&job, provider).await,
            (Some(provider), Some(id)) => self.poll_step(&job, provider, id).await,
        };
        if let Err(error) = stepped {
            tracing::warn!(job = %job.id, %error, "a step with a job failed");
            let wait = match &error {
                StepError::Provider(ProviderError::Busy(Some(wait))) => *wait,
                _ => back_off(&job.id, job.attempts),
            };
            if let Err(error) = self.put_back(&job, wait).await {
                tracing::error!(job = %job.id, %error, "a job could not be put back");
            }
        }
    }

    /// After a failed step. One that goes on failing, because the provider refuses to be asked, ends
    /// like one without a verdict.
    async fn put_back(&self, job: &JobRow, wait: Duration) -> sqlx::Result<()> {
        if job.submitted_at.is_some() && self.is_given_up(job) {
            self.end(job, End::Failed(Failure::NoVerdict)).await?;
            return Ok(());
        }
        self.look_again(&job.id, wait).await
    }

    /// Whether a submitted job has been without a verdict for so long that its hold is let go.
    fn is_given_up(&self, job: &JobRow) -> bool {
        self.clock.now() > job.deadline_at.plus(self.settings.no_verdict_after)
    }

    /// Its provider has been switched off: what was never submitted ends, the rest waits for a verdict.
    async fn without_provider(&self, job: &JobRow) -> Result<(), StepError> {
        if job.submitted_at.is_none() {
            self.end(job, End::Failed(Failure::ProviderRefused)).await?;
            return Ok(());
        }
        Ok(self.wait_for_verdict(job).await?)
    }

    async fn submit_step(&self, job: &JobRow, provider: &dyn JobProvider) -> Result<(), StepError> {
        let now = self.clock.now();
        let unsent = job.submitted_at.is_none();
        if unsent && job.cancel_requested != 0 && self.end(job, End::Cancelled).await? {
            return Ok(());
        }
        let late = now > job.deadline_at;
        if late && unsent {
            self.end(job, End::Failed(Failure::ProviderRefused)).await?;
            return Ok(());
        }
        // The provider may have it: what became of it is known by a callback, or never.
        if late || job.unsure_submits >= MOST_UNSURE_SUBMITS {
            return Ok(self.wait_for_verdict(job).await?);
        }
        let token = self.callback_token(&job.id);
        let order = self.order(job).await?;
        let callback = self.callback_address(job.work.tool, &token);
        if !self.mark_submitting(&job.id, &token, now).await? {
            return Ok(());
        }
        failpoint::reach(failpoint::JOB_HELD).await;
        match provider.submit(&order, &callback).await {
            Ok(external_id) => {
                failpoint::reach(failpoint::JOB_SUBMITTED).await;
                Ok(self.mark_running(job, &external_id).await?)
            }
            Err(ProviderError::InvalidInput) => {
                self.end(job, End::Failed(Failure::InvalidInput)).await?;
                Ok(())
            }
            Err(error) => {
                if error.surely_not_taken() {
                    self.unmark_submitting(&job.id).await?;
                }
                Err(error.into())
            }
        }
    }

    async fn order(&self, job: &JobRow) -> Result<Order, StepError> {
        Ok(match job.work.clone().into() {
            Work::TryOn { category } => Order::TryOn(TryOn {
                person: self.original(&job.id, FileKind::Person).await?,
                garment: self.original(&job.id, FileKind::Garment).await?,
                category,
            }),
            Work::Video(video) => Order::Video(VideoOrder {
                picture: self.first_frame(&job.id, video.aspect).await?,
                prompt: video.prompt,
                aspect: video.aspect,
                seconds: video.seconds,
            }),
        })
    }

    /// A picture somebody sent, as a data URI.
    async fn original(&self, job: &JobId, kind: FileKind) -> Result<String, StepError> {
        let file = self.file_of(job, kind).await?;
        let file = file.ok_or(sqlx::Error::RowNotFound)?;
        let bytes = self.bytes_of(&file).await?;
        Ok(data_uri(&file.media_type, &bytes))
    }

    /// The picture a video begins with, in the video's shape.
    async fn first_frame(&self, job: &JobId, aspect: Aspect) -> Result<Option<String>, StepError> {
        let Some(file) = self.file_of(job, FileKind::Picture).await? else {
            return Ok(None);
        };
        let bytes = self.bytes_of(&file).await?;
        let frame = self
            .decoded(MOST_MEMORY, move || clips::first_frame(&bytes, aspect))
            .await;
        // It was decoded once when it came.
        let frame = frame.ok_or(sqlx::Error::RowNotFound)?;
        let frame = frame.map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Some(data_uri("image/jpeg", &frame)))
    }

    /// Written before the provider is asked: from here on it may have taken the job. Of two that
    /// hold the job, because the lease of one ran out, only the one that holds it now may ask.
    async fn mark_submitting(&self, id: &JobId, token: &str, now: Timestamp) -> sqlx::Result<bool> {
        let mut tx = self.db.begin().await?;
        let marked = sqlx::query(
            "UPDATE jobs SET submitted_at = $2, attempts = attempts + 1, callback_hash = $3, \
             unsure_submits = unsure_submits + 1 \
             WHERE id = $1 AND state = 'queued' AND lease_owner = $4",
        )
        .bind(id)
        .bind(now)
        .bind(secret::hash(token))
        .bind(&self.node)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(marked == 1)
    }

    /// The provider surely did not take it this time.
    async fn unmark_submitting(&self, id: &JobId) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE jobs SET unsure_submits = unsure_submits - 1, \
             submitted_at = CASE WHEN unsure_submits > 1 THEN submitted_at END \
             WHERE id = $1 AND state = 'queued' AND unsure_submits > 0",
        )
        .bind(id)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    pub(super) async fn mark_running(&self, job: &JobRow, external_id: &str) -> sqlx::Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE jobs SET state = 'running', external_id = $2, started_at = $3, progress = 10, \
             next_at = $4, lease_until = 0 WHERE id = $1 AND state = 'queued'",
        )
        .bind(&job.id)
        .bind(external_id)
        .bind(now)
        .bind(now.plus(self.settings.poll_every))
        .execute(&mut *tx)
        .await?;
        tx.changed(Change::Job(job.user_id.clone(), job.id.clone()));
        tx.commit().await
    }

    async fn poll_step(
        &self,
        job: &JobRow,
        provider: &dyn JobProvider,
        external_id: &str,
    ) -> Result<(), StepError> {
        let cancelling = job.cancel_requested != 0;
        if cancelling && let Err(error) = provider.cancel(external_id).await {
            tracing::warn!(job = %job.id, %error, "the wish to cancel did not arrive");
        }
        match provider.poll(external_id).await? {
            Verdict::Queued => self.show_progress(job, 20).await?,
            Verdict::Running => {
                self.show_progress(job, (job.progress + 10).clamp(40, 90))
                    .await?
            }
            Verdict::Succeeded { output, cost } => {
                let cost = cost.or_else(|| provider.quote(&job.work.clone().into()));
                return self.fetch_step(job, provider, &output, cost).await;
            }
            Verdict::Cancelled if cancelling => {
                self.end(job, End::Stopped).await?;
            }
            // By whom we do not know.
            Verdict::Cancelled => {
                self.end(job, End::Failed(Failure::ProviderInternal))
                    .await?;
            }
            Verdict::Failed(failure) => {
                self.end(job, End::Failed(failure)).await?;
            }
            Verdict::Unknown => self.wait_for_verdict(job).await?,
        }
        Ok(())
    }

    /// No verdict: the hold stays until a day after the deadline, while we go on asking.
    async fn wait_for_verdict(&self, job: &JobRow) -> sqlx::Result<()> {
        if self.is_given_up(job) {
            self.end(job, End::Failed(Failure::NoVerdict)).await?;
            return Ok(());
        }
        let late = self.clock.now().since(job.deadline_at);
        let wait = if late.is_zero() {
            self.settings.poll_every * 4
        } else {
            late.min(HOUR)
        };
        self.look_again(&job.id, wait).await
    }

    /// A result as it will be shown; `None` when it is not what was asked for.
    async fn result(&self, tool: Tool, bytes: Bytes) -> Option<Picture> {
        match tool {
            Tool::TryOn => self.check_result(bytes).await,
            Tool::Video => self.decoded(0, || clips::result(bytes)).await.flatten(),
        }
    }

    async fn fetch_step(
        &self,
        job: &JobRow,
        provider: &dyn JobProvider,
        output: &str,
        cost: Option<Cost>,
    ) -> Result<(), StepError> {
        let tool = job.work.tool;
        let fetched = match provider.fetch(output).await {
            Ok(bytes) => self.result(tool, bytes).await,
            Err(error) => {
                tracing::warn!(job = %job.id, %error, "a result could not be fetched");
                None
            }
        };
        if let Some(picture) = fetched {
            let file = self
                .store_picture(&job.user_id, FileKind::Result, &picture)
                .await?;
            failpoint::reach(failpoint::RESULT_STORED).await;
            if !self.end(job, End::Succeeded(&file, cost)).await? {
                // Another node was first, with a file of its own.
                self.files.delete(&file.location).await?;
            }
        } else if job.fetch_attempts + 1 >= MOST_FETCHES {
            self.end(job, End::Failed(Failure::ResultUnavailable))
                .await?;
        } else {
            self.count_fetch(job).await?;
        }
        Ok(())
    }

    /// Waits longer after each try: where results lie may be away for a moment.
    async fn count_fetch(&self, job: &JobRow) -> sqlx::Result<()> {
        let tries = u32::try_from(job.fetch_attempts).unwrap_or(0).min(8);
        let wait = self.settings.poll_every * 2_u32.pow(tries);
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE jobs SET fetch_attempts = fetch_attempts + 1, next_at = $2, lease_until = 0 \
             WHERE id = $1 AND finished_at IS NULL AND lease_owner = $3",
        )
        .bind(&job.id)
        .bind(self.clock.now().plus(wait))
        .bind(&self.node)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    async fn show_progress(&self, job: &JobRow, progress: i64) -> sqlx::Result<()> {
        if self.is_given_up(job) {
            self.end(job, End::Failed(Failure::NoVerdict)).await?;
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE jobs SET progress = $2, next_at = $3, lease_until = 0 \
             WHERE id = $1 AND finished_at IS NULL AND lease_owner = $4",
        )
        .bind(&job.id)
        .bind(progress)
        .bind(self.clock.now().plus(self.settings.poll_every))
        .bind(&self.node)
        .execute(&mut *tx)
        .await?;
        if progress != job.progress {
            tx.changed(Change::Job(job.user_id.clone(), job.id.clone()));
        }
        tx.commit().await
    }

    /// Puts a job back, unless another node holds it by now.
    async fn look_again(&self, id: &JobId, wait: Duration) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE jobs SET next_at = $2, lease_until = 0 \
             WHERE id = $1 AND finished_at IS NULL AND lease_owner = $3",
        )
        .bind(id)
        .bind(self.clock.now().plus(wait))
        .bind(&self.node)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

/// About 1 s, 2 s, 4 s … at most a minute. Jobs that failed together do not come back together: each
/// waits between half and all of that, by its id.
fn back_off(job: &JobId, attempts: i64) -> Duration {
    let exponent = u32::try_from(attempts).unwrap_or(0).min(6);
    let longest = Duration::from_secs(2_u64.pow(exponent)).min(Duration::from_secs(60));
    let spread = secret::hash(&format!("{job} {attempts}"));
    let share = u32::from(spread.bytes().next_back().unwrap_or(0)) % 32;
    longest / 2 + longest * share / 64
}

fn data_uri(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}
