//! `cargo xtask soak`: the test of the same name, for longer, with its table kept.

use std::fs;
use std::process;

use crate::Outcome;
use crate::process::must;
use crate::setup;
use crate::workspace::{cargo, program, root};

const ROUNDS: &str = "200";

pub fn run(words: &[String]) -> Outcome {
    setup::postgresql()?;
    let rounds = words.first().map_or(ROUNDS, String::as_str);
    let table = std::env::temp_dir().join(format!("atelier-soak-{}.md", process::id()));
    let soak = [
        "test",
        "--package",
        "atelier",
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
        format!("{before}\n## {}\n\n{said}", day.trim()),
    )?)
}
