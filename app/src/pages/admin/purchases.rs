use atelier_server::payments::{HeldBack, Provider, Purchase, RechargeStatus, Standing};
use leptos::prelude::*;

use super::{choice, csv_address, head, moment, nothing, text_filter};
use crate::components::item::{bought, item_name, paid_of};
use crate::components::pager::pager;
use crate::components::seller::provider_name;
use crate::components::state::{recharge_status, standing_key};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{PurchasesPage, Visit};

const LIST: &str = "/api/admin/recharges";

/// Everybody's purchases, or those that are looked for.
pub fn page(visit: &Visit, page: &PurchasesPage) -> AnyView {
    let w = visit.words();
    let filter = &page.filter;
    let standing = filter.standing.map_or("", Standing::as_str);
    let provider = filter.provider.map_or("", Provider::as_str);
    let held_back = filter.held_back.map_or("", HeldBack::as_str);
    let asked = [
        ("q", filter.search.as_str()),
        ("status", standing),
        ("provider", provider),
        ("held_back", held_back),
    ];
    let csv = csv_address(LIST, &asked);
    let next = page.next.as_deref();
    let next = next.map(|before| visit.address_with(&[("before", before)]));
    let list = if page.purchases.is_empty() {
        nothing(w)
    } else {
        table(visit, &page.purchases)
    };
    let all = || w.say("admin-all");
    view! {
        {head(w, w.say("admin-purchases-title"), "admin-purchases-lead", csv)}
        <form class="filter" method="get" action=routes::ADMIN_PURCHASES>
            {text_filter("q", w.say("admin-purchases-search"), "search", &filter.search)}
            {choice("status", w.say("pay-history-status"), all(), standings(w), standing)}
            {choice("provider", w.say("admin-provider"), all(), providers(), provider)}
            {choice("held_back", w.say("admin-held-back"), all(), reasons(w), held_back)}
            <button class="button">{w.say("statement-filter-button")}</button>
        </form>
        {list}
        {pager(w, next)}
    }
    .into_any()
}

fn standings(w: Words) -> Vec<(&'static str, String)> {
    let all = Standing::ALL.iter();
    all.map(|standing| (standing.as_str(), w.say(standing_key(*standing))))
        .collect()
}

/// The words of the payment providers, for a filter.
pub fn providers() -> Vec<(&'static str, String)> {
    let all = Provider::ALL.iter();
    all.map(|provider| (provider.as_str(), provider_name(*provider).to_owned()))
        .collect()
}

fn reasons(w: Words) -> Vec<(&'static str, String)> {
    let all = HeldBack::ALL.iter();
    all.map(|reason| (reason.as_str(), w.say(reason_key(*reason))))
        .collect()
}

const fn reason_key(reason: HeldBack) -> &'static str {
    match reason {
        HeldBack::Any => "admin-held-any",
        HeldBack::Owner => "admin-held-owner",
        HeldBack::Record => "admin-held-record",
        HeldBack::Currency => "admin-held-currency",
        HeldBack::Amount => "admin-held-amount",
        HeldBack::SecondPlan => "admin-held-second-plan",
        HeldBack::AccountDeleted => "admin-held-account-deleted",
    }
}

/// How a purchase stands, and why its payment gave nothing, if it did not.
pub fn standing(w: Words, purchase: &Purchase) -> AnyView {
    let recharge = &purchase.recharge;
    let held_back = purchase.held_back.as_deref();
    // Whoever looked at it has granted it after all.
    let is_open = recharge.status != RechargeStatus::Completed || recharge.is_surplus();
    let reason = held_back.filter(|_| is_open).and_then(HeldBack::parse);
    let reason = reason.map(|reason| {
        let said = w.say(reason_key(reason));
        view! { " "<span class="state" data-value="failed">{w.say_with("admin-held-for", &[("reason", said.into())])}</span> }
    });
    view! { {recharge_status(w, recharge.standing)}{reason} }.into_any()
}

/// Purchases, each with the way to its page.
pub fn table(visit: &Visit, purchases: &[Purchase]) -> AnyView {
    let w = visit.words();
    let rows: Vec<_> = purchases.iter().map(|it| row(visit, it)).collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=w.say("admin-purchases-title")>
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("statement-date")}</th>
                        <th scope="col">{w.say("pay-history-item")}</th>
                        <th scope="col">{w.say("admin-fault-account")}</th>
                        <th scope="col" class="end">{w.say("pay-history-amount")}</th>
                        <th scope="col">{w.say("admin-purchase-brings")}</th>
                        <th scope="col">{w.say("pay-history-status")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(visit: &Visit, purchase: &Purchase) -> impl IntoView + use<> {
    let w = visit.words();
    let recharge = &purchase.recharge;
    let href = routes::purchase(recharge.id.as_str());
    let person = routes::person(purchase.user_id.as_str());
    let item = item_name(w, &visit.services.catalog, &recharge.item);
    view! {
        <tr>
            <td class="num soft">{moment(w, recharge.created_at)}</td>
            <th scope="row" class="first"><a href=href>{item}</a></th>
            <td class="last"><a href=person>{purchase.email.clone()}</a></td>
            <td class="num end first">{paid_of(w, recharge)}</td>
            <td class="last">{bought(w, recharge)}</td>
            <td class="right">{standing(w, purchase)}</td>
        </tr>
    }
}
