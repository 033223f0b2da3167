use leptos::prelude::*;

use super::terms::{chapter, paragraphs};
use crate::components::consent::originals_days;
use crate::components::seller::{SellerView, payment_providers, seller_of, studio_providers};
use crate::i18n::Words;
use crate::visit::Visit;

/// What is kept about people, and why.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let catalog = &visit.services.catalog;
    let seller = seller_of(catalog);
    let version = [("version", seller.terms_version.as_ref().into())];
    let text = match catalog
        .seller
        .as_ref()
        .map(|seller| w.name(&seller.privacy))
    {
        Some(own) => paragraphs(own),
        None => chapters(visit),
    };
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div>
                    <h1>{w.say("privacy-title")}</h1>
                    <p class="lead">{w.say_with("privacy-updated", &version)}</p>
                </div>
            </div>
            <article class="prose">{who(w, &seller)}{text}</article>
        </main>
    };
    Some(main.into_any())
}

fn who(w: Words, seller: &SellerView<'_>) -> AnyView {
    let args = [
        ("seller", seller.name.as_ref().into()),
        ("contact", seller.contact.as_ref().into()),
    ];
    chapter(
        w,
        "privacy-who-title",
        w.say_with("privacy-who-text", &args),
    )
}

fn chapters(visit: &Visit) -> Vec<AnyView> {
    let w = visit.words();
    let pictures = [
        ("provider", studio_providers(visit).into()),
        ("days", originals_days(visit).into()),
    ];
    let provider = payment_providers(w, &visit.services.payments);
    let payments = [("provider", provider.into())];
    vec![
        chapter(w, "privacy-what-title", w.say("privacy-what-text")),
        chapter(
            w,
            "privacy-pictures-title",
            w.say_with("privacy-pictures-text", &pictures),
        ),
        chapter(w, "privacy-cookies-title", w.say("privacy-cookies-text")),
        chapter(
            w,
            "privacy-payments-title",
            w.say_with("privacy-payments-text", &payments),
        ),
        chapter(w, "privacy-rights-title", w.say("privacy-rights-text")),
    ]
}
