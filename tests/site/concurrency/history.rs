//! What was asked and answered, and whether it can have come from one true ledger. The checker is a
//! function over what was written down; it knows nothing of the program.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One thing somebody was told about a wallet: between `start` and `end`, in microseconds, a request
/// was under way, and its answer named `version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub wallet: usize,
    /// For messages: who asked for what.
    pub what: String,
    pub start: u64,
    pub end: u64,
    pub version: i64,
    pub kind: Kind,
}

/// What kind of answer it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// This very request made the version.
    Wrote,
    /// The figures as they stood: what remained.
    Read { remaining: i64 },
    /// By the answer the version was there, made by whomever.
    Heard,
}

/// One entry of the ledger at the end, in the order of `seq`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub seq: i64,
    pub version: i64,
    pub amount: i64,
    pub balance_after: i64,
}

/// A wallet at the end, and what the accepted requests say about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wallet {
    pub entries: Vec<Entry>,
    pub version: i64,
    pub remaining: i64,
    /// The entry of each accepted change by hand, and the amount it was to move.
    pub accepted: Vec<(String, i64)>,
    /// What accepted jobs, purchases and the welcome moved: how many entries, and how much in all.
    pub other_entries: usize,
    pub other_amount: i64,
}

/// Everything that was written down.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub told: Vec<Told>,
    pub wallets: Vec<Wallet>,
}

/// What cannot be, in words; empty for a history that can.
pub fn check(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, wallet) in history.wallets.iter().enumerate() {
        let told: Vec<&Told> = history.told.iter().filter(|t| t.wallet == number).collect();
        let found = [
            check_order(&told),
            check_versions(&told),
            check_figures(&told, wallet),
            check_entries(wallet),
            check_sums(wallet),
        ];
        let found = found.into_iter().flatten();
        wrong.extend(found.map(|what| format!("wallet {number}: {what}")));
    }
    wrong
}

/// Real time is respected: whoever asks after anybody was told of a version sees no older one, and
/// what is written then has a newer one.
fn check_order(told: &[&Told]) -> Vec<String> {
    let mut by_start = told.to_vec();
    by_start.sort_by_key(|t| t.start);
    let mut by_end = told.to_vec();
    by_end.sort_by_key(|t| t.end);
    let mut ended = by_end.into_iter().peekable();
    let mut newest: Option<&Told> = None;
    let mut wrong = Vec::new();
    for t in by_start {
        while let Some(before) = ended.next_if(|before| before.end < t.start) {
            if newest.is_none_or(|newest| before.version > newest.version) {
                newest = Some(before);
            }
        }
        let Some(seen) = newest else { continue };
        let late = match t.kind {
            Kind::Wrote => t.version <= seen.version,
            Kind::Read { .. } => t.version < seen.version,
            Kind::Heard => false,
        };
        if late {
            wrong.push(format!(
                "{} at {} says version {}, but {} had said {} at {}",
                t.what, t.start, t.version, seen.what, seen.version, seen.end
            ));
        }
    }
    wrong
}

/// No two writes made one version.
fn check_versions(told: &[&Told]) -> Vec<String> {
    let mut writers: BTreeMap<i64, &str> = BTreeMap::new();
    let mut wrong = Vec::new();
    for t in told.iter().filter(|t| t.kind == Kind::Wrote) {
        if let Some(other) = writers.insert(t.version, &t.what) {
            wrong.push(format!("{} and {other} both made {}", t.what, t.version));
        }
    }
    wrong
}

/// What was read at a version is what the entries up to it add up to.
fn check_figures(told: &[&Told], wallet: &Wallet) -> Vec<String> {
    let balances: BTreeMap<i64, i64> = wallet
        .entries
        .iter()
        .map(|entry| (entry.version, entry.balance_after))
        .collect();
    let mut wrong = Vec::new();
    for t in told {
        let Kind::Read { remaining } = t.kind else {
            continue;
        };
        let at = balances.range(..=t.version).next_back();
        if at.map(|(_, balance)| *balance) != Some(remaining) {
            wrong.push(format!(
                "{} read {remaining} at version {}, the entries say {at:?}",
                t.what, t.version
            ));
        }
    }
    wrong
}

/// The entries are one chain without a gap, and so are their versions.
fn check_entries(wallet: &Wallet) -> Vec<String> {
    let mut wrong = Vec::new();
    let (mut seq, mut version, mut balance) = (0, 0, 0);
    for entry in &wallet.entries {
        if entry.seq != seq + 1 {
            wrong.push(format!("entry {} follows entry {seq}", entry.seq));
        }
        if !(version..=version + 1).contains(&entry.version) {
            wrong.push(format!("version {} follows {version}", entry.version));
        }
        if entry.balance_after != balance + entry.amount {
            wrong.push(format!("{balance} and {} make {entry:?}", entry.amount));
        }
        (seq, version, balance) = (entry.seq, entry.version, entry.balance_after);
    }
    if (wallet.version, wallet.remaining) != (version, balance) {
        let end = (wallet.version, wallet.remaining);
        wrong.push(format!(
            "it ends as {end:?}, its entries as {:?}",
            (version, balance)
        ));
    }
    wrong
}

