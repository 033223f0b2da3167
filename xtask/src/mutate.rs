//! `cargo xtask mutate`: the tests are tested. Each fault of [`FAULTS`] is put into a copy of the tree,
//! alone, and the tests that guard that place must turn red.

mod faults;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Outcome;
use crate::process::must;
use crate::workspace::{program, root};
use faults::{FAULTS, Fault, Suite};

/// Enough to find what is planted; the normal run does many times as many.
const HISTORIES: &str = "80";

struct Verdict {
    fault: &'static Fault,
    /// The first test that failed; `None` when all stayed green.
    red: Option<String>,
}

pub fn run(names: &[String]) -> Outcome {
    let wanted: Vec<&Fault> = FAULTS
        .iter()
        .filter(|fault| names.is_empty() || names.iter().any(|name| fault.name.contains(name)))
        .collect();
    if wanted.is_empty() {
        return Err(format!("no fault is called {}", names.join(" or ")).into());
    }
    let tree = root().join("target/mutate");
    copy_tree(&tree)?;
    let mut suites: Vec<Suite> = Vec::new();
    for suite in wanted.iter().map(|fault| fault.suite) {
        if !suites.contains(&suite) {
            suites.push(suite);
        }
    }
    for suite in suites {
        println!("── without a fault: {}", suite.words().join(" "));
        if let Some(red) = first_failure(&tree, suite)? {
            return Err(format!("the tests are red before any fault is planted: {red}").into());
        }
    }
    let notes = root().join("docs/mutations.md");
    let mut verdicts = Vec::new();
    for fault in wanted {
        let started = Instant::now();
        let red = plant(&tree, fault)?;
        let said = red.as_deref().unwrap_or("ALL GREEN");
        println!("{}: {said} ({} s)", fault.name, started.elapsed().as_secs());
        verdicts.push(Verdict { fault, red });
        // A run that is broken off has found something too.
        let before = fs::read_to_string(&notes).unwrap_or_default();
        fs::write(&notes, report(&before, &verdicts)?)?;
    }
    let survived: Vec<&str> = verdicts
        .iter()
        .filter(|verdict| verdict.red.is_none())
        .map(|verdict| verdict.fault.name)
        .collect();
    println!(
        "{} faults, {} found",
        verdicts.len(),
        verdicts.len() - survived.len()
    );
    if survived.is_empty() {
        Ok(())
    } else {
        Err(format!("not found: {}", survived.join(", ")).into())
    }
}

/// The files that git knows or would take, copied where they changed, so that only the fault is built
/// again.
fn copy_tree(to: &Path) -> Outcome {
    let listed = program("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .output()?;
    let names: BTreeSet<PathBuf> = String::from_utf8(listed.stdout)?
        .lines()
        .map(PathBuf::from)
        .collect();
    for name in &names {
        let (from, to) = (root().join(name), to.join(name));
        // Deleted, and not committed yet.
        let Ok(text) = fs::read(&from) else { continue };
        if fs::read(&to).is_ok_and(|known| known == text) {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(to, text)?;
    }
    Ok(())
}

/// The text of a file with the fault in it; an error when its place is not there exactly once.
fn with_fault(text: &str, fault: &Fault) -> Result<String, String> {
    match text.matches(fault.from).count() {
        1 => Ok(text.replacen(fault.from, fault.to, 1)),
        found => Err(format!("{}: its place is there {found} times", fault.name)),
    }
}

fn plant(tree: &Path, fault: &Fault) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let file = tree.join(fault.file);
    let text = fs::read_to_string(&file)?;
    fs::write(&file, with_fault(&text, fault)?)?;
    let red = first_failure(tree, fault.suite);
    fs::write(&file, text)?;
    red
}

/// Runs a suite until a test fails; its name.
fn first_failure(tree: &Path, suite: Suite) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let mut build = tests(tree, &["--no-run"], suite);
    build.stdout(Stdio::null());
    // A fault that does not even compile proves nothing.
    must(&mut build)?;
    let output = tests(tree, &[], suite).stderr(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let failed = text
        .lines()
        .find_map(|line| line.strip_prefix("---- ")?.strip_suffix(" stdout ----"));
    Ok(Some(failed.unwrap_or("a test that did not end").to_owned()))
}

fn tests(tree: &Path, options: &[&str], suite: Suite) -> Command {
    let mut command = program("cargo");
    command
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", root().join("target/mutate-build"))
        // Nobody reads a trace here.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("MODEL_HISTORIES", HISTORIES)
        .env("MODEL_SEED", "1")
        .args(["test", "--quiet"])
        .args(options)
        .args(suite.words());
    command
}

/// The table with the faults of this run in it; the others keep the line they had.
fn report(before: &str, verdicts: &[Verdict]) -> Result<String, Box<dyn std::error::Error>> {
    let day = program("date").arg("--iso-8601").output()?.stdout;
    let day = String::from_utf8_lossy(&day).trim().to_owned();
    let mut rows = Vec::new();
    for fault in FAULTS {
        let begin = format!("| {} | `{}` |", fault.name, fault.file);
        let verdict = verdicts
            .iter()
            .find(|verdict| verdict.fault.name == fault.name);
        rows.push(
            match (
                verdict,
                before.lines().find(|line| line.starts_with(&begin)),
            ) {
                (Some(Verdict { red: Some(red), .. }), _) => format!("{begin} {day} | `{red}` |"),
                (Some(_), _) => format!("{begin} {day} | {NONE} |"),
                (None, Some(known)) => known.to_owned(),
                (None, None) => format!("{begin} | {NONE} |"),
            },
        );
    }
    let found = rows.iter().filter(|row| !row.contains(NONE)).count();
    let mut text = format!(
        "# Faults planted in the ledger, the payments and the studio\n\n\
         `cargo xtask mutate` puts each of these faults alone into a copy of the tree and runs the tests \
         that guard the place; `cargo xtask mutate NAME` does it for those with NAME in theirs. Written by \
         it: {found} of {} found.\n\n\
         | fault | file | day | test that turned red |\n|---|---|---|---|\n",
        FAULTS.len(),
    );
    for row in rows {
        writeln!(text, "{row}")?;
    }
    Ok(text)
}

/// Where no test turned red.
const NONE: &str = "**none**";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_place() {
        assert!(FAULTS.len() >= 20);
        for fault in FAULTS {
            let text = fs::read_to_string(root().join(fault.file)).unwrap_or_default();
            let changed = with_fault(&text, fault);
            assert!(
                changed.is_ok_and(|changed| changed != text),
                "{}",
                fault.name
            );
        }
    }
}
