//! `cargo xtask bench`

use crate::Outcome;
use crate::process::must;
use crate::workspace::cargo;

pub fn run(_: &[String]) -> Outcome {
    must(&mut cargo([
        "bench",
        "--package",
        "atelier",
        "--bench",
        "dashboard",
    ]))?;
    Ok(())
}
