//! The sandbox: what can be tried in it, and the desks from which its payment providers are moved.

mod clock;
mod desk;
mod payments;
mod subscriptions;
pub mod test_credits;
mod webhooks;

use atelier_server::payments::Provider;
use atelier_server::sandbox::view::DeskView;
use leptos::prelude::*;

use self::desk::Desk;
use crate::components::demo::demo_lines;
use crate::components::link::{button_link, text_link};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// Test cards of the sandbox's Stripe and what becomes of a payment with them. The same numbers as
/// docs.stripe.com/testing.
const CARDS: [(&str, &str); 11] = [
    ("4242 4242 4242 4242", "sandbox-card-success"),
    ("4000 0000 0000 0002", "sandbox-card-declined"),
    ("4000 0000 0000 9995", "sandbox-card-insufficient"),
    ("4000 0000 0000 0069", "sandbox-card-expired"),
    ("4000 0000 0000 0127", "sandbox-card-cvc"),
    ("4000 0000 0000 0119", "sandbox-card-processing"),
    ("4000 0027 6000 3184", "sandbox-card-authentication"),
    ("4000 0000 0000 0259", "sandbox-card-disputed"),
    ("4000 0000 0000 0341", "sandbox-card-once"),
    ("4000 0000 0000 7726", "sandbox-card-refund-later"),
    ("4000 0000 0000 5126", "sandbox-card-refund-fails"),
];

/// How the sandbox may deliver the event of a payment.
const DELIVERIES: [(&str, &str); 5] = [
    ("normal", "sandbox-webhook-normal"),
    ("delayed:MS", "sandbox-webhook-delayed"),
    ("duplicate:N", "sandbox-webhook-duplicate"),
    ("before_redirect", "sandbox-webhook-before"),
    ("never", "sandbox-webhook-never"),
];

/// Explains the sandbox, and moves what in earnest other people would move.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Sandbox { stripe, creem } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div><h1>{w.say("sandbox-title")}</h1><p class="lead">{w.say("sandbox-lead")}</p></div>
                {button_link("main", routes::PAYMENTS, w.say("sandbox-buy"))}
            </div>
            {places(w, stripe.is_some(), creem.is_some())}
            {accounts(w)}
            {(stripe.is_some() || creem.is_some()).then(|| clock::clock(visit))}
            {stripe.as_deref().map(|view| desk(w, Provider::Stripe, view))}
            {creem.as_deref().map(|view| desk(w, Provider::Creem, view))}
            {table(w, "cards", "sandbox-cards-title", "sandbox-card-number", "sandbox-card-outcome", &CARDS)}
            {table(w, "deliveries", "sandbox-webhooks-title", "sandbox-webhook-mode", "sandbox-webhook-effect", &DELIVERIES)}
            {mail(w)}
            {client(w)}
        </main>
    };
    Some(main.into_any())
}

/// The parts of this page.
fn places(w: Words, with_stripe: bool, with_creem: bool) -> AnyView {
    const STRIPE: [(&str, &str); 4] = [
        ("#subscriptions", "sandbox-subscriptions-title"),
        ("#payments", "sandbox-payments-title"),
        ("#checkouts", "sandbox-checkouts-title"),
        ("#webhooks", "sandbox-events-title"),
    ];
    let mut places = Vec::new();
    if with_stripe || with_creem {
        places.push(("#clock", "sandbox-clock-title"));
    }
    if with_stripe {
        places.extend(STRIPE);
    }
    if with_creem {
        places.push(("#creem", "sandbox-creem"));
    }
    places.extend([
        ("#cards", "sandbox-cards-title"),
        ("#mail", "sandbox-mail-title"),
        ("#client", "test-credits-title"),
    ]);
    let places: Vec<_> = places
        .into_iter()
        .map(|(href, key)| view! { <li>{text_link(href, w.say(key))}</li> })
        .collect();
    view! { <nav aria-label=w.say("sandbox-places")><ul class="places">{places}</ul></nav> }
        .into_any()
}

/// All that a provider's sandbox knows, with what can be done about it.
fn desk(w: Words, provider: Provider, view: &DeskView) -> AnyView {
    let desk = Desk { words: w, provider };
    let id = provider.as_str();
    view! {
        <div id=id data-live-region=desk.place("desk")>
            {subscriptions::subscriptions(desk, &view.subscriptions)}
            {payments::payments(desk, &view.payments)}
            {payments::checkouts(desk, &view.checkouts)}
            {webhooks::webhooks(desk, &view.webhook_mode, &view.events)}
        </div>
    }
    .into_any()
}

fn accounts(w: Words) -> Option<AnyView> {
    let lines = demo_lines(w);
    if lines.is_empty() {
        return None;
    }
    let lines: Vec<_> = lines
        .into_iter()
        .map(|line| view! { <li>{line}</li> })
        .collect();
    let part = view! {
        <section class="part" aria-labelledby="accounts">
            <div class="part-head"><h2 id="accounts">{w.say("sandbox-accounts-title")}</h2></div>
            <ul>{lines}</ul>
        </section>
    };
    Some(part.into_any())
}

fn table(
    w: Words,
    id: &'static str,
    title: &str,
    first: &str,
    second: &str,
    rows: &[(&'static str, &str)],
) -> AnyView {
    let rows: Vec<_> = rows
        .iter()
        .map(|(name, key)| {
            view! { <tr><th scope="row" class="num first">{*name}</th><td class="last">{w.say(key)}</td></tr> }
        })
        .collect();
    view! {
        <section class="part" aria-labelledby=id>
            <div class="part-head"><h2 id=id>{w.say(title)}</h2></div>
            <div class="scroll">
                <table class="table cards">
                    <thead>
                        <tr><th scope="col">{w.say(first)}</th><th scope="col">{w.say(second)}</th></tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn mail(w: Words) -> AnyView {
    view! {
        <section class="part" aria-labelledby="mail">
            <div class="aside sheet">
                <div>
                    <h2 id="mail">{w.say("sandbox-mail-title")}</h2>
                    <p class="soft">{w.say("sandbox-mail-lead")}</p>
                </div>
                {button_link("", routes::SANDBOX_MAIL, w.say("auth-forgot-sent-sandbox"))}
            </div>
        </section>
    }
    .into_any()
}

fn client(w: Words) -> AnyView {
    view! {
        <section class="part" aria-labelledby="client">
            <div class="aside sheet">
                <div>
                    <h2 id="client">{w.say("test-credits-title")}</h2>
                    <p class="soft">{w.say("test-credits-lead")}</p>
                </div>
                {button_link("", routes::TEST_CREDITS, w.say("test-credits-open"))}
            </div>
        </section>
    }
    .into_any()
}
