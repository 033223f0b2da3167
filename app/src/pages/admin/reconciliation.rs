use atelier_server::ids::{JobId, RechargeId};
use atelier_server::oversight::reconciliation::{Item, Kind, Mend, Reconciliation, ReportLine};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{because, csv_address, head, moment, nothing, with_reason};
use crate::components::fault::{kind_key, mend_key};
use crate::components::form::hidden;
use crate::components::notice::{Notice, Tone};
use crate::components::pager::pager;
use crate::forms::admin::{MendFinding, ReconcileNow};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{ReconciliationPage, Visit};

const LIST: &str = "/api/admin/reconciliation";

/// What payments, ledger and jobs say against each other, and what mends it.
pub fn page(visit: &Visit, page: &ReconciliationPage) -> AnyView {
    let w = visit.words();
    // The file is of the report that is shown; without one, of a check. So is the next page of it, whatever is checked meanwhile.
    let shown = page.report.as_ref().map_or("", |report| &report.id);
    let next = page.next.as_ref();
    let next = next.map(|after| visit.address_with(&[("report", shown), ("after", after)]));
    let list = if page
        .report
        .as_ref()
        .is_some_and(|report| report.findings == 0)
    {
        let asked = page
            .report
            .as_ref()
            .is_some_and(|report| report.problem.is_none());
        let said = if asked {
            "admin-report-agrees"
        } else {
            "admin-report-rest-agrees"
        };
        view! { <p><strong>{w.say(said)}</strong></p> }.into_any()
    } else if page.items.is_empty() {
        nothing(w)
    } else {
        table(visit, page)
    };
    let csv = csv_address(LIST, &[("report", shown)]);
    view! {
        {head(w, w.say("admin-reconciliation-title"), "admin-reconciliation-lead", csv)}
        {running(visit, page)}
        {figures(w, page)}
        <form class="filter" method="post" action=ReconcileNow::PATH>
            {because(w, visit.flash.as_ref(), &w.say("admin-why-checked"))}
            <button class="button primary" data-pending=w.say("admin-pending")>{w.say("admin-check-now")}</button>
        </form>
        {page.report.as_ref().map(|report| told(w, report))}
        {list}
        {pager(w, next)}
        <section>
            <h2>{w.say("admin-reports")}</h2>
            {earlier(w, page)}
        </section>
    }
    .into_any()
}

/// How much of each part is open still.
fn figures(w: Words, page: &ReconciliationPage) -> AnyView {
    let count = |is: fn(Kind) -> bool| page.open.count(is);
    let figures: Vec<_> = [
        (
            "admin-open-payments",
            count(|kind| kind <= Kind::TwoLivePlans),
        ),
        (
            "admin-open-jobs",
            count(|kind| (Kind::JobWithoutHold..=Kind::RecordAgainstJob).contains(&kind)),
        ),
        ("admin-open-figures", count(|kind| kind >= Kind::WalletSum)),
    ]
    .into_iter()
    .map(|(key, value)| {
        view! { <div><dt>{w.say(key)}</dt><dd class="figure">{w.number(value)}</dd></div> }
    })
    .collect();
    view! { <dl class="figures">{figures}</dl> }.into_any()
}

/// Since when a check is asked for, until it is made. The answer to the click says it by itself.
fn running(visit: &Visit, page: &ReconciliationPage) -> Option<AnyView> {
    let w = visit.words();
    let since = page.asked_since?;
    let notice = view! {
        <div class="notices">
            <Notice tone=Tone::Warn>
                <p>
                    {w.say("admin-check-asked")}" "{moment(w, since)}" "
                    <a href=routes::ADMIN_RECONCILIATION>{w.say("admin-check-look")}</a>
                </p>
            </Notice>
        </div>
    };
    Some(notice.into_any())
}

/// When it was checked, and what could not be asked.
fn told(w: Words, report: &ReportLine) -> AnyView {
    let problem = report.problem.clone().map(|problem| {
        view! { <p class="soft">{w.say("admin-report-problem")}" "<code>{problem}</code></p> }
    });
    let kept = i64::try_from(Reconciliation::MOST_KEPT).unwrap_or(i64::MAX);
    let more = (report.findings > kept).then(|| {
        let n = w.number(report.findings);
        view! { <p class="soft">{w.say_with("admin-report-more", &[("n", n.into())])}</p> }
    });
    view! {
        <p>{w.say("admin-report-of")}" "{moment(w, report.checked_at)}</p>
        {problem}
        {more}
    }
    .into_any()
}

fn table(visit: &Visit, page: &ReconciliationPage) -> AnyView {
    let report = page.report.as_ref().map_or("", |report| report.id.as_str());
    let after = page.after.map(|after| after.to_string());
    let after = after.as_deref().map(|after| ("after", after));
    let from: Vec<_> = [("report", report)].into_iter().chain(after).collect();
    findings(visit, &page.items, &from)
}

