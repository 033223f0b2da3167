//! The arithmetic of one wallet, without a database: given the row and the open lots it computes
//! what an operation changes and which entries tell it. The rules are those of `Figures`:
//! every method keeps `total = remaining + frozen + held + used + removed − debt`, and writes the
//! net balance into each entry.

use std::time::Duration;

use super::order;
use super::types::{Actor, EntryKind, Figures, Insufficient, Source};
use crate::ids::{EntryId, JobId, LotId, RechargeId};
use crate::time::Timestamp;

/// How long a lot lives on when held credits come back after it lapsed.
pub(super) const SECOND_LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Credits that came in together: `granted = free + held + spent + gone`. Of what is gone, `taken`
/// went for returned money or for debt, and may come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lot {
    pub id: LotId,
    pub source: Source,
    pub granted: i64,
    pub free: i64,
    pub held: i64,
    pub spent: i64,
    pub gone: i64,
    pub taken: i64,
    pub frozen: bool,
    pub expires_at: Option<Timestamp>,
    pub recharge_id: Option<RechargeId>,
    pub created_at: Timestamp,
    pub state: LotState,
}

/// What the store has to do with a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LotState {
    Unchanged,
    Changed,
    New,
}

impl Lot {
    pub fn new(id: LotId, source: Source, granted: i64, created_at: Timestamp) -> Self {
        Self {
            id,
            source,
            granted,
            free: granted,
            held: 0,
            spent: 0,
            gone: 0,
            taken: 0,
            frozen: false,
            expires_at: None,
            recharge_id: None,
            created_at,
            state: LotState::New,
        }
    }

    fn touch(&mut self) {
        if self.state == LotState::Unchanged {
            self.state = LotState::Changed;
        }
    }

    fn lapsed(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    fn is_of(&self, recharge: &RechargeId) -> bool {
        self.recharge_id.as_ref() == Some(recharge)
    }

    /// Credits come back: free again. A lot whose time is over lives on for a while.
    fn take_in(&mut self, part: i64, now: Timestamp) {
        self.free += part;
        if self.lapsed(now) {
            self.expires_at = Some(now.plus(SECOND_LIFE));
        }
        self.touch();
    }
}

/// An entry to be written. `lots` says which lots gave or got how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewEntry {
    pub id: EntryId,
    pub kind: EntryKind,
    pub amount: i64,
    pub balance_after: i64,
    pub at: Timestamp,
    pub reason: &'static str,
    pub job_id: Option<JobId>,
    pub recharge_id: Option<RechargeId>,
    /// Nobody did it: time did.
    pub by_itself: bool,
    pub lots: Vec<(LotId, i64)>,
}

/// Where deducted credits are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deducted {
    /// By the account itself: used.
    Used,
    /// By an operator: removed.
    Removed,
}

/// One wallet under its lock, and what the operation did so far.
#[derive(Debug)]
pub(super) struct Ledger {
    pub figures: Figures,
    pub lots: Vec<Lot>,
    pub entries: Vec<NewEntry>,
    pub actor: Actor,
    now: Timestamp,
}

impl Ledger {
    pub fn new(figures: Figures, lots: Vec<Lot>, actor: Actor, now: Timestamp) -> Self {
        let mut ledger = Self {
            figures,
            lots,
            entries: Vec::new(),
            actor,
            now,
        };
        ledger.lapse();
        ledger
    }

    /// Lets the free part of each lot go whose time is over. Frozen lots wait until they are free.
    fn lapse(&mut self) {
        for index in 0..self.lots.len() {
            let lot = &mut self.lots[index];
            let Some(at) = lot.expires_at.filter(|_| lot.lapsed(self.now)) else {
                continue;
            };
            let amount = lot.free;
            if amount == 0 || lot.frozen {
                continue;
            }
            lot.free = 0;
            lot.gone += amount;
            lot.touch();
            let lots = vec![(lot.id.clone(), amount)];
            let recharge_id = lot.recharge_id.clone();
            self.figures.remaining -= amount;
            self.figures.removed += amount;
            self.push(EntryKind::Expire, -amount, "lapsed", lots);
            if let Some(entry) = self.entries.last_mut() {
                entry.at = at;
                entry.recharge_id = recharge_id;
                entry.by_itself = true;
            }
        }
    }

