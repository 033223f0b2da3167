//! Atelier: a self-hosted AI studio with prepaid credits.
//!
//! [`start::build`] makes everything from [`settings::Settings`], [`start::Program::serve`] answers
//! until told to stop; the program and the tests call the same two.

pub mod commands;
pub mod http;
pub mod settings;
pub mod start;
