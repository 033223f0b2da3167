use std::time::Duration;

use atelier_server::oversight::reconciliation::{Item, Kind};
use atelier_server::payments::{HeldBack, RechargeStatus};
use atelier_server::time::Timestamp;
use leptos::prelude::*;

use super::purchases::standing;
use super::reconciliation::findings;
use super::{audit, events, moment, refund};
use crate::components::history::method_key;
use crate::components::item::{bought, item_name, price_of};
use crate::components::link::text_link;
use crate::components::seller::provider_name;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{PurchasePage, Visit};

/// Everything about one purchase, and the way to give its money back.
pub fn page(visit: &Visit, page: &PurchasePage) -> AnyView {
    let w = visit.words();
    let recharge = &page.purchase.recharge;
    let item = item_name(w, &visit.services.catalog, &recharge.item);
    view! {
        <div class="head">
            <div>
                <h1>{item}</h1>
                <p class="lead">{price_of(w, recharge)}" "{standing(w, &page.purchase)}</p>
                <p class="soft"><code class="id">{recharge.id.to_string()}</code></p>
            </div>
        </div>
        {answer(visit, page)}
        {credits(w, page)}
        <section>
            <h2>{w.say("admin-purchase-facts")}</h2>
            {facts(w, page)}
        </section>
        {refund::section(visit, page)}
        <section>
            <h2>{w.say("admin-purchase-story")}</h2>
            {story(w, page)}
        </section>
        {audit::section(w, &page.log)}
    }
    .into_any()
}

/// Why the payment gave nothing, what else does not agree, and the clicks that mend it.
fn answer(visit: &Visit, page: &PurchasePage) -> AnyView {
    let w = visit.words();
    let recharge = &page.purchase.recharge;
    let provider = provider_name(recharge.provider);
    let said = sentence_key(page);
    let said = said.map(|key| view! { <p>{w.say_with(key, &[("provider", provider.into())])}</p> });
    let found = page.findings.as_deref().unwrap_or_default();
    let table = (!found.is_empty()).then(|| {
        let from = [("purchase", recharge.id.as_str())];
        let href = routes::ADMIN_RECONCILIATION;
        view! {
            {findings(visit, found, &from)}
            <p class="soft">{text_link(href, w.say("admin-purchase-all-findings"))}</p>
        }
    });
    if said.is_none() && table.is_none() {
        return ().into_any();
    }
    let title = if recharge.status == RechargeStatus::Completed {
        "admin-purchase-answer"
    } else {
        "admin-purchase-why"
    };
    view! {
        <section id="answer">
            <h2>{w.say(title)}</h2>
            {said}
            {table}
        </section>
    }
    .into_any()
}

/// What there is to say of a purchase that gave nothing, in one sentence.
fn sentence_key(page: &PurchasePage) -> Option<&'static str> {
    let recharge = &page.purchase.recharge;
    let is_completed = recharge.status == RechargeStatus::Completed;
    let reason = page.purchase.held_back.as_deref();
    let reason = reason.filter(|_| !is_completed || recharge.is_surplus());
    if let Some(reason) = reason.and_then(HeldBack::parse) {
        return Some(reason_key(reason));
    }
    let is_paid = |item: &Item| item.kind == Kind::PaidNotGranted;
    match &page.findings {
        None => Some("admin-purchase-unasked"),
        Some(found) if found.iter().any(is_paid) => Some("admin-purchase-paid-not-granted"),
        Some(_) if !is_completed => Some("admin-purchase-unpaid"),
        Some(_) => None,
    }
}

const fn reason_key(reason: HeldBack) -> &'static str {
    match reason {
        HeldBack::Any | HeldBack::Record => "admin-held-why-record",
        HeldBack::Owner => "admin-held-why-owner",
        HeldBack::Currency => "admin-held-why-currency",
        HeldBack::Amount => "admin-held-why-amount",
        HeldBack::SecondPlan => "admin-held-why-second-plan",
        HeldBack::AccountDeleted => "admin-held-why-account-deleted",
    }
}

/// Where the credits of the purchase are.
fn credits(w: Words, page: &PurchasePage) -> Option<AnyView> {
    let bought = page.bought;
    let figures: Vec<_> = [
        ("admin-purchase-granted", bought.granted),
        ("admin-purchase-free", bought.free),
        ("admin-frozen", bought.frozen),
        ("admin-held", bought.held),
        ("admin-used", bought.used),
        ("admin-taken-back", bought.taken),
        ("admin-purchase-gone", bought.gone),
    ]
    .into_iter()
    .map(|(key, value)| {
        view! { <div><dt>{w.say(key)}</dt><dd class="figure">{w.number(value)}</dd></div> }
    })
    .collect();
    (bought.granted > 0).then(|| view! { <dl class="figures">{figures}</dl> }.into_any())
}

