//! The ledger: wallets, lots of credits, append-only entries, holds.
//!
//! **The only code that writes a wallet.** Each operation takes the caller's open transaction and
//! does the same five things: it locks the wallet's row, reads the open lots, lets [`ledger`] compute
//! the change without touching the database, writes row, lots and entries, and notes the change for
//! open pages. What is refused returns an error; the caller drops the transaction and nothing has
//! happened.
//!
//! A use of a tool is held when its job is accepted ([`hold`]) and ends once, by [`capture`] or
//! [`release`]. Credits come in by [`grant`]; they also go by [`adjust`] and by lapsing.
//!
//! To add a kind of operation: compute it in `ledger.rs` with its table test, give it a function
//! here, and teach `recompute.rs` what it means.

mod adjust;
mod archived;
mod corrections;
mod days;
mod lapse;
mod ledger;
mod operations;
mod order;
mod plans;
mod rebuild;
mod recompute;
mod records;
mod returns;
mod rows;
#[cfg(feature = "testing")]
mod seed;
mod statement;
mod stop;
mod store;
mod sums;
mod types;

pub(crate) use adjust::BY_HAND;
pub use adjust::{Action, AdjustedView, Adjustment, adjust};
pub use archived::{
    ArchivedLot, ArchivedPeriod, ArchivedUse, archived_lots, archived_periods, archived_uses,
};
pub use corrections::{
    WrongGrant, correct, correct_purchase, extra_ends, hold_again, withdraw_period,
};
pub(crate) use days::DayRow;
pub use days::{DayTotals, daily_totals, day_of};
pub use lapse::{next_change, settle_lapsed, sweep};
pub(crate) use ledger::Lot;
pub use operations::{
    CreditsError, Grant, Held, Hold, HoldRequest, capture, grant, hold, is_granted, open,
    refuse_deleted, release, touch, welcome,
};
pub use plans::{
    NewPeriod, PaidPeriod, PeriodChange, change_period, has_period, newest_period, open_period,
    periods_paid, withdraw_periods,
};
pub use rebuild::{lock_books, rebuild, rebuild_in, settle_ended};
pub(crate) use recompute::Recomputed;
pub use returns::{Bought, Effect, Returned, bought, preview_returned, returned};
pub(crate) use rows::{EntryPart, Gathered, LotRow, PeriodRow, UseRow, WalletRow, WholeEntry};
#[cfg(feature = "testing")]
pub use seed::{point_at_period, seed_history};
pub use statement::{Entry, EntryFilter, EntryLot, entries_of_job, statement};
pub(crate) use statement::{entry, forget_notes};
pub use stop::{refuse_stopped, stop};
pub use store::{find_wallet, find_wallets, read, read_version};
pub use sums::{Cause, Sum, sums};
pub use types::{
    Actor, EntryKind, Figures, Insufficient, PaidBy, Period, Price, Prices, Source, Wallet,
    WalletView,
};
