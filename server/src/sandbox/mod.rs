//! Other people's servers, played on loopback: Stripe, Creem and the AI provider. Each brings its own
//! router, its plain pages and its book, and is reached over HTTP only, as the real one would be.
//! Mounted by the program in sandbox mode, and nowhere else.
//!
//! What the two payment providers have in common stands here, a folder each has what is its own:
//! - `provider` is what one has to bring along, and does what happens by itself;
//! - `store` keeps every object as JSON in its provider's shape, in `sandbox_objects`, so that it
//!   survives restarts and serves several nodes;
//! - `act` is one action with the events it sets off, `deliveries` sends them, `webhooks` are the ways
//!   in which a person meddles with that;
//! - `book` is what was really paid, `view` what the sandbox page shows of it all.

mod act;
mod book;
pub mod clock;
pub mod creem;
mod deliveries;
pub mod fashn;
mod page;
mod provider;
mod settings;
mod store;
pub mod stripe;
pub mod view;
mod webhook_mode;
mod webhooks;
