//! The rows of the ledger as the database keeps them, and the seal of each: written from the same
//! struct that is read, so that a row always fits its seal unless somebody else changed it.

use std::time::Duration;

use sqlx::FromRow;

use super::ledger::{Lot, LotState};
use super::types::{EntryKind, Figures, PaidBy, Period, Source, Trials};
use crate::db::Seal;
use crate::ids::{ConsumptionId, EntryId, JobId, LotId, PeriodId, RechargeId, UserId};
use crate::time::Timestamp;

#[derive(Clone, Debug, FromRow)]
pub(crate) struct WalletRow {
    pub user_id: UserId,
    pub version: i64,
    pub seq: i64,
    pub total: i64,
    pub remaining: i64,
    pub frozen: i64,
    pub held: i64,
    pub used: i64,
    pub removed: i64,
    pub debt: i64,
    pub bonus: i64,
    pub initial: i64,
    pub trials_limit: i64,
    pub trials_used: i64,
    pub trials_held: i64,
    pub period_id: Option<PeriodId>,
    pub changed_at: Timestamp,
    /// Since when an operator has stopped spending.
    pub stopped_at: Option<Timestamp>,
    pub seal: String,
}

impl WalletRow {
    /// The wallet of a new account.
    pub fn empty(user: &UserId, trials: i64, now: Timestamp) -> Self {
        Self {
            user_id: user.clone(),
            version: 0,
            seq: 0,
            total: 0,
            remaining: 0,
            frozen: 0,
            held: 0,
            used: 0,
            removed: 0,
            debt: 0,
            bonus: 0,
            initial: 0,
            trials_limit: trials,
            trials_used: 0,
            trials_held: 0,
            period_id: None,
            changed_at: now,
            stopped_at: None,
            seal: String::new(),
        }
    }

    pub fn figures(&self) -> Figures {
        Figures {
            remaining: self.remaining,
            held: self.held,
            frozen: self.frozen,
            total: self.total,
            used: self.used,
            removed: self.removed,
            bonus: self.bonus,
            initial: self.initial,
            debt: self.debt,
        }
    }

    pub fn set_figures(&mut self, figures: &Figures) {
        self.remaining = figures.remaining;
        self.held = figures.held;
        self.frozen = figures.frozen;
        self.total = figures.total;
        self.used = figures.used;
        self.removed = figures.removed;
        self.bonus = figures.bonus;
        self.initial = figures.initial;
        self.debt = figures.debt;
    }

    pub fn trials(&self) -> Trials {
        Trials {
            limit: self.trials_limit,
            used: self.trials_used,
            held: self.trials_held,
            remaining: self.trials_limit - self.trials_used - self.trials_held,
        }
    }

    pub fn seal(&self) -> String {
        Seal::of("wallets")
            .text(self.user_id.as_str())
            .number(self.version)
            .number(self.seq)
            .number(self.total)
            .number(self.remaining)
            .number(self.frozen)
            .number(self.held)
            .number(self.used)
            .number(self.removed)
            .number(self.debt)
            .number(self.bonus)
            .number(self.initial)
            .number(self.trials_limit)
            .number(self.trials_used)
            .number(self.trials_held)
            .maybe_text(self.period_id.as_ref().map(PeriodId::as_str))
            .number(self.changed_at.micros())
            .later_number("stopped_at", self.stopped_at.map(Timestamp::micros))
            .finish()
    }
}

#[derive(Clone, Debug, FromRow)]
pub(crate) struct LotRow {
    pub id: LotId,
    pub user_id: UserId,
    #[sqlx(try_from = "String")]
    pub source: Source,
    pub granted: i64,
    pub free: i64,
    pub held: i64,
    pub spent: i64,
    pub gone: i64,
    pub taken: i64,
    pub frozen: i64,
    pub expires_at: Option<Timestamp>,
    pub recharge_id: Option<RechargeId>,
    pub created_at: Timestamp,
    pub seal: String,
}

