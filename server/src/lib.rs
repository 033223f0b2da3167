//! What is true: accounts, credits, payments, studio. This crate knows no page and no route.
//!
//! [`Services`](services::Services) is everything a request needs, built once at start.

pub mod accounts;
pub mod catalog;
pub mod credits;
pub mod db;
pub mod deletions;
pub mod export;
pub mod failpoint;
pub mod idempotency;
pub mod ids;
pub mod installation;
pub mod live;
pub mod mail;
pub mod oversight;
pub mod payments;
pub mod sandbox;
pub mod secret;
pub mod services;
mod shapes;
pub mod standard_webhooks;
pub mod studio;
pub mod time;
pub mod verify;
mod words;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
