use atelier_server::oversight::anomalies::{Anomaly, AnomalyKind, Limits};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{csv_address, head, moment, nothing, outcome_at};
use crate::components::anomaly::kind_key;
use crate::components::field::field_error;
use crate::components::form::hidden;
use crate::flash::Outcome;
use crate::forms::admin::{LONGEST_REASON, StopSpending};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{AnomaliesPage, Visit};

const LIST: &str = "/api/admin/anomalies";

/// What looks odd, by kind, and the stop of the account's spending.
pub fn page(visit: &Visit, page: &AnomaliesPage) -> AnyView {
    let w = visit.words();
    let kinds = AnomalyKind::ALL.iter();
    let parts: Vec<_> = kinds
        .filter(|kind| page.kind.is_none_or(|chosen| chosen == **kind))
        .filter_map(|kind| part(w, page, *kind))
        .collect();
    let list = if parts.is_empty() {
        nothing(w)
    } else {
        parts.into_any()
    };
    view! {
        {head(w, w.say("admin-anomalies-title"), "admin-anomalies-lead", csv_address(LIST, &[]))}
        {kinds_of(w, page)}
        {outcome_at(w, visit.flash.as_ref(), Outcome::CauseMissing).map(|said| field_error("f-cause-error".to_owned(), said, None))}
        {list}
        <section>
            <h2>{w.say("admin-limits")}</h2>
            {limits(w, page.limits)}
        </section>
    }
    .into_any()
}

/// All of them, or those of one kind.
fn kinds_of(w: Words, page: &AnomaliesPage) -> AnyView {
    let current = |chosen: bool| chosen.then_some("true");
    let links: Vec<_> = AnomalyKind::ALL
        .iter()
        .map(|kind| {
            let (_, count) = page.of(*kind);
            let count = w.number(i64::try_from(count).unwrap_or(i64::MAX));
            let href = routes::anomalies(kind.as_str());
            view! {
                <li>
                    <a href=href aria-current=current(page.kind == Some(*kind))>
                        {w.say(kind_key(*kind))}" "{count}
                    </a>
                </li>
            }
        })
        .collect();
    view! {
        <nav class="filters" aria-label=w.say("admin-anomalies-kinds")>
            <ul>
                <li><a href=routes::ADMIN_ANOMALIES aria-current=current(page.kind.is_none())>{w.say("admin-all")}</a></li>
                {links}
            </ul>
        </nav>
    }
    .into_any()
}

