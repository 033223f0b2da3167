//! The runs: rows in the database, pictures in the folder. A run that nobody works on (after a
//! crash) is taken up again, and a callback that nobody heard is sent again: the real provider does
//! not stop because its customer did.

use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::FromRow;
use tokio_util::sync::CancellationToken;

use super::order::{Order, OutputKind, TRY_ON_MODEL, VIDEO_MODEL, Wanted};
use super::{FashnSandbox, Outcome};
use crate::ids::uuid_v7;
use crate::time::Timestamp;

/// How long one attempt at a run, its callbacks included, may take before another takes it up.
const LEASE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_secs(1);
const RUNS_A_LOOK: i64 = 20;
/// How long a callback that nobody hears is sent again.
const CALLED_FOR: Duration = Duration::from_secs(3_600);

#[derive(Clone, Debug, FromRow)]
pub(super) struct Run {
    pub id: String,
    pub outcome: String,
    pub model: String,
    pub category: String,
    pub prompt: String,
    pub aspect: Option<String>,
    pub seconds: i64,
    pub status: String,
    pub error_name: Option<String>,
    pub webhook_url: Option<String>,
    pub created_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Folder(#[from] std::io::Error),
}

impl Run {
    fn outcome(&self) -> Outcome {
        Outcome::parse(&self.outcome).unwrap_or(Outcome::Ok)
    }

    pub fn output_kind(&self) -> OutputKind {
        OutputKind::of(&self.model)
    }

    /// FASHN's prices, in its own credits: a picture one, a video of 720p three for five seconds.
    fn cost(&self) -> i64 {
        match self.model.as_str() {
            VIDEO_MODEL => 3 * self.seconds / 5,
            _ => 1,
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "failed")
    }
}

impl FashnSandbox {
    /// Scripts the outcome of the next run that nobody scripted yet.
    pub(super) async fn script_next(&self, outcome: &str) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query("INSERT INTO sandbox_fashn_script (id, outcome) VALUES ($1, $2)")
            .bind(uuid_v7(self.clock.now()))
            .bind(outcome)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Takes the next scripted outcome; one that another node takes at the same moment is not ours.
    pub(super) async fn take_script(&self) -> sqlx::Result<String> {
        loop {
            let next: Option<(String, String)> =
                sqlx::query_as("SELECT id, outcome FROM sandbox_fashn_script ORDER BY id LIMIT 1")
                    .fetch_optional(self.db.reader())
                    .await?;
            let Some((id, outcome)) = next else {
                return Ok("ok".to_owned());
            };
            let mut tx = self.db.begin().await?;
            let taken = sqlx::query("DELETE FROM sandbox_fashn_script WHERE id = $1")
                .bind(id)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            tx.commit().await?;
            if taken == 1 {
                return Ok(outcome);
            }
        }
    }

    /// Keeps the order, then answers its id; the work goes on behind.
    pub(super) async fn start(&self, order: Order, outcome: &str) -> Result<String, RunError> {
        let now = self.clock.now();
        let id = format!("{}-u1", uuid_v7(now));
        tokio::fs::create_dir_all(&self.folder).await?;
        let put =
            async |kind: &str, bytes: &[u8]| tokio::fs::write(self.file(&id, kind), bytes).await;
        let (mut category, mut words, mut aspect, mut length) = ("", "", None, 5);
        let model = match &order.wanted {
            Wanted::TryOn {
                person,
                garment,
                category: wanted,
            } => {
                put("person", person).await?;
                put("garment", garment).await?;
                category = wanted;
                TRY_ON_MODEL
            }
            Wanted::Video {
                picture,
                prompt,
                shape,
                seconds,
            } => {
                if let Some(picture) = picture {
                    put("picture", picture).await?;
                }
                (words, aspect, length) = (prompt, *shape, *seconds);
                VIDEO_MODEL
            }
        };
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "INSERT INTO sandbox_fashn_runs (id, outcome, model, category, prompt, aspect, seconds, \
             status, webhook_url, lease_until, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'in_queue', $8, 0, $9)",
        )
        .bind(&id)
        .bind(outcome)
        .bind(model)
        .bind(category)
        .bind(words)
        .bind(aspect.map(|shape| shape.as_str()))
        .bind(i64::from(length))
        .bind(&order.webhook_url)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        if Outcome::parse(outcome) == Some(Outcome::EarlyCallback) {
            self.work(&id).await?;
        } else {
            self.work_behind(id.clone());
        }
        Ok(id)
    }

    /// A run's envelope, as `GET /v1/status/{id}` answers it, and what it cost once it is done.
    pub(super) async fn status(&self, id: &str) -> sqlx::Result<Option<(Value, Option<i64>)>> {
        let Some(run) = self.find(id).await? else {
            return Ok(None);
        };
        if !run.is_done() {
            self.work_behind(run.id.clone());
        }
        let cost = (run.status == "completed").then(|| run.cost());
        Ok(Some((self.envelope(&run), cost)))
    }

    pub(super) async fn find(&self, id: &str) -> sqlx::Result<Option<Run>> {
        sqlx::query_as("SELECT * FROM sandbox_fashn_runs WHERE id = $1")
            .bind(id)
            .fetch_optional(self.db.reader())
            .await
    }

    fn envelope(&self, run: &Run) -> Value {
        let output = (run.status == "completed").then(|| vec![self.output_address(run)]);
        let error = run
            .error_name
            .as_ref()
            .map(|name| json!({"name": name, "message": name}));
        json!({"id": run.id, "status": run.status, "output": output, "error": error})
    }

