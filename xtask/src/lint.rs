//! `cargo xtask lint`

use crate::Outcome;
use crate::process::must;
use crate::workspace::cargo;

pub fn run(_: &[String]) -> Outcome {
    must(&mut cargo(["fmt", "--all", "--check"]))?;
    must(&mut cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    Ok(())
}
