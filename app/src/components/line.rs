use atelier_server::credits::{Entry, EntryKind, EntryLot, Source};
use leptos::prelude::*;

use super::reason::{Books, reason};
use crate::i18n::Words;
use crate::routes;

/// Who reads a statement. An operator sees what each entry is about, and who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Owner,
    Operator,
}

/// The table of the statement.
pub fn statement_table(w: Words, books: Books<'_>, entries: &[Entry], reader: Reader) -> AnyView {
    let lines = entries.iter().map(|entry| line(w, books, entry, reader));
    let lines: Vec<_> = lines.collect();
    let more = (reader == Reader::Operator).then(|| {
        view! {
            <th scope="col">{w.say("admin-fault-about")}</th>
            <th scope="col">{w.say("admin-statement-by")}</th>
        }
    });
    // With two columns more it may be wider than its place.
    let region = (reader == Reader::Operator).then_some("region");
    view! {
        <div class="scroll" tabindex=region.map(|_| "0") role=region aria-label=region.map(|_| w.say("statement-title"))>
            <table class="table cards">
                <thead>
                    <tr>
                        <th scope="col">{w.say("statement-date")}</th>
                        <th scope="col">{w.say("statement-what")}</th>
                        <th scope="col">{w.say("statement-kind")}</th>
                        <th scope="col">{w.say("statement-lots")}</th>
                        <th scope="col" class="end">{w.say("statement-amount")}</th>
                        <th scope="col" class="end">{w.say("statement-balance")}</th>
                        {more}
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// One entry of the ledger.
fn line(w: Words, books: Books<'_>, entry: &Entry, reader: Reader) -> impl IntoView + use<> {
    let more = (reader == Reader::Operator).then(|| {
        let actor = entry.actor.clone();
        view! {
            <td class="last">{about(entry)}</td>
            <td class="soft last"><code class="id">{actor}</code></td>
        }
    });
    let amount_class = if entry.amount > 0 {
        "num end first plus"
    } else {
        "num end first"
    };
    let lots: Vec<String> = entry.lots.iter().map(|lot| lot_part(w, lot)).collect();
    view! {
        <tr>
            <td class="num soft">
                <time datetime=entry.created_at.to_rfc3339()>{w.moment(entry.created_at)}</time>
            </td>
            <th scope="row" class="first">{reason(w, books, entry)}</th>
            <td class="right">{w.say(deed_key(entry))}</td>
            <td class="soft">{lots.join(w.comma())}</td>
            <td class=amount_class>{w.signed(entry.amount)}</td>
            <td class="num end" data-label=w.say("statement-balance")>{w.number(entry.balance_after)}</td>
            {more}
        </tr>
    }
}

/// The job or the purchase that an entry is about, which leads to its page.
fn about(entry: &Entry) -> Option<AnyView> {
    let (href, id) = match (&entry.recharge_id, &entry.job_id) {
        (Some(id), _) => (routes::purchase(id.as_str()), id.to_string()),
        (None, Some(id)) => (routes::overseen_job(id.as_str()), id.to_string()),
        (None, None) => return None,
    };
    Some(view! { <a href=href><code class="id">{id}</code></a> }.into_any())
}

fn lot_part(w: Words, lot: &EntryLot) -> String {
    let source = w.say(match lot.source {
        Source::Initial => "statement-lot-initial",
        Source::Purchase => "statement-lot-purchase",
        Source::Bonus => "statement-lot-bonus",
        Source::Grant => "statement-lot-grant",
    });
    let n = w.number(lot.amount.abs());
    w.say_with(
        "statement-lot-part",
        &[("n", n.into()), ("source", source.into())],
    )
}

/// The word for what an entry did.
fn deed_key(entry: &Entry) -> &'static str {
    match entry.kind {
        // A dispute was lost, and nothing of its purchase is left to be freed.
        EntryKind::Unfreeze if entry.lots.is_empty() => "statement-kind-closed",
        kind => kind_key(kind),
    }
}

/// The word for a kind of entry.
pub(crate) const fn kind_key(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Grant => "statement-kind-grant",
        EntryKind::Hold => "statement-kind-hold",
        EntryKind::Capture => "statement-kind-capture",
        EntryKind::Release => "statement-kind-release",
        EntryKind::Deduct => "statement-kind-deduct",
        EntryKind::TakeBack => "statement-kind-take-back",
        EntryKind::Expire => "statement-kind-expire",
        EntryKind::Freeze => "statement-kind-freeze",
        EntryKind::Unfreeze => "statement-kind-unfreeze",
        EntryKind::Debt => "statement-kind-debt",
        EntryKind::DebtPaid => "statement-kind-debt-paid",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use atelier_server::accounts::Language;
    use atelier_server::catalog::Catalog;
    use atelier_server::ids::EntryId;
    use atelier_server::time::Timestamp;

    use super::*;

    #[test]
    fn a_line_says_what_changed_from_which_credits() {
        let at = Timestamp::from_seconds(1_000_000);
        let entry = Entry {
            seq: 1,
            id: EntryId::new(at),
            version: 2,
            kind: EntryKind::Grant,
            amount: 1_300,
            balance_after: 1_307,
            reason: "initial".to_owned(),
            actor: "system".to_owned(),
            job_id: None,
            recharge_id: None,
            lots: vec![
                EntryLot {
                    source: Source::Initial,
                    amount: 8,
                },
                EntryLot {
                    source: Source::Bonus,
                    amount: 2,
                },
            ],
            created_at: at,
            reason_word: "initial".to_owned(),
            paid_by: None,
        };
        let catalog = Catalog::built_in();
        let books = Books {
            catalog: &catalog,
            recharges: &HashMap::new(),
        };
        let html = statement_table(Words(Language::En), books, &[entry], Reader::Owner).to_html();
        for part in [
            "Initial credits",
            "8 initial, 2 bonus",
            ">+1,300<",
            ">1,307<",
            "plus",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
