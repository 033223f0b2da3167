//! The ledger: wallets, lots of credits, append-only entries, holds.
//!
//! **The only code that writes a wallet.** Each operation takes the caller's open transaction and
//! does the same five things: it locks the wallet (by adding one to its `version`), reads the open
//! lots, lets [`ledger`] compute the change without touching the database, writes row, lots and
//! entries, and notes the change for open pages. What is refused returns an error; the caller drops
//! the transaction and nothing has happened.
//!
//! A use of a tool is held when its job is accepted ([`hold`]) and ends once, by [`capture`] or
//! [`release`]. Credits come in by [`grant`]; they also go by [`adjust`] and by lapsing.
//!
//! To add a kind of operation: compute it in `ledger.rs` with its table test, give it a function
//! here, and teach `verify.rs` what it means.

mod adjust;
mod ledger;
mod operations;
mod order;
mod records;
mod statement;
mod store;
mod types;
pub mod verify;

pub use adjust::{Action, AdjustedView, Adjustment, adjust};
pub use operations::{
    CreditsError, Grant, Held, Hold, HoldRequest, capture, grant, hold, open, release,
    settle_lapsed, sweep_lapsed, welcome,
};
pub use statement::{DayTotals, Entry, EntryFilter, EntryLot, daily_totals, statement};
pub use store::{find_wallet, read};
pub use types::{
    Actor, EntryKind, Figures, Insufficient, PaidBy, Price, Prices, Source, Wallet, WalletView,
};
