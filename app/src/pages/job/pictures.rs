use atelier_server::studio::{Aspect, FileKind, JobState, Video, Work};
use leptos::prelude::*;

use crate::i18n::Words;
use crate::routes;
use crate::visit::JobPage;

/// What the job is made from, or what it made.
pub fn pictures(w: Words, page: &JobPage) -> AnyView {
    let is_done = page.job.state == JobState::Succeeded;
    match &page.job.work {
        Work::TryOn { .. } if is_done => result(w, page),
        Work::TryOn { .. } => pair(w, page),
        Work::Video(video) if is_done => film(w, page, video),
        Work::Video(video) => beginning(w, page, video),
    }
}

/// Where a picture is that somebody sent, as long as it is kept.
fn kept(page: &JobPage, kind: FileKind) -> Option<String> {
    let is_kept = page.originals.contains(&kind);
    is_kept.then(|| routes::original(page.job.id.as_str(), kind.as_str()))
}

fn pair(w: Words, page: &JobPage) -> AnyView {
    let person = kept(page, FileKind::Person).map(|source| {
        let image = portrait(source, w.say("job-before-alt"));
        view! { <div class="frame">{image}</div> }
    });
    let garment = kept(page, FileKind::Garment).map(|source| {
        let alt = w.say("job-garment-alt");
        view! { <div class="frame fit"><img src=source alt=alt width="640" height="640"/></div> }
    });
    view! { <div class="job-pair">{person}{garment}</div> }.into_any()
}

/// The picture, beside the one it was made from as long as that is kept.
fn result(w: Words, page: &JobPage) -> AnyView {
    let made = routes::result(page.job.id.as_str());
    let after = portrait(made, w.say("job-after-alt"));
    let Some(before) = kept(page, FileKind::Person) else {
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

/// The class of a frame in a film's shape, and the film's size. Nothing moves when it is loaded.
const fn shape(aspect: Aspect) -> (&'static str, &'static str, &'static str) {
    match aspect {
        Aspect::Tall => ("frame film tall", "480", "848"),
        Aspect::Wide => ("frame film wide", "848", "480"),
        Aspect::Square => ("frame film square", "640", "640"),
    }
}

fn film(w: Words, page: &JobPage, video: &Video) -> AnyView {
    let source = routes::result(page.job.id.as_str());
    let (class, width, height) = shape(video.aspect);
    view! {
        <div class=class>
            <video src=source controls=true playsinline=true loop=true preload="metadata"
                width=width height=height aria-label=w.say("job-video-label")></video>
        </div>
    }
    .into_any()
}

/// What a film is made from: its picture, or else its words.
fn beginning(w: Words, page: &JobPage, video: &Video) -> AnyView {
    let (class, width, height) = shape(video.aspect);
    if let Some(source) = kept(page, FileKind::Picture) {
        let alt = w.say("job-picture-alt");
        return view! { <div class=class><img src=source alt=alt width=width height=height/></div> }
            .into_any();
    }
    view! { <div class=format!("{class} empty")><blockquote>{video.prompt.clone()}</blockquote></div> }
        .into_any()
}

/// A picture of a person. Width and height keep its place until it is there.
fn portrait(source: String, alt: String) -> impl IntoView {
    view! { <img src=source alt=alt width="720" height="960"/> }
}
