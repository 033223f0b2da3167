//! `cargo xtask sheet`: every sample person in every sample garment, and the numbers beside it.

use std::fs;

use crate::Outcome;
use crate::process::must;
use crate::workspace::{cargo, program, root};

pub fn run(_: &[String]) -> Outcome {
    let shots = root().join("shots");
    fs::create_dir_all(&shots)?;
    let (picture, table) = (
        shots.join("contact-sheet.jpg"),
        shots.join("contact-sheet.md"),
    );
    let words = [
        "run",
        "--release",
        "--quiet",
        "--package",
        "atelier-compose",
        "--example",
        "contact_sheet",
    ];
    let made = must(cargo(words).arg("--").args([&picture, &table]));
    // The numbers are kept also when they are not good enough.
    let lines = fs::read_to_string(&table)?;
    let day = program("date").arg("+%Y-%m-%d").output()?.stdout;
    let day = String::from_utf8_lossy(&day);
    let notes = root().join("docs/composer.md");
    let before = fs::read_to_string(&notes)?;
    let head = before.split("\n## ").next().unwrap_or_default();
    fs::write(
        &notes,
        format!("{}\n\n## {}\n\n{HEAD}{lines}", head.trim_end(), day.trim()),
    )?;
    Ok(made?)
}

const HEAD: &str = "| person | garment | on the torso | width; covered | face pixels changed | seconds | peak MB |\n\
                    |---|---|---|---|---|---|---|\n";
