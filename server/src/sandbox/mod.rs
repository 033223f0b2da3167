//! Other people's servers, played on loopback, so that the product works with no key at all.
//!
//! Each brings its own router, its own plain pages and its own book, keeps everything in its own
//! tables, and is reached over HTTP only: the code that talks to it is the code that talks to the
//! real one.

pub mod stripe;
