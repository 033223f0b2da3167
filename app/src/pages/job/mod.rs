mod facts;
mod pictures;

use atelier_server::credits::PaidBy;
use atelier_server::studio::{Failure, FileKind, Job, JobState, Tool};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use self::facts::facts;
use self::pictures::pictures;
use crate::components::form::{hidden, one_time_key, submit};
use crate::components::icon::{Icon, icon};
use crate::components::link::button_link;
use crate::components::notice::{Notice, Tone};
use crate::components::outcome::outcome_notice;
use crate::components::state::job_state;
use crate::components::stay::stay;
use crate::flash::Form;
use crate::forms::jobs::{CancelJob, DeleteJob, RerunJob};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, JobPage, Visit};

/// One job: its pictures, how far it has come, what it cost.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Job(page) = &visit.content else {
        return None;
    };
    let w = visit.words();
    let job = &page.job;
    let main = view! {
        <main id="main" class="wrap" data-live-region="job" data-job-id=job.id.to_string()>
            {stay(visit)}
            {outcome_notice(w, visit.flash.as_ref(), Form::Job)}
            <div class="job">
                <div>{pictures(w, page)}</div>
                <div class="job-words">
                    <p>{job_state(w, job.state)}</p>
                    <h1>{title(w, job)}</h1>
                    {text(w, job, visit.services.studio.makes_previews()).map(|text| view! { <p class="soft">{text}</p> })}
                    {progress(w, job)}
                    {returned(w, job)}
                    <div class="row">{buttons(visit, page)}</div>
                    {facts(w, job)}
                </div>
            </div>
        </main>
    };
    Some(main.into_any())
}

fn title(w: Words, job: &Job) -> String {
    let key = match job.state {
        JobState::Queued => "job-queued-title",
        JobState::Running => "job-running-title",
        JobState::Succeeded => "job-succeeded-title",
        JobState::Failed => "job-failed-title",
        JobState::Cancelled => "job-cancelled-title",
    };
    w.about(key, job.tool())
}

fn text(w: Words, job: &Job, is_preview: bool) -> Option<String> {
    let key = match job.state {
        JobState::Queued | JobState::Running if job.cancel_requested => "job-cancel-requested",
        JobState::Queued => "job-queued-text",
        JobState::Running => "job-running-text",
        JobState::Succeeded if job.cancel_requested => "job-cancel-late",
        JobState::Succeeded if is_preview => "job-preview-note",
        JobState::Succeeded => return None,
        JobState::Failed => failure_key(job.error.as_ref().map(|error| error.code)),
        JobState::Cancelled => "job-cancelled-text",
    };
    Some(w.about(key, job.tool()))
}

pub(super) const fn failure_key(failure: Option<Failure>) -> &'static str {
    match failure {
        Some(Failure::Moderation) => "job-error-content-moderation",
        Some(Failure::BadImage) => "job-error-image-load",
        Some(Failure::NoPose) => "job-error-pose",
        Some(Failure::InvalidInput) => "job-error-input-validation",
        Some(Failure::ProviderInternal) => "job-error-internal",
        Some(Failure::ProviderRefused) => "job-error-rejected",
        Some(Failure::Timeout) => "job-error-timeout",
        Some(Failure::NoVerdict) => "job-error-no-verdict",
        Some(Failure::ResultUnavailable) => "job-error-result-unavailable",
        None => "job-error-unknown",
    }
}

fn progress(w: Words, job: &Job) -> Option<AnyView> {
    if job.state.is_end() {
        return None;
    }
    let value = job.progress.to_string();
    let bar = view! {
        <div>
            <progress value=value.clone() max="100" aria-label=w.say("job-progress")>{value.clone()}</progress>
            <p class="note"><output data-progress="">{value}</output>" %"</p>
        </div>
    };
    Some(bar.into_any())
}

