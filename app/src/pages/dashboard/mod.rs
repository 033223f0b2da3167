mod board;
mod charts;
mod notices;

use atelier_server::studio::Job;
use leptos::prelude::*;

use self::board::{board, sum};
use self::charts::charts;
use self::notices::notices;
use crate::components::link::{button_link, text_link};
use crate::components::shot::shots;
use crate::components::stay::stay;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// What is left, how the figures add up, and the recent work.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Dashboard { jobs, days } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let wallet = visit.wallet_view()?;
    let title = match visit.user.as_ref().map_or("", |user| user.name.as_str()) {
        "" => w.say("dash-title"),
        name => w.say_with("dash-title-name", &[("name", name.into())]),
    };
    let make = (wallet.remaining_uses.try_on != Some(0))
        .then(|| button_link("main large", routes::TRY_ON, w.say("dash-make")));
    let main = view! {
        <main id="main" class="wrap">
            {stay(visit)}
            <div class="head"><div><h1>{title}</h1></div><div class="row">{make}</div></div>
            <div class="notices" data-live-region="dash-notices">
                {notices(visit, &wallet, jobs.is_empty())}
            </div>
            {board(w, visit, &wallet)}
            {sum(w, &wallet)}
            {charts(w, days, wallet.credits.remaining)}
            {recent(w, jobs)}
        </main>
    };
    Some(main.into_any())
}

fn recent(w: Words, jobs: &[Job]) -> AnyView {
    let all = (!jobs.is_empty()).then(|| text_link(routes::GALLERY, w.say("dash-jobs-all")));
    let inside = if jobs.is_empty() {
        view! {
            <div class="empty">
                <p class="soft">{w.say("dash-jobs-none")}</p>
                {button_link("", routes::TRY_ON, w.say("dash-make"))}
            </div>
        }
        .into_any()
    } else {
        view! { <div class="shots">{shots(w, jobs)}</div> }.into_any()
    };
    view! {
        <section class="part" id="jobs" aria-labelledby="jobs-title" data-live-region="jobs">
            <div class="part-head"><h2 id="jobs-title">{w.say("dash-jobs-title")}</h2>{all}</div>
            {inside}
        </section>
    }
    .into_any()
}
