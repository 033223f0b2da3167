use atelier_server::oversight::{AuditLine, Deed};
use leptos::prelude::*;

use super::{csv_address, head, moment, nothing, text_filter};
use crate::components::pager::pager;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{AuditAsked, Visit};

const LIST: &str = "/api/admin/audit";

/// What operators did.
pub fn page(visit: &Visit, lines: &[AuditLine], asked: &AuditAsked, next: Option<&str>) -> AnyView {
    let w = visit.words();
    let filter = [
        ("actor", asked.actor.as_str()),
        ("action", &asked.action),
        ("target", &asked.target),
        ("from", &asked.from),
        ("to", &asked.to),
    ];
    let next = next.map(|before| visit.address_with(&[("before", before)]));
    let list = if lines.is_empty() {
        nothing(w)
    } else {
        table(w, lines)
    };
    view! {
        {head(w, w.say("admin-audit-title"), "admin-audit-lead", csv_address(LIST, &filter))}
        <form class="filter" method="get" action=routes::ADMIN_AUDIT>
            {text_filter("action", w.say("admin-audit-action"), "search", &asked.action)}
            {text_filter("actor", w.say("admin-audit-actor"), "search", &asked.actor)}
            {text_filter("target", w.say("admin-audit-target"), "search", &asked.target)}
            {text_filter("from", w.say("statement-filter-from"), "date", &asked.from)}
            {text_filter("to", w.say("statement-filter-to"), "date", &asked.to)}
            <button class="button">{w.say("statement-filter-button")}</button>
        </form>
        {list}
        {pager(w, next)}
    }
    .into_any()
}

/// What operators did to what a page is about.
pub fn section(w: Words, lines: &[AuditLine]) -> AnyView {
    let log = match lines {
        [] => nothing(w),
        lines => table(w, lines),
    };
    view! { <section><h2>{w.say("admin-audit-title")}</h2>{log}</section> }.into_any()
}

/// Lines of the log.
fn table(w: Words, lines: &[AuditLine]) -> AnyView {
    let rows: Vec<_> = lines.iter().map(|line| row(w, line)).collect();
    view! {
        <div class="scroll">
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("statement-date")}</th>
                        <th scope="col">{w.say("admin-audit-action")}</th>
                        <th scope="col">{w.say("admin-audit-target")}</th>
                        <th scope="col">{w.say("admin-audit-change")}</th>
                        <th scope="col">{w.say("admin-reason")}</th>
                        <th scope="col">{w.say("admin-audit-actor")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// What it was done to; an account, a job, a purchase or a batch leads to its page. The first word of an action says of what
/// kind that is.
fn target(line: &AuditLine) -> AnyView {
    let id = line.target.clone();
    let href = match line.action.split_once('.') {
        Some(("credits", deed)) if deed.starts_with("bulk") => {
            Some(routes::batch(&routes::encode(&id)))
        }
        Some(("credits" | "session" | "spending" | "token" | "user", _)) => {
            Some(routes::person(&id))
        }
        Some(("ledger", "rebuild")) => Some(routes::person(&id)),
        Some(("reconciliation", "run")) => Some(routes::reconciliation(&id, None)),
        Some(("job", _)) => Some(routes::overseen_job(&id)),
        // All failed ones together have no page.
        Some(("webhook", "replay")) => Some(routes::event(&id)),
        Some(("recharge", _)) => Some(routes::purchase(&id)),
        _ => None,
    };
    match href {
        Some(href) => view! { <a href=href><code class="id">{id}</code></a> }.into_any(),
        None => view! { <code class="id">{id}</code> }.into_any(),
    }
}

fn row(w: Words, line: &AuditLine) -> impl IntoView + use<> {
    let change = [&line.before, &line.after].map(|side| side.clone().unwrap_or_default());
    let change = match change {
        [before, after] if before.is_empty() => after,
        [before, after] => format!("{before} → {after}"),
    };
    let said = Deed::parse(&line.action).map(|deed| w.say(deed_key(deed)));
    let reason = line.reason.clone().unwrap_or_default();
    let address = line.address.clone().unwrap_or_default();
    view! {
        <tr>
            <td class="num soft">{moment(w, line.at)}</td>
            <th scope="row" class="first">{said}" "<code class="soft">{line.action.clone()}</code></th>
            <td>{target(line)}</td>
            <td class="right"><code>{change}</code></td>
            <td>{reason}</td>
            <td class="soft"><code class="id">{line.actor.clone()}" "{address}</code></td>
        </tr>
    }
}

/// An action in words.
const fn deed_key(deed: Deed) -> &'static str {
    match deed {
        Deed::CreditsAdd => "admin-deed-credits-add",
        Deed::CreditsDeduct => "admin-deed-credits-deduct",
        Deed::CreditsSet => "admin-deed-credits-set",
        Deed::Bulk => "admin-deed-bulk",
        Deed::BulkUndo => "admin-deed-bulk-undo",
        Deed::BulkUndone => "admin-deed-bulk-undone",
        Deed::UserCreate => "admin-deed-user-create",
        Deed::UserAdmin => "admin-deed-user-admin",
        Deed::UserSync => "admin-deed-user-sync",
        Deed::UserBlock => "admin-deed-user-block",
        Deed::UserUnblock => "admin-deed-user-unblock",
        Deed::TokenCreate => "admin-deed-token-create",
        Deed::TokenRevoke => "admin-deed-token-revoke",
        Deed::SessionEnd => "admin-deed-session-end",
        Deed::SpendingStop => "admin-deed-spending-stop",
        Deed::SpendingLift => "admin-deed-spending-lift",
        Deed::JobRetry => "admin-deed-job-retry",
        Deed::JobCancel => "admin-deed-job-cancel",
        Deed::JobRelease => "admin-deed-job-release",
        Deed::Refund => "admin-deed-refund",
        Deed::Replay => "admin-deed-replay",
        Deed::ReplayFailed => "admin-deed-replay-failed",
        Deed::Reconcile => "admin-deed-reconcile",
        Deed::Mend => "admin-deed-mend",
        Deed::Rebuild => "admin-deed-rebuild",
        Deed::Accept => "admin-deed-accept",
    }
}
