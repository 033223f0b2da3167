use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::i18n::Words;

/// The message under a field; `id` is what `aria-describedby` names.
pub fn field_error(id: String, message: String, more: Option<AnyView>) -> AnyView {
    view! {
        <p class="error" id=id>{icon(Icon::Alert)}<span>{message}{more}</span></p>
    }
    .into_any()
}

/// A labelled text field with its hint and its error.
#[component]
pub fn Field(
    w: Words,
    name: &'static str,
    label: String,
    #[prop(default = "text")] kind: &'static str,
    autocomplete: &'static str,
    #[prop(optional)] hint: Option<String>,
    #[prop(optional)] value: String,
    #[prop(optional_no_strip)] error: Option<String>,
    /// A link behind the error: what to do instead.
    #[prop(optional_no_strip)]
    error_link: Option<AnyView>,
    #[prop(optional)] optional: bool,
    #[prop(optional)] minlength: Option<usize>,
    #[prop(optional)] maxlength: Option<usize>,
) -> impl IntoView {
    let id = format!("f-{name}");
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = [
        hint.is_some().then_some(hint_id.as_str()),
        error.is_some().then_some(error_id.as_str()),
    ];
    let described: Vec<&str> = described.into_iter().flatten().collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let invalid = error.is_some().then_some("true");
    let tag = optional.then(|| {
        let said = w.say("common-optional");
        view! { " "<span class="optional">{format!("({said})")}</span> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}{tag}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <input
                class="input"
                id=id
                name=name
                type=kind
                value=(!value.is_empty()).then_some(value)
                autocomplete=autocomplete
                required=!optional
                minlength=minlength.map(|n| n.to_string())
                maxlength=maxlength.map(|n| n.to_string())
                aria-describedby=described
                aria-invalid=invalid
            />
            {error.map(|error| field_error(error_id, error, error_link))}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;

    #[test]
    fn hint_and_error_describe_the_field() {
        let html = view! {
            <Field
                w=Words(Language::En) name="password" label="Password".to_owned() kind="password"
                autocomplete="new-password" hint="long".to_owned() error=Some("too short".to_owned())
            />
        }
        .to_html();
        assert!(
            html.contains("aria-describedby=\"f-password-hint f-password-error\""),
            "{html}"
        );
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(html.contains("id=\"f-password-error\""), "{html}");
    }
}
