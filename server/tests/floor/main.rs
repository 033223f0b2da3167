//! The ground floor by itself, on both databases. One file a subject; one test program for all of them, so that it
//! is linked once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what a test measured is its result")]

mod access;
mod accounts;
mod anomalies;
mod at_once;
mod catch_up;
mod creem;
mod days;
mod deletion;
mod direction;
mod email_change;
mod ledger;
mod model;
mod nodes;
mod reconciliation;
mod schema;
mod spending;
