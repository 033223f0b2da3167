//! `cargo xtask soak`: the tests of the ledger's model and of the kills, for longer, with what they say
//! kept.

use std::fs;
use std::process;

use crate::Outcome;
use crate::process::{must, watch};
use crate::setup;
use crate::workspace::{cargo, program, root};

const ROUNDS: &str = "200";
/// Random histories on each database.
const HISTORIES: &str = "3000";

pub fn run(words: &[String]) -> Outcome {
    setup::postgresql()?;
    let histories = live_histories()?;
    let rounds = words.first().map_or(ROUNDS, String::as_str);
    let table = std::env::temp_dir().join(format!("atelier-soak-{}.md", process::id()));
    let soak = [
        "test",
        "--workspace",
        "--test",
        "site",
        "--",
        "soak::",
        "--nocapture",
    ];
    must(
        cargo(soak)
            .env("SOAK_ROUNDS", rounds)
            .env("SOAK_REPORT", &table),
    )?;
    let said = fs::read_to_string(&table)?;
    fs::remove_file(&table)?;
    let day = program("date").arg("+%Y-%m-%d").output()?.stdout;
    let day = String::from_utf8_lossy(&day);
    let notes = root().join("docs/soak.md");
    let before = fs::read_to_string(&notes)?;
    Ok(fs::write(
        &notes,
        format!("{before}\n## {}\n\n{histories}\n{said}", day.trim()),
    )?)
}

/// Runs the model against the ledger; what it says of itself, as a list.
fn live_histories() -> Result<String, Box<dyn std::error::Error>> {
    let model = [
        "test",
        "--workspace",
        "--test",
        "model",
        "--",
        "--nocapture",
    ];
    let mut told = String::new();
    let status = watch(cargo(model).env("MODEL_HISTORIES", HISTORIES), |line| {
        if line.contains(" histories, ") {
            told.push_str(&format!("- {line}\n"));
        }
    })?;
    match status.success() {
        true => Ok(told),
        false => Err("the ledger and its model disagree".into()),
    }
}
