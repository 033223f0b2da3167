use leptos::prelude::*;

use crate::components::link::button_link;
use crate::components::outcome::outcome_notice;
use crate::components::pager::pager;
use crate::components::shot::shots;
use crate::flash::Form;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// All pictures somebody made, newest first.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Gallery { jobs, next } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let notice = outcome_notice(w, visit.flash.as_ref(), Form::Job);
    let notice = notice.map(|notice| view! { <div class="notices">{notice}</div> });
    let make =
        (!jobs.is_empty()).then(|| button_link("main", routes::TRY_ON, w.say("home-go-try-on")));
    let inside = if jobs.is_empty() {
        nothing_yet(w)
    } else {
        view! { <div class="shots" data-live-region="gallery">{shots(w, jobs)}</div> }.into_any()
    };
    let next = next
        .as_ref()
        .map(|before| visit.address_with(&[("before", before)]));
    let main = view! {
        <main id="main" class="wrap">
            <div class="head"><div><h1>{w.say("job-gallery-title")}</h1></div>{make}</div>
            {notice}
            {inside}
            {pager(w, next)}
        </main>
    };
    Some(main.into_any())
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