/// Says of a job without a picture that it cost nothing.
fn returned(w: Words, job: &Job) -> Option<AnyView> {
    let back = format!(
        "{}.",
        match job.paid_by {
            PaidBy::Credits => w.count("job-returned-credits", job.cost),
            PaidBy::Trial => w.say("job-returned-trial"),
            PaidBy::Plan => w.say("job-returned-plan"),
        }
    );
    let said = match job.state {
        JobState::Failed => {
            let free = format!(" {}", w.say("job-error-free"));
            view! { <p><strong>{back}</strong>{free}</p> }.into_any()
        }
        JobState::Cancelled => view! { <p>{back}</p> }.into_any(),
        _ => return None,
    };
    Some(view! { <Notice tone=Tone::Good>{said}</Notice> }.into_any())
}

fn buttons(visit: &Visit, page: &JobPage) -> Vec<AnyView> {
    let w = visit.words();
    let job = &page.job;
    let other =
        |class, key: &'static str| button_link(class, other(page), w.about(key, job.tool()));
    let again = || again(visit, page);
    match job.state {
        JobState::Queued | JobState::Running if job.cancel_requested => vec![look_again(w, job)],
        JobState::Queued | JobState::Running => vec![cancel(w, job), look_again(w, job)],
        JobState::Succeeded => {
            let animate = (job.tool() == Tool::TryOn).then(|| animate(w, job));
            [
                Some(download(w, job)),
                Some(other("", "job-again")),
                animate,
                again(),
                Some(delete(w, job)),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
        JobState::Failed | JobState::Cancelled => [
            Some(other("main", "job-retry-other")),
            again(),
            Some(delete(w, job)),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

/// The tool's form, with the person of this job in it as long as that is kept, or what its film was asked for.
fn other(page: &JobPage) -> String {
    let job = &page.job;
    match job.tool() {
        Tool::TryOn if page.originals.contains(&FileKind::Person) => {
            routes::again(routes::TRY_ON, job.id.as_str())
        }
        Tool::TryOn => routes::TRY_ON.to_owned(),
        Tool::Video => routes::again(routes::VIDEO, job.id.as_str()),
    }
}

/// The picture that was made as the beginning of a film.
fn animate(w: Words, job: &Job) -> AnyView {
    let form = routes::again(routes::VIDEO, job.id.as_str());
    button_link("", form, w.say("job-animate"))
}

/// What pays for one more of a tool.
fn cost_of(visit: &Visit, tool: Tool) -> String {
    let w = visit.words();
    let price = tool.price(visit.services.prices());
    match visit.wallet.as_ref().map(|wallet| wallet.payer(price)) {
        Some(Ok(PaidBy::Trial)) => w.say("job-paid-trial"),
        Some(Ok(PaidBy::Plan)) => w.say("job-paid-plan"),
        _ => w.count("common-credits", price.credits),
    }
}

/// The same once more, for whoever did not like what came out.
fn again(visit: &Visit, page: &JobPage) -> Option<AnyView> {
    let w = visit.words();
    let job = &page.job;
    let form = job.is_made_from(&page.originals).then(|| {
        view! {
            <form method="post" action=RerunJob::PATH>
                {one_time_key()}
                {hidden("id", job.id.as_str())}
                {submit("", w.say_with("job-rerun", &[("cost", cost_of(visit, job.tool()).into())]), w.say("job-rerun-pending"))}
            </form>
        }
    });
    form.map(IntoAny::into_any)
}

/// For whoever has no script; with it the page follows by itself.
fn look_again(w: Words, job: &Job) -> AnyView {
    button_link(
        "plain plain-only",
        routes::job(job.id.as_str()),
        w.say("common-look-again"),
    )
}

fn download(w: Words, job: &Job) -> AnyView {
    let href = format!("{}?download=1", routes::result(job.id.as_str()));
    view! {
        <a class="button main" href=href download="">{icon(Icon::Download)}{w.say("job-download")}</a>
    }
    .into_any()
}

fn cancel(w: Words, job: &Job) -> AnyView {
    view! {
        <form method="post" action=CancelJob::PATH>
            {hidden("id", job.id.as_str())}
            {submit("", w.say("job-cancel"), w.say("job-cancel-pending"))}
        </form>
    }
    .into_any()
}

fn delete(w: Words, job: &Job) -> AnyView {
    view! {
        <form method="post" action=DeleteJob::PATH>
            {hidden("id", job.id.as_str())}
            {submit("plain danger", w.say("job-delete"), w.say("job-delete-pending"))}
        </form>
    }
    .into_any()
}
