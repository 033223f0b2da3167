use atelier_server::idempotency::{BodyHash, Key, Scope};
use atelier_server::ids::JobId;
use atelier_server::services::Services;
use atelier_server::studio::{CancelError, Deletion, Job, SubmitError, SubmitRequest, Tool};
use leptos::prelude::*;

use super::{Caller, go, go_broken, go_with, unexpected};
use crate::flash::{Flash, Form, Outcome};
use crate::routes;

/// Asks that a job be cancelled.
#[server(prefix = "/do", endpoint = "cancel-job")]
pub async fn cancel_job(id: String) -> Result<(), ServerFnError> {
    let page = routes::job(&routes::encode(&id));
    let Some((caller, job)) = own_job(&id, &page).await? else {
        return Ok(());
    };
    match caller.services.studio.cancel(&job, None).await {
        Ok(_) => go(&page),
        Err(CancelError::Database(error)) => go_broken(&page, Form::Job, error),
        Err(_) => go_with(&page, &Flash::new(Form::Job, Outcome::JobEnded)),
    }
    Ok(())
}

/// Deletes an ended job with its pictures; for a few minutes [`restore_job`] brings it back.
#[server(prefix = "/do", endpoint = "delete-job")]
pub async fn delete_job(id: String) -> Result<(), ServerFnError> {
    let page = routes::job(&routes::encode(&id));
    let Some((caller, job)) = own_job(&id, &page).await? else {
        return Ok(());
    };
    match caller
        .services
        .studio
        .delete(&job, Deletion::Undoable)
        .await
    {
        Ok(()) => {
            let deleted = Flash::new(Form::Job, Outcome::Deleted).keep("job", job.id.as_str());
            go_with(routes::GALLERY, &deleted);
        }
        Err(CancelError::Database(error)) => go_broken(&page, Form::Job, error),
        Err(_) => go(&page),
    }
    Ok(())
}

/// Brings back a job that was deleted just now.
#[server(prefix = "/do", endpoint = "restore-job")]
pub async fn restore_job(id: String) -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::GALLERY).await? else {
        return Ok(());
    };
    let studio = &caller.services.studio;
    let job = match JobId::parse(&id) {
        Some(id) => studio.deleted_job(&id).await.map_err(unexpected)?,
        None => None,
    };
    let restored = match job.filter(|job| job.user_id == user.id) {
        Some(job) => studio.restore(&job).await.map_err(unexpected)?,
        None => false,
    };
    if restored {
        go_with(routes::GALLERY, &Flash::new(Form::Job, Outcome::Restored));
    } else {
        go(routes::GALLERY);
    }
    Ok(())
}

/// Makes the same once more, from the same pictures.
#[server(prefix = "/do", endpoint = "rerun-job")]
pub async fn rerun_job(id: String, key: String) -> Result<(), ServerFnError> {
    let page = routes::job(&routes::encode(&id));
    let Some((caller, job)) = own_job(&id, &page).await? else {
        return Ok(());
    };
    match again(&caller.services, &job, &key).await {
        Ok(next) => go(&routes::job(&next)),
        Err(outcome) => go_with(&page, &Flash::new(Form::Job, outcome)),
    }
    Ok(())
}

async fn again(services: &Services, job: &Job, key: &str) -> Result<String, Outcome> {
    let studio = &services.studio;
    let scope = Scope {
        user: job.user_id.clone(),
        endpoint: "POST /do/rerun-job".into(),
        key: Key::parse(key).ok_or(Outcome::Incomplete)?,
        body: BodyHash::of(&[("id", job.id.as_str().as_bytes())]),
    };
    let draft = studio.draft_again(job).await.map_err(outcome_of)?;
    let request = SubmitRequest {
        user: job.user_id.clone(),
        draft: draft.ok_or(Outcome::OriginalsGone)?,
        key: Some(scope),
    };
    let submitted = studio.submit(&request).await;
    if submitted.as_ref().map_or(true, |answer| answer.replayed) {
        let dropped = studio.drop_draft(&request.draft).await;
        dropped.map_err(|error| outcome_of(error.into()))?;
    }
    let answer = submitted.map_err(outcome_of)?;
    let job: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let id = job.get("id").and_then(|id| id.as_str());
    id.map(str::to_owned).ok_or(Outcome::Unexpected)
}

/// Why a job was not taken, as its page says it.
pub fn outcome_of(error: SubmitError) -> Outcome {
    match error {
        SubmitError::Insufficient(_) => Outcome::InsufficientCredits,
        SubmitError::Stopped => Outcome::Stopped,
        SubmitError::TooManyJobs => Outcome::TooManyJobs,
        SubmitError::ProviderDown => Outcome::ProviderUnavailable,
        SubmitError::NoDraft => Outcome::OriginalsGone,
        SubmitError::Key(refused) => Outcome::of_key(&refused),
        SubmitError::Store(error) => {
            tracing::error!(%error, "a job's form failed");
            if error.is_unavailable() {
                Outcome::Interrupted
            } else {
                Outcome::Unexpected
            }
        }
        SubmitError::Database(error) => {
            tracing::error!(%error, "a job's form failed");
            Outcome::of_broken(&error)
        }
    }
}

/// Lets go what was kept to go on with.
#[server(prefix = "/do", endpoint = "discard-draft")]
pub async fn discard_draft(tool: String) -> Result<(), ServerFnError> {
    let (tool, page) = match Tool::parse(&tool) {
        Some(Tool::Video) => (Tool::Video, routes::VIDEO),
        _ => (Tool::TryOn, routes::TRY_ON),
    };
    let Some((caller, user)) = Caller::signed_in(page).await? else {
        return Ok(());
    };
    let studio = &caller.services.studio;
    let discarded = studio.discard_draft(&user.id, tool).await;
    discarded.map_err(unexpected)?;
    go(page);
    Ok(())
}

/// The caller's own job; for any other the answer is that of its page: there is none.
async fn own_job(id: &str, page: &str) -> Result<Option<(Caller, Job)>, ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(page).await? else {
        return Ok(None);
    };
    let Some(id) = JobId::parse(id) else {
        go(page);
        return Ok(None);
    };
    let job = caller.services.studio.job(&id).await.map_err(unexpected)?;
    match job.filter(|job| job.user_id == user.id) {
        Some(job) => Ok(Some((caller, job))),
        None => {
            go(page);
            Ok(None)
        }
    }
}
