use atelier_server::catalog::{Catalog, InitialWhen};
use leptos::prelude::*;

use crate::components::assets::asset;
use crate::components::icon::{Icon, icon};
use crate::components::link::button_link;
use crate::components::outcome::outcome_notice;
use crate::components::pack::{best_of, pack_price};
use crate::components::plan::plan_card;
use crate::flash::Form;
use crate::i18n::Words;
use crate::routes;
use crate::samples;
use crate::visit::Visit;

/// What this is, what it costs, and what comes out.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let notice = outcome_notice(w, visit.flash.as_ref(), Form::Account);
    let notice = notice.map(|notice| view! { <div class="notices">{notice}</div> });
    let main = view! {
        <main id="main" class="wrap">
            {notice}
            {hero(visit)}
            {how(w)}
            {till(w)}
            {prices(w, &visit.services.catalog)}
        </main>
    };
    Some(main.into_any())
}

fn hero(visit: &Visit) -> AnyView {
    let w = visit.words();
    let (region, words) = match &visit.user {
        Some(user) => (Some("home-hero"), welcome(w, &user.name, visit)),
        None => (None, invitation(w, &visit.services.catalog)),
    };
    view! {
        <section class="hero" data-live-region=region>
            <div class="hero-words">{words}</div>
            {pictures(w)}
        </section>
    }
    .into_any()
}

fn invitation(w: Words, catalog: &Catalog) -> AnyView {
    let initial = &catalog.initial;
    let args = [
        ("credits", w.number(initial.credits).into()),
        ("trials", w.number(initial.trials).into()),
    ];
    let note = w.say_with(
        match initial.when {
            InitialWhen::SignUp => "home-start-note",
            InitialWhen::Verified => "home-start-note-verified",
        },
        &args,
    );
    view! {
        <h1>{w.say("home-title")}</h1>
        <p class="lead">{w.say("home-lead")}</p>
        <div class="row">
            {button_link("main large", routes::sign_up_then(routes::TRY_ON), w.say("home-start"))}
            {button_link("plain", routes::SIGN_IN, w.say("home-sign-in"))}
        </div>
        <p class="note">{note}</p>
    }
    .into_any()
}

fn welcome(w: Words, name: &str, visit: &Visit) -> AnyView {
    let title = match name {
        "" => w.say("home-welcome-anonymous"),
        name => w.say_with("home-welcome", &[("name", name.into())]),
    };
    let uses = visit
        .wallet_view()
        .map(|wallet| wallet.remaining_uses.try_on);
    let lead = match uses {
        Some(None) => w.say("home-welcome-lead-unlimited"),
        Some(Some(uses)) if uses > 0 => w.count("home-welcome-lead", uses),
        _ => w.say("home-welcome-lead-none"),
    };
    view! {
        <h1>{title}</h1>
        <p class="lead">{lead}</p>
        <div class="row">
            {button_link("main large", routes::TRY_ON, w.say("home-go-try-on"))}
            {button_link("large", routes::DASHBOARD, w.say("home-go-dashboard"))}
        </div>
    }
    .into_any()
}

fn pictures(w: Words) -> impl IntoView {
    let source = |file: &str| asset(&format!("samples/{file}"));
    view! {
        <div class="hero-pictures">
            <figure>
                <div class="frame">
                    <img src=source(samples::BEFORE) alt=w.say("home-picture-person") width="720" height="960"/>
                </div>
                <figcaption>{w.say("home-caption-person")}</figcaption>
            </figure>
            <figure>
                <div class="frame fit">
                    <img src=source(samples::GARMENT) alt=w.say("home-picture-garment") width="640" height="640"/>
                </div>
                <figcaption>{w.say("home-caption-garment")}</figcaption>
            </figure>
            <figure>
                <div class="frame piece">
                    <img src=source(samples::AFTER) alt=w.say("home-picture-result") width="720" height="960"
                        fetchpriority="high"/>
                </div>
                <figcaption>{w.say("home-caption-result")}</figcaption>
            </figure>
        </div>
    }
}

fn how(w: Words) -> impl IntoView {
    const STEPS: [(&str, &str); 3] = [
        ("home-how-photo-title", "home-how-photo-text"),
        ("home-how-garment-title", "home-how-garment-text"),
        ("home-how-result-title", "home-how-result-text"),
    ];
    let steps = STEPS.map(
        |(title, text)| view! { <li><h3>{w.say(title)}</h3><p class="soft">{w.say(text)}</p></li> },
    );
    view! {
        <section class="part ruled" aria-labelledby="how">
            <div class="part-head"><h2 id="how">{w.say("home-how-title")}</h2></div>
            <ol class="steps">{steps}</ol>
        </section>
    }
}

fn till(w: Words) -> impl IntoView {
    const PROMISES: [(&str, &str); 3] = [
        ("home-till-fresh-title", "home-till-fresh-text"),
        ("home-till-failed-title", "home-till-failed-text"),
        ("home-till-explained-title", "home-till-explained-text"),
    ];
    let promises = PROMISES
        .map(|(title, text)| view! { <div><dt>{w.say(title)}</dt><dd>{w.say(text)}</dd></div> });
    view! {
        <section class="part till" aria-labelledby="till">
            <h2 id="till">{w.say("home-till-title")}</h2>
            <dl>{promises}</dl>
        </section>
    }
}

fn prices(w: Words, catalog: &Catalog) -> AnyView {
    let cost = w.count("common-credits", catalog.tools.try_on.credits);
    let best = best_of(&catalog.packs);
    let packs: Vec<_> = catalog
        .packs
        .iter()
        .map(|pack| pack_price(w, pack, Some(pack) == best))
        .collect();
    let plans: Vec<_> = catalog
        .plans
        .iter()
        .map(|plan| plan_card(w, plan, ().into_any()))
        .collect();
    let plans = (!plans.is_empty()).then(|| {
        view! {
            <p class="soft">{w.say("home-prices-plans")}</p>
            <ul class="packs plans">{plans}</ul>
        }
    });
    let all = format!("{} ", w.say("home-prices-all"));
    view! {
        <section class="part" id="prices" aria-labelledby="prices-title">
            <div class="part-head">
                <h2 id="prices-title">{w.say("home-prices-title")}</h2>
                <p class="lead">{w.say_with("home-prices-lead", &[("try_on", cost.into())])}</p>
            </div>
            <ul class="packs home">{packs}</ul>
            {plans}
            <p><a class="button" href=routes::PAYMENTS>{all}{icon(Icon::Arrow)}</a></p>
        </section>
    }
    .into_any()
}