/// What does not agree, each with the click that mends it. `from` are the fields that say where the click leads back to.
pub fn findings(visit: &Visit, items: &[Item], from: &[(&'static str, &str)]) -> AnyView {
    let w = visit.words();
    let rows: Vec<_> = items.iter().map(|item| row(w, item)).collect();
    let can = items.iter().any(can_be_mended);
    let back = can.then(|| {
        from.iter()
            .map(|(name, value)| hidden(name, *value))
            .collect_view()
    });
    let table = view! {
        {back}
        <div class="scroll">
            <table class="table cards findings">
                <thead>
                    <tr>
                        <th scope="col">{w.say("admin-fault")}</th>
                        <th scope="col">{w.say("admin-fault-about")}</th>
                        <th scope="col">{w.say("admin-fault-account")}</th>
                        <th scope="col">{w.say("admin-fault-expected")}</th>
                        <th scope="col">{w.say("admin-fault-found")}</th>
                        <th scope="col">{w.say("admin-fault-mend")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any();
    if !can {
        return table;
    }
    let (flash, why) = (visit.flash.as_ref(), w.say("admin-why-mended"));
    with_reason(w, flash, MendFinding::PATH, &why, None, table)
}

fn can_be_mended(item: &Item) -> bool {
    item.mended_at.is_none() && item.mend != Mend::ByHand
}

fn row(w: Words, item: &Item) -> impl IntoView + use<> {
    let account = item.user_id.clone().map(|id| {
        let href = routes::person(&id);
        view! { <a href=href><code class="id">{id}</code></a> }
    });
    view! {
        <tr>
            <th scope="row" class="first">{w.say(kind_key(item.kind))}</th>
            <td data-label=w.say("admin-fault-about")>{about(item)}</td>
            <td data-label=item.user_id.is_some().then(|| w.say("admin-fault-account"))>{account}</td>
            <td data-label=w.say("admin-fault-expected")><code>{item.expected.clone()}</code></td>
            <td data-label=w.say("admin-fault-found")><code>{item.found.clone()}</code></td>
            <td class="last">{click(w, item)}</td>
        </tr>
    }
}

/// The id, leading to the page of the purchase or the job that it is.
fn about(item: &Item) -> AnyView {
    let id = item.id.as_str();
    let job = (Kind::JobWithoutHold..=Kind::RecordAgainstJob).contains(&item.kind)
        && item.kind != Kind::HoldWithoutJob;
    // One that lots are of, and that is not there.
    let missing = item.expected == "a record";
    let href = if job {
        JobId::parse(id).map(|id| routes::overseen_job(id.as_str()))
    } else if item.kind <= Kind::FrozenWithoutDispute && !missing {
        RechargeId::parse(id).map(|id| routes::purchase(id.as_str()))
    } else {
        None
    };
    let id = view! { <code class="id">{id.to_owned()}</code> };
    match href {
        Some(href) => view! { <a href=href>{id}</a> }.into_any(),
        None => id.into_any(),
    }
}

fn click(w: Words, item: &Item) -> AnyView {
    let said = w.say(mend_key(item.mend));
    if let Some(at) = item.mended_at {
        return view! { <span class="state" data-value="completed">{w.say("admin-fault-mended")}</span>" "{moment(w, at)} }
            .into_any();
    }
    if !can_be_mended(item) {
        return view! { <span class="soft">{said}</span> }.into_any();
    }
    let about = [
        ("about", item.id.clone().into()),
        ("what", said.clone().into()),
    ];
    let label = w.say_with("admin-fault-mend-one", &about);
    view! {
        <button
            class="button plain" name="finding" value=format!("{} {}", item.kind.as_str(), item.id)
            aria-label=label data-pending=w.say("admin-pending")
        >
            {said}
        </button>
    }
    .into_any()
}

fn earlier(w: Words, page: &ReconciliationPage) -> AnyView {
    if page.reports.is_empty() {
        return nothing(w);
    }
    let shown = page.report.as_ref().map(|report| report.id.clone());
    let rows: Vec<_> = page
        .reports
        .iter()
        .map(|report| {
            let href = routes::reconciliation(&report.id, None);
            let current = (shown.as_ref() == Some(&report.id)).then_some("true");
            let by = if report.actor == "system" { w.say("admin-report-daily") } else { w.say("admin-report-by-hand") };
            view! {
                <tr>
                    <th scope="row" class="first"><a href=href aria-current=current>{moment(w, report.checked_at)}</a></th>
                    <td class="soft">{by}</td>
                    <td class="num end first" data-label=w.say("admin-report-findings")>{w.number(report.findings)}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="scroll">
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("admin-report-when")}</th>
                        <th scope="col">{w.say("admin-report-made")}</th>
                        <th scope="col" class="end">{w.say("admin-report-findings")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
