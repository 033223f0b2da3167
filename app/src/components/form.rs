use atelier_server::secret;
use leptos::prelude::*;

use super::link::button_class;

/// A value the form sends along.
pub fn hidden(name: &'static str, value: impl Into<String>) -> AnyView {
    view! { <input type="hidden" name=name value=value.into()/> }.into_any()
}

/// The form's one-time key, fresh in each answer: the same form sent twice does its work once.
pub fn one_time_key() -> AnyView {
    hidden("key", secret::token())
}

/// A button that sends its form, with what it says while the form is on its way.
pub fn submit(class: &'static str, label: String, pending: String) -> AnyView {
    view! { <button class=button_class(class) data-pending=pending>{label}</button> }.into_any()
}

/// The class of the one button of a form that stands alone on a page.
pub const ONLY_BUTTON: &str = "main large block";
