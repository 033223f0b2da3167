use leptos::prelude::*;

use super::link::text_link;
use crate::i18n::Words;

/// Stands in a text where a link comes; no text has it otherwise.
const PLACE: char = '\u{fffc}';

/// A message with links in it. Each link is the message's value of that name: name, address, label.
pub fn sentence(w: Words, key: &str, links: &[(&'static str, &str, String)]) -> Vec<AnyView> {
    let places: Vec<_> = links
        .iter()
        .enumerate()
        .map(|(index, (name, ..))| (*name, format!("{PLACE}{index}{PLACE}").into()))
        .collect();
    let said = w.say_with(key, &places);
    said.split(PLACE)
        .enumerate()
        .map(|(at, part)| {
            let link = (at % 2 == 1).then(|| part.parse::<usize>().ok()).flatten();
            match link.and_then(|index| links.get(index)) {
                Some((_, href, label)) => text_link(*href, label.clone()),
                None => part.to_owned().into_any(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;

    #[test]
    fn links_stand_where_the_text_wants_them() {
        let links = [
            ("terms", "/terms", "T".to_owned()),
            ("privacy", "/privacy", "P".to_owned()),
        ];
        let parts = sentence(Words(Language::En), "auth-sign-up-terms", &links);
        let html: String = parts.into_iter().map(RenderHtml::to_html).collect();
        assert!(
            html.contains("the <a href=\"/terms\">T</a> and the <a href=\"/privacy\">P</a>."),
            "{html}"
        );
    }
}
