use atelier_server::credits::{Period, WalletView};
use leptos::prelude::*;

use super::notices::rests;
use crate::components::figure::{live_figure, uses_figure};
use crate::components::icon::{Icon, icon};
use crate::components::item::item_name;
use crate::components::link::text_link;
use crate::components::own_plan::unpaid_until;
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

/// Where a plan is chosen and managed.
pub const PLANS: &str = "/payments#plans";

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
                    <dd>{plan(w, visit)}</dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}

/// The plan that serves, what is used of it, and how it goes on.
fn plan(w: Words, visit: &Visit) -> AnyView {
    let period = visit
        .wallet
        .as_ref()
        .and_then(|wallet| wallet.period.as_ref());
    let Some(period) = period else {
        let see = visit.services.catalog.plans.first();
        let see = see.map(|_| {
            let said = if rests(visit) {
                "dash-plan-manage"
            } else {
                "dash-plan-see"
            };
            view! { <p class="note">{text_link(PLANS, w.say(said))}</p> }
        });
        return view! {
            <span class="figure word" data-testid="plan-name" data-value="none">
                {w.say("dash-plan-none")}
            </span>
            {see}
        }
        .into_any();
    };
    let name = item_name(w, &visit.services.catalog, &period.plan);
    view! {
        <span class="figure word" data-testid="plan-name" data-value=period.plan.clone()>{name}</span>
        <p class="note">{used(w, period)}</p>
        <p class="note">
            {w.followed(goes_on(w, period))}
            {text_link(PLANS, w.say("dash-plan-manage"))}
        </p>
    }
    .into_any()
}

fn used(w: Words, period: &Period) -> String {
    let used = period.used + period.held;
    match period.quota {
        None => w.count("pay-own-used-unlimited", used),
        Some(quota) => {
            let args = [
                ("used", w.number(used).into()),
                ("quota", w.number(quota).into()),
                ("count", quota.into()),
            ];
            w.say_with("pay-own-used", &args)
        }
    }
}

fn goes_on(w: Words, period: &Period) -> String {
    let date = [("date", w.date(period.ends_at).into())];
    match (period.past_due, period.renews) {
        (true, _) => {
            let until = [("date", w.date(unpaid_until(period)).into())];
            w.say_with("dash-plan-unpaid", &until)
        }
        (false, true) => w.say_with("pay-own-renews", &date),
        (false, false) => w.say_with("dash-plan-ends", &date),
    }
}

/// What the uses that are left are made of.
fn uses_of(w: Words, visit: &Visit, wallet: &WalletView) -> Vec<AnyView> {
    let cost = visit.services.prices().try_on.credits.max(1);
    let from_credits = wallet.credits.remaining / cost;
    let n = w.number(from_credits);
    let trials = wallet.trials.remaining;
    let period = visit
        .wallet
        .as_ref()
        .and_then(|wallet| wallet.period.as_ref());
    if period.is_some_and(|period| period.quota.is_none()) {
        return vec![view! { <li>{w.say("dash-uses-plan-unlimited")}</li> }.into_any()];
    }
    let from_plan = period
        .and_then(Period::remaining)
        .filter(|left| *left > 0)
        .map(|left| w.say_with("dash-uses-plan", &[("n", w.number(left).into())]));
    let parts = [
        from_plan,
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
