use std::collections::HashMap;

use atelier_server::catalog::Catalog;
use atelier_server::credits::{Entry, EntryKind, PaidBy};
use atelier_server::payments::Recharge;

use super::item::item_name;
use crate::i18n::Words;

/// What the words of the ledger's reasons are made from.
#[derive(Clone, Copy)]
pub struct Books<'a> {
    pub catalog: &'a Catalog,
    /// The purchases the entries name, by id.
    pub recharges: &'a HashMap<String, Recharge>,
}

/// Why an entry was written, for whom the wallet belongs to.
pub fn reason(w: Words, books: Books<'_>, entry: &Entry) -> String {
    match (entry.kind, entry.reason_word.as_str()) {
        (EntryKind::Expire, _) => w.say("statement-reason-expired"),
        (EntryKind::TakeBack | EntryKind::Debt, "adjustment") => adjustment(w, entry.kind, entry),
        (EntryKind::Debt, _) => purchase(w, books, entry, "statement-reason-debt"),
        (EntryKind::DebtPaid, _) => w.say("statement-reason-debt-paid"),
        (_, "initial") => w.say("statement-reason-initial"),
        (EntryKind::Grant, "purchase") => purchase(w, books, entry, "statement-reason-purchase"),
        (EntryKind::Grant, "bonus") => purchase(w, books, entry, "statement-reason-bonus"),
        (EntryKind::TakeBack, word) => purchase(w, books, entry, take_back_key(word)),
        (EntryKind::Freeze, _) => purchase(w, books, entry, "statement-reason-freeze"),
        (EntryKind::Unfreeze, _) => purchase(w, books, entry, "statement-reason-unfreeze"),
        (kind, "try_on") => w.say(match entry.paid_by {
            Some(PaidBy::Plan) => plan_key(kind),
            Some(PaidBy::Trial) => trial_key(kind),
            _ => try_on_key(kind),
        }),
        (kind, "video") => w.say(video_key(kind)),
        (kind, "adjustment") => adjustment(w, kind, entry),
        // A word this page does not know yet is still the truth.
        _ => entry.reason.clone(),
    }
}

const fn try_on_key(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Capture => "statement-reason-try-on-done",
        EntryKind::Release => "statement-reason-try-on-returned",
        _ => "statement-reason-try-on-hold",
    }
}

const fn plan_key(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Capture => "statement-reason-plan-done",
        EntryKind::Release => "statement-reason-plan-returned",
        _ => "statement-reason-plan-hold",
    }
}

const fn trial_key(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Capture => "statement-reason-trial-done",
        EntryKind::Release => "statement-reason-trial-returned",
        _ => "statement-reason-trial-hold",
    }
}

/// The money went back, or it came again: a refund failed, a dispute was won.
fn take_back_key(word: &str) -> &'static str {
    match word {
        "refund_undone" => "statement-reason-take-back-undone",
        _ => "statement-reason-take-back",
    }
}

const fn video_key(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Capture => "statement-reason-video-done",
        EntryKind::Release => "statement-reason-video-returned",
        _ => "statement-reason-video-hold",
    }
}

fn purchase(w: Words, books: Books<'_>, entry: &Entry, key: &str) -> String {
    let recharge = entry
        .recharge_id
        .as_ref()
        .and_then(|id| books.recharges.get(id.as_str()));
    let item = match recharge {
        Some(recharge) => item_name(w, books.catalog, &recharge.item),
        None => w.say("pay-item-top-up"),
    };
    w.say_with(key, &[("item", item.into())])
}