    /// Adds a lot; an open debt is paid from it at once.
    pub fn grant(&mut self, lot: Lot, reason: &'static str) {
        let amount = lot.granted;
        self.figures.total += amount;
        self.figures.remaining += amount;
        match lot.source {
            Source::Initial => self.figures.initial += amount,
            Source::Bonus | Source::Grant => self.figures.bonus += amount,
            Source::Purchase => {}
        }
        let lots = vec![(lot.id.clone(), amount)];
        let recharge_id = lot.recharge_id.clone();
        self.lots.push(lot);
        // The net balance of the entry already counts the debt that the next entry pays.
        self.push(EntryKind::Grant, amount, reason, lots);
        if let Some(entry) = self.entries.last_mut() {
            entry.recharge_id = recharge_id;
        }
        self.pay_debt();
    }

    /// Sets `amount` free credits aside for a job.
    pub fn hold(&mut self, amount: i64, reason: &'static str) -> Result<(), Insufficient> {
        let lots = self.take(amount, |lot, part| lot.held += part)?;
        self.figures.remaining -= amount;
        self.figures.held += amount;
        self.push(EntryKind::Hold, -amount, reason, lots);
        Ok(())
    }

    /// Sets aside just these parts of these lots; says whether they were free.
    pub fn hold_parts(&mut self, parts: &[(LotId, i64)], reason: &'static str) -> bool {
        let place = |lots: &[Lot], (id, part): &(LotId, i64)| {
            let fits = |lot: &Lot| lot.id == *id && !lot.frozen && lot.free >= *part;
            lots.iter().position(fits)
        };
        let places: Option<Vec<usize>> = parts.iter().map(|part| place(&self.lots, part)).collect();
        let Some(places) = places else { return false };
        for (index, (_, part)) in places.into_iter().zip(parts) {
            let lot = &mut self.lots[index];
            lot.free -= part;
            lot.held += part;
            lot.touch();
        }
        let amount = sum(parts);
        self.figures.remaining -= amount;
        self.figures.held += amount;
        self.push(EntryKind::Hold, -amount, reason, parts.to_vec());
        true
    }

    /// Ends a hold: its credits are spent. `parts` are those of the hold's own entry.
    pub fn capture(&mut self, parts: Vec<(LotId, i64)>, reason: &'static str) {
        let mut amount = 0;
        for (id, part) in &parts {
            let Some(lot) = self.lots.iter_mut().find(|lot| lot.id == *id) else {
                continue;
            };
            lot.held -= part;
            lot.spent += part;
            lot.touch();
            amount += part;
        }
        self.figures.held -= amount;
        self.figures.used += amount;
        self.push(EntryKind::Capture, 0, reason, parts);
    }

    /// Ends a hold: its credits go back into the lots they came from.
    pub fn release(&mut self, parts: Vec<(LotId, i64)>, reason: &'static str) {
        let mut amount = 0;
        for (id, part) in &parts {
            let now = self.now;
            let Some(lot) = self.lots.iter_mut().find(|lot| lot.id == *id) else {
                continue;
            };
            lot.held -= part;
            lot.take_in(*part, now);
            if lot.frozen {
                self.figures.frozen += part;
            } else {
                self.figures.remaining += part;
            }
            amount += part;
        }
        self.figures.held -= amount;
        self.push(EntryKind::Release, amount, reason, parts);
        self.pay_debt();
    }

    /// Takes free credits for good, all or nothing.
    pub fn deduct(
        &mut self,
        amount: i64,
        counted: Deducted,
        reason: &'static str,
    ) -> Result<(), Insufficient> {
        let lots = match counted {
            Deducted::Used => self.take(amount, |lot, part| lot.spent += part)?,
            Deducted::Removed => self.take(amount, |lot, part| lot.gone += part)?,
        };
        self.figures.remaining -= amount;
        match counted {
            Deducted::Used => self.figures.used += amount,
            Deducted::Removed => self.figures.removed += amount,
        }
        self.push(EntryKind::Deduct, -amount, reason, lots);
        Ok(())
    }

    /// Tells a use that no credits pay for (a trial, a plan use): an entry of nothing.
    pub fn tell(&mut self, kind: EntryKind, reason: &'static str) {
        self.push(kind, 0, reason, Vec::new());
    }

    /// Whatever becomes free pays debt first, as its own entry.
    fn pay_debt(&mut self) {
        let amount = self.figures.debt.min(self.figures.remaining);
        if amount == 0 {
            return;
        }
        let taken = self.take(amount, |lot, part| {
            lot.gone += part;
            lot.taken += part;
        });
        let Ok(lots) = taken else { return };
        self.figures.remaining -= amount;
        self.figures.debt -= amount;
        self.push(EntryKind::DebtPaid, 0, "debt_paid", lots);
    }