fn part(w: Words, page: &AnomaliesPage, kind: AnomalyKind) -> Option<AnyView> {
    let (shown, count) = page.of(kind);
    if shown.is_empty() {
        return None;
    }
    let more = (count > shown.len()).then(|| {
        let n = w.number(i64::try_from(count).unwrap_or(i64::MAX));
        view! { <p class="soft">{w.say_with("admin-report-more", &[("n", n.into())])}</p> }
    });
    let rows: Vec<_> = shown.iter().map(|item| row(w, page, item)).collect();
    let label = w.say(kind_key(kind));
    let part = view! {
        <section>
            <h2>{label.clone()}</h2>
            <p class="soft">{w.say(text_key(kind))}" "{reconciliation(w, kind)}</p>
            {more}
            <div class="scroll" tabindex="0" role="region" aria-label=label>
                <table class="table cards">
                    <thead>
                        <tr>
                            <th scope="col">{w.say("admin-fault-account")}</th>
                            <th scope="col">{w.say("admin-fault-about")}</th>
                            <th scope="col">{w.say("admin-anomaly-seen")}</th>
                            <th scope="col">{w.say("admin-anomaly-limit")}</th>
                            <th scope="col">{w.say("admin-anomaly-since")}</th>
                            <th scope="col">{w.say("admin-spending")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    };
    Some(part.into_any())
}

/// Where it is mended, if it can be.
fn reconciliation(w: Words, kind: AnomalyKind) -> Option<AnyView> {
    let is_mended = matches!(
        kind,
        AnomalyKind::UnpaidGrant | AnomalyKind::LedgerDrift | AnomalyKind::StuckHold
    );
    is_mended.then(|| {
        view! { <a href=routes::ADMIN_RECONCILIATION>{w.say("admin-anomaly-mended")}</a> }
            .into_any()
    })
}

fn row(w: Words, page: &AnomaliesPage, item: &Anomaly) -> impl IntoView + use<> {
    let account = item.user_id.clone().map(|id| {
        let href = routes::person(&id);
        view! { <a href=href><code class="id">{id}</code></a> }
    });
    let about = about(item).map(|about| view! { <code class="id">{about}</code> });
    // What a reconciliation found is said in words.
    let figure = (item.kind != AnomalyKind::LedgerDrift).then_some("num");
    view! {
        <tr>
            <th scope="row" class="first">{account}</th>
            <td>{about}</td>
            <td class=figure data-label=w.say("admin-anomaly-seen")><code>{item.seen.clone()}</code></td>
            <td class=figure data-label=w.say("admin-anomaly-limit")><code>{item.limit.clone()}</code></td>
            <td class="num soft">{moment(w, item.since)}</td>
            <td class="last">{click(w, page, item)}</td>
        </tr>
    }
}

/// What it is about beside the account: of a day the day, and of a hash as much as tells it from others.
fn about(item: &Anomaly) -> Option<String> {
    const TELLS: usize = 12;
    let account = item.user_id.as_deref().unwrap_or_default();
    let id = item.id.strip_prefix(account).unwrap_or(&item.id);
    let id = id.strip_prefix('@').unwrap_or(id);
    match item.kind {
        _ if id.is_empty() => None,
        AnomalyKind::SignUpBurst => Some(id.chars().take(TELLS).collect()),
        _ => Some(id.to_owned()),
    }
}

/// The stop, with the kind as the reason; of an account that is stopped, that it is.
fn click(w: Words, page: &AnomaliesPage, item: &Anomaly) -> Option<AnyView> {
    let id = item.user_id.clone()?;
    if page.stopped.contains(&id) {
        let said = w.say("admin-standing-stopped");
        return Some(view! { <span class="state" data-value="failed">{said}</span> }.into_any());
    }
    let label = w.say_with("admin-stop-one", &[("id", id.clone().into())]);
    let back = page.kind.map_or("all", AnomalyKind::as_str);
    let form = view! {
        <form class="row screen" method="post" action=StopSpending::PATH>
            {hidden("id", id)}
            {hidden("stopped", "true")}
            {hidden("anomalies", back)}
            <input
                class="input" name="reason" required=true autocomplete="off" aria-label=w.say("admin-reason")
                maxlength=LONGEST_REASON.to_string() value=w.say(kind_key(item.kind))
            />
            <button class="button plain" aria-label=label data-pending=w.say("admin-pending")>{w.say("admin-stop")}</button>
        </form>
    };
    Some(form.into_any())
}

fn limits(w: Words, limits: Limits) -> AnyView {
    let hours = |time: std::time::Duration| i64::try_from(time.as_secs() / 3_600).unwrap_or(0);
    let given = [("n", w.number(limits.given).into())];
    let held = [("n", w.number(hours(limits.held)).into())];
    let refunds = [
        ("percent", w.number(limits.refund_percent).into()),
        ("days", w.number(limits.refund_days).into()),
        ("purchases", w.number(limits.refund_purchases).into()),
    ];
    let burst = [
        ("n", w.number(limits.burst_accounts).into()),
        ("hours", w.number(hours(limits.burst_within)).into()),
    ];
    let lines: Vec<_> = [
        w.say_with("admin-limit-given", &given),
        w.say_with("admin-limit-held", &held),
        w.say_with("admin-limit-refunds", &refunds),
        w.say_with("admin-limit-burst", &burst),
    ]
    .into_iter()
    .map(|line| view! { <li>{line}</li> })
    .collect();
    view! { <ul>{lines}</ul><p class="soft">{w.say("admin-limits-how")}</p> }.into_any()
}

const fn text_key(word: AnomalyKind) -> &'static str {
    match word {
        AnomalyKind::UnpaidGrant => "admin-anomaly-unpaid-grant-text",
        AnomalyKind::GivenCredits => "admin-anomaly-given-credits-text",
        AnomalyKind::LedgerDrift => "admin-anomaly-ledger-drift-text",
        AnomalyKind::StuckHold => "admin-anomaly-stuck-hold-text",
        AnomalyKind::RefundRate => "admin-anomaly-refund-rate-text",
        AnomalyKind::SignUpBurst => "admin-anomaly-sign-up-burst-text",
    }
}
