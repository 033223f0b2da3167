//! `cargo xtask soak`: the tests of the ledger's model, of customers' lives and of the kills, for longer,
//! with what they say kept.

use std::fs;
use std::process;

use crate::Outcome;
use crate::process::{must, watch};
use crate::setup;
use crate::workspace::{cargo, program, root};

const ROUNDS: &str = "200";
/// Random histories of a wallet, and random lives of customers, on each database.
const HISTORIES: &str = "3000";
const LIVES: &str = "500";
/// Webhooks that never come.
const LOST: &str = "20";

pub fn run(words: &[String]) -> Outcome {
    setup::postgresql()?;
    let histories = live(
        "floor",
        &["model::"],
        ("MODEL_HISTORIES", HISTORIES),
        " histories, ",
    )?;
    let lives = live("site", &["money::lives"], ("LIVES", LIVES), " lives: ")?;
    let lost = live(
        "site",
        &["money::lost"],
        ("LOST_WEBHOOKS", LOST),
        " open checkouts: ",
    )?;
    let table = live("site", &["job_table"], ("JOB_TABLE", "full"), "job table: ")?;
    let crowd = live("site", &["crowd"], ("CROWD", "full"), "crowd: ")?;
    let rounds = words.first().map_or(ROUNDS, String::as_str);
    let report = std::env::temp_dir().join(format!("atelier-soak-{}.md", process::id()));
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
            .env("SOAK_REPORT", &report),
    )?;
    let said = fs::read_to_string(&report)?;
    fs::remove_file(&report)?;
    let day = program("date").arg("+%Y-%m-%d").output()?.stdout;
    let day = String::from_utf8_lossy(&day);
    let notes = root().join("docs/soak.md");
    let before = fs::read_to_string(&notes)?;
    Ok(fs::write(
        &notes,
        format!(
            "{before}\n## {}\n\n{histories}{lives}{lost}{table}{crowd}\n{said}",
            day.trim()
        ),
    )?)
}

/// Runs a random test for longer; what it says of itself, as a list.
fn live(
    test: &str,
    filter: &[&str],
    (variable, times): (&str, &str),
    says: &str,
) -> Result<String, Box<dyn std::error::Error>> {
    let mut words = vec!["test", "--workspace", "--test", test, "--"];
    words.extend(filter);
    words.push("--nocapture");
    let mut told = String::new();
    let status = watch(cargo(words).env(variable, times), |line| {
        if line.contains(says) {
            told.push_str(&format!("- {line}\n"));
        }
    })?;
    match status.success() {
        true => Ok(told),
        false => Err(format!("{test}: what was lived and what was counted disagree").into()),
    }
}
