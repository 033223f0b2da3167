use leptos::prelude::*;

use crate::components::notice::Notice;
use crate::components::seller::seller_of;
use crate::i18n::Words;
use crate::visit::Visit;

const PARTS: [(&str, &str); 7] = [
    ("terms-credits-title", "terms-credits-text"),
    ("terms-plans-title", "terms-plans-text"),
    ("terms-refunds-title", "terms-refunds-text"),
    ("terms-withdrawal-title", "terms-withdrawal-text"),
    ("terms-pictures-title", "terms-pictures-text"),
    ("terms-results-title", "terms-results-text"),
    ("terms-changes-title", "terms-changes-text"),
];

/// The terms: the seller's own where there are, else the sandbox's.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let catalog = &visit.services.catalog;
    let seller = seller_of(catalog);
    let version = [("version", seller.terms_version.as_ref().into())];
    let who = [
        ("seller", seller.name.as_ref().into()),
        ("contact", seller.contact.as_ref().into()),
    ];
    let sandbox = visit.is_sandbox().then(|| {
        view! { <Notice><p>{w.say("terms-sandbox")}</p></Notice> }
    });
    let text = match catalog.seller.as_ref().map(|seller| w.name(&seller.terms)) {
        Some(own) => paragraphs(own),
        None => PARTS
            .iter()
            .map(|(title, text)| chapter(w, title, w.say(text)))
            .collect(),
    };
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div>
                    <h1>{w.say("terms-title")}</h1>
                    <p class="lead">{w.say_with("terms-updated", &version)}</p>
                </div>
            </div>
            <article class="prose">
                {sandbox}
                {chapter(w, "terms-who-title", w.say_with("terms-who-text", &who))}
                {text}
            </article>
        </main>
    };
    Some(main.into_any())
}

/// A heading and what it says.
pub fn chapter(w: Words, title: &str, text: String) -> AnyView {
    view! { <h2>{w.say(title)}</h2><p>{text}</p> }.into_any()
}

/// A text of the operator's: empty lines part its paragraphs.
pub fn paragraphs(text: &str) -> Vec<AnyView> {
    text.split("\n\n")
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| view! { <p>{part.to_owned()}</p> }.into_any())
        .collect()
}
