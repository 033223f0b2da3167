use atelier_server::credits::PaidBy;
use atelier_server::studio::{Job, JobState, Tool, Video, Work};
use leptos::prelude::*;

use crate::i18n::Words;

/// When it was begun and made, and what paid for it.
pub fn facts(w: Words, job: &Job) -> AnyView {
    let tool = w.say(match job.tool() {
        Tool::TryOn => "job-tool-try-on",
        Tool::Video => "job-tool-video",
    });
    let film = match &job.work {
        Work::Video(video) => Some(film(w, video)),
        Work::TryOn { .. } => None,
    };
    let made = job.finished_at.filter(|_| job.state == JobState::Succeeded).map(|at| {
        view! { <dt>{w.say("job-made")}</dt><dd><time datetime=at.to_rfc3339()>{w.moment(at)}</time></dd> }
    });
    let paid = paid(w, job).map(|(term, paid)| view! { <dt>{w.say(term)}</dt><dd>{paid}</dd> });
    let has_number = matches!(job.state, JobState::Succeeded | JobState::Failed);
    let number = has_number.then(|| {
        view! { <dt>{w.say("job-id")}</dt><dd>{job.id.to_string()}</dd> }
    });
    view! {
        <dl class="facts">
            <dt>{w.say("job-kind")}</dt>
            <dd>{tool}</dd>
            {film}
            <dt>{w.say("job-started")}</dt>
            <dd><time datetime=job.created_at.to_rfc3339()>{w.moment(job.created_at)}</time></dd>
            {made}
            {paid}
            {number}
        </dl>
    }
    .into_any()
}

/// What was asked for.
fn film(w: Words, video: &Video) -> AnyView {
    let shape = [
        ("aspect", video.aspect.as_str().into()),
        ("seconds", w.number(video.seconds).into()),
    ];
    let prompt = (!video.prompt.is_empty()).then(|| {
        view! { <dt>{w.say("job-prompt")}</dt><dd>{video.prompt.clone()}</dd> }
    });
    view! {
        <dt>{w.say("job-shape")}</dt>
        <dd>{w.say_with("job-shape-text", &shape)}</dd>
        {prompt}
    }
    .into_any()
}

/// What is set aside for the job, or paid for it.
fn paid(w: Words, job: &Job) -> Option<(&'static str, String)> {
    let term = match job.state {
        JobState::Failed | JobState::Cancelled => return None,
        JobState::Succeeded => "job-paid",
        JobState::Queued | JobState::Running => "job-held",
    };
    let said = match job.paid_by {
        PaidBy::Credits => w.count("common-credits", job.cost),
        PaidBy::Trial => w.say("job-paid-trial"),
        PaidBy::Plan => w.say("job-paid-plan"),
    };
    Some((term, said))
}
