use atelier_server::ids::JobId;
use atelier_server::studio::{CancelError, Job};
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

/// Deletes an ended job with its pictures.
#[server(prefix = "/do", endpoint = "delete-job")]
pub async fn delete_job(id: String) -> Result<(), ServerFnError> {
    let page = routes::job(&routes::encode(&id));
    let Some((caller, job)) = own_job(&id, &page).await? else {
        return Ok(());
    };
    match caller.services.studio.delete(&job).await {
        Ok(()) => go_with(routes::GALLERY, &Flash::new(Form::Job, Outcome::Deleted)),
        Err(CancelError::Database(error)) => go_broken(&page, Form::Job, error),
        Err(_) => go(&page),
    }
    Ok(())
}

/// Lets the pictures go that were kept to go on with.
#[server(prefix = "/do", endpoint = "discard-draft")]
pub async fn discard_draft() -> Result<(), ServerFnError> {
    let Some((caller, user)) = Caller::signed_in(routes::TRY_ON).await? else {
        return Ok(());
    };
    let studio = &caller.services.studio;
    let draft = studio.find_draft(&user.id).await.map_err(unexpected)?;
    if let Some(draft) = draft {
        studio.drop_draft(&draft).await.map_err(unexpected)?;
    }
    go(routes::TRY_ON);
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
