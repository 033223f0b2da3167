//! What people see: pages, components, forms, words in two languages.
//!
//! A page request goes one way: [`visit::Visit`] is prepared first (who asks, in which language; the
//! route's own work; then the wallet, read once), then [`App`] renders it. Components get what they
//! show from the visit and read nothing for themselves, so all figures of a page are equal.
//!
//! Forms are server functions ([`forms`]): they parse, authorise, call into `server` once and
//! redirect. Every page and form works without script.

pub mod components;
pub mod flash;
pub mod forms;
pub mod i18n;
pub mod letters;
pub mod pages;
pub mod routes;
pub mod samples;
pub mod session;
pub mod visit;

pub use pages::{App, shell};
