//! Other people's servers, played on loopback: Stripe, Creem and the AI provider. Each brings its own
//! router, its plain pages and its book, and is reached over HTTP only, as the real one would be.
//! Mounted by the program in sandbox mode, and nowhere else.

pub mod clock;
pub mod creem;
pub mod fashn;
mod page;
pub mod stripe;
mod webhook_mode;
