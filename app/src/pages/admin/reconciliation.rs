use atelier_server::oversight::reconciliation::{Item, Kind, Mend, ReportLine};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{because, csv_address, head, moment, nothing, with_reason};
use crate::components::form::hidden;
use crate::forms::admin::{MendFinding, ReconcileNow};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{ReconciliationPage, Visit};

const LIST: &str = "/api/admin/reconciliation";

/// What payments, ledger and jobs say against each other, and what mends it.
pub fn page(visit: &Visit, page: &ReconciliationPage) -> AnyView {
    let w = visit.words();
    let list = if page.items.is_empty() {
        nothing(w)
    } else {
        table(visit, page)
    };
    // The file is of the report that is shown; without one, of a check.
    let shown = page.report.as_ref().map_or("", |report| &report.id);
    let csv = csv_address(LIST, &[("report", shown)]);
    view! {
        {head(w, w.say("admin-reconciliation-title"), "admin-reconciliation-lead", csv)}
        {figures(w, page)}
        <form class="filter" method="post" action=ReconcileNow::PATH>
            {because(w, visit.flash.as_ref(), &w.say("admin-why-checked"))}
            <button class="button primary" data-pending=w.say("admin-pending")>{w.say("admin-check-now")}</button>
        </form>
        {page.report.as_ref().map(|report| told(w, report, page.items.len()))}
        {list}
        <section>
            <h2>{w.say("admin-reports")}</h2>
            {earlier(w, page)}
        </section>
    }
    .into_any()
}

/// How much of each part is open still.
fn figures(w: Words, page: &ReconciliationPage) -> AnyView {
    let count = |is: fn(Kind) -> bool| {
        let open = page.items.iter().filter(|item| item.mended_at.is_none());
        i64::try_from(open.filter(|item| is(item.kind)).count()).unwrap_or(i64::MAX)
    };
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

/// When it was checked, and what could not be asked.
fn told(w: Words, report: &ReportLine, shown: usize) -> AnyView {
    let problem = report.problem.clone().map(|problem| {
        view! { <p class="soft">{w.say("admin-report-problem")}" "<code>{problem}</code></p> }
    });
    let all = usize::try_from(report.findings).unwrap_or(shown);
    let more = (all > shown).then(|| {
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
    findings(visit, &page.items, ("report", report))
}

/// What does not agree, each with the click that mends it. `from` is the field that says where the click leads back to.
pub fn findings(visit: &Visit, items: &[Item], from: (&'static str, &str)) -> AnyView {
    let w = visit.words();
    let rows: Vec<_> = items.iter().map(|item| row(w, item)).collect();
    let back = items
        .iter()
        .any(can_be_mended)
        .then(|| hidden(from.0, from.1));
    let can = back.is_some();
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
            <td><code class="id">{item.id.clone()}</code></td>
            <td>{account}</td>
            <td data-label=w.say("admin-fault-expected")><code>{item.expected.clone()}</code></td>
            <td data-label=w.say("admin-fault-found")><code>{item.found.clone()}</code></td>
            <td class="last">{click(w, item)}</td>
        </tr>
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
            let href = routes::reconciliation(&report.id);
            let current = (shown.as_ref() == Some(&report.id)).then_some("true");
            let by = if report.actor == "system" { w.say("admin-report-daily") } else { w.say("admin-report-by-hand") };
            view! {
                <tr>
                    <th scope="row" class="first"><a href=href aria-current=current>{moment(w, report.checked_at)}</a></th>
                    <td class="soft">{by}</td>
                    <td class="num end" data-label=w.say("admin-report-findings")>{w.number(report.findings)}</td>
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

const fn kind_key(word: Kind) -> &'static str {
    match word {
        Kind::PaymentWithoutRecord => "admin-fault-payment-without-record",
        Kind::RecordWithoutPayment => "admin-fault-record-without-payment",
        Kind::PaidNotGranted => "admin-fault-paid-not-granted",
        Kind::GrantedNotPaid => "admin-fault-granted-not-paid",
        Kind::GrantedTwice => "admin-fault-granted-twice",
        Kind::WrongCredits => "admin-fault-wrong-credits",
        Kind::WrongOwner => "admin-fault-wrong-owner",
        Kind::WrongCurrency => "admin-fault-wrong-currency",
        Kind::WrongPayment => "admin-fault-wrong-payment",
        Kind::RefundNotTakenBack => "admin-fault-refund-not-taken-back",
        Kind::TakenBackWithoutRefund => "admin-fault-taken-back-without-refund",
        Kind::DisputeNotFrozen => "admin-fault-dispute-not-frozen",
        Kind::FrozenWithoutDispute => "admin-fault-frozen-without-dispute",
        Kind::PlanInvoiceWithoutPeriod => "admin-fault-plan-invoice-without-period",
        Kind::PeriodWithoutInvoice => "admin-fault-period-without-invoice",
        Kind::TwoLivePlans => "admin-fault-two-live-plans",
        Kind::JobWithoutHold => "admin-fault-job-without-hold",
        Kind::HoldWithoutJob => "admin-fault-hold-without-job",
        Kind::HeldAfterEnd => "admin-fault-held-after-end",
        Kind::CapturedOfFailed => "admin-fault-captured-of-failed",
        Kind::ReleasedOfSucceeded => "admin-fault-released-of-succeeded",
        Kind::DoubleRelease => "admin-fault-double-release",
        Kind::RecordAgainstJob => "admin-fault-record-against-job",
        Kind::WalletSum => "admin-fault-wallet-sum",
        Kind::LotOff => "admin-fault-lot-off",
        Kind::VersionOff => "admin-fault-version-off",
        Kind::TrialsOff => "admin-fault-trials-off",
        Kind::PeriodOff => "admin-fault-period-off",
        Kind::EntryOff => "admin-fault-entry-off",
        Kind::DayOff => "admin-fault-day-off",
    }
}

const fn mend_key(word: Mend) -> &'static str {
    match word {
        Mend::Adopt => "admin-mend-adopt",
        Mend::Fulfil => "admin-mend-fulfil",
        Mend::TakeBack => "admin-mend-take-back",
        Mend::Correct => "admin-mend-correct",
        Mend::GiveBack => "admin-mend-give-back",
        Mend::ReadAgain => "admin-mend-read-again",
        Mend::Withdraw => "admin-mend-withdraw",
        Mend::EndPlan => "admin-mend-end-plan",
        Mend::Hold => "admin-mend-hold",
        Mend::Settle => "admin-mend-settle",
        Mend::MakeUp => "admin-mend-make-up",
        Mend::Rebuild => "admin-mend-rebuild",
        Mend::ByHand => "admin-mend-by-hand",
    }
}
