use atelier_server::catalog::{Catalog, TopUp};
use atelier_server::credits::Wallet;
use atelier_server::payments::Recharge;
use leptos::prelude::*;

use crate::components::figure::live_figure;
use crate::components::history::history_table;
use crate::components::outcome::outcome_notice;
use crate::components::pack::{best_of, pack_offer};
use crate::components::top_up::{provider_note, terms, top_up_window};
use crate::flash::{Flash, Form, Outcome};
use crate::i18n::Words;
use crate::visit::{Content, Visit};

/// The balance, what can be bought, and what was bought before.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Payments { history } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let catalog = &visit.services.catalog;
    let flash = visit.flash.as_ref();
    let refused = flash.filter(|flash| flash.form == Form::TopUp);
    let main = view! {
        <main id="main" class="wrap">
            <div class="head">
                <div><h1>{w.say("pay-title")}</h1><p class="lead">{w.say("pay-lead")}</p></div>
                {balance(w, visit.wallet.as_ref()?)}
            </div>
            {notices(w, flash)}
            {refused.and_then(|flash| window(w, catalog, Some(flash)))}
            {packs(w, catalog, refused.is_none())}
            {refused.is_none().then(|| window(w, catalog, None))}
            {past(w, catalog, history)}
        </main>
    };
    Some(main.into_any())
}

fn notices(w: Words, flash: Option<&Flash>) -> Option<AnyView> {
    // A refused amount is said at its field, which stands right below.
    let flash = flash.filter(|flash| !flash.has(Outcome::BadAmount));
    let notice = outcome_notice(w, flash, Form::Checkout)
        .or_else(|| outcome_notice(w, flash, Form::TopUp))?;
    Some(view! { <div class="notices">{notice}</div> }.into_any())
}

fn window(w: Words, catalog: &Catalog, flash: Option<&Flash>) -> Option<AnyView> {
    catalog
        .top_up
        .as_ref()
        .map(|top_up| top_up_window(w, top_up, flash))
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

fn packs(w: Words, catalog: &Catalog, with_opener: bool) -> AnyView {
    let cost = catalog.tools.try_on.credits;
    let best = best_of(&catalog.packs);
    let packs: Vec<_> = catalog
        .packs
        .iter()
        .map(|pack| pack_offer(w, pack, Some(pack) == best, cost))
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
            <p class="note part-note">{provider_note(w)}</p>
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

fn past(w: Words, catalog: &Catalog, history: &[Recharge]) -> AnyView {
    let inside = if history.is_empty() {
        view! { <div class="empty"><p class="soft">{w.say("pay-history-none")}</p></div> }
            .into_any()
    } else {
        history_table(w, catalog, history)
    };
    view! {
        <section class="part" id="history" aria-labelledby="history-title" data-live-region="history">
            <div class="part-head"><h2 id="history-title">{w.say("pay-history-title")}</h2></div>
            {inside}
        </section>
    }
    .into_any()
}