    /// The money of a purchase is in dispute: nobody spends its free credits until that is over.
    pub fn freeze(&mut self, recharge: &RechargeId) {
        let lots = self.set_frozen(recharge, true);
        let Some(lots) = lots else { return };
        let amount: i64 = lots.iter().map(|(_, part)| part).sum();
        self.figures.remaining -= amount;
        self.figures.frozen += amount;
        self.push_for(recharge, EntryKind::Freeze, 0, "dispute", lots);
    }

    /// The dispute is over: what is still there is free again, unless its time ran out meanwhile.
    pub fn unfreeze(&mut self, recharge: &RechargeId) {
        let lots = self.set_frozen(recharge, false);
        let Some(lots) = lots else { return };
        let amount: i64 = lots.iter().map(|(_, part)| part).sum();
        self.figures.frozen -= amount;
        self.figures.remaining += amount;
        self.push_for(recharge, EntryKind::Unfreeze, 0, "dispute", lots);
        self.lapse();
        self.pay_debt();
    }

    /// The free parts that changed hands; `None` when every lot of the purchase was so already.
    fn set_frozen(&mut self, recharge: &RechargeId, frozen: bool) -> Option<Vec<(LotId, i64)>> {
        let mut changed = None;
        for lot in &mut self.lots {
            if !lot.is_of(recharge) || lot.frozen == frozen {
                continue;
            }
            lot.frozen = frozen;
            lot.touch();
            let parts = changed.get_or_insert_with(Vec::new);
            if lot.free > 0 {
                parts.push((lot.id.clone(), lot.free));
            }
        }
        changed
    }

    /// Money of a purchase went back: so do its credits, first from its own lots, frozen or not,
    /// then from any other free ones in spend order. What is missing then is debt.
    pub fn take_back(&mut self, recharge: &RechargeId, amount: i64, reason: &'static str) {
        let own = order::split_by(&self.lots, amount, |lot| {
            if lot.is_of(recharge) { lot.free } else { 0 }
        });
        let mut lots = self.take_for_good(own);
        let missing = amount - sum(&lots);
        let others = order::split(&self.lots, missing);
        lots.extend(self.take_for_good(others));
        let debt = amount - sum(&lots);
        self.figures.removed += amount;
        self.figures.debt += debt;
        self.push_for(recharge, EntryKind::TakeBack, -amount, reason, lots);
        if debt > 0 {
            self.push_for(recharge, EntryKind::Debt, 0, reason, Vec::new());
        }
    }

    /// Credits that should not be there, whatever they came with: taken in spend order. What is missing then is debt.
    pub fn take_off(&mut self, amount: i64, reason: &'static str) {
        let parts = order::split(&self.lots, amount);
        let lots = self.take_for_good(parts);
        let debt = amount - sum(&lots);
        self.figures.removed += amount;
        self.figures.debt += debt;
        self.push(EntryKind::TakeBack, -amount, reason, lots);
        if debt > 0 {
            self.push(EntryKind::Debt, 0, reason, Vec::new());
        }
    }

    fn take_for_good(&mut self, parts: Vec<(usize, i64)>) -> Vec<(LotId, i64)> {
        let mut taken = Vec::with_capacity(parts.len());
        for (index, part) in parts {
            let lot = &mut self.lots[index];
            lot.free -= part;
            lot.gone += part;
            lot.taken += part;
            lot.touch();
            if lot.frozen {
                self.figures.frozen -= part;
            } else {
                self.figures.remaining -= part;
            }
            taken.push((lot.id.clone(), part));
        }
        taken
    }

    /// Money that had gone back came again (a refund failed, a dispute was won): an open debt
    /// shrinks, the rest goes back into lots it was taken from, those of the purchase first.
    pub fn give_back(&mut self, recharge: &RechargeId, amount: i64) {
        let from_debt = self.figures.debt.min(amount);
        self.figures.debt -= from_debt;
        let own = order::split_by(&self.lots, amount - from_debt, |lot| {
            if lot.is_of(recharge) { lot.taken } else { 0 }
        });
        let mut lots = self.put_again(own);
        let missing = amount - from_debt - sum(&lots);
        let others = order::split_by(&self.lots, missing, |lot| {
            if lot.is_of(recharge) { 0 } else { lot.taken }
        });
        lots.extend(self.put_again(others));
        self.figures.removed -= amount;
        self.push_for(recharge, EntryKind::TakeBack, amount, "refund_undone", lots);
    }

