use atelier_server::secret;
use leptos::prelude::*;

use super::link::button_class;
use crate::flash::Flash;

/// A value the form sends along.
pub fn hidden(name: &'static str, value: impl Into<String>) -> AnyView {
    view! { <input type="hidden" name=name value=value.into()/> }.into_any()
}

/// The form's one-time key, fresh in each answer: the same form sent twice does its work once.
pub fn one_time_key() -> AnyView {
    hidden("key", secret::token())
}

/// The same key again where it is not known whether the form was done: sending it again is the same
/// request. Else a fresh one.
pub fn one_time_key_after(flash: Option<&Flash>) -> AnyView {
    let is_open = |flash: &&Flash| flash.outcomes.iter().any(|outcome| outcome.is_open());
    match flash.filter(is_open).map(|flash| flash.typed("key")) {
        Some(key) if !key.is_empty() => hidden("key", key),
        _ => one_time_key(),
    }
}

/// A button that sends its form, with what it says while the form is on its way.
pub fn submit(class: &'static str, label: String, pending: String) -> AnyView {
    view! { <button class=button_class(class) data-pending=pending>{label}</button> }.into_any()
}

/// The class of the one button of a form that stands alone on a page.
pub const ONLY_BUTTON: &str = "main large block";
