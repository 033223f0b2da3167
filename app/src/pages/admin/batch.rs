use atelier_server::oversight::{BatchState, RowState, Sheet};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{because, because_at, choice, csv_address, head, nothing, outcome_at};
use crate::components::batch::say_row;
use crate::components::field::Field;
use crate::components::form::{hidden, submit};
use crate::components::notice::{Notice, Tone};
use crate::components::pager::pager;
use crate::flash::{Flash, Form, Outcome};
use crate::forms::admin::TYPED_AGAIN_ABOVE;
use crate::forms::batches::{ApplyBatch, UndoBatch};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{BatchPage, Visit};

/// What a batch would do, or did, row by row.
pub fn page(visit: &Visit, page: &BatchPage) -> AnyView {
    let w = visit.words();
    let sheet = &page.sheet;
    let flash = visit.flash.as_ref();
    let flash = flash.filter(|flash| flash.form == Form::Batch);
    let chosen = page.state.map_or("", RowState::as_str);
    let place = routes::batch(&routes::encode(&sheet.batch_id));
    let list = format!(
        "/api/admin/credits/bulk/{}",
        routes::encode(&sheet.batch_id)
    );
    let next = page.next.map(|after| after.to_string());
    let next = next.map(|after| visit.address_with(&[("after", &after)]));
    let states = RowState::ALL.iter();
    let states = states.map(|state| (state.as_str(), w.say(state_key(*state))));
    let (title, lead) = match sheet.state {
        BatchState::Kept => ("admin-batch-kept-title", "admin-batch-kept-lead"),
        BatchState::Applied => ("admin-batch-applied-title", "admin-batch-applied-lead"),
        BatchState::Undone => ("admin-batch-undone-title", "admin-batch-undone-lead"),
    };
    let rows = if page.shown.is_empty() {
        nothing(w)
    } else {
        table(w, page)
    };
    view! {
        {head(w, w.say(title), lead, csv_address(&list, &[("state", chosen)]))}
        {twin(w, sheet)}
        {figures(w, sheet)}
        <div class="settings">{apply(w, sheet, flash)}{undo(w, sheet, flash)}</div>
        <form class="filter" method="get" action=place>
            {choice("state", w.say("admin-events-state"), w.say("admin-all"), states.collect(), chosen)}
            <button class="button">{w.say("statement-filter-button")}</button>
        </form>
        {rows}
        {pager(w, next)}
    }
    .into_any()
}

const fn state_key(state: RowState) -> &'static str {
    match state {
        RowState::Wrong => "admin-row-wrong",
        RowState::Refused => "admin-row-refused",
        RowState::Waits => "admin-row-waits",
        RowState::Done => "admin-row-done",
        RowState::Undone => "admin-row-undone",
        RowState::UndoneInPart => "admin-row-undone-in-part",
    }
}

/// What would be done a second time.
fn twin(w: Words, sheet: &Sheet) -> Option<AnyView> {
    let twin = sheet.twin.as_ref()?;
    let notice = (sheet.state == BatchState::Kept).then(|| {
        let when = [("when", w.moment(twin.created_at).into())];
        let place = routes::batch(&routes::encode(&twin.batch_id));
        view! {
            <div class="notices">
                <Notice tone=Tone::Warn>
                    <p>
                        {w.say_with("admin-batch-same", &when)}" "
                        <a href=place>{w.say("admin-batch-same-look")}</a>
                    </p>
                </Notice>
            </div>
        }
    });
    notice.map(IntoAny::into_any)
}

/// How many rows are in which state, and what those that wait come to.
fn figures(w: Words, sheet: &Sheet) -> AnyView {
    let (given, taken) = sheet.sums();
    let states = RowState::ALL.iter();
    let counts = states.map(|state| (state_key(*state), sheet.count(*state)));
    let counts = counts.filter(|(_, count)| *count > 0);
    let sums = [("admin-batch-gives", given), ("admin-batch-takes", taken)];
    let sums = sums.into_iter().filter(|(_, sum)| *sum > 0);
    let figures: Vec<_> = counts
        .chain(sums)
        .map(|(key, value)| {
            view! { <div><dt>{w.say(key)}</dt><dd class="figure">{w.number(value)}</dd></div> }
        })
        .collect();
    view! { <dl class="figures">{figures}</dl> }.into_any()
}

