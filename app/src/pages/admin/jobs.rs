use atelier_server::credits::PaidBy;
use atelier_server::studio::{Failure, JobState, OverseenFilter, OverseenJob, ProviderId, Tool};
use leptos::prelude::*;

use super::{choice, csv_address, head, moment, nothing, text_filter};
use crate::components::pager::pager;
use crate::components::seller::ai_name;
use crate::components::state::{job_state, job_state_key};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{JobsPage, Visit};

const LIST: &str = "/api/admin/jobs";

/// Jobs of all accounts.
pub fn page(visit: &Visit, page: &JobsPage) -> AnyView {
    let w = visit.words();
    let filter = &page.filter;
    let asked = [
        ("q", filter.search.as_str()),
        ("state", filter.state.map_or("", JobState::as_str)),
        ("tool", filter.tool.map_or("", Tool::as_str)),
        ("provider", filter.provider.map_or("", ProviderId::as_str)),
        ("code", filter.failure.map_or("", Failure::as_str)),
        ("stuck", if filter.stuck { "true" } else { "" }),
    ];
    let next = page.next.as_deref();
    let next = next.map(|before| visit.address_with(&[("before", before)]));
    let list = if page.jobs.is_empty() {
        nothing(w)
    } else {
        table(visit, &page.jobs)
    };
    view! {
        {head(w, w.say("admin-jobs-title"), "admin-jobs-lead", csv_address(LIST, &asked))}
        {filters(w, filter)}
        {list}
        {pager(w, next)}
    }
    .into_any()
}

fn filters(w: Words, filter: &OverseenFilter) -> AnyView {
    let all = || w.say("admin-all");
    let states = JobState::ALL.iter();
    let states = states.map(|state| (state.as_str(), w.say(job_state_key(*state))));
    let tools = Tool::ALL.iter();
    let tools = tools.map(|tool| (tool.as_str(), w.about("admin-tool", *tool)));
    let providers = ProviderId::ALL.iter();
    let providers = providers.map(|id| (id.as_str(), ai_name(*id).to_owned()));
    let codes = Failure::ALL.iter().map(|failure| failure.as_str());
    let codes = codes.map(|word| (word, word.to_owned()));
    let chosen = |word: Option<&'static str>| word.unwrap_or_default();
    view! {
        <form class="filter" method="get" action=routes::ADMIN_JOBS>
            {text_filter("q", w.say("admin-jobs-search"), "search", &filter.search)}
            {choice("state", w.say("admin-events-state"), all(), states.collect(), chosen(filter.state.map(JobState::as_str)))}
            {choice("tool", w.say("admin-jobs-tool"), all(), tools.collect(), chosen(filter.tool.map(Tool::as_str)))}
            {choice("provider", w.say("admin-provider"), all(), providers.collect(), chosen(filter.provider.map(ProviderId::as_str)))}
            {choice("code", w.say("admin-jobs-code"), all(), codes.collect(), chosen(filter.failure.map(Failure::as_str)))}
            <label class="check">
                <input type="checkbox" name="stuck" value="true" checked=filter.stuck/>
                <span>{w.say("admin-jobs-stuck")}</span>
            </label>
            <button class="button">{w.say("statement-filter-button")}</button>
        </form>
    }
    .into_any()
}

fn table(visit: &Visit, jobs: &[OverseenJob]) -> AnyView {
    let w = visit.words();
    let rows: Vec<_> = jobs.iter().map(|job| row(visit, job)).collect();
    view! {
        <div class="scroll">
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("statement-date")}</th>
                        <th scope="col">{w.say("admin-events-state")}</th>
                        <th scope="col">{w.say("admin-fault-account")}</th>
                        <th scope="col">{w.say("admin-jobs-tool")}</th>
                        <th scope="col">{w.say("admin-provider")}</th>
                        <th scope="col" class="end">{w.say("admin-jobs-tries")}</th>
                        <th scope="col">{w.say("admin-jobs-paid")}</th>
                        <th scope="col" class="end">{w.say("admin-jobs-length")}</th>
                        <th scope="col">{w.say("admin-jobs-code")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(visit: &Visit, overseen: &OverseenJob) -> impl IntoView + use<> {
    let w = visit.words();
    let job = &overseen.job;
    let (here, person) = (
        routes::overseen_job(job.id.as_str()),
        routes::person(overseen.user_id.as_str()),
    );
    let stuck = overseen.is_stuck(visit.now).then(|| stuck(w));
    let length = length(w, overseen);
    let label = length.is_some().then(|| w.say("admin-jobs-length"));
    let code = job.error.as_ref().map(|error| error.code.as_str());
    view! {
        <tr>
            <th scope="row" class="first num"><a href=here>{moment(w, job.created_at)}</a></th>
            <td class="right">{job_state(w, job.state)}" "{stuck}</td>
            <td><a href=person>{overseen.email.clone()}</a></td>
            <td class="right">{w.about("admin-tool", job.tool())}</td>
            <td>{ai_name(overseen.provider)}</td>
            <td class="num end" data-label=w.say("admin-jobs-tries")>{w.number(overseen.attempts)}</td>
            <td class="num">{paid(w, overseen)}</td>
            <td class="num end" data-label=label>{length}</td>
            <td class="soft last"><code>{code}</code></td>
        </tr>
    }
}

/// That a job should have ended by now.
pub fn stuck(w: Words) -> AnyView {
    view! { <span class="state" data-value="failed">{w.say("admin-job-stuck")}</span> }.into_any()
}

/// What pays for a job.
pub fn paid(w: Words, overseen: &OverseenJob) -> String {
    match overseen.job.paid_by {
        PaidBy::Credits => w.count("common-credits", overseen.job.cost),
        PaidBy::Trial => w.say("admin-jobs-trial"),
        PaidBy::Plan => w.say("admin-jobs-plan"),
    }
}

/// From when it was wanted until it ended.
pub fn length(w: Words, overseen: &OverseenJob) -> Option<String> {
    let ended = overseen.job.finished_at?;
    let seconds = ended.since(overseen.job.created_at).as_secs();
    let seconds = w.number(i64::try_from(seconds).unwrap_or(i64::MAX));
    Some(w.say_with("admin-seconds", &[("n", seconds.into())]))
}
