use atelier_server::catalog::InitialWhen;
use atelier_server::credits::WalletView;
use atelier_server::studio::Job;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::components::figure::{live_figure, uses_figure};
use crate::components::form::submit;
use crate::components::icon::{Icon, icon};
use crate::components::link::{button_link, text_link};
use crate::components::notice::{Notice, Tone};
use crate::components::shot::shots;
use crate::forms::accounts::ResendVerification;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// What is left, how the figures add up, and the recent work.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Dashboard { jobs } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let wallet = visit.wallet_view()?;
    let title = match visit.user.as_ref().map_or("", |user| user.name.as_str()) {
        "" => w.say("dash-title"),
        name => w.say_with("dash-title-name", &[("name", name.into())]),
    };
    let make = (wallet.remaining_uses.try_on != Some(0))
        .then(|| button_link("main large", routes::TRY_ON, w.say("dash-make")));
    let main = view! {
        <main id="main" class="wrap">
            <div class="head"><div><h1>{title}</h1></div><div class="row">{make}</div></div>
            <div class="notices" data-live-region="dash-notices">
                {notices(visit, &wallet, jobs.is_empty())}
            </div>
            {board(w, visit, &wallet)}
            {sum(w, &wallet)}
            {recent(w, jobs)}
        </main>
    };
    Some(main.into_any())
}

fn notices(visit: &Visit, wallet: &WalletView, no_jobs: bool) -> Vec<AnyView> {
    let w = visit.words();
    let figures = &wallet.credits;
    let untouched = no_jobs && figures.used == 0 && wallet.trials.used == 0;
    let nothing_left = wallet.remaining_uses.try_on == Some(0);
    let notices = [
        (untouched && !nothing_left).then(|| first(w, wallet)),
        (nothing_left && figures.debt == 0).then(|| empty(visit)),
        (figures.debt > 0).then(|| debt(w, figures.debt)),
        (figures.frozen > 0).then(|| frozen(w, figures.frozen)),
        verify(visit),
    ];
    notices.into_iter().flatten().collect()
}

fn first(w: Words, wallet: &WalletView) -> AnyView {
    let args = [
        (
            "credits",
            w.count("common-credits", wallet.credits.remaining).into(),
        ),
        (
            "trials",
            w.count("common-trials", wallet.trials.remaining).into(),
        ),
    ];
    view! {
        <Notice image=Icon::Hanger title=w.say("dash-first-title")>
            <p>{w.say_with("dash-first-text", &args)}</p>
        </Notice>
    }
    .into_any()
}

fn empty(visit: &Visit) -> AnyView {
    let w = visit.words();
    let text = visit
        .services
        .catalog
        .packs
        .iter()
        .min_by_key(|pack| pack.credits)
        .map(|pack| {
            let args = [
                ("credits", w.count("common-credits", pack.credits).into()),
                (
                    "price",
                    w.money(pack.price.amount_minor, &pack.price.currency)
                        .into(),
                ),
            ];
            view! { <p>{w.say_with("dash-empty-text", &args)}</p> }
        });
    view! {
        <Notice title=w.say("dash-empty-title")>
            {text}
            <p>{button_link("main", routes::PAYMENTS, w.say("dash-recharge"))}</p>
        </Notice>
    }
    .into_any()
}

fn debt(w: Words, debt: i64) -> AnyView {
    view! {
        <Notice tone=Tone::Bad title=w.count("dash-debt-title", debt)>
            <p>{w.say("dash-debt-text")}</p>
            <p>{button_link("main", routes::PAYMENTS, w.say("dash-recharge"))}</p>
        </Notice>
    }
    .into_any()
}

fn frozen(w: Words, frozen: i64) -> AnyView {
    view! {
        <Notice tone=Tone::Warn title=w.count("dash-frozen-title", frozen)>
            <p>{w.say("dash-frozen-text")}</p>
        </Notice>
    }
    .into_any()
}

/// Asks to confirm the address, as long as it is not.
fn verify(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let user = visit.user.as_ref().filter(|user| !user.verified)?;
    let initial = &visit.services.catalog.initial;
    let text = match initial.when {
        InitialWhen::SignUp => w.say_with("dash-verify-text", &[("email", (&user.email).into())]),
        InitialWhen::Verified => {
            let credits = w.number(initial.credits);
            let args = [("email", (&user.email).into()), ("credits", credits.into())];
            w.say_with("dash-verify-text-credits", &args)
        }
    };
    let notice = view! {
        <Notice tone=Tone::Warn image=Icon::Info title=w.say("dash-verify-title")>
            <p>{text}</p>
            <form method="post" action=ResendVerification::PATH>
                {submit("", w.say("dash-verify-resend"), w.say("account-email-resend-pending"))}
            </form>
        </Notice>
    };
    Some(notice.into_any())
}

