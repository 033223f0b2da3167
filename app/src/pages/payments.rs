use atelier_server::catalog::TopUp;
use atelier_server::credits::Wallet;
use atelier_server::payments::Provider;
use leptos::prelude::*;

use crate::components::buy::{Agreement, agreement, also_sold_by};
use crate::components::figure::live_figure;
use crate::components::history::{Past, history_table};
use crate::components::item::item_name;
use crate::components::outcome::outcome_notice;
use crate::components::own_plan::{OwnPlan, own_plan};
use crate::components::pack::{best_of, pack_offer};
use crate::components::pager::pager;
use crate::components::plan::plan_offer;
use crate::components::seller::{payment_providers, provider_name};
use crate::components::stopped::stopped_region;
use crate::components::top_up::{terms, top_up_window};
use crate::flash::{Flash, Form, Outcome};
use crate::i18n::Words;
use crate::visit::{Content, PaymentsPage, Visit};

/// The balance, what can be bought, the plan, and what was bought before.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Payments(page) = &visit.content else {
        return None;
    };
    let w = visit.words();
    let flash = visit.flash.as_ref();
    let refused = flash.filter(|flash| flash.form == Form::TopUp);
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div><h1>{w.say("pay-title")}</h1><p class="lead">{w.say("pay-lead")}</p></div>
                {balance(w, visit.wallet.as_ref()?)}
            </div>
            {stopped_region(visit)}
            {notices(w, flash)}
            {refused.and_then(|flash| window(visit, Some(flash)))}
            {packs(visit, refused.is_none())}
            {refused.is_none().then(|| window(visit, None))}
            {plans(visit, page)}
            {past(visit, page)}
        </main>
    };
    Some(main.into_any())
}

fn notices(w: Words, flash: Option<&Flash>) -> Option<AnyView> {
    // A refused amount is said at its field, which stands right below.
    let flash = flash.filter(|flash| !flash.has(Outcome::BadAmount));
    let forms = [Form::Checkout, Form::TopUp, Form::Plan];
    let notice = forms
        .into_iter()
        .find_map(|form| outcome_notice(w, flash, form))?;
    Some(view! { <div class="notices">{notice}</div> }.into_any())
}

fn window(visit: &Visit, flash: Option<&Flash>) -> Option<AnyView> {
    let top_up = visit.services.catalog.top_up.as_ref()?;
    // What somebody chooses the amount of is sold by the first provider alone.
    let provider = provider_name(Provider::Stripe).to_owned();
    let foot = small_print(visit, Agreement::Credits, provider);
    Some(top_up_window(visit.words(), top_up, flash, foot))
}

/// What stands below the buttons that buy: what they agree to, and who takes the money.
fn small_print(visit: &Visit, to: Agreement, provider: String) -> AnyView {
    let w = visit.words();
    let page = w.say_with("pay-provider", &[("provider", provider.into())]);
    view! {
        {agreement(w, &visit.services.catalog, to)}
        <p class="note">{page}</p>
    }
    .into_any()
}

fn balance(w: Words, wallet: &Wallet) -> AnyView {
    let debt = wallet.figures.debt;
    let debt =
        (debt > 0).then(|| view! { <p class="note">{w.count("pay-balance-debt", debt)}</p> });
    view! {
        <dl class="figures" data-live-region="pay-balance">
            <div>
                <dt>{w.say("pay-balance")}</dt>
                <dd>{live_figure(w, "credits-remaining", "figure", wallet.figures.remaining)}{debt}</dd>
            </div>
        </dl>
    }
    .into_any()
}

fn packs(visit: &Visit, with_opener: bool) -> AnyView {
    let w = visit.words();
    let catalog = &visit.services.catalog;
    let cost = catalog.tools.try_on.credits;
    let providers = payment_providers(w, &visit.services.payments);
    let best = best_of(&catalog.packs);
    let packs: Vec<_> = catalog
        .packs
        .iter()
        .map(|pack| {
            let also = also_sold_by(&visit.services.payments, pack.creem_product.as_ref());
            pack_offer(w, pack, Some(pack) == best, cost, also)
        })
        .collect();
    let opener = catalog
        .top_up
        .as_ref()
        .filter(|_| with_opener)
        .map(|top_up| opener(w, top_up));
    view! {
        <section class="part" id="packs" aria-labelledby="packs-title" data-live-region="packs">
            <div class="part-head"><h2 id="packs-title">{w.say("pay-packs-title")}</h2></div>
            <ul class="packs">{packs}</ul>
            {opener}
            {small_print(visit, Agreement::Credits, providers)}
        </section>
    }
    .into_any()
}

/// Opens the window of the top-up.
fn opener(w: Words, top_up: &TopUp) -> AnyView {
    view! {
        <div class="aside sheet">
            <div><h3>{w.say("pay-topup-title")}</h3><p class="soft">{terms(w, top_up)}</p></div>
            <button class="button" type="button" popovertarget="top-up">{w.say("pay-topup-open")}</button>
        </div>
    }
    .into_any()
}

/// The plan one has, or those there are.
fn plans(visit: &Visit, page: &PaymentsPage) -> Option<AnyView> {
    let w = visit.words();
    let catalog = &visit.services.catalog;
    let period = visit
        .wallet
        .as_ref()
        .and_then(|wallet| wallet.period.as_ref());
    let inside = match &page.plan {
        Some(subscription) => own_plan(w, catalog, &OwnPlan::of(subscription, period)),
        None if catalog.plans.is_empty() => return None,
        None => plan_offers(visit),
    };
    // It ended, and what was paid for is still served.
    let left = period.filter(|_| page.plan.is_none()).map(|period| {
        let name = item_name(w, catalog, &period.plan);
        let args = [
            ("plan", name.into()),
            ("date", w.date(period.ends_at).into()),
        ];
        view! { <p class="soft part-note">{w.say_with("pay-plan-left", &args)}</p> }
    });
    let section = view! {
        <section class="part" id="plans" aria-labelledby="plans-title" data-live-region="plans">
            <div class="part-head">
                <h2 id="plans-title">{w.say("pay-plans-title")}</h2>
                <p class="lead">{w.say("pay-plans-lead")}</p>
            </div>
            {left}
            {inside}
        </section>
    };
    Some(section.into_any())
}

fn plan_offers(visit: &Visit) -> AnyView {
    let w = visit.words();
    let providers = payment_providers(w, &visit.services.payments);
    let plans = visit.services.catalog.plans.iter();
    let offers: Vec<_> = plans
        .map(|plan| {
            let also = also_sold_by(&visit.services.payments, plan.creem_product.as_ref());
            plan_offer(w, plan, also)
        })
        .collect();
    view! {
        <ul class="packs plans">{offers}</ul>
        {small_print(visit, Agreement::Plan, providers)}
    }
    .into_any()
}

fn past(visit: &Visit, page: &PaymentsPage) -> AnyView {
    let w = visit.words();
    let inside = if page.history.recharges.is_empty() {
        view! { <div class="empty"><p class="soft">{w.say("pay-history-none")}</p></div> }
            .into_any()
    } else {
        let past = Past {
            catalog: &visit.services.catalog,
            history: &page.history,
        };
        let next = page.next.as_ref();
        let next = next.map(|id| visit.address_with(&[("before", id)]) + "#history");
        view! {
            {history_table(w, past)}
            {pager(w, next)}
        }
        .into_any()
    };
    view! {
        <section class="part" id="history" aria-labelledby="history-title" data-live-region="history">
            <div class="part-head"><h2 id="history-title">{w.say("pay-history-title")}</h2></div>
            {inside}
        </section>
    }
    .into_any()
}
