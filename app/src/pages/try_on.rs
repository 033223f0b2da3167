use atelier_server::studio::{Category, Tool};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::sign_up::error;
use crate::components::consent::consent;
use crate::components::form::{hidden, one_time_key, one_time_key_after, submit};
use crate::components::icon::Icon;
use crate::components::notice::{Notice, Tone};
use crate::components::order::order_of;
use crate::components::outcome::{PICTURE_LIMIT, outcome_notice};
use crate::components::picker::{Picker, picker};
use crate::components::stopped::stopped_region;
use crate::flash::{Flash, Form, Outcome};
use crate::forms::jobs::DiscardDraft;
use crate::i18n::Words;
use crate::routes;
use crate::samples;
use crate::visit::{Content, StudioPage, Visit};

const PERSON: Picker = Picker {
    name: "person",
    legend: "tryon-person",
    hint: "tryon-person-hint",
    preview: "tryon-preview-person",
    samples: samples::PEOPLE,
    camera: "user",
    earlier: |job| routes::original(job, "person"),
    optional: false,
};

const GARMENT: Picker = Picker {
    name: "garment",
    legend: "tryon-garment",
    hint: "tryon-garment-hint",
    preview: "tryon-preview-garment",
    samples: samples::GARMENTS,
    camera: "environment",
    earlier: |job| routes::original(job, "garment"),
    optional: false,
};

/// Two pictures in, one picture out.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::TryOn(page) = &visit.content else {
        return None;
    };
    let w = visit.words();
    let flash = visit
        .flash
        .as_ref()
        .filter(|flash| flash.form == Form::TryOn);
    let answer =
        outcome_notice(w, flash, Form::TryOn).or_else(|| (!page.available).then(|| unavailable(w)));
    let lead = w.say_with("tryon-lead", &[("limit", PICTURE_LIMIT.into())]);
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div><h1>{w.say("tryon-title")}</h1><p class="lead">{lead}</p></div>
            </div>
            {stopped_region(visit)}
            <div class="notices">{answer}{page.draft.as_ref().map(|_| kept(visit))}</div>
            {form(visit, page, flash)}
        </main>
    };
    Some(main.into_any())
}

fn unavailable(w: Words) -> AnyView {
    view! { <Notice tone=Tone::Warn answer=true><p>{w.say("tryon-unavailable")}</p></Notice> }
        .into_any()
}

/// The pictures from before, which were checked and then lacked credits: to go on with or to let go.
fn kept(visit: &Visit) -> AnyView {
    let w = visit.words();
    let price = visit.services.prices().try_on;
    let pays = visit
        .wallet
        .as_ref()
        .is_some_and(|wallet| wallet.pays(price));
    let go_on = pays.then(|| {
        view! {
            <form method="post" action=routes::TRY_ON enctype="multipart/form-data">
                {one_time_key()}
                {hidden("draft", "1")}
                {submit("main", w.say("tryon-draft-use"), w.say("tryon-pending"))}
            </form>
        }
    });
    let hours = (!pays).then(|| {
        let kept = w.say_with("tryon-none-kept", &[("hours", "24".into())]);
        view! { <p>{kept}</p> }
    });
    view! {
        <Notice image=Icon::Hanger title=w.say("tryon-draft-title")>
            {hours}
            <div class="row">
                {go_on}
                <form method="post" action=DiscardDraft::PATH>
                    {hidden("tool", Tool::TryOn.as_str())}
                    <button class="button">{w.say("tryon-draft-discard")}</button>
                </form>
            </div>
        </Notice>
    }
    .into_any()
}

fn form(visit: &Visit, page: &StudioPage, flash: Option<&Flash>) -> Option<AnyView> {
    const PERSON_ERRORS: [Outcome; 7] = [
        Outcome::PersonMissing,
        Outcome::PersonTooLarge,
        Outcome::PersonUnsupported,
        Outcome::PersonBroken,
        Outcome::PersonAnimated,
        Outcome::PersonTooSmall,
        Outcome::PersonTooManyPixels,
    ];
    const GARMENT_ERRORS: [Outcome; 7] = [
        Outcome::GarmentMissing,
        Outcome::GarmentTooLarge,
        Outcome::GarmentUnsupported,
        Outcome::GarmentBroken,
        Outcome::GarmentAnimated,
        Outcome::GarmentTooSmall,
        Outcome::GarmentTooManyPixels,
    ];
    let w = visit.words();
    let typed = |field: &str| flash.map_or("", |flash| flash.typed(field));
    let person = match flash {
        None => page.earlier_picture.clone(),
        Some(_) => typed("person_sample").to_owned(),
    };
    let order = order_of(visit, Tool::TryOn)?;
    let form = view! {
        <form class="fitting" method="post" action=routes::TRY_ON enctype="multipart/form-data" data-upload="">
            {one_time_key_after(flash)}
            <div class="pickers">
                {picker(w, PERSON, &person, error(w, flash, &PERSON_ERRORS))}
                {picker(w, GARMENT, typed("garment_sample"), error(w, flash, &GARMENT_ERRORS))}
            </div>
            <div class="order">
                {categories(w, typed("category"))}
                {consent(visit, "tryon-consent", page.has_consented)}
                <div class="order" data-live-region="tryon-order">{order}</div>
            </div>
        </form>
    };
    Some(form.into_any())
}

fn categories(w: Words, chosen: &str) -> impl IntoView + use<> {
    let chosen = Category::parse(chosen).unwrap_or(Category::Auto);
    let choices: Vec<_> = Category::ALL
        .iter()
        .map(|category| {
            let label = w.say(match category {
                Category::Auto => "tryon-category-auto",
                Category::Tops => "tryon-category-tops",
                Category::Bottoms => "tryon-category-bottoms",
                Category::OnePiece => "tryon-category-one-piece",
            });
            view! {
                <label class="choice">
                    <input type="radio" name="category" value=category.as_str() checked=*category == chosen/>
                    {label}
                </label>
            }
        })
        .collect();
    view! {
        <fieldset class="field">
            <legend>{w.say("tryon-category")}</legend>
            <div class="choices">{choices}</div>
        </fieldset>
    }
}