fn board(w: Words, visit: &Visit, wallet: &WalletView) -> AnyView {
    let figures = &wallet.credits;
    let limit = w.number(wallet.trials.limit);
    let figure = |name, value| live_figure(w, name, "figure", value);
    view! {
        <section class="part board" aria-label=w.say("dash-credits-title") data-live-region="dash-figures">
            <div class="uses">
                <p class="label" id="uses">{w.say("dash-uses")}</p>
                {uses_figure(w, wallet.remaining_uses.try_on)}
                <ul class="uses-of">{uses_of(w, visit, wallet)}</ul>
            </div>
            <dl class="figures">
                <div><dt>{w.say("dash-remaining")}</dt><dd>{figure("credits-remaining", figures.remaining)}</dd></div>
                <div><dt>{w.say("dash-used")}</dt><dd>{figure("credits-used", figures.used)}</dd></div>
                <div><dt>{w.say("dash-total")}</dt><dd>{figure("credits-total", figures.total)}</dd></div>
                <div>
                    <dt>{w.say("dash-trials")}</dt>
                    <dd>
                        {figure("trials-remaining", wallet.trials.remaining)}
                        <p class="note">{w.say_with("dash-trials-of", &[("n", limit.into())])}</p>
                    </dd>
                </div>
                <div class="span">
                    <dt>{w.say("dash-plan")}</dt>
                    <dd>
                        <span class="figure word" data-testid="plan-name" data-value="none">
                            {w.say("dash-plan-none")}
                        </span>
                    </dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}

/// What the uses that are left are made of.
fn uses_of(w: Words, visit: &Visit, wallet: &WalletView) -> Vec<AnyView> {
    let cost = visit.services.prices().try_on.credits.max(1);
    let from_credits = wallet.credits.remaining / cost;
    let n = w.number(from_credits);
    let trials = wallet.trials.remaining;
    let parts = [
        (from_credits > 0).then(|| w.say_with("dash-uses-credits", &[("n", n.into())])),
        (trials > 0).then(|| w.count("common-trials", trials)),
    ];
    parts
        .into_iter()
        .flatten()
        .map(|part| view! { <li>{part}</li> }.into_any())
        .collect()
}

/// The line of the arithmetic, for whoever wants to check it by hand.
fn sum(w: Words, wallet: &WalletView) -> AnyView {
    let figures = &wallet.credits;
    let parts = [
        ("dash-total", None, figures.total),
        ("dash-remaining", Some("="), figures.remaining),
        ("dash-frozen", Some("+"), figures.frozen),
        ("dash-held", Some("+"), figures.held),
        ("dash-used", Some("+"), figures.used),
        ("dash-removed", Some("+"), figures.removed),
        ("dash-debt", Some("\u{2212}"), figures.debt),
    ]
    .map(|(key, sign, value)| {
        view! { <div><dt>{w.say(key)}</dt><dd data-sign=sign>{w.number(value)}</dd></div> }
    });
    let given = [
        ("initial", w.number(figures.initial).into()),
        ("bonus", w.number(figures.bonus).into()),
    ];
    let given = format!("{} ", w.say_with("dash-sum-given", &given));
    view! {
        <details class="sum" id="sum">
            <summary>{icon(Icon::Chevron)}{w.say("dash-sum-title")}</summary>
            <div data-live-region="dash-sum">
                <dl class="sum-parts">{parts}</dl>
                <p class="note">{given}{text_link(routes::STATEMENT, w.say("dash-sum-link"))}</p>
            </div>
        </details>
    }
    .into_any()
}

fn recent(w: Words, jobs: &[Job]) -> AnyView {
    let all = (!jobs.is_empty()).then(|| text_link(routes::GALLERY, w.say("dash-jobs-all")));
    let inside = if jobs.is_empty() {
        view! { <div class="empty"><p class="soft">{w.say("dash-jobs-none")}</p></div> }.into_any()
    } else {
        view! { <div class="shots">{shots(w, jobs)}</div> }.into_any()
    };
    view! {
        <section class="part" id="jobs" aria-labelledby="jobs-title" data-live-region="jobs">
            <div class="part-head"><h2 id="jobs-title">{w.say("dash-jobs-title")}</h2>{all}</div>
            {inside}
        </section>
    }
    .into_any()
}
