use atelier_server::studio::MOST_BYTES;
use leptos::prelude::*;

use super::assets::asset;
use super::icon::{Icon, icon};
use super::outcome::PICTURE_LIMIT;
use crate::i18n::Words;
use crate::samples::Sample;

/// One of the two pictures of a try-on: its field name, its words and its samples.
#[derive(Clone, Copy, Debug)]
pub struct Picker {
    pub name: &'static str,
    pub legend: &'static str,
    pub hint: &'static str,
    pub preview: &'static str,
    pub samples: &'static [Sample],
}

/// What browsers offer to choose from.
const ACCEPT: &str = "image/jpeg,image/png,image/webp";

/// A picture to choose: a file, or one of the samples. `chosen` is the id of a sample, `error` what
/// was wrong with the picture that was sent.
pub fn picker(w: Words, picker: Picker, chosen: &str, error: Option<String>) -> AnyView {
    let name = picker.name;
    let chosen = picker
        .samples
        .iter()
        .find(|sample| sample.id == chosen)
        .copied();
    view! {
        <fieldset class="picker" data-picker="">
            <legend id=format!("{name}-legend")>{w.say(picker.legend)}</legend>
            {drop_place(w, picker, chosen, error.is_some())}
            <p class="error" id=format!("{name}-error") role="alert">{error}</p>
            {samples(w, picker, chosen)}
        </fieldset>
    }
    .into_any()
}

fn drop_place(w: Words, picker: Picker, chosen: Option<Sample>, wrong: bool) -> AnyView {
    let name = picker.name;
    let preview = chosen.map(address);
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

fn samples(w: Words, picker: Picker, chosen: Option<Sample>) -> impl IntoView {
    let label = format!("{}-samples", picker.name);
    let field = format!("{}_sample", picker.name);
    let choices: Vec<_> = picker
        .samples
        .iter()
        .map(|sample| {
            let checked = Some(*sample) == chosen;
            view! {
                <label class="sample">
                    <input type="radio" name=field.clone() value=sample.id checked=checked/>
                    <img src=address(*sample) alt=w.say(sample.text) width="68" height="90"/>
                </label>
            }
        })
        .collect();
    view! {
        <p class="note" id=label.clone()>{w.say("tryon-samples")}</p>
        <div class="samples" role="radiogroup" aria-labelledby=label>
            <label class="sample">
                <input type="radio" name=field value="" checked=chosen.is_none()/>
                <span>{w.say("tryon-sample-own")}</span>
            </label>
            {choices}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;
    use crate::samples;

    const PERSON: Picker = Picker {
        name: "person",
        legend: "tryon-person",
        hint: "tryon-person-hint",
        preview: "tryon-preview-person",
        samples: samples::PEOPLE,
    };

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
