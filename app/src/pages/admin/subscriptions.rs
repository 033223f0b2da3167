use atelier_server::payments::{Errand, Provider, Subscriber, SubscriptionStatus};
use leptos::prelude::*;

use super::purchases::providers;
use super::{choice, csv_address, head, moment, nothing, text_filter};
use crate::components::item::item_name;
use crate::components::link::text_link;
use crate::components::pager::pager;
use crate::components::seller::provider_name;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{SubscriptionsPage, Visit};

const LIST: &str = "/api/admin/subscriptions";

/// Everybody's subscriptions.
pub fn page(visit: &Visit, page: &SubscriptionsPage) -> AnyView {
    let w = visit.words();
    let filter = &page.filter;
    let status = filter.status.map_or("", SubscriptionStatus::as_str);
    let provider = filter.provider.map_or("", Provider::as_str);
    let asked = [
        ("q", filter.search.as_str()),
        ("status", status),
        ("provider", provider),
    ];
    let csv = csv_address(LIST, &asked);
    let next = page.next.as_deref();
    let next = next.map(|after| visit.address_with(&[("after", after)]));
    let list = if page.subscribers.is_empty() {
        nothing(w)
    } else {
        table(visit, &page.subscribers)
    };
    let words = SubscriptionStatus::ALL.iter();
    let words = words
        .map(|status| (status.as_str(), w.say(status_key(*status))))
        .collect();
    view! {
        {head(w, w.say("admin-subscriptions-title"), "admin-subscriptions-lead", csv)}
        <form class="filter" method="get" action=routes::ADMIN_SUBSCRIPTIONS>
            {text_filter("q", w.say("admin-subscriptions-search"), "search", &filter.search)}
            {choice("status", w.say("pay-history-status"), w.say("admin-all"), words, status)}
            {choice("provider", w.say("admin-provider"), w.say("admin-all"), providers(), provider)}
            <button class="button">{w.say("statement-filter-button")}</button>
        </form>
        {list}
        {pager(w, next)}
    }
    .into_any()
}

const fn status_key(status: SubscriptionStatus) -> &'static str {
    match status {
        SubscriptionStatus::Incomplete => "admin-plan-incomplete",
        SubscriptionStatus::Active => "admin-plan-active",
        SubscriptionStatus::PastDue => "admin-plan-past-due",
        SubscriptionStatus::Ended => "admin-plan-ended",
    }
}

/// Subscriptions, each with the way to its account and to its purchases.
pub fn table(visit: &Visit, subscribers: &[Subscriber]) -> AnyView {
    let w = visit.words();
    let rows: Vec<_> = subscribers.iter().map(|it| row(visit, it)).collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=w.say("admin-subscriptions-title")>
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("admin-plan-since")}</th>
                        <th scope="col">{w.say("admin-plan")}</th>
                        <th scope="col">{w.say("admin-fault-account")}</th>
                        <th scope="col">{w.say("pay-history-status")}</th>
                        <th scope="col">{w.say("admin-purchase-period")}</th>
                        <th scope="col">{w.say("admin-plan-goes-on")}</th>
                        <th scope="col">{w.say("admin-purchases-title")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(visit: &Visit, it: &Subscriber) -> impl IntoView + use<> {
    let w = visit.words();
    let tone = match it.status {
        SubscriptionStatus::Active => "completed",
        SubscriptionStatus::Ended => "cancelled",
        SubscriptionStatus::Incomplete | SubscriptionStatus::PastDue => "pending",
    };
    let surplus = it.surplus.then(|| {
        view! { " "<span class="state" data-value="failed">{w.say("admin-held-second-plan")}</span> }
    });
    let period = format!("{} – {}", w.date(it.period_start), w.date(it.period_end));
    let plan = item_name(w, &visit.services.catalog, &it.plan);
    let person = routes::person(it.user_id.as_str());
    let purchases = text_link(routes::purchases_of(&it.id), w.say("admin-plan-purchases"));
    view! {
        <tr>
            <td class="num soft">{moment(w, it.created_at)}</td>
            <th scope="row" class="first">
                {plan}" "<span class="soft">{provider_name(it.provider)}</span>
            </th>
            <td class="last"><a href=person>{it.email.clone()}</a></td>
            <td><span class="state" data-value=tone>{w.say(status_key(it.status))}</span>{surplus}</td>
            <td class="soft last">{period}</td>
            <td class="last">{course(w, it)}</td>
            <td class="last">{purchases}" "<code class="id">{it.id.clone()}</code></td>
        </tr>
    }
}

/// How it goes on: what the provider still has to be told says more than what it said last.
fn course(w: Words, it: &Subscriber) -> String {
    match (it.errand, it.ended_at) {
        (Some(Errand::End), _) => w.say("admin-plan-errand-end"),
        (Some(Errand::EndAndRefund), _) => w.say("admin-plan-errand-refund"),
        (None, Some(at)) => w.say_with("admin-plan-ended-on", &[("date", w.date(at).into())]),
        (None, None) if it.renews => w.say("admin-plan-renews"),
        (None, None) => w.say("admin-plan-ends"),
    }
}