fn apply(w: Words, sheet: &Sheet, flash: Option<&Flash>) -> Option<AnyView> {
    let can = sheet.state != BatchState::Undone && sheet.batch.is_some();
    let waits = sheet.count(RowState::Waits);
    if !can || (sheet.state == BatchState::Applied && waits == 0) {
        return None;
    }
    let change = format!(
        "{}?from={}",
        routes::ADMIN_BULK,
        routes::encode(&sheet.batch_id)
    );
    let change = view! { <a href=change>{w.say("admin-batch-change")}</a> };
    let total = sheet.total();
    let again = (total > TYPED_AGAIN_ABOVE).then(|| {
        let hint = [("n", w.number(total).into()), ("plain", total.to_string().into())];
        view! {
            <Field
                w=w name="again" label=w.say("admin-batch-again") kind="number" autocomplete="off"
                hint=w.say_with("admin-batch-again-hint", &hint) error=outcome_at(w, flash, Outcome::TypeTotal)
            />
        }
    });
    let form = (waits > 0).then(|| {
        let button = w.count("admin-batch-apply", waits);
        view! {
            <form class="form" method="post" action=ApplyBatch::PATH>
                {hidden("id", sheet.batch_id.clone())}
                {sheet.twin.as_ref().map(|twin| hidden("twin", twin.batch_id.clone()))}
                {again}
                {because_at("f-cause", Outcome::CauseMissing, w, flash, &w.say("admin-why-applied"))}
                <div>{submit("primary", button, w.say("admin-pending"))}</div>
            </form>
        }
    });
    let section = view! {
        <section id="apply">
            <h2>{w.say("admin-batch-apply-title")}</h2>
            <p class="soft">{w.say("admin-batch-apply-text")}" "{change}</p>
            {form}
        </section>
    };
    Some(section.into_any())
}

fn undo(w: Words, sheet: &Sheet, flash: Option<&Flash>) -> Option<AnyView> {
    let left = sheet.rows.iter().any(|row| row.changed != row.undone);
    (sheet.state != BatchState::Kept && left).then(|| {
        view! {
            <section id="undo">
                <h2>{w.say("admin-batch-undo-title")}</h2>
                <p class="soft">{w.say("admin-batch-undo-text")}</p>
                <form class="form" method="post" action=UndoBatch::PATH>
                    {hidden("id", sheet.batch_id.clone())}
                    {because(w, flash, "")}
                    <div>{submit("", w.say("admin-batch-undo"), w.say("admin-pending"))}</div>
                </form>
            </section>
        }
        .into_any()
    })
}

fn table(w: Words, page: &BatchPage) -> AnyView {
    let rows: Vec<_> = page
        .shown
        .iter()
        .filter_map(|at| row(w, &page.sheet, *at))
        .collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=w.say("admin-batch-page")>
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col" class="end">{w.say("admin-row")}</th>
                        <th scope="col">{w.say("auth-email")}</th>
                        <th scope="col">{w.say("admin-audit-action")}</th>
                        <th scope="col">{w.say("admin-events-state")}</th>
                        <th scope="col">{w.say("admin-audit-change")}</th>
                        <th scope="col">{w.say("admin-reason")}</th>
                        <th scope="col">{w.say("admin-row-problem")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(w: Words, sheet: &Sheet, at: usize) -> Option<AnyView> {
    let row = sheet.rows.get(at)?;
    let tone = match row.state {
        RowState::Wrong | RowState::Refused => "failed",
        RowState::Waits => "pending",
        RowState::Done => "completed",
        RowState::Undone | RowState::UndoneInPart => "cancelled",
    };
    let change = match (row.before, row.after, row.changed) {
        (Some(before), Some(after), 0) => format!("{} → {}", w.number(before), w.number(after)),
        (_, _, 0) => String::new(),
        (_, _, changed) => w.signed(changed),
    };
    let number = w.number(i64::try_from(at + 1).unwrap_or(i64::MAX));
    let typed = &row.typed;
    let view = view! {
        <tr>
            <td class="num end soft" data-label=w.say("admin-row")>{number}</td>
            <th scope="row" class="first">{typed.email.clone()}</th>
            <td><code>{typed.action.clone()}" "{typed.amount.clone()}</code></td>
            <td class="right"><span class="state" data-value=tone>{w.say(state_key(row.state))}</span></td>
            <td class="num">{change}</td>
            <td class="soft right">{typed.reason.clone()}</td>
            <td class="last">{say_row(w, row)}</td>
        </tr>
    };
    Some(view.into_any())
}
