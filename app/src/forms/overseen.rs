//! The operator's forms about jobs.

use atelier_server::idempotency::{BodyHash, Key, Scope};
use atelier_server::ids::JobId;
use atelier_server::studio::{JobAct, JobActError};
use leptos::prelude::*;

use super::admin::{acts, cut, operator};
use super::go_with;
use crate::flash::{Flash, Form, Outcome};
use crate::routes;

/// Tries a job that has not ended at once, cancels it or ends it without a verdict.
#[server(prefix = "/do", endpoint = "admin-job")]
pub async fn act_on_job(
    id: String,
    key: String,
    #[server(default)] act: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    let page = routes::overseen_job(&routes::encode(&id));
    let Some((caller, admin)) = operator(&page).await? else {
        return Ok(());
    };
    let answer = |outcome| {
        let flash = Flash::new(Form::Admin, outcome)
            .keep("act", &act)
            .keep("reason", &reason)
            .keep("key", &key);
        go_with(&page, &flash);
    };
    let (Some(job), Some(chosen), Some(once)) =
        (JobId::parse(&id), JobAct::parse(&act), Key::parse(&key))
    else {
        answer(Outcome::Incomplete);
        return Ok(());
    };
    let why = cut(&reason);
    if why.is_empty() {
        answer(Outcome::WhyMissing);
        return Ok(());
    }
    let scope = Scope {
        user: admin.id.clone(),
        endpoint: "POST /do/admin-job".into(),
        key: once,
        body: BodyHash::of(&[
            ("id", job.as_str().as_bytes()),
            ("act", chosen.as_str().as_bytes()),
            ("reason", why.as_bytes()),
        ]),
    };
    let operator = acts(&caller, &admin, &why);
    let studio = &caller.services.studio;
    let done = studio.act(&job, chosen, &operator, Some(&scope)).await;
    answer(match done {
        Ok(()) => match chosen {
            JobAct::Retry => Outcome::JobRetried,
            JobAct::Cancel => Outcome::JobCancelled,
            JobAct::Release => Outcome::JobReleased,
        },
        Err(JobActError::Unknown) => Outcome::Unexpected,
        Err(JobActError::Ended) => Outcome::JobEnded,
        Err(JobActError::Key(refused)) => Outcome::of_key(&refused),
        Err(JobActError::Database(error)) => {
            tracing::error!(%error, "an operator's form failed");
            Outcome::of_broken(&error)
        }
    });
    Ok(())
}
