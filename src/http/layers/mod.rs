//! What every request passes through.

pub mod address;
pub mod cross_site;
pub mod headers;
pub mod language;
pub mod refused;
pub mod session;