    fn output_address(&self, run: &Run) -> String {
        let name = match run.outcome() {
            Outcome::ExpiredUrl => "expired",
            _ => run.id.as_str(),
        };
        format!(
            "{}outputs/{name}.{}",
            self.base,
            run.output_kind().extension
        )
    }

    pub(super) fn file(&self, id: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{id}.{kind}"))
    }

    /// Takes up what nobody works on, until told to stop: at once what an earlier process left.
    pub async fn keep_working(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.left_behind().await {
                Ok(ids) => ids.into_iter().for_each(|id| self.work_behind(id)),
                Err(error) => tracing::warn!(%error, "the sandbox studio's runs could not be read"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Runs whose lease is over. One that is done has a lease as long as its callbacks are not heard.
    async fn left_behind(&self) -> sqlx::Result<Vec<String>> {
        sqlx::query_scalar(
            "SELECT id FROM sandbox_fashn_runs WHERE lease_until <= $1 \
             AND (status IN ('in_queue', 'processing') OR lease_until > 0) LIMIT $2",
        )
        .bind(self.clock.now())
        .bind(RUNS_A_LOOK)
        .fetch_all(self.db.reader())
        .await
    }

    /// Works on a run, unless this process is at it already.
    fn work_behind(&self, id: String) {
        let in_hand = || self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if !in_hand().insert(id.clone()) {
            return;
        }
        let sandbox = self.clone();
        tokio::spawn(async move {
            if let Err(error) = sandbox.work(&id).await {
                tracing::warn!(run = id, %error, "a run of the sandbox studio failed");
            }
            let in_hand = sandbox.in_hand.lock();
            in_hand.unwrap_or_else(PoisonError::into_inner).remove(&id);
        });
    }

    /// Waits first and takes the run then: what is taken is worked on without a pause, so that no
    /// other node takes it up meanwhile.
    async fn work(&self, id: &str) -> Result<(), RunError> {
        let Some(run) = self.find(id).await? else {
            return Ok(());
        };
        let outcome = run.outcome();
        if let Outcome::Slow(delay) = outcome
            && !run.is_done()
        {
            let elapsed = self.clock.now().since(run.created_at);
            tokio::time::sleep(delay.saturating_sub(elapsed)).await;
        }
        let Ok(place) = self.places.clone().acquire_owned().await else {
            unreachable!("the semaphore is never closed");
        };
        let Some(run) = self.take(id).await? else {
            return Ok(());
        };
        if run.is_done() {
            return Ok(self.tell(&run).await?);
        }
        if outcome == Outcome::ForgedCallback {
            let _ = self.call_back(&run, &forged(&run)).await;
        }
        let made = match outcome {
            Outcome::Fail(ref name) => Err(name.clone()),
            _ => self.make(&run, place).await?.map_err(str::to_owned),
        };
        let done = match made {
            Ok(made) => {
                let kind = run.output_kind().extension;
                tokio::fs::write(self.file(id, kind), made).await?;
                self.finish(id, "completed", None).await?
            }
            Err(name) => self.finish(id, "failed", Some(&name)).await?,
        };
        if let Some(run) = done {
            self.tell(&run).await?;
        }
        Ok(())
    }

    /// Calls back. What is not heard is told again when the lease is over.
    async fn tell(&self, run: &Run) -> sqlx::Result<()> {
        let envelope = self.envelope(run);
        let mut heard = true;
        for _ in 0..run.outcome().callbacks() {
            heard &= self.call_back(run, &envelope).await;
        }
        let age = self.clock.now().since(run.created_at);
        if !heard && age < CALLED_FOR {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        sqlx::query("UPDATE sandbox_fashn_runs SET lease_until = 0 WHERE id = $1")
            .bind(&run.id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Takes a run to work on; one that is over or worked on is left alone.
    async fn take(&self, id: &str) -> sqlx::Result<Option<Run>> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let run: Option<Run> = sqlx::query_as(
            "UPDATE sandbox_fashn_runs SET lease_until = $2, \
             status = CASE WHEN status = 'in_queue' THEN 'processing' ELSE status END \
             WHERE id = $1 AND lease_until <= $3 \
             AND (status IN ('in_queue', 'processing') OR lease_until > 0) RETURNING *",
        )
        .bind(id)
        .bind(now.plus(LEASE))
        .bind(now)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(run)
    }

    async fn finish(
        &self,
        id: &str,
        status: &str,
        error_name: Option<&str>,
    ) -> sqlx::Result<Option<Run>> {
        let mut tx = self.db.begin().await?;
        let run = sqlx::query_as(
            "UPDATE sandbox_fashn_runs SET status = $2, error_name = $3 \
             WHERE id = $1 AND status = 'processing' RETURNING *",
        )
        .bind(id)
        .bind(status)
        .bind(error_name)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(run)
    }

    /// Says whether whoever is called has heard it, whatever they think of it.
    async fn call_back(&self, run: &Run, envelope: &Value) -> bool {
        let Some(url) = &run.webhook_url else {
            return true;
        };
        match self.http.post(url).json(envelope).send().await {
            Ok(answer) => !answer.status().is_server_error(),
            Err(error) => {
                tracing::debug!(run = run.id, error = %error.without_url(), "a callback was not heard");
                false
            }
        }
    }
}

/// Says that the run is done and points at somebody else's picture.
fn forged(run: &Run) -> Value {
    json!({"id": run.id, "status": "completed", "output": ["http://127.0.0.1:9/forged.png"],
        "error": null})
}
