use atelier_server::credits::Entry;
use atelier_server::studio::{FileKind, JobAct, OverseenJob};
use atelier_server::time::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::jobs::{length, paid, stuck};
use super::{audit, because, moment};
use crate::components::form::{hidden, one_time_key_after, submit};
use crate::components::line::kind_key;
use crate::components::seller::ai_name;
use crate::components::state::job_state;
use crate::flash::{Flash, Form};
use crate::forms::overseen::ActOnJob;
use crate::i18n::Words;
use crate::pages::job::failure_key;
use crate::routes;
use crate::visit::{OverseenPage, Visit};

/// Everything of one job, and what can be done about it.
pub fn page(visit: &Visit, page: &OverseenPage) -> AnyView {
    let w = visit.words();
    let overseen = &page.job;
    let stuck = overseen.is_stuck(visit.now).then(|| stuck(w));
    let flash = visit.flash.as_ref();
    let flash = flash.filter(|flash| flash.form == Form::Admin);
    view! {
        <div class="head">
            <div>
                <h1>{w.about("admin-job-title", overseen.job.tool())}</h1>
                <p class="lead">{job_state(w, overseen.job.state)}" "{stuck}</p>
                <p class="soft"><code class="id">{overseen.job.id.to_string()}</code></p>
            </div>
        </div>
        {facts(w, page)}
        <section>
            <h2>{w.say("admin-job-course")}</h2>
            {course(w, page)}
        </section>
        <div class="settings">{act(w, overseen, flash)}</div>
        {audit::section(w, &page.log)}
    }
    .into_any()
}

fn facts(w: Words, page: &OverseenPage) -> AnyView {
    let overseen = &page.job;
    let person = routes::person(overseen.user_id.as_str());
    let statement = format!("{person}#statement");
    let outside = overseen.external_id.clone();
    let error = overseen.job.error.as_ref().map(|error| {
        let said = w.about(failure_key(Some(error.code)), overseen.job.tool());
        view! {
            <dt>{w.say("admin-jobs-code")}</dt>
            <dd><code>{error.code.as_str()}</code>" "{said}</dd>
        }
    });
    let files: Vec<String> = page
        .kept
        .iter()
        .map(|kind| w.say(file_key(*kind)))
        .collect();
    let files = if files.is_empty() {
        w.say("admin-job-no-files")
    } else {
        files.join(w.comma())
    };
    view! {
        <dl class="facts">
            <dt>{w.say("admin-fault-account")}</dt>
            <dd>
                <a href=person>{overseen.email.clone()}</a>" · "
                <a href=statement>{w.say("statement-title")}</a>
            </dd>
            <dt>{w.say("admin-provider")}</dt>
            <dd>{ai_name(overseen.provider)}" "<code class="id">{outside}</code></dd>
            <dt>{w.say("admin-jobs-paid")}</dt>
            <dd>{paid(w, overseen)}</dd>
            <dt>{w.say("admin-jobs-tries")}</dt>
            <dd>{w.number(overseen.attempts)}</dd>
            <dt>{w.say("admin-job-fetches")}</dt>
            <dd>{w.number(overseen.fetch_attempts)}</dd>
            {length(w, overseen).map(|length| view! { <dt>{w.say("admin-jobs-length")}</dt><dd>{length}</dd> })}
            <dt>{w.say("admin-job-files")}</dt>
            <dd>{files}</dd>
            {error}
        </dl>
    }
    .into_any()
}

const fn file_key(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Person => "admin-file-person",
        FileKind::Garment => "admin-file-garment",
        FileKind::Picture => "admin-file-picture",
        FileKind::Result => "admin-file-result",
    }
}

/// Something that happened to a job, or will.
struct Step {
    at: Timestamp,
    what: String,
    entry: Option<(String, String)>,
}

