//! The pieces pages are made of.
pub mod assets;