    fn put_again(&mut self, parts: Vec<(usize, i64)>) -> Vec<(LotId, i64)> {
        let mut given = Vec::with_capacity(parts.len());
        for (index, part) in parts {
            let lot = &mut self.lots[index];
            lot.gone -= part;
            lot.taken -= part;
            lot.take_in(part, self.now);
            if lot.frozen {
                self.figures.frozen += part;
            } else {
                self.figures.remaining += part;
            }
            given.push((lot.id.clone(), part));
        }
        given
    }

    /// Moves `amount` out of the free parts in spend order, into whatever part `into` names.
    fn take(
        &mut self,
        amount: i64,
        into: impl Fn(&mut Lot, i64),
    ) -> Result<Vec<(LotId, i64)>, Insufficient> {
        if self.figures.remaining < amount {
            let remaining = self.figures.remaining;
            return Err(Insufficient {
                required: amount,
                remaining,
            });
        }
        let parts = order::split(&self.lots, amount);
        Ok(parts
            .into_iter()
            .map(|(index, part)| {
                let lot = &mut self.lots[index];
                lot.free -= part;
                into(lot, part);
                lot.touch();
                (lot.id.clone(), part)
            })
            .collect())
    }

    fn push_for(
        &mut self,
        recharge: &RechargeId,
        kind: EntryKind,
        amount: i64,
        reason: &'static str,
        lots: Vec<(LotId, i64)>,
    ) {
        self.push(kind, amount, reason, lots);
        if let Some(entry) = self.entries.last_mut() {
            entry.recharge_id = Some(recharge.clone());
        }
    }

    fn push(
        &mut self,
        kind: EntryKind,
        amount: i64,
        reason: &'static str,
        lots: Vec<(LotId, i64)>,
    ) {
        self.entries.push(NewEntry {
            id: EntryId::new(self.now),
            kind,
            amount,
            balance_after: self.figures.net(),
            at: self.now,
            reason,
            job_id: None,
            recharge_id: None,
            by_itself: false,
            lots,
        });
    }
}