/// What an operator, or the account itself, did by hand.
fn adjustment(w: Words, kind: EntryKind, entry: &Entry) -> String {
    let key = match kind {
        EntryKind::Grant => "statement-reason-operator-add",
        _ if entry.actor.starts_with("user:") => "statement-reason-own-deduct",
        _ => "statement-reason-operator-deduct",
    };
    let note = if entry.reason == entry.reason_word {
        w.say("statement-reason-no-note")
    } else {
        entry.reason.clone()
    };
    w.say_with(key, &[("reason", note.into())])
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::credits::{EntryLot, Source};
    use atelier_server::ids::EntryId;
    use atelier_server::payments::RechargeStatus;
    use atelier_server::time::Timestamp;

    use super::*;
    use crate::components::history::tests::recharge;

    fn entry(kind: EntryKind, word: &str, note: Option<&str>, actor: &str) -> Entry {
        let at = Timestamp::from_seconds(1);
        Entry {
            seq: 1,
            id: EntryId::new(at),
            version: 1,
            kind,
            amount: 0,
            balance_after: 0,
            reason: note.unwrap_or(word).to_owned(),
            actor: actor.to_owned(),
            job_id: None,
            recharge_id: None,
            lots: vec![EntryLot {
                source: Source::Initial,
                amount: 1,
            }],
            created_at: at,
            reason_word: word.to_owned(),
            paid_by: None,
        }
    }

    fn say(kind: EntryKind, word: &str, note: Option<&str>, actor: &str) -> String {
        reason_of(&entry(kind, word, note, actor), &HashMap::new())
    }

    fn reason_of(entry: &Entry, recharges: &HashMap<String, Recharge>) -> String {
        let catalog = Catalog::built_in();
        let books = Books {
            catalog: &catalog,
            recharges,
        };
        reason(Words(Language::En), books, entry)
    }

    #[test]
    fn a_use_says_what_pays_for_it() {
        for (kind, paid_by, said) in [
            (
                EntryKind::Hold,
                PaidBy::Plan,
                "Try-on started, paid by your plan",
            ),
            (
                EntryKind::Capture,
                PaidBy::Plan,
                "Try-on done, paid by your plan",
            ),
            (
                EntryKind::Release,
                PaidBy::Plan,
                "Try-on not made, its plan use returned",
            ),
            (
                EntryKind::Capture,
                PaidBy::Trial,
                "Try-on done, paid with a free trial",
            ),
            (EntryKind::Capture, PaidBy::Credits, "Try-on done"),
        ] {
            let mut entry = entry(kind, "try_on", None, "system");
            entry.paid_by = Some(paid_by);
            assert_eq!(reason_of(&entry, &HashMap::new()), said);
        }
    }

    #[test]
    fn what_became_of_a_purchase_names_it() {
        let recharge = recharge("starter", RechargeStatus::Completed);
        let recharges = HashMap::from([(recharge.id.to_string(), recharge.clone())]);
        for (kind, word, said) in [
            (EntryKind::TakeBack, "refund", "Money returned: Starter"),
            (
                EntryKind::TakeBack,
                "refund_undone",
                "Money not returned after all: Starter",
            ),
            (EntryKind::Freeze, "dispute", "Payment in dispute: Starter"),
            (EntryKind::Unfreeze, "dispute", "Dispute over: Starter"),
            (EntryKind::Debt, "refund", "Credits already spent: Starter"),
        ] {
            let mut entry = entry(kind, word, None, "provider:stripe");
            entry.recharge_id = Some(recharge.id.clone());
            assert_eq!(reason_of(&entry, &recharges), said);
        }
    }

    #[test]
    fn each_reason_has_words() {
        for (kind, word, said) in [
            (EntryKind::Grant, "initial", "Initial credits"),
            (EntryKind::Hold, "try_on", "Try-on started"),
            (EntryKind::Capture, "try_on", "Try-on done"),
            (EntryKind::Release, "video", "Video not made, returned"),
            (EntryKind::Expire, "lapsed", "Not used in time"),
            (EntryKind::DebtPaid, "debt_paid", "Settled from new credits"),
        ] {
            assert_eq!(say(kind, word, None, "system"), said);
        }
    }

    #[test]
    fn a_note_is_told_with_who_wrote_it() {
        let word = "adjustment";
        assert_eq!(
            say(
                EntryKind::Grant,
                word,
                Some("Sorry for the wait"),
                "admin:1"
            ),
            "Added by the operator: Sorry for the wait"
        );
        assert_eq!(
            say(EntryKind::Deduct, word, Some("x"), "user:1"),
            "Deducted by you: x"
        );
        assert_eq!(
            say(EntryKind::Deduct, word, None, "command-line"),
            "Deducted by the operator: no note"
        );
    }
}
