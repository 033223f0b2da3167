use atelier_server::ids::JobId;
use atelier_server::studio::MOST_BYTES;
use leptos::prelude::*;

use super::assets::asset;
use super::icon::{Icon, icon};
use super::outcome::PICTURE_LIMIT;
use crate::i18n::Words;
use crate::samples::{EARLIER, Sample};

/// A picture a job is made from: its field name, its words and its samples.
#[derive(Clone, Copy, Debug)]
pub struct Picker {
    pub name: &'static str,
    pub legend: &'static str,
    pub hint: &'static str,
    pub preview: &'static str,
    pub samples: &'static [Sample],
    /// Which camera of a phone is meant: `user`, towards oneself, or `environment`.
    pub camera: &'static str,
    /// Where a picture of an earlier job is, when that is what is used again.
    pub earlier: fn(&str) -> String,
    /// A job can be made without it.
    pub optional: bool,
}

/// What browsers offer to choose from.
const ACCEPT: &str = "image/jpeg,image/png,image/webp";

/// A picture to choose: a file, one of the samples, or the picture of an earlier job. `chosen` is what the
/// form said last, `error` what was wrong with the picture that was sent.
pub fn picker(w: Words, picker: Picker, chosen: &str, error: Option<String>) -> AnyView {
    let name = picker.name;
    let choices = choices(w, picker, chosen);
    let preview = choices.iter().find(|choice| choice.value == chosen);
    let preview = preview.map(|choice| choice.source.clone());
    let optional = picker.optional.then(|| {
        view! { <span class="optional">{w.say("common-optional")}</span> }
    });
    view! {
        <fieldset class="picker" data-picker="">
            <legend id=format!("{name}-legend")>{w.say(picker.legend)}" "{optional}</legend>
            {drop_place(w, picker, preview, error.is_some())}
            <p class="error" id=format!("{name}-error") role="alert">{error}</p>
            {camera(w, picker)}
            {samples(w, picker, choices, chosen)}
        </fieldset>
    }
    .into_any()
}

/// What can be chosen instead of a file.
struct Choice {
    value: String,
    source: String,
    words: String,
}

fn choices(w: Words, picker: Picker, chosen: &str) -> Vec<Choice> {
    let earlier = chosen.strip_prefix(EARLIER).and_then(JobId::parse);
    let earlier = earlier.map(|job| Choice {
        value: format!("{EARLIER}{job}"),
        source: (picker.earlier)(job.as_str()),
        words: w.say("tryon-earlier"),
    });
    let samples = picker.samples.iter().map(|sample| Choice {
        value: sample.id.to_owned(),
        source: address(*sample),
        words: w.say(sample.text),
    });
    earlier.into_iter().chain(samples).collect()
}

/// On a phone: takes the photo now. Script puts it where a chosen file would be.
fn camera(w: Words, picker: Picker) -> AnyView {
    let id = format!("{}-camera", picker.name);
    view! {
        <div class="camera js-only">
            <label class="button" for=id.clone()>{icon(Icon::Camera)}{w.say("tryon-camera")}</label>
            <input
                type="file"
                id=id
                accept=ACCEPT
                capture=picker.camera
                data-camera=picker.name
            />
        </div>
    }
    .into_any()
}

fn drop_place(w: Words, picker: Picker, preview: Option<String>, wrong: bool) -> AnyView {
    let name = picker.name;
    let limit = [("limit", PICTURE_LIMIT.into())];
    view! {
        <div class="drop" data-drop="">
            <div class="drop-words">
                {icon(Icon::Upload)}
                <label class="label" id=format!("{name}-choose") for=name>{w.say("tryon-choose")}</label>
                <span class="hint js-only">{w.say("tryon-drop")}</span>
                <span class="hint" id=format!("{name}-hint")>{w.say(picker.hint)}</span>
            </div>
            <img alt=w.say(picker.preview) hidden=preview.is_none() src=preview/>
            <span class="drop-change js-only" aria-hidden="true">{w.say("tryon-choose-other")}</span>
            <input
                type="file"
                id=name
                name=name
                aria-labelledby=format!("{name}-legend {name}-choose")
                accept=ACCEPT
                data-max-bytes=MOST_BYTES.to_string()
                data-too-large=w.say_with("field-picture-too-large", &limit)
                data-wrong-type=w.say("field-picture-type")
                data-error-id=format!("{name}-error")
                aria-describedby=format!("{name}-hint {name}-error")
                aria-invalid=wrong.then_some("true")
            />
        </div>
    }
    .into_any()
}

fn address(sample: Sample) -> String {
    asset(&format!("samples/{}", sample.file))
}

fn samples(w: Words, picker: Picker, choices: Vec<Choice>, chosen: &str) -> impl IntoView + use<> {
    let label = format!("{}-samples", picker.name);
    let field = format!("{}_sample", picker.name);
    let none = !choices.iter().any(|choice| choice.value == chosen);
    let choices: Vec<_> = choices
        .into_iter()
        .map(|choice| {
            let checked = choice.value == chosen;
            view! {
                <label class="sample">
                    <input type="radio" name=field.clone() value=choice.value checked=checked/>
                    <img src=choice.source alt=choice.words width="68" height="90"/>
                </label>
            }
        })
        .collect();
    view! {
        <p class="note" id=label.clone()>{w.say("tryon-samples")}</p>
        <div class="samples" role="radiogroup" aria-labelledby=label>
            <label class="sample">
                <input type="radio" name=field value="" checked=none/>
                <span>{w.say("tryon-sample-own")}</span>
            </label>
            {choices}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::time::Timestamp;

    use super::*;
    use crate::samples;

    const PERSON: Picker = Picker {
        name: "person",
        legend: "tryon-person",
        hint: "tryon-person-hint",
        preview: "tryon-preview-person",
        samples: samples::PEOPLE,
        camera: "user",
        earlier: |job| format!("/jobs/{job}/person"),
        optional: false,
    };

    #[test]
    fn the_picture_of_an_earlier_job_can_be_used_again() {
        let job = JobId::new(Timestamp::from_seconds(1));
        let html = picker(Words(Language::En), PERSON, &format!("job:{job}"), None).to_html();
        assert!(
            html.contains(&format!("value=\"job:{job}\" checked")),
            "{html}"
        );
        assert!(
            html.contains(&format!("src=\"/jobs/{job}/person\"")),
            "{html}"
        );
        // What is no job names no address.
        let html = picker(Words(Language::En), PERSON, "job:../../x", None).to_html();
        assert!(!html.contains("../"), "{html}");
    }

    #[test]
    fn a_chosen_sample_is_shown_and_ticked() {
        let chosen = samples::PEOPLE[0];
        let html = picker(Words(Language::En), PERSON, chosen.id, None).to_html();
        assert!(
            html.contains(&format!("value=\"{}\" checked", chosen.id)),
            "{html}"
        );
        assert!(!html.contains(" hidden"), "{html}");
    }

    #[test]
    fn an_error_stands_where_script_puts_its_own() {
        let html = picker(Words(Language::En), PERSON, "", Some("no".to_owned())).to_html();
        assert!(
            html.contains("id=\"person-error\" role=\"alert\" class=\"error\">no</p>"),
            "{html}"
        );
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(html.contains("value=\"\" checked"), "{html}");
    }
}
