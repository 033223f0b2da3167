use leptos::prelude::*;
use leptos::tachys::html::class::class as with_class;

use crate::i18n::Words;

/// A figure that open pages keep true under `name`. Its element holds nothing but the figure.
pub fn live_figure(w: Words, name: &'static str, class: &'static str, value: i64) -> AnyView {
    figure(name, class, value.to_string(), w.number(value))
}

/// How many jobs are left; `None` is unlimited.
pub fn uses_figure(w: Words, uses: Option<i64>) -> AnyView {
    live_uses(w, "remaining-uses", "figure huge", uses)
}

/// The same of the tool whose figure is called `name`.
pub fn live_uses(w: Words, name: &'static str, class: &'static str, uses: Option<i64>) -> AnyView {
    let (value, said) = match uses {
        Some(uses) => (uses.to_string(), w.number(uses)),
        None => ("unlimited".to_owned(), w.say("common-unlimited")),
    };
    figure(name, class, value, said)
}

fn figure(name: &'static str, class: &'static str, value: String, said: String) -> AnyView {
    let figure = view! { <data data-testid=name data-live=name data-value=value>{said}</data> };
    if class.is_empty() {
        figure.into_any()
    } else {
        figure.add_any_attr(with_class(class)).into_any()
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;

    #[test]
    fn a_figure_says_its_bare_value_beside_the_one_for_reading() {
        let html = live_figure(Words(Language::En), "credits-total", "figure", 1_450).to_html();
        assert_eq!(
            html,
            "<data data-testid=\"credits-total\" data-live=\"credits-total\" data-value=\"1450\" \
             class=\"figure\">1,450</data>"
        );
    }

    #[test]
    fn unlimited_is_a_word() {
        let html = uses_figure(Words(Language::En), None).to_html();
        assert!(html.contains("data-value=\"unlimited\""), "{html}");
        assert!(html.contains(">Unlimited<"), "{html}");
    }
}
