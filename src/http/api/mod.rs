//! The HTTP API. The module a route names is the file that answers it.

pub mod admin;
pub mod auth;
pub mod callbacks;
pub mod catalog;
pub mod checkout;
pub mod credits;
pub mod entries;
pub mod jobs;
pub mod lists;
pub mod recharge;
pub mod stats;
pub mod studio;
pub mod sync;
pub mod test_creem;
pub mod tokens;
pub mod try_on;
pub mod video;
