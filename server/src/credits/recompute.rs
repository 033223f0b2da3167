//! What a wallet, its lots and its uses must be, from the entries alone, read in their order. An
//! implementation of its own beside `ledger.rs`: `verify` compares the two, `rebuild` writes it.

use std::collections::{BTreeMap, HashMap};

use super::days::DayRow;
use super::ledger::{Lot, SECOND_LIFE};
use super::rows::EntryRow;
use super::types::{EntryKind, Figures, Source};
use crate::ids::{JobId, LotId, RechargeId, UserId};
use crate::time::Timestamp;

/// Something in an entry that does not follow from those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub kind: &'static str,
    pub expected: String,
    pub found: String,
}

fn flaw(kind: &'static str, expected: impl ToString, found: impl ToString) -> Flaw {
    Flaw {
        kind,
        expected: expected.to_string(),
        found: found.to_string(),
    }
}

/// A wallet recomputed. What it keeps grows with the lots, the open holds and
/// the days, not with the entries.
#[derive(Clone, Debug)]
pub(crate) struct Recomputed {
    user: String,
    pub seq: i64,
    pub version: i64,
    pub net: i64,
    pub debt: i64,
    pub lots: BTreeMap<LotId, Lot>,
    /// What is held for jobs that have not ended.
    holds: HashMap<JobId, Vec<(LotId, i64)>>,
    /// What the entries come to per day, counted from 1970.
    pub days: BTreeMap<i64, DayRow>,
    /// When the lots of a purchase lapse: known to its record, not to its entries.
    lapsing: HashMap<RechargeId, i64>,
}

impl Recomputed {
    /// `lapsing`: for each purchase that does, after how many days its credits lapse.
    pub fn new(user: &UserId, lapsing: HashMap<RechargeId, i64>) -> Self {
        Self {
            user: format!("user:{user}"),
            seq: 0,
            version: 0,
            net: 0,
            debt: 0,
            lots: BTreeMap::new(),
            holds: HashMap::new(),
            days: BTreeMap::new(),
            lapsing,
        }
    }

    /// The credits of a purchase lapse after so many days.
    pub fn lapses(&mut self, recharge: &RechargeId, days: i64) {
        self.lapsing.insert(recharge.clone(), days);
    }

