use leptos::prelude::*;

/// A link that looks like a button. `class` adds to it: `main`, `plain`, `large`, `block`.
pub fn button_link(class: &'static str, href: impl Into<String>, label: String) -> AnyView {
    let class = button_class(class);
    view! { <a class=class href=href.into()>{label}</a> }.into_any()
}

/// The class of a button with what adds to it.
pub fn button_class(more: &'static str) -> String {
    format!("button {more}").trim_end().to_owned()
}

/// A link within text.
pub fn text_link(href: impl Into<String>, label: String) -> AnyView {
    view! { <a href=href.into()>{label}</a> }.into_any()
}
