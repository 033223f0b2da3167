use atelier_server::mail::KeptLetter;
use leptos::prelude::*;

use crate::components::link::text_link;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// The letters the sandbox wrote instead of sending them.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Mail { letters } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let inside = if letters.is_empty() {
        view! { <div class="empty"><p class="soft">{w.say("sandbox-mail-none")}</p></div> }
            .into_any()
    } else {
        letters
            .iter()
            .map(|one| letter(w, one))
            .collect::<Vec<_>>()
            .into_any()
    };
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div>
                    <h1>{w.say("sandbox-mail-title")}</h1>
                    <p class="lead">{w.say("sandbox-mail-lead")}</p>
                </div>
            </div>
            {inside}
        </main>
    };
    Some(main.into_any())
}

/// A letter: to whom and about what above, then its text with links that can be followed.
fn letter(w: Words, letter: &KeptLetter) -> AnyView {
    let lines: Vec<_> = letter
        .text
        .lines()
        .filter(|line| !line.is_empty())
        .map(line)
        .collect();
    let page = text_link(
        routes::letter(&letter.id),
        w.say_with(
            "sandbox-mail-open",
            &[("subject", (&letter.subject).into())],
        ),
    );
    view! {
        <article class="part sheet prose">
            <div lang=letter.language().map(str::to_owned)>
                <h2>{letter.subject.clone()}</h2>
                <p class="note">{letter.to.clone()}</p>
                {lines}
            </div>
            <p class="note">{page}</p>
        </article>
    }
    .into_any()
}

/// A line of a letter; one that is an address is a link.
fn line(line: &str) -> AnyView {
    let line = line.trim();
    if line.starts_with("http://") || line.starts_with("https://") {
        return view! { <p>{text_link(line, line.to_owned())}</p> }.into_any();
    }
    view! { <p>{line.to_owned()}</p> }.into_any()
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;

    use super::*;

    #[test]
    fn a_letter_shows_its_subject_and_links_its_link() {
        let kept = KeptLetter {
            id: "1".to_owned(),
            to: "mei@example.com".to_owned(),
            subject: "Hello".to_owned(),
            text: "Go\n\nhttp://x/verify/t\n".to_owned(),
            html: String::new(),
        };
        let html = letter(Words(Language::En), &kept).to_html();
        assert!(html.contains("<h2>Hello</h2>"), "{html}");
        assert!(
            html.contains("<a href=\"http://x/verify/t\">http://x/verify/t</a>"),
            "{html}"
        );
        assert!(html.contains("href=\"/sandbox/mail/1\""), "{html}");
    }
}