impl LotRow {
    pub(super) fn new(user: &UserId, lot: &Lot) -> Self {
        let mut row = Self {
            id: lot.id.clone(),
            user_id: user.clone(),
            source: lot.source,
            granted: lot.granted,
            free: lot.free,
            held: lot.held,
            spent: lot.spent,
            gone: lot.gone,
            taken: lot.taken,
            frozen: i64::from(lot.frozen),
            expires_at: lot.expires_at,
            recharge_id: lot.recharge_id.clone(),
            created_at: lot.created_at,
            seal: String::new(),
        };
        row.seal = row.seal();
        row
    }

    pub fn seal(&self) -> String {
        Seal::of("lots")
            .text(self.id.as_str())
            .text(self.user_id.as_str())
            .text(self.source.as_str())
            .number(self.granted)
            .number(self.free)
            .number(self.held)
            .number(self.spent)
            .number(self.gone)
            .number(self.taken)
            .number(self.frozen)
            .maybe_number(self.expires_at.map(Timestamp::micros))
            .maybe_text(self.recharge_id.as_ref().map(RechargeId::as_str))
            .number(self.created_at.micros())
            .finish()
    }
}

impl From<LotRow> for Lot {
    fn from(row: LotRow) -> Self {
        Self {
            id: row.id,
            source: row.source,
            granted: row.granted,
            free: row.free,
            held: row.held,
            spent: row.spent,
            gone: row.gone,
            taken: row.taken,
            frozen: row.frozen != 0,
            expires_at: row.expires_at,
            recharge_id: row.recharge_id,
            created_at: row.created_at,
            state: LotState::Unchanged,
        }
    }
}

/// An entry without its lots; its seal covers them too.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct EntryRow {
    pub id: EntryId,
    pub user_id: UserId,
    pub seq: i64,
    pub version: i64,
    #[sqlx(try_from = "String")]
    pub kind: EntryKind,
    pub amount: i64,
    pub balance_after: i64,
    pub reason: String,
    pub actor: String,
    pub job_id: Option<JobId>,
    pub recharge_id: Option<RechargeId>,
    pub created_at: Timestamp,
    pub seal: String,
}

impl EntryRow {
    /// `parts` in the order of their lots' ids.
    pub fn seal(&self, parts: &[(LotId, i64)]) -> String {
        let seal = Seal::of("entries")
            .text(self.id.as_str())
            .text(self.user_id.as_str())
            .number(self.seq)
            .number(self.version)
            .text(self.kind.as_str())
            .number(self.amount)
            .number(self.balance_after)
            .text(&self.reason)
            .text(&self.actor)
            .maybe_text(self.job_id.as_ref().map(JobId::as_str))
            .maybe_text(self.recharge_id.as_ref().map(RechargeId::as_str))
            .number(self.created_at.micros());
        parts
            .iter()
            .fold(seal, |seal, (lot, amount)| {
                seal.text(lot.as_str()).number(*amount)
            })
            .finish()
    }
}

/// An entry with one of its lots, as a join gives it: an entry of several lots is several rows.
#[derive(FromRow)]
pub(crate) struct EntryPart {
    #[sqlx(flatten)]
    pub entry: EntryRow,
    part_lot: Option<LotId>,
    part_amount: Option<i64>,
    /// The hold of the consumption record of the same job, where it was asked for.
    #[sqlx(default)]
    pub use_entry: Option<EntryId>,
}

/// An entry with all its lots, in the order of their ids.
pub(crate) type WholeEntry = (EntryPart, Vec<(LotId, i64)>);

/// Joins the rows of one entry after the other.
#[derive(Default)]
pub(crate) struct Gathered(Option<WholeEntry>);

impl Gathered {
    /// Takes a row; gives the entry before it once that one is whole.
    pub fn add(&mut self, mut row: EntryPart) -> Option<WholeEntry> {
        let part = row.part_lot.take().zip(row.part_amount);
        match &mut self.0 {
            Some((first, parts)) if first.entry.id == row.entry.id => {
                parts.extend(part);
                None
            }
            _ => self.0.replace((row, part.into_iter().collect())),
        }
    }

    /// The last entry.
    pub fn finish(self) -> Option<WholeEntry> {
        self.0
    }
}

