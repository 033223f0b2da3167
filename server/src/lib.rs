//! What is true: accounts, credits, payments, studio. This crate knows no page and no route.
//!
//! [`Services`](services::Services) is everything a request needs, built once at start.

pub mod credits;
pub mod db;
pub mod ids;
pub mod sandbox;
pub mod secret;
pub mod time;
