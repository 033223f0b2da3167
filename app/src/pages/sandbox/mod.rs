//! The sandbox: what can be tried in it, and the desk from which its Stripe is moved.

mod clock;
mod desk;
mod payments;
mod subscriptions;
mod webhooks;

use atelier_server::sandbox::stripe::view::DeskView;
use leptos::prelude::*;

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
    let Content::Sandbox { desk } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div><h1>{w.say("sandbox-title")}</h1><p class="lead">{w.say("sandbox-lead")}</p></div>
                {button_link("main", routes::PAYMENTS, w.say("sandbox-buy"))}
            </div>
            {places(w, desk.is_some())}
            {accounts(w)}
            {desk.as_deref().map(|desk| stripe(visit, desk))}
            {table(w, "cards", "sandbox-cards-title", "sandbox-card-number", "sandbox-card-outcome", &CARDS)}
            {table(w, "deliveries", "sandbox-webhooks-title", "sandbox-webhook-mode", "sandbox-webhook-effect", &DELIVERIES)}
            {mail(w)}
        </main>
    };
    Some(main.into_any())
}

/// The parts of this page.
fn places(w: Words, with_desk: bool) -> AnyView {
    const DESK: [(&str, &str); 5] = [
        ("#clock", "sandbox-clock-title"),
        ("#subscriptions", "sandbox-subscriptions-title"),
        ("#payments", "sandbox-payments-title"),
        ("#checkouts", "sandbox-checkouts-title"),
        ("#webhooks", "sandbox-events-title"),
    ];
    let desk = DESK.iter().filter(|_| with_desk);
    let places: Vec<_> = desk
        .chain(&[
            ("#cards", "sandbox-cards-title"),
            ("#mail", "sandbox-mail-title"),
        ])
        .map(|(href, key)| view! { <li>{text_link(*href, w.say(key))}</li> })
        .collect();
    view! { <nav aria-label=w.say("sandbox-places")><ul class="places">{places}</ul></nav> }
        .into_any()
}

/// The sandbox's Stripe: its clock, and all it knows, with what can be done about it.
fn stripe(visit: &Visit, desk: &DeskView) -> AnyView {
    let w = visit.words();
    view! {
        {clock::clock(visit)}
        <div data-live-region="desk">
            {subscriptions::subscriptions(w, &desk.subscriptions)}
            {payments::payments(w, &desk.payments)}
            {payments::checkouts(w, &desk.checkouts)}
            {webhooks::webhooks(w, &desk.webhook_mode, &desk.events)}
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
