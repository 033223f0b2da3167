use atelier_server::oversight::{Batch, BatchLine, TypedRow};
use leptos::prelude::*;

use super::{head, moment, nothing, outcome_at};
use crate::components::field::field_error;
use crate::components::form::submit;
use crate::components::outcome::COLUMNS;
use crate::components::pager::pager;
use crate::flash::{Flash, Form};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{BulkPage, Visit};

const LIST: &str = "/api/admin/credits/bulk?format=csv";

/// Many wallets at once: a table is looked at first, then applied, and can be undone.
pub fn page(visit: &Visit, page: &BulkPage) -> AnyView {
    let w = visit.words();
    let flash = visit.flash.as_ref();
    let flash = flash.filter(|flash| flash.form == Form::Batch);
    let next = page.next.as_deref();
    let next = next.map(|before| visit.address_with(&[("before", before)]));
    let list = if page.batches.is_empty() {
        nothing(w)
    } else {
        table(w, &page.batches)
    };
    view! {
        {head(w, w.say("admin-bulk-title"), "admin-bulk-lead", LIST.to_owned())}
        <div class="settings">{form(w, page, flash)}</div>
        <section>
            <h2>{w.say("admin-bulk-batches")}</h2>
            {list}
        </section>
        {pager(w, next)}
    }
    .into_any()
}

fn form(w: Words, page: &BulkPage, flash: Option<&Flash>) -> AnyView {
    let rows = match flash.map_or("", |flash| flash.typed("rows")) {
        "" => table_of(&page.earlier),
        typed => typed.to_owned(),
    };
    let most = i64::try_from(Batch::MOST_ROWS).unwrap_or(i64::MAX);
    let hint = w.say_with("admin-bulk-hint", &[("most", w.number(most).into())]);
    let outcome = flash.and_then(|flash| flash.outcomes.first().copied());
    let error = outcome.and_then(|outcome| outcome_at(w, flash, outcome));
    let error = error.map(|said| field_error("f-rows-error".to_owned(), said, None));
    let described = match error {
        Some(_) => "f-rows-hint f-rows-error",
        None => "f-rows-hint",
    };
    let invalid = error.is_some().then_some("true");
    view! {
        <section id="new">
            <h2>{w.say("admin-bulk-new")}</h2>
            <form class="form" method="post" action=routes::ADMIN_BULK enctype="multipart/form-data">
                <div class="field">
                    <label for="f-file">{w.say("admin-bulk-file")}</label>
                    <input class="input" id="f-file" name="file" type="file" accept=".csv,.json,.txt,text/csv,application/json"/>
                </div>
                <div class="field">
                    <label for="f-rows">{w.say("admin-bulk-rows")}</label>
                    <p class="hint" id="f-rows-hint">{hint}" "<code>{COLUMNS.join(",")}</code></p>
                    <textarea
                        class="input" id="f-rows" name="rows" rows="8" spellcheck="false"
                        aria-describedby=described aria-invalid=invalid
                    >{format!("\n{rows}")}</textarea>
                    {error}
                </div>
                <div>{submit("", w.say("admin-bulk-look"), w.say("admin-pending"))}</div>
            </form>
        </section>
    }
    .into_any()
}

/// Rows as they can be typed again.
fn table_of(rows: &[TypedRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let lines = rows.iter().map(|row| {
        let cells = [&row.email, &row.action, &row.amount, &row.reason];
        cells.map(|text| cell(text)).join(",")
    });
    let lines: Vec<String> = lines.collect();
    format!("{}\n{}\n", COLUMNS.join(","), lines.join("\n"))
}

fn table(w: Words, batches: &[BatchLine]) -> AnyView {
    let rows: Vec<_> = batches.iter().map(|batch| row(w, batch)).collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=w.say("admin-bulk-batches")>
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("statement-date")}</th>
                        <th scope="col">{w.say("admin-events-state")}</th>
                        <th scope="col" class="end">{w.say("admin-bulk-count")}</th>
                        <th scope="col">{w.say("admin-audit-actor")}</th>
                        <th scope="col">{w.say("admin-bulk-id")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(w: Words, batch: &BatchLine) -> impl IntoView + use<> {
    let href = routes::batch(&routes::encode(&batch.batch_id));
    let (tone, said) = match batch.undone_at {
        Some(_) => ("cancelled", w.say("admin-batch-undone")),
        None => ("completed", w.say("admin-batch-applied")),
    };
    view! {
        <tr>
            <th scope="row" class="first num"><a href=href>{moment(w, batch.created_at)}</a></th>
            <td class="right"><span class="state" data-value=tone>{said}</span></td>
            <td class="num end" data-label=w.say("admin-bulk-count")>{w.number(batch.rows)}</td>
            <td class="soft"><code class="id">{batch.actor.clone()}</code></td>
            <td class="soft last"><code class="id">{batch.batch_id.clone()}</code></td>
        </tr>
    }
}
