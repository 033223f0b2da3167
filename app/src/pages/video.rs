use atelier_server::studio::{Aspect, Tool, Video, VideoWays, Work};
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

const PICTURE: Picker = Picker {
    name: "image",
    legend: "video-picture",
    hint: "video-picture-hint",
    preview: "video-preview",
    samples: samples::PEOPLE,
    camera: "environment",
    earlier: |job| routes::original(job, "picture"),
    optional: true,
};

/// Words, a picture or both in, a short film out.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Video { page, ways } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let flash = visit.flash.as_ref();
    let flash = flash.filter(|flash| flash.form == Form::Video);
    let answer =
        outcome_notice(w, flash, Form::Video).or_else(|| (!page.available).then(|| unavailable(w)));
    let lead = [
        ("ways", ways_word(*ways).into()),
        ("limit", PICTURE_LIMIT.into()),
    ];
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div><h1>{w.say("video-title")}</h1><p class="lead">{w.say_with("video-lead", &lead)}</p></div>
            </div>
            {stopped_region(visit)}
            <div class="notices">{answer}{page.draft.as_ref().map(|_| kept(visit))}</div>
            {form(visit, page, *ways, flash)}
        </main>
    };
    Some(main.into_any())
}

const fn ways_word(ways: VideoWays) -> &'static str {
    match (ways.picture_alone, ways.prompt_alone) {
        (true, false) => "picture",
        (false, true) => "prompt",
        _ => "any",
    }
}

fn unavailable(w: Words) -> AnyView {
    view! { <Notice tone=Tone::Warn answer=true><p>{w.say("video-unavailable")}</p></Notice> }
        .into_any()
}

/// What was wanted before and then lacked credits: to go on with or to let go.
fn kept(visit: &Visit) -> AnyView {
    let w = visit.words();
    let price = visit.services.prices().video;
    let wallet = visit.wallet.as_ref();
    let pays = wallet.is_some_and(|wallet| wallet.pays(price));
    let go_on = pays.then(|| {
        view! {
            <form method="post" action=routes::VIDEO enctype="multipart/form-data">
                {one_time_key()}
                {hidden("draft", "1")}
                {submit("main", w.say("video-draft-use"), w.say("video-pending"))}
            </form>
        }
    });
    view! {
        <Notice image=Icon::Play title=w.say("video-draft-title")>
            <div class="row">
                {go_on}
                <form method="post" action=DiscardDraft::PATH>
                    {hidden("tool", Tool::Video.as_str())}
                    <button class="button">{w.say("tryon-draft-discard")}</button>
                </form>
            </div>
        </Notice>
    }
    .into_any()
}

fn form(
    visit: &Visit,
    page: &StudioPage,
    ways: VideoWays,
    flash: Option<&Flash>,
) -> Option<AnyView> {
    const PICTURE_ERRORS: [Outcome; 7] = [
        Outcome::PictureMissing,
        Outcome::PictureTooLarge,
        Outcome::PictureUnsupported,
        Outcome::PictureBroken,
        Outcome::PictureAnimated,
        Outcome::PictureTooSmall,
        Outcome::PictureTooManyPixels,
    ];
    let w = visit.words();
    let wish = Filled::of(page, flash);
    let picture_wanted = Picker {
        optional: ways.prompt_alone,
        ..PICTURE
    };
    let order = order_of(visit, Tool::Video)?;
    let form = view! {
        <form class="fitting" method="post" action=routes::VIDEO enctype="multipart/form-data" data-upload="">
            {one_time_key_after(flash)}
            <div class="pickers">
                <div class="wish">
                    {prompt(w, ways, wish.prompt, flash)}
                    {aspects(w, &wish.aspect)}
                    {lengths(w, &wish.seconds)}
                </div>
                {picker(w, picture_wanted, &wish.picture, error(w, flash, &PICTURE_ERRORS))}
            </div>
            <div class="order">
                {consent(visit, "video-consent", page.has_consented)}
                <div class="order" data-live-region="video-order">{order}</div>
            </div>
        </form>
    };
    Some(form.into_any())
}