/// Everything that was accepted is there once, and nothing else is.
fn check_sums(wallet: &Wallet) -> Vec<String> {
    let amounts: HashMap<&str, i64> = wallet
        .entries
        .iter()
        .map(|entry| (entry.id.as_str(), entry.amount))
        .collect();
    let mut wrong = Vec::new();
    let mut once = BTreeSet::new();
    for (id, amount) in &wallet.accepted {
        if !once.insert(id) {
            wrong.push(format!("two accepted changes are entry {id}"));
        }
        if amounts.get(id.as_str()) != Some(amount) {
            let found = amounts.get(id.as_str());
            wrong.push(format!(
                "accepted change {id} of {amount} is found as {found:?}"
            ));
        }
    }
    let by_hand: i64 = wallet.accepted.iter().map(|(_, amount)| amount).sum();
    let told = by_hand + wallet.other_amount;
    if told != wallet.remaining {
        let remaining = wallet.remaining;
        wrong.push(format!(
            "what was accepted adds up to {told}, it ends with {remaining}"
        ));
    }
    let entries = wallet.accepted.len() + wallet.other_entries;
    if entries != wallet.entries.len() {
        let found = wallet.entries.len();
        wrong.push(format!(
            "{entries} entries were accepted, {found} are there"
        ));
    }
    wrong
}

mod tests {
    use super::*;

    fn told(start: u64, end: u64, version: i64, kind: Kind) -> Told {
        let what = format!("{kind:?} {version}");
        Told {
            wallet: 0,
            what,
            start,
            end,
            version,
            kind,
        }
    }

    fn entry(seq: i64, amount: i64, balance_after: i64) -> Entry {
        Entry {
            id: format!("e{seq}"),
            seq,
            version: seq,
            amount,
            balance_after,
        }
    }

    /// A welcome of 8, then 5 more, then 3 less, read before, between and after.
    fn good() -> History {
        let read = |remaining| Kind::Read { remaining };
        History {
            told: vec![
                told(0, 5, 1, read(8)),
                told(10, 20, 2, Kind::Wrote),
                told(12, 15, 1, read(8)),
                told(12, 19, 2, read(13)),
                told(21, 30, 2, read(13)),
                told(25, 40, 3, Kind::Wrote),
                told(41, 42, 3, read(10)),
                told(43, 44, 2, Kind::Heard),
            ],
            wallets: vec![Wallet {
                entries: vec![entry(1, 8, 8), entry(2, 5, 13), entry(3, -3, 10)],
                version: 3,
                remaining: 10,
                accepted: vec![("e2".to_owned(), 5), ("e3".to_owned(), -3)],
                other_entries: 1,
                other_amount: 8,
            }],
        }
    }

    /// The good history with something planted is found wrong, for this reason.
    #[track_caller]
    fn finds(reason: &str, plant: impl FnOnce(&mut History)) {
        let mut history = good();
        plant(&mut history);
        let wrong = check(&history);
        assert!(wrong.iter().any(|what| what.contains(reason)), "{wrong:?}");
    }

    #[test]
    fn a_true_history_passes() {
        assert_eq!(check(&good()), Vec::<String>::new());
    }

    #[test]
    fn a_stale_read_is_found() {
        finds("had said 2", |history| {
            let stale = Kind::Read { remaining: 8 };
            history.told.push(told(21, 22, 1, stale));
        });
    }

    #[test]
    fn reads_that_go_back_are_found() {
        // The first saw what is being written, the second began after it and does not.
        finds("had said 2", |history| {
            history
                .told
                .push(told(11, 12, 2, Kind::Read { remaining: 13 }));
            history
                .told
                .push(told(13, 14, 1, Kind::Read { remaining: 8 }));
        });
    }

    #[test]
    fn a_write_ordered_before_one_that_was_answered_is_found() {
        finds("had said 3", |history| {
            history.told.push(told(45, 46, 3, Kind::Wrote));
        });
    }

    #[test]
    fn a_version_made_twice_is_found() {
        finds("both made 2", |history| {
            history.told.push(told(10, 20, 2, Kind::Wrote));
        });
    }

    #[test]
    fn a_read_of_figures_that_never_were_is_found() {
        finds("read 14 at version 2", |history| {
            history.told[4].kind = Kind::Read { remaining: 14 };
        });
    }

    #[test]
    fn a_lost_update_is_found() {
        // Both writes began from 8: the end forgets the first.
        finds("adds up to 10, it ends with 5", |history| {
            let wallet = &mut history.wallets[0];
            wallet.entries[2] = entry(3, -3, 5);
            wallet.remaining = 5;
        });
        finds("13 and -3 make", |history| {
            history.wallets[0].entries[2].balance_after = 5;
        });
    }

    #[test]
    fn an_accepted_change_without_an_entry_is_found() {
        finds("e2 of 5 is found as None", |history| {
            history.wallets[0].entries.remove(1);
        });
    }

    #[test]
    fn a_gap_is_found() {
        finds("entry 4 follows entry 2", |history| {
            history.wallets[0].entries[2].seq = 4;
        });
        finds("version 5 follows 2", |history| {
            history.wallets[0].entries[2].version = 5;
        });
    }

    #[test]
    fn a_change_that_nobody_asked_for_is_found() {
        finds("3 entries were accepted, 4 are there", |history| {
            let wallet = &mut history.wallets[0];
            wallet.entries.push(entry(4, 0, 10));
            wallet.version = 4;
        });
    }
}