    /// Reads the next entry with its lots (in the order of their ids).
    pub fn read(&mut self, entry: &EntryRow, parts: &[(LotId, i64)]) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        if entry.seq != self.seq + 1 {
            flaws.push(flaw("entry.missing", self.seq + 1, entry.seq));
        }
        if entry.version < self.version {
            flaws.push(flaw("entry.version", self.version, entry.version));
        }
        self.seq = entry.seq;
        self.version = self.version.max(entry.version);
        self.net += entry.amount;
        if entry.balance_after != self.net {
            flaws.push(flaw("entry.balance_after", self.net, entry.balance_after));
        }
        self.count_day(entry, parts);
        self.check_amount(entry, parts, &mut flaws);
        self.apply(entry, parts, &mut flaws);
        flaws
    }

    /// The amount of an entry is that of its lots; only money that went back may lack credits.
    fn check_amount(&self, entry: &EntryRow, parts: &[(LotId, i64)], flaws: &mut Vec<Flaw>) {
        let moved: i64 = parts.iter().map(|(_, part)| part).sum();
        let expected = match entry.kind {
            EntryKind::Grant | EntryKind::Release => moved,
            EntryKind::Hold | EntryKind::Deduct | EntryKind::Expire => -moved,
            EntryKind::TakeBack if entry.amount.abs() >= moved => return,
            EntryKind::TakeBack => -moved,
            _ => 0,
        };
        if entry.amount != expected {
            flaws.push(flaw("entry.amount", expected, entry.amount));
        }
    }

    fn apply(&mut self, entry: &EntryRow, parts: &[(LotId, i64)], flaws: &mut Vec<Flaw>) {
        match entry.kind {
            EntryKind::Grant => self.grant(entry, parts),
            EntryKind::Freeze | EntryKind::Unfreeze => {
                let frozen = entry.kind == EntryKind::Freeze;
                for lot in self.lots.values_mut() {
                    if lot.recharge_id.is_some() && lot.recharge_id == entry.recharge_id {
                        lot.frozen = frozen;
                    }
                }
            }
            EntryKind::Debt => {}
            EntryKind::TakeBack => {
                let moved: i64 = parts.iter().map(|(_, part)| part).sum();
                self.debt += -entry.amount - moved * -entry.amount.signum();
                self.each(entry, parts, flaws);
            }
            EntryKind::DebtPaid => {
                self.debt -= parts.iter().map(|(_, part)| part).sum::<i64>();
                self.each(entry, parts, flaws);
            }
            EntryKind::Hold => {
                self.each(entry, parts, flaws);
                if let Some(job) = &entry.job_id
                    && !parts.is_empty()
                {
                    self.holds.insert(job.clone(), parts.to_vec());
                }
            }
            EntryKind::Capture | EntryKind::Release => {
                let held = entry.job_id.as_ref().and_then(|job| self.holds.remove(job));
                if held.unwrap_or_default() != parts {
                    flaws.push(flaw("entry.lots", "those of its hold", "others"));
                }
                self.each(entry, parts, flaws);
            }
            EntryKind::Deduct | EntryKind::Expire => self.each(entry, parts, flaws),
        }
    }

    fn count_day(&mut self, entry: &EntryRow, parts: &[(LotId, i64)]) {
        let day = entry.created_at.seconds().div_euclid(24 * 3_600);
        let row = self.days.entry(day).or_insert(DayRow {
            day,
            ..DayRow::default()
        });
        let used = match entry.kind {
            EntryKind::Capture => true,
            EntryKind::Deduct => entry.actor == self.user,
            _ => false,
        };
        if used {
            row.used += parts.iter().map(|(_, part)| part).sum::<i64>();
        }
        if entry.kind == EntryKind::Grant {
            row.received += entry.amount;
        }
        row.balance = entry.balance_after;
    }

    fn grant(&mut self, entry: &EntryRow, parts: &[(LotId, i64)]) {
        for (id, amount) in parts {
            let days = entry
                .recharge_id
                .as_ref()
                .and_then(|id| self.lapsing.get(id));
            let source = Source::parse(&entry.reason).unwrap_or(Source::Grant);
            let mut lot = Lot::new(id.clone(), source, *amount, entry.created_at);
            lot.expires_at = days.map(|days| entry.created_at.plus_days(*days));
            lot.recharge_id = entry.recharge_id.clone();
            self.lots.insert(id.clone(), lot);
        }
    }

    /// Moves the parts of an entry within their lots.
    fn each(&mut self, entry: &EntryRow, parts: &[(LotId, i64)], flaws: &mut Vec<Flaw>) {
        let by_owner = entry.actor == self.user;
        for (id, part) in parts {
            let Some(lot) = self.lots.get_mut(id) else {
                flaws.push(flaw("entry.lots", "a lot that was granted before", id));
                continue;
            };
            let part = *part;
            match entry.kind {
                EntryKind::Hold => {
                    lot.free -= part;
                    lot.held += part;
                }
                EntryKind::Capture => {
                    lot.held -= part;
                    lot.spent += part;
                }
                EntryKind::Release => {
                    lot.held -= part;
                    come_back(lot, part, entry.created_at);
                }
                EntryKind::Deduct if by_owner => {
                    lot.free -= part;
                    lot.spent += part;
                }
                EntryKind::TakeBack if entry.amount > 0 => {
                    lot.gone -= part;
                    lot.taken -= part;
                    come_back(lot, part, entry.created_at);
                }
                EntryKind::TakeBack | EntryKind::DebtPaid => {
                    lot.free -= part;
                    lot.gone += part;
                    lot.taken += part;
                }
                _ => {
                    lot.free -= part;
                    lot.gone += part;
                }
            }
        }
    }

    /// The sums of the wallet's row.
    pub fn figures(&self) -> Figures {
        let mut figures = Figures {
            debt: self.debt,
            removed: self.debt,
            ..Figures::default()
        };
        for lot in self.lots.values() {
            figures.total += lot.granted;
            figures.held += lot.held;
            figures.used += lot.spent;
            figures.removed += lot.gone;
            if lot.frozen {
                figures.frozen += lot.free;
            } else {
                figures.remaining += lot.free;
            }
            match lot.source {
                Source::Initial => figures.initial += lot.granted,
                Source::Bonus | Source::Grant => figures.bonus += lot.granted,
                Source::Purchase => {}
            }
        }
        figures
    }
}

/// Written again on purpose: a mistake in the ledger's own must not be here too.
fn come_back(lot: &mut Lot, part: i64, at: Timestamp) {
    lot.free += part;
    if lot.expires_at.is_some_and(|end| end <= at) {
        lot.expires_at = Some(at.plus(SECOND_LIFE));
    }
}
