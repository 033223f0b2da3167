//! The client, `public/atelier.js`: each of its calls in a row of its own, tried on the reader's
//! wallet. The figures are the server's and stand there without script; `public/test-credits.js`
//! makes the buttons work.

use atelier_server::credits::WalletView;
use leptos::prelude::*;

use crate::components::assets::asset;
use crate::components::figure::{live_figure, live_uses};
use crate::components::link::{button_link, text_link};
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

/// The calls by name: how each is written, and what is said of it.
const CALLS: [(&str, &str, &str); 12] = [
    (
        "credits",
        "await client.credits()",
        "test-credits-of-credits",
    ),
    (
        "onCredits",
        "client.onCredits(show)",
        "test-credits-of-on-credits",
    ),
    (
        "hasEnough",
        "await client.hasEnough(\"try_on\")",
        "test-credits-of-has-enough",
    ),
    (
        "deduct",
        "await client.deduct(1, \"a test\")",
        "test-credits-of-deduct",
    ),
    (
        "checkout",
        "await client.checkout(pack.id)",
        "test-credits-of-checkout",
    ),
    (
        "tryOn",
        "await client.tryOn({ person, garment })",
        "test-credits-of-try-on",
    ),
    (
        "waitForJob",
        "await client.waitForJob(job)",
        "test-credits-of-wait-for-job",
    ),
    ("job", "await client.job(job.id)", "test-credits-of-job"),
    (
        "jobs",
        "for await (const job of client.jobs()) show(job)",
        "test-credits-of-jobs",
    ),
    (
        "entries",
        "for await (const entry of client.entries()) show(entry)",
        "test-credits-of-entries",
    ),
    (
        "catalog",
        "await client.catalog()",
        "test-credits-of-catalog",
    ),
    (
        "onState",
        "client.onState(() => show(client.state))",
        "test-credits-of-on-state",
    ),
];

pub fn page(visit: &Visit) -> Option<AnyView> {
    let wallet = visit.wallet_view()?;
    let w = visit.words();
    let calls: Vec<_> = CALLS.into_iter().map(|each| call(w, each)).collect();
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div>
                    <h1>{w.say("test-credits-title")}</h1>
                    <p class="lead">{w.say("test-credits-lead")}</p>
                </div>
                {button_link("", routes::SANDBOX, w.say("test-credits-sandbox"))}
            </div>
            {figures(w, &wallet)}
            <section class="part" aria-labelledby="calls">
                <div class="part-head">
                    <h2 id="calls">{w.say("test-credits-calls")}</h2>
                    <p class="note">
                        {w.followed(w.say("test-credits-file"))}
                        {text_link(routes::CLIENT, w.say("test-credits-script"))}
                        " · "
                        {text_link(routes::CLIENT_TYPES, w.say("test-credits-types"))}
                    </p>
                </div>
                <p class="note plain-only">{w.say("test-credits-plain")}</p>
                <ul class="calls">{calls}</ul>
            </section>
            <script type="module" src=asset("test-credits.js")></script>
        </main>
    };
    Some(main.into_any())
}

/// The wallet as the server reads it, and as it comes to be while the calls work on it.
fn figures(w: Words, wallet: &WalletView) -> AnyView {
    let (credits, uses) = (&wallet.credits, &wallet.remaining_uses);
    let figures = [
        ("dash-remaining", "credits-remaining", credits.remaining),
        ("dash-frozen", "credits-frozen", credits.frozen),
        ("dash-held", "credits-held", credits.held),
        ("dash-used", "credits-used", credits.used),
        ("dash-removed", "credits-removed", credits.removed),
        ("dash-debt", "credits-debt", credits.debt),
        ("dash-total", "credits-total", credits.total),
        ("dash-trials", "trials-remaining", wallet.trials.remaining),
    ]
    .map(|(key, name, value)| {
        view! { <div><dt>{w.say(key)}</dt><dd>{live_figure(w, name, "figure", value)}</dd></div> }
    });
    let uses = [
        ("test-credits-try-ons", "remaining-uses", uses.try_on),
        ("test-credits-videos", "remaining-uses-video", uses.video),
    ]
    .map(|(key, name, uses)| {
        view! { <div><dt>{w.say(key)}</dt><dd>{live_uses(w, name, "figure", uses)}</dd></div> }
    });
    view! {
        <section class="part" aria-label=w.say("dash-credits-title") data-live-region="test-credits-figures">
            <dl class="figures">{figures}{uses}</dl>
        </section>
    }
    .into_any()
}

/// One call: what it does, how it is written, a button, and the place of its answer.
fn call(w: Words, (name, code, says): (&'static str, &'static str, &'static str)) -> AnyView {
    let button = format!("call-{name}");
    view! {
        <li class="call">
            <div>
                <p>{w.say(says)}</p>
                <p><code>{code}</code></p>
            </div>
            <button class="button js-only" type="button" id=button.clone() data-call=name>
                {w.say("test-credits-run")}" "<code>{name}</code>
            </button>
            <output for=button data-answer=name></output>
        </li>
    }
    .into_any()
}
