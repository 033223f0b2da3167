use atelier_server::accounts::Scope;
use atelier_server::ids::JobId;
use atelier_server::studio::{Failure, JobState, OverseenFilter, OverseenJob, ProviderId, Tool};
use atelier_server::time::Timestamp;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::set;
use crate::http::State;
use crate::http::api::lists::{List, Page, Wanted, place, word};
use crate::http::body::Queried;
use crate::http::caller::Caller;
use crate::http::openapi::shapes;
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// A job's id, its provider's id of it, or the address of an account.
    q: Option<String>,
    /// Only those in this state.
    #[param(schema_with = shapes::word_of::<JobState>)]
    state: Option<String>,
    /// Only jobs of this tool.
    #[param(schema_with = shapes::word_of::<Tool>)]
    tool: Option<String>,
    /// Only those of this provider.
    #[param(schema_with = shapes::word_of::<ProviderId>)]
    provider: Option<String>,
    /// Only those that failed by this.
    #[param(schema_with = shapes::word_of::<Failure>)]
    code: Option<String>,
    /// Only those that have not ended although their deadline is over.
    stuck: Option<bool>,
    /// 1 to 200; 50 when it is not there.
    #[param(schema_with = shapes::limit)]
    limit: Option<i64>,
    /// The `next` of the page before.
    #[param(schema_with = shapes::cursor)]
    cursor: Option<String>,
    /// `csv` for a link in a browser, which cannot choose its `Accept`.
    format: Option<String>,
}

const LIST: List<OverseenJob, JobId> = List {
    name: "jobs",
    head: &[
        "id",
        "created_at",
        "user_id",
        "email",
        "tool",
        "state",
        "provider",
        "external_id",
        "attempts",
        "fetch_attempts",
        "paid_by",
        "cost",
        "error",
        "submitted_at",
        "started_at",
        "called_back_at",
        "deadline_at",
        "finished_at",
        "deleted_at",
    ],
    row,
    place: |it| it.job.id.clone(),
};

/// List jobs of all accounts
///
/// Newest first. With `Accept: text/csv` all of them as a file.
#[utoipa::path(
    get,
    path = "/api/admin/jobs",
    tag = "admin",
    params(Asked),
    responses((status = 200, description = "A page of jobs", content((Page<OverseenJob> = "application/json"), (String = "text/csv")))),
    security(("session" = ["admin"]), ("token" = ["admin"])),
)]
pub async fn list(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.require(Scope::Admin)?;
    let filter = OverseenFilter {
        search: set(asked.q.as_ref()).unwrap_or_default(),
        state: word("state", asked.state.as_deref(), JobState::parse)?,
        tool: word("tool", asked.tool.as_deref(), Tool::parse)?,
        provider: word("provider", asked.provider.as_deref(), ProviderId::parse)?,
        failure: word("code", asked.code.as_deref(), Failure::parse)?,
        stuck: asked.stuck.unwrap_or(false),
        before: None,
        limit: 0,
    };
    let wanted = Wanted::of(asked.limit, asked.format.as_deref(), &headers);
    let before = place(asked.cursor.as_deref(), JobId::parse)?;
    let studio = state.services.studio.clone();
    let read = move |before, limit| {
        let studio = studio.clone();
        let filter = OverseenFilter {
            before,
            limit,
            ..filter.clone()
        };
        async move { studio.overseen_jobs(&filter).await }
    };
    LIST.answer(wanted, before, read).await
}

fn row(overseen: OverseenJob) -> Vec<String> {
    let time = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339).unwrap_or_default();
    let job = overseen.job;
    vec![
        job.id.to_string(),
        job.created_at.to_rfc3339(),
        overseen.user_id.to_string(),
        overseen.email,
        job.tool().as_str().to_owned(),
        job.state.as_str().to_owned(),
        overseen.provider.as_str().to_owned(),
        overseen.external_id.unwrap_or_default(),
        overseen.attempts.to_string(),
        overseen.fetch_attempts.to_string(),
        job.paid_by.as_str().to_owned(),
        job.cost.to_string(),
        job.error
            .map(|error| error.code.as_str().to_owned())
            .unwrap_or_default(),
        time(overseen.submitted_at),
        time(overseen.started_at),
        time(overseen.called_back_at),
        overseen.deadline_at.to_rfc3339(),
        time(job.finished_at),
        time(overseen.deleted_at),
    ]
}
