use atelier_server::payments::Standing;
use atelier_server::studio::JobState;
use leptos::prelude::*;

use crate::components::chart::{Bar, Shape, chart};
use crate::components::field::Field;
use crate::components::form::submit;
use crate::components::icon::{Icon, icon};
use crate::components::link::{button_link, text_link};
use crate::components::notice::{Notice, Tone};
use crate::components::state::{job_state, recharge_status};
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

/// The colours of `style/tokens.css` by name.
const COLOURS: [&str; 15] = [
    "paper",
    "sheet",
    "well",
    "ink",
    "ink-soft",
    "line",
    "line-firm",
    "accent",
    "accent-deep",
    "accent-wash",
    "good",
    "good-wash",
    "warn",
    "warn-wash",
    "bad",
];
const SIZES: [&str; 7] = [
    "size-6", "size-5", "size-4", "size-3", "size-2", "size-1", "size-0",
];
const GAPS: [&str; 7] = [
    "gap-1", "gap-2", "gap-3", "gap-4", "gap-5", "gap-6", "gap-7",
];

/// What pages are made of, in one place: to look at, and for pictures to compare.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div><h1>{w.say("style-title")}</h1><p class="lead">{w.say("style-lead")}</p></div>
            </div>
            {colours(w)}
            {type_and_space(w)}
            {buttons(w)}
            {fields(w)}
            {notices(w)}
            {figures(w)}
            {table(w)}
        </main>
    };
    Some(main.into_any())
}

fn section(title: String, inside: impl IntoView) -> AnyView {
    view! { <section class="part"><div class="part-head"><h2>{title}</h2></div>{inside}</section> }
        .into_any()
}

fn colours(w: Words) -> AnyView {
    let swatches = COLOURS.map(|name| {
        view! { <li><span class=format!("swatch swatch-{name}")></span><code>{format!("--{name}")}</code></li> }
    });
    section(
        w.say("style-colours"),
        view! { <ul class="swatches">{swatches}</ul> },
    )
}

fn type_and_space(w: Words) -> AnyView {
    let sizes = SIZES.map(|name| {
        view! {
            <li>
                <code>{format!("--{name}")}</code>
                <span class=format!("specimen specimen-{name}")>{w.say("style-specimen")}</span>
            </li>
        }
    });
    let gaps = GAPS.map(|name| {
        view! { <li><code>{format!("--{name}")}</code><span class=format!("space space-{name}")></span></li> }
    });
    view! {
        {section(w.say("style-type"), view! { <ul class="specimens">{sizes}</ul> })}
        {section(w.say("style-space"), view! { <ul class="specimens">{gaps}</ul> })}
    }
    .into_any()
}

fn buttons(w: Words) -> AnyView {
    let here = || routes::STYLEGUIDE;
    let icons = [
        Icon::Alert,
        Icon::Arrow,
        Icon::Camera,
        Icon::Check,
        Icon::Chevron,
        Icon::Clock,
        Icon::Close,
        Icon::Download,
        Icon::Hanger,
        Icon::Info,
        Icon::Play,
        Icon::Upload,
    ]
    .map(icon);
    let inside = view! {
        <div class="row">
            {button_link("main large", here(), w.say("style-button-main"))}
            {button_link("main", here(), w.say("style-button-main"))}
            {button_link("", here(), w.say("style-button"))}
            {button_link("plain", here(), w.say("style-button-plain"))}
            {button_link("small", here(), w.say("style-button-small"))}
            {button_link("plain danger", here(), w.say("style-button-danger"))}
        </div>
        <p class="part-note">{text_link(here(), w.say("style-link"))}</p>
        <p class="row part-note icons">{icons}</p>
    };
    section(w.say("style-buttons"), inside)
}

fn fields(w: Words) -> AnyView {
    let inside = view! {
        <form class="form" method="get" action=routes::STYLEGUIDE>
            <Field
                w=w name="text" label=w.say("style-field") autocomplete="off" hint=w.say("style-field-hint")
                optional=true
            />
            <Field
                w=w name="wrong" label=w.say("style-field-wrong") autocomplete="off"
                value=w.say("style-specimen") error=Some(w.say("style-field-error")) optional=true
            />
            {submit("main", w.say("style-button-main"), w.say("style-pending"))}
        </form>
    };
    section(w.say("style-fields"), inside)
}

fn notices(w: Words) -> AnyView {
    let tones = [Tone::Plain, Tone::Good, Tone::Warn, Tone::Bad].map(|tone| {
        view! {
            <Notice tone=tone><p><strong>{w.say("style-notice")}</strong>" "{w.say("style-lead")}</p></Notice>
        }
    });
    section(
        w.say("style-notices"),
        view! { <div class="notices">{tones}</div> },
    )
}

fn figures(w: Words) -> AnyView {
    let figures = [8, 1_450, 1_234_567].map(|n| {
        view! { <div><dt>{w.say("style-figure")}</dt><dd><span class="figure">{w.number(n)}</span></dd></div> }
    });
    let jobs = JobState::ALL.iter().map(|state| job_state(w, *state));
    let standings = Standing::ALL
        .iter()
        .map(|standing| recharge_status(w, *standing));
    let states: Vec<_> = jobs.chain(standings).collect();
    let bars = |shape| {
        let values = [0, 2, 1, 0, 4, 7, 3, 0, 1, 12, 5, 0];
        let days = values.iter().enumerate().map(|(day, value)| Bar {
            day: w.number(day as i64 + 1),
            value: Some(*value),
        });
        let days: Vec<Bar> = days.collect();
        chart(w, w.say("style-chart"), w.say("style-chart"), shape, &days)
    };
    let inside = view! {
        <dl class="figures">{figures}</dl>
        <p class="row part-note">{states}</p>
        <p class="part-note"><progress value="40" max="100" aria-label=w.say("style-gauge")></progress></p>
        <div class="charts part-note">{bars(Shape::Bars)}{bars(Shape::Steps)}</div>
    };
    section(w.say("style-figures"), inside)
}

fn table(w: Words) -> AnyView {
    let row = |n: i64| {
        view! {
            <tr>
                <th scope="row">{w.say("style-specimen")}</th>
                <td>{job_state(w, JobState::Succeeded)}</td>
                <td class="num end">{w.signed(n)}</td>
            </tr>
        }
    };
    let inside = view! {
        <table class="table">
            <thead>
                <tr>
                    <th scope="col">{w.say("style-figure")}</th>
                    <th scope="col">{w.say("style-notice")}</th>
                    <th scope="col" class="end">{w.say("style-chart")}</th>
                </tr>
            </thead>
            <tbody>{[10, -1, 355].map(row)}</tbody>
        </table>
    };
    section(w.say("style-table"), inside)
}