/// What happened, in order of time, and what will.
fn course(w: Words, page: &OverseenPage) -> AnyView {
    let overseen = &page.job;
    let job = &overseen.job;
    let ended = job.finished_at.filter(|_| job.error.is_some());
    let open = (!job.state.is_end()).then_some(overseen.deadline_at);
    let moments = [
        (Some(job.created_at), "admin-job-wanted"),
        (overseen.submitted_at, "admin-job-submitted"),
        (overseen.started_at, "admin-job-taken"),
        (overseen.called_back_at, "admin-job-called-back"),
        (ended, "admin-job-failed"),
        (
            job.finished_at.filter(|_| ended.is_none()),
            "admin-job-ended",
        ),
        (overseen.deleted_at, "admin-job-deleted"),
        (overseen.next_at, "admin-job-next"),
        (open, "admin-job-deadline"),
    ];
    let moments = moments.into_iter().filter_map(|(at, key)| {
        let (what, entry) = (w.say(key), None);
        at.map(|at| Step { at, what, entry })
    });
    let mut steps: Vec<Step> = moments
        .chain(page.entries.iter().map(|entry| told(w, entry)))
        .collect();
    steps.sort_by_key(|step| step.at);
    let rows: Vec<_> = steps.into_iter().map(|step| row(w, step)).collect();
    view! {
        <div class="scroll">
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("statement-date")}</th>
                        <th scope="col">{w.say("admin-events-kind")}</th>
                        <th scope="col">{w.say("admin-job-entry")}</th>
                        <th scope="col" class="end">{w.say("statement-amount")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn told(w: Words, entry: &Entry) -> Step {
    Step {
        at: entry.created_at,
        what: w.say(kind_key(entry.kind)),
        entry: Some((w.signed(entry.amount), entry.id.to_string())),
    }
}

fn row(w: Words, step: Step) -> impl IntoView + use<> {
    let (amount, id) = step.entry.unzip();
    view! {
        <tr>
            <td class="num soft">{moment(w, step.at)}</td>
            <th scope="row" class="first">{step.what}</th>
            <td>{id.map(|id| view! { <code class="id">{id}</code> })}</td>
            <td class="num end">{amount}</td>
        </tr>
    }
}

/// What can be done with it, as long as it has not ended.
fn act(w: Words, overseen: &OverseenJob, flash: Option<&Flash>) -> AnyView {
    let inside = if overseen.job.state.is_end() {
        view! { <p class="soft">{w.say("admin-job-over")}</p> }.into_any()
    } else {
        act_form(w, overseen, flash)
    };
    view! { <section id="act"><h2>{w.say("admin-job-act")}</h2>{inside}</section> }.into_any()
}

fn act_form(w: Words, overseen: &OverseenJob, flash: Option<&Flash>) -> AnyView {
    let chosen = flash.map_or("", |flash| flash.typed("act"));
    let chosen = JobAct::parse(chosen).unwrap_or(JobAct::Retry);
    let acts: Vec<_> = JobAct::ALL
        .iter()
        .map(|act| {
            let said = w.say(match act {
                JobAct::Retry => "admin-job-retry",
                JobAct::Cancel => "admin-job-cancel",
                JobAct::Release => "admin-job-release",
            });
            let word = act.as_str();
            view! {
                <label class="choice">
                    <input type="radio" name="act" value=word checked=*act == chosen/>
                    <span>{said}</span>
                </label>
            }
        })
        .collect();
    view! {
        <p class="soft">{w.say("admin-job-act-text")}</p>
        <form class="form" method="post" action=ActOnJob::PATH>
            {hidden("id", overseen.job.id.to_string())}
            {one_time_key_after(flash)}
            <fieldset class="field">
                <legend>{w.say("admin-adjust-action")}</legend>
                <div class="choices">{acts}</div>
            </fieldset>
            {because(w, flash, flash.map_or("", |flash| flash.typed("reason")))}
            <div>{submit("", w.say("admin-job-act-button"), w.say("admin-pending"))}</div>
        </form>
    }
    .into_any()
}