/// A consumption record: one use of a tool, from hold to capture or release.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct UseRow {
    pub id: ConsumptionId,
    pub user_id: UserId,
    pub job_id: JobId,
    pub tool: String,
    pub credits: i64,
    #[sqlx(try_from = "String")]
    pub paid_by: PaidBy,
    pub period_id: Option<PeriodId>,
    pub description: String,
    pub status: String,
    pub hold_entry: EntryId,
    pub created_at: Timestamp,
    pub settled_at: Option<Timestamp>,
    pub refunded_at: Option<Timestamp>,
    pub seal: String,
}

impl UseRow {
    pub fn seal(&self) -> String {
        Seal::of("consumption_records")
            .text(self.id.as_str())
            .text(self.user_id.as_str())
            .text(self.job_id.as_str())
            .text(&self.tool)
            .number(self.credits)
            .text(self.paid_by.as_str())
            .maybe_text(self.period_id.as_ref().map(PeriodId::as_str))
            .text(&self.description)
            .text(&self.status)
            .text(self.hold_entry.as_str())
            .number(self.created_at.micros())
            .maybe_number(self.settled_at.map(Timestamp::micros))
            .maybe_number(self.refunded_at.map(Timestamp::micros))
            .finish()
    }
}

/// A paid period of a plan.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct PeriodRow {
    pub id: PeriodId,
    pub user_id: UserId,
    pub subscription_id: String,
    pub plan: String,
    pub quota: Option<i64>,
    pub used: i64,
    pub held: i64,
    pub renews: i64,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub serves_until: Timestamp,
    /// The purchase that paid for it.
    pub recharge_id: Option<RechargeId>,
    /// The provider says that the bill of the next one is unpaid.
    pub unpaid: i64,
    /// It should not have been opened.
    pub withdrawn: i64,
    pub seal: String,
}

impl PeriodRow {
    pub fn seal(&self) -> String {
        Seal::of("plan_periods")
            .text(self.id.as_str())
            .text(self.user_id.as_str())
            .text(&self.subscription_id)
            .text(&self.plan)
            .maybe_number(self.quota)
            .number(self.used)
            .number(self.held)
            .number(self.renews)
            .number(self.starts_at.micros())
            .number(self.ends_at.micros())
            .number(self.serves_until.micros())
            .later_text(
                "recharge_id",
                self.recharge_id.as_ref().map(RechargeId::as_str),
            )
            .later_number("unpaid", Some(self.unpaid).filter(|_| self.unpaid != 0))
            .later_number(
                "withdrawn",
                Some(self.withdrawn).filter(|_| self.withdrawn != 0),
            )
            .finish()
    }

    /// What it is worth at `now`; `None` before it begins and after it served.
    pub fn at(&self, now: Timestamp) -> Option<Period> {
        (self.starts_at <= now && now < self.serves_until).then(|| Period {
            plan: self.plan.clone(),
            quota: self.quota,
            used: self.used,
            held: self.held,
            ends_at: self.ends_at,
            renews: self.renews != 0,
            past_due: is_past_due(self.unpaid != 0, self.ends_at, now),
        })
    }

    /// The moments at which it looks different: it begins, its renewal is late, it serves no more.
    pub fn turns(&self) -> [Timestamp; 3] {
        [
            self.starts_at,
            late_at(self.unpaid != 0, self.ends_at),
            self.serves_until,
        ]
    }

    /// The plan, where it serves nothing until its renewal is paid.
    pub fn rests_at(&self, now: Timestamp) -> Option<String> {
        let serves = self.serves_until > now;
        rests(serves, self.unpaid != 0, self.renews != 0).then(|| self.plan.clone())
    }
}

/// Whether a plan goes on only once its renewal is paid.
pub(super) const fn rests(serves: bool, unpaid: bool, renews: bool) -> bool {
    !serves && unpaid && renews
}

/// A provider takes a while to bill the next period; until then nobody has to be told anything.
pub(super) const BILLED_WITHIN: Duration = Duration::from_secs(24 * 3_600);

/// Whether a period is over and its renewal unpaid.
pub(super) fn is_past_due(unpaid: bool, ends_at: Timestamp, now: Timestamp) -> bool {
    late_at(unpaid, ends_at) <= now
}

fn late_at(unpaid: bool, ends_at: Timestamp) -> Timestamp {
    if unpaid {
        ends_at
    } else {
        ends_at.plus(BILLED_WITHIN)
    }
}