fn sum(parts: &[(LotId, i64)]) -> i64 {
    parts.iter().map(|(_, part)| part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn lot(source: Source, granted: i64, created_at: i64) -> Lot {
        Lot::new(LotId::new(at(created_at)), source, granted, at(created_at))
    }

    /// A wallet with one lot of each given size, oldest first.
    fn ledger(sizes: &[i64]) -> Ledger {
        let mut ledger = Ledger::new(Figures::default(), Vec::new(), Actor::System, at(100));
        for (index, size) in sizes.iter().enumerate() {
            let created_at = i64::try_from(index).unwrap();
            ledger.grant(lot(Source::Grant, *size, created_at), "grant");
        }
        ledger
    }

    fn check(ledger: &Ledger) {
        assert!(ledger.figures.adds_up(), "{:?}", ledger.figures);
        for lot in &ledger.lots {
            assert_eq!(lot.granted, lot.free + lot.held + lot.spent + lot.gone);
        }
        let sum: i64 = ledger.entries.iter().map(|entry| entry.amount).sum();
        assert_eq!(sum, ledger.figures.net());
        assert_eq!(
            ledger.entries.last().unwrap().balance_after,
            ledger.figures.net()
        );
    }

    #[test]
    fn a_hold_takes_from_several_lots_and_a_release_gives_back_into_them() {
        let mut ledger = ledger(&[2, 5]);
        ledger.hold(3, "try_on").unwrap();
        check(&ledger);
        assert_eq!((ledger.figures.remaining, ledger.figures.held), (4, 3));
        let parts = ledger.entries.last().unwrap().lots.clone();
        assert_eq!(
            parts.iter().map(|(_, part)| *part).collect::<Vec<_>>(),
            [2, 1]
        );

        ledger.release(parts, "failed");
        check(&ledger);
        assert_eq!((ledger.figures.remaining, ledger.figures.held), (7, 0));
        assert_eq!(
            ledger.lots.iter().map(|lot| lot.free).collect::<Vec<_>>(),
            [2, 5]
        );
    }

    #[test]
    fn a_capture_spends_the_hold() {
        let mut ledger = ledger(&[10]);
        ledger.hold(10, "video").unwrap();
        let parts = ledger.entries.last().unwrap().lots.clone();
        ledger.capture(parts, "video");
        check(&ledger);
        assert_eq!((ledger.figures.held, ledger.figures.used), (0, 10));
        assert_eq!(ledger.lots[0].spent, 10);
    }

    #[test]
    fn more_than_remains_is_refused_whole() {
        let mut ledger = ledger(&[2]);
        let before = ledger.entries.len();
        assert_eq!(
            ledger.hold(3, "x"),
            Err(Insufficient {
                required: 3,
                remaining: 2
            })
        );
        assert_eq!(
            ledger.deduct(3, Deducted::Removed, "x"),
            Err(Insufficient {
                required: 3,
                remaining: 2
            })
        );
        assert_eq!(ledger.entries.len(), before);
        check(&ledger);
    }

    #[test]
    fn deductions_count_as_used_or_removed() {
        let mut ledger = ledger(&[10]);
        ledger.deduct(3, Deducted::Used, "own").unwrap();
        ledger.deduct(2, Deducted::Removed, "operator").unwrap();
        check(&ledger);
        assert_eq!((ledger.figures.used, ledger.figures.removed), (3, 2));
    }

    #[test]
    fn what_is_taken_off_beyond_what_is_there_is_owed() {
        let mut ledger = ledger(&[3, 4]);
        ledger.take_off(5, "correction");
        check(&ledger);
        assert_eq!((ledger.figures.remaining, ledger.figures.debt), (2, 0));
        ledger.take_off(5, "correction");
        check(&ledger);
        assert_eq!((ledger.figures.remaining, ledger.figures.debt), (0, 3));
    }

    #[test]
    fn just_these_parts_are_held_or_none() {
        let mut ledger = ledger(&[3, 4]);
        let id = ledger.lots[0].id.clone();
        assert!(!ledger.hold_parts(&[(id.clone(), 4)], "correction"));
        assert!(ledger.hold_parts(&[(id, 2)], "correction"));
        check(&ledger);
        assert_eq!((ledger.lots[0].held, ledger.lots[0].free), (2, 1));
        assert_eq!((ledger.figures.remaining, ledger.figures.held), (5, 2));
    }

    #[test]
    fn a_grant_pays_debt_first_as_its_own_entry() {
        let figures = Figures {
            debt: 4,
            removed: 4,
            ..Figures::default()
        };
        let mut ledger = Ledger::new(figures, Vec::new(), Actor::System, at(100));
        ledger.grant(lot(Source::Purchase, 10, 1), "purchase");
        assert_eq!((ledger.figures.remaining, ledger.figures.debt), (6, 0));
        assert!(ledger.figures.adds_up());
        let told: Vec<_> = ledger
            .entries
            .iter()
            .map(|e| (e.kind, e.amount, e.balance_after))
            .collect();
        assert_eq!(
            told,
            [(EntryKind::Grant, 10, 6), (EntryKind::DebtPaid, 0, 6)]
        );
    }

    #[test]
    fn lapsed_credits_go_before_the_next_operation_dated_by_their_end() {
        let mut old = lot(Source::Bonus, 5, 1);
        old.expires_at = Some(at(50));
        old.state = LotState::Unchanged;
        let figures = Figures {
            remaining: 5,
            total: 5,
            bonus: 5,
            ..Figures::default()
        };
        let ledger = Ledger::new(figures, vec![old], Actor::System, at(50));
        assert_eq!((ledger.figures.remaining, ledger.figures.removed), (0, 5));
        let entry = ledger.entries.last().unwrap();
        assert_eq!(
            (entry.kind, entry.amount, entry.at),
            (EntryKind::Expire, -5, at(50))
        );
    }

    #[test]
    fn the_held_part_of_a_lapsed_lot_comes_back_for_seven_days() {
        let mut old = lot(Source::Bonus, 5, 1);
        (old.free, old.held, old.expires_at) = (0, 5, Some(at(50)));
        let id = old.id.clone();
        let figures = Figures {
            held: 5,
            total: 5,
            bonus: 5,
            ..Figures::default()
        };
        let mut ledger = Ledger::new(figures, vec![old], Actor::System, at(100));
        ledger.release(vec![(id, 5)], "failed");
        assert_eq!(ledger.figures.remaining, 5);
        assert_eq!(ledger.lots[0].expires_at, Some(at(100 + 7 * 24 * 3_600)));
    }
}
