use atelier_server::studio::{JobFilter, JobState, Tool};
use leptos::prelude::*;

use crate::components::link::button_link;
use crate::components::outcome::outcome_notice;
use crate::components::pager::pager;
use crate::components::shot::shots;
use crate::components::stay::stay;
use crate::flash::Form;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// Everything somebody made, newest first.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Gallery { jobs, filter, next } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let notice = outcome_notice(w, visit.flash.as_ref(), Form::Job);
    let notice = notice.map(|notice| view! { <div class="notices">{notice}</div> });
    let make = (!jobs.is_empty()).then(|| {
        view! {
            <div class="row">
                {button_link("", routes::VIDEO, w.say("home-go-video"))}
                {button_link("main", routes::TRY_ON, w.say("home-go-try-on"))}
            </div>
        }
    });
    let inside = if jobs.is_empty() && *filter != JobFilter::default() {
        nothing_of_it(w)
    } else if jobs.is_empty() {
        nothing_yet(w)
    } else {
        view! { <div class="shots" data-live-region="gallery">{shots(w, jobs)}</div> }.into_any()
    };
    let next = next
        .as_ref()
        .map(|before| visit.address_with(&[("before", before)]));
    let main = view! {
        <main id="main" class="wrap">
            {stay(visit)}
            <div class="head"><div><h1>{w.say("job-gallery-title")}</h1></div>{make}</div>
            {notice}
            {filters(w, *filter)}
            {inside}
            {pager(w, next)}
        </main>
    };
    Some(main.into_any())
}

/// What to show: links, so that each has an address.
fn filters(w: Words, filter: JobFilter) -> AnyView {
    let shown = [
        ("job-gallery-all", JobFilter::default()),
        ("job-gallery-pictures", of_tool(Tool::TryOn)),
        ("job-gallery-videos", of_tool(Tool::Video)),
        ("job-gallery-done", in_state(JobState::Succeeded)),
        ("job-gallery-failed", in_state(JobState::Failed)),
    ];
    let links: Vec<_> = shown
        .into_iter()
        .map(|(key, shows)| {
            let current = (shows == filter).then_some("true");
            view! { <li><a href=address(shows) aria-current=current>{w.say(key)}</a></li> }
        })
        .collect();
    view! {
        <nav class="filters" aria-label=w.say("job-gallery-show")><ul>{links}</ul></nav>
    }
    .into_any()
}

const fn of_tool(tool: Tool) -> JobFilter {
    JobFilter {
        tool: Some(tool),
        state: None,
    }
}

const fn in_state(state: JobState) -> JobFilter {
    JobFilter {
        tool: None,
        state: Some(state),
    }
}

fn address(filter: JobFilter) -> String {
    let gallery = routes::GALLERY;
    match (filter.tool, filter.state) {
        (Some(tool), _) => format!("{gallery}?tool={}", tool.as_str()),
        (None, Some(state)) => format!("{gallery}?state={}", state.as_str()),
        (None, None) => gallery.to_owned(),
    }
}

fn nothing_of_it(w: Words) -> AnyView {
    view! {
        <div class="empty" data-live-region="gallery">
            <h2>{w.say("job-gallery-none-filtered")}</h2>
        </div>
    }
    .into_any()
}

fn nothing_yet(w: Words) -> AnyView {
    view! {
        <div class="empty" data-live-region="gallery">
            <h2>{w.say("job-gallery-none-title")}</h2>
            <p class="soft">{w.say("job-gallery-none-text")}</p>
            {button_link("main", routes::TRY_ON, w.say("home-go-try-on"))}
        </div>
    }
    .into_any()
}
