use atelier_server::credits::WalletView;
use leptos::prelude::*;

use crate::components::figure::{live_figure, uses_figure};
use crate::components::icon::{Icon, icon};
use crate::components::link::text_link;
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

/// The figures of the wallet.
pub fn board(w: Words, visit: &Visit, wallet: &WalletView) -> AnyView {
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
pub fn sum(w: Words, wallet: &WalletView) -> AnyView {
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
    let given = w.followed(w.say_with("dash-sum-given", &given));
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
