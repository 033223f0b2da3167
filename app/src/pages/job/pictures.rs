use atelier_server::studio::JobState;
use leptos::prelude::*;

use crate::i18n::Words;
use crate::routes;
use crate::visit::JobPage;

/// What the job is made from, or what it made.
pub fn pictures(w: Words, page: &JobPage) -> AnyView {
    let id = page.job.id.as_str();
    let person = page.has_originals.then(|| routes::original(id, "person"));
    if page.job.state == JobState::Succeeded {
        return result(w, id, person);
    }
    let garment = page.has_originals.then(|| routes::original(id, "garment"));
    let person = person.map(|source| {
        let image = portrait(source, w.say("job-before-alt"));
        view! { <div class="frame">{image}</div> }
    });
    let garment = garment.map(|source| {
        let alt = w.say("job-garment-alt");
        view! { <div class="frame fit"><img src=source alt=alt width="640" height="640"/></div> }
    });
    view! { <div class="job-pair">{person}{garment}</div> }.into_any()
}

/// The picture, beside the one it was made from as long as that is kept.
fn result(w: Words, id: &str, before: Option<String>) -> AnyView {
    let after = portrait(routes::result(id), w.say("job-after-alt"));
    let Some(before) = before else {
        return view! { <div class="frame piece">{after}</div> }.into_any();
    };
    view! {
        <div class="compare">
            <figure class="before">
                {portrait(before, w.say("job-before-alt"))}
                <figcaption>{w.say("job-before")}</figcaption>
            </figure>
            <figure class="after">
                {after}
                <figcaption>{w.say("job-after")}</figcaption>
            </figure>
            <input type="range" min="0" max="100" value="50" autocomplete="off"
                aria-label=w.say("job-compare")/>
        </div>
    }
    .into_any()
}

/// A picture of a person. Width and height keep its place until it is there.
fn portrait(source: String, alt: String) -> impl IntoView {
    view! { <img src=source alt=alt width="720" height="960"/> }
}