fn facts(w: Words, page: &PurchasePage) -> AnyView {
    let recharge = &page.purchase.recharge;
    let money = |minor| w.money(minor, &recharge.currency);
    let code = |id: &Option<String>| {
        let id = id.clone();
        id.map(|id| view! { <code class="id">{id}</code> }.into_any())
    };
    let text = |said: String| Some(said.into_any());
    let method = recharge.payment_method.as_deref();
    let method = method.map(|method| w.say(method_key(method)).into_any());
    let receipt = recharge.receipt_url.clone();
    let receipt = receipt.map(|href| text_link(href, w.say("admin-purchase-receipt")));
    let user = page.purchase.user_id.as_str();
    let person = text_link(routes::person(user), page.purchase.email.clone());
    let statement = text_link(routes::statement_of(user), w.say("admin-person-statement"));
    let period = page.history.periods.get(&recharge.id);
    let period = period.map(|(from, to)| format!("{} – {}", w.date(*from), w.date(*to)));
    let same = recharge.transaction_id == recharge.payment_id;
    let transaction = recharge.transaction_id.clone().filter(|_| !same);
    let rows = [
        ("admin-fault-account", Some(person)),
        ("statement-title", Some(statement)),
        ("admin-purchase-brings", text(bought(w, recharge))),
        ("admin-purchase-period", period.map(IntoAny::into_any)),
        ("admin-purchase-price", text(price_of(w, recharge))),
        (
            "admin-purchase-paid",
            recharge.paid_minor.map(|paid| money(paid).into_any()),
        ),
        (
            "admin-purchase-returned",
            text(money(recharge.returned_minor)),
        ),
        (
            "admin-provider",
            text(provider_name(recharge.provider).to_owned()),
        ),
        ("pay-history-method", method),
        ("admin-purchase-session", code(&recharge.session_id)),
        ("admin-purchase-payment", code(&recharge.payment_id)),
        ("admin-purchase-transaction", code(&transaction)),
        (
            "admin-purchase-subscription",
            code(&recharge.subscription_id),
        ),
        ("admin-purchase-receipt-of", receipt),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .map(|(key, value)| view! { <dt>{w.say(key)}</dt><dd>{value}</dd> })
        .collect();
    view! { <dl class="facts">{rows}</dl> }.into_any()
}

/// One thing that happened to a purchase.
struct Moment {
    at: Timestamp,
    what: String,
    state: Option<(&'static str, String)>,
    id: String,
    /// Where more of it stands.
    page: Option<String>,
}

impl Moment {
    /// Providers count in whole seconds: what they did in one came after what is known more exactly of it.
    fn place(&self) -> Timestamp {
        match self.at.micros() % 1_000_000 {
            0 => self.at.plus(Duration::from_micros(999_999)),
            _ => self.at,
        }
    }
}

/// What happened, in the order of time.
fn story(w: Words, page: &PurchasePage) -> AnyView {
    let told = page.events.iter().rev().map(|event| Moment {
        at: event.received_at,
        what: w.say_with("admin-story-event", &[("kind", event.kind.as_str().into())]),
        state: Some(events::state_of(w, event.state)),
        id: event.event_id.clone(),
        page: Some(routes::event(event.id.as_str())),
    });
    let ours = of_record(w, page).into_iter().chain(told);
    let mut moments: Vec<Moment> = ours.chain(of_money(w, page)).collect();
    moments.sort_by_key(Moment::place);
    let rows: Vec<_> = moments.into_iter().map(|it| row(w, it)).collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=w.say("admin-purchase-story")>
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("statement-date")}</th>
                        <th scope="col">{w.say("statement-what")}</th>
                        <th scope="col">{w.say("admin-events-state")}</th>
                        <th scope="col">{w.say("admin-fault-about")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(w: Words, told: Moment) -> impl IntoView + use<> {
    let state = told.state;
    let state =
        state.map(|(tone, said)| view! { <span class="state" data-value=tone>{said}</span> });
    let id = view! { <code class="id">{told.id}</code> };
    let id = match told.page {
        Some(page) => view! { <a href=page>{id}</a> }.into_any(),
        None => id.into_any(),
    };
    view! {
        <tr>
            <td class="num soft">{moment(w, told.at)}</td>
            <th scope="row" class="first">{told.what}</th>
            <td>{state}</td>
            <td class="last">{id}</td>
        </tr>
    }
}

fn of_record(w: Words, page: &PurchasePage) -> Vec<Moment> {
    let recharge = &page.purchase.recharge;
    let made = Moment {
        at: recharge.created_at,
        what: w.say("admin-story-made"),
        state: None,
        id: recharge.session_id.clone().unwrap_or_default(),
        page: None,
    };
    let granted = recharge.completed_at.map(|at| Moment {
        at,
        what: w.say("admin-story-granted"),
        state: None,
        id: recharge.payment_id.clone().unwrap_or_default(),
        page: None,
    });
    [made].into_iter().chain(granted).collect()
}

fn of_money(w: Words, page: &PurchasePage) -> Vec<Moment> {
    let said = |key: &str, minor: i64| {
        let amount = w.money(minor, &page.purchase.recharge.currency);
        w.say_with(key, &[("amount", amount.into())])
    };
    let refunds = page.history.returns.refunds.iter().map(|refund| Moment {
        at: refund.created_at,
        what: said("admin-story-refund", refund.amount_minor),
        state: Some(match refund.status.as_str() {
            "succeeded" => ("completed", w.say("admin-story-sent")),
            "failed" => ("failed", w.say("admin-event-failed")),
            _ => ("pending", w.say("admin-story-on-its-way")),
        }),
        id: refund.id.clone(),
        page: None,
    });
    let disputes = page.history.returns.disputes.iter().map(|dispute| Moment {
        at: dispute.created_at,
        what: said("admin-story-dispute", dispute.amount_minor),
        state: Some(match dispute.status.as_str() {
            "won" => ("completed", w.say("admin-story-won")),
            "lost" => ("failed", w.say("admin-story-lost")),
            _ => ("pending", w.say("admin-story-open")),
        }),
        id: dispute.id.clone(),
        page: None,
    });
    refunds.chain(disputes).collect()
}