/// What stands in the form: what was typed when it was refused, or what an earlier job was asked for.
#[derive(Default)]
struct Filled {
    prompt: String,
    aspect: String,
    seconds: String,
    picture: String,
}

impl Filled {
    fn of(page: &StudioPage, flash: Option<&Flash>) -> Self {
        if let Some(flash) = flash {
            let typed = |field| flash.typed(field).to_owned();
            return Self {
                prompt: typed("prompt"),
                aspect: typed("aspect"),
                seconds: typed("seconds"),
                picture: typed("image_sample"),
            };
        }
        let picture = page.earlier_picture.clone();
        match page.earlier.as_ref().map(|job| &job.work) {
            None | Some(Work::TryOn { .. }) => Self {
                picture,
                ..Self::default()
            },
            Some(Work::Video(video)) => Self {
                prompt: video.prompt.clone(),
                aspect: video.aspect.as_str().to_owned(),
                seconds: video.seconds.to_string(),
                picture,
            },
        }
    }
}

fn prompt(w: Words, ways: VideoWays, typed: String, flash: Option<&Flash>) -> AnyView {
    const ERRORS: [Outcome; 2] = [Outcome::PromptMissing, Outcome::PromptTooLong];
    let error = error(w, flash, &ERRORS);
    let optional = ways.picture_alone.then(|| {
        view! { <span class="optional">{w.say("common-optional")}</span> }
    });
    view! {
        <div class="field">
            <label for="prompt">{w.say("video-prompt")}" "{optional}</label>
            <span class="hint" id="prompt-hint">{w.say("video-prompt-hint")}</span>
            <textarea
                class="input"
                id="prompt"
                name="prompt"
                rows="5"
                maxlength=Video::LONGEST_PROMPT.to_string()
                placeholder=w.say("video-prompt-example")
                required=!ways.picture_alone
                aria-describedby="prompt-hint prompt-error"
                aria-invalid=error.is_some().then_some("true")
            >{typed}</textarea>
            <p class="error" id="prompt-error" role="alert">{error}</p>
        </div>
    }
    .into_any()
}

fn aspects(w: Words, chosen: &str) -> AnyView {
    let chosen = Aspect::parse(chosen).unwrap_or(Aspect::Tall);
    let choices = Aspect::ALL.iter().map(|aspect| {
        let label = w.say(match aspect {
            Aspect::Tall => "video-aspect-tall",
            Aspect::Wide => "video-aspect-wide",
            Aspect::Square => "video-aspect-square",
        });
        (aspect.as_str().to_owned(), label, *aspect == chosen)
    });
    radios("aspect", w.say("video-aspect"), choices)
}

fn lengths(w: Words, chosen: &str) -> AnyView {
    let chosen = chosen.parse().ok();
    let chosen = chosen.filter(|seconds| Video::SECONDS.contains(seconds));
    let chosen = chosen.unwrap_or(Video::SECONDS[0]);
    let choices = Video::SECONDS.iter().map(|seconds| {
        let label = w.say_with("video-seconds-choice", &[("n", w.number(*seconds).into())]);
        (seconds.to_string(), label, *seconds == chosen)
    });
    radios("seconds", w.say("video-seconds"), choices)
}

/// One of a few: the value, what it is called, and whether it is chosen.
fn radios(
    name: &'static str,
    legend: String,
    choices: impl Iterator<Item = (String, String, bool)>,
) -> AnyView {
    let choices: Vec<_> = choices
        .map(|(value, label, checked)| {
            view! {
                <label class="choice">
                    <input type="radio" name=name value=value checked=checked/>
                    {label}
                </label>
            }
        })
        .collect();
    view! {
        <fieldset class="field">
            <legend>{legend}</legend>
            <div class="choices">{choices}</div>
        </fieldset>
    }
    .into_any()
}
