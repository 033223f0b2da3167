use leptos::prelude::*;

use crate::components::link::text_link;
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
            .map(|(_, text)| letter(text))
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
fn letter(text: &str) -> AnyView {
    let (headers, body) = text.split_once("\r\n\r\n").unwrap_or(("", text));
    let header = |name: &str| {
        let line = headers.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().to_owned()
    };
    let lines: Vec<_> = body
        .lines()
        .filter(|line| !line.is_empty())
        .map(line)
        .collect();
    view! {
        <article class="part sheet prose">
            <h2>{header("Subject: ")}</h2>
            <p class="note">{header("To: ")}</p>
            {lines}
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
    use super::*;

    #[test]
    fn a_letter_shows_its_subject_and_links_its_link() {
        let text =
            "From: a\r\nTo: mei@example.com\r\nSubject: Hello\r\n\r\nGo\n\nhttp://x/verify/t\n";
        let html = letter(text).to_html();
        assert!(html.contains("<h2>Hello</h2>"), "{html}");
        assert!(
            html.contains("<a href=\"http://x/verify/t\">http://x/verify/t</a>"),
            "{html}"
        );
    }
}
