//! `cargo xtask test`: set up, Rust tests, browser tests, a table, and the counts.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{self, Command};
use std::time::Instant;

use crate::Outcome;
use crate::cluster::Cluster;
use crate::counts::Counts;
use crate::failures::Failures;
use crate::openapi;
use crate::process::watch;
use crate::proofs;
use crate::setup;
use crate::table::{self, Part};
use crate::workspace::{binary, cargo, end2end, program};

pub fn run(filters: &[String]) -> Outcome {
    let mut parts = Vec::new();
    let finished = run_parts(filters, &mut parts);
    table::print(&parts);
    let total = total(&parts);
    let verdict = finished.and_then(|()| judge(&parts, filters));
    if let Err(error) = &verdict {
        println!("{error}\n");
    }
    println!("{total}");
    // The counts are the last line on either stream, so the error has had its say already.
    if verdict.is_err() {
        process::exit(1);
    }
    Ok(())
}

fn run_parts(filters: &[String], parts: &mut Vec<Part>) -> Outcome {
    part(parts, "setup", |_| setup::run(&[]).map(|()| None))?;
    proofs::forget()?;
    part(parts, "Rust tests", |told| {
        rust_tests(filters, told).map(Some)
    })?;
    // A test that failed has not seen what it should.
    if filters.is_empty() && total(parts).failed == 0 {
        part(parts, "proofs", |_| proofs::check().map(|()| None))?;
    }
    // It knows no names of tests.
    if filters.is_empty() || filters == ["openapi"] {
        part(parts, "HTTP API", |told| {
            openapi::check(&[], told).map(Some)
        })?;
    }
    part(parts, "browser tests", |told| {
        browser_tests("playwright.config.ts", filters, told).map(Some)
    })?;
    // Its measures want the machine for themselves.
    part(parts, "Lighthouse", |told| {
        browser_tests("lighthouse.config.ts", filters, told).map(Some)
    })
}

fn part(
    parts: &mut Vec<Part>,
    name: &'static str,
    run: impl FnOnce(&mut Failures) -> Result<Option<Counts>, Box<dyn Error>>,
) -> Outcome {
    println!("\n── {name}");
    let started = Instant::now();
    let mut failures = Failures::default();
    let outcome = run(&mut failures);
    let (counts, outcome) = match outcome {
        Ok(counts) => (counts, Ok(())),
        Err(error) => (
            Some(Counts::ONE_FAILURE),
            Err(format!("{name}: {error}").into()),
        ),
    };
    parts.push(Part {
        name,
        took: started.elapsed(),
        counts,
        failures,
    });
    outcome
}

fn rust_tests(filters: &[String], failures: &mut Failures) -> Result<Counts, Box<dyn Error>> {
    let mut command = cargo(["test", "--workspace", "--no-fail-fast"]);
    // Much of what they do is to wait for each other's moments.
    command.env("RUST_TEST_THREADS", "4");
    if !filters.is_empty() {
        command.arg("--").args(filters);
    }
    let mut counts = Counts::default();
    let status = watch(&mut command, |line| {
        failures.of_cargo(line);
        if let Some(more) = Counts::from_cargo(line) {
            counts += more;
        }
    })?;
    Ok(with_silent_failure(counts, status.success()))
}

fn browser_tests(
    config: &str,
    filters: &[String],
    failures: &mut Failures,
) -> Result<Counts, Box<dyn Error>> {
    let report = end2end().join("report/results.json");
    remove_if_there(&report)?;
    let cluster = Cluster::shared()?;
    let mut command = playwright(config, filters);
    command
        // As the Rust tests have built it; that it builds without their features is for `cargo xtask lint`.
        .env("ATELIER_BIN", binary())
        .env("END2END_POSTGRES", cluster.url("postgres"))
        .env("END2END_PSQL", cluster.programs().join("psql"))
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
    let status = watch(&mut command, |line| failures.of_playwright(line))?;
    let said = fs::read_to_string(&report)
        .map_err(|error| format!("no report of the browser tests: {error}"))?;
    let counts =
        Counts::from_playwright(&said).ok_or("the report of the browser tests has no counts")?;
    Ok(with_silent_failure(counts, status.success()))
}

fn playwright(config: &str, filters: &[String]) -> Command {
    let mut command = program("npx");
    command
        .current_dir(end2end())
        .args(["--no-install", "playwright", "test", "--config", config]);
    if !filters.is_empty() {
        command.args(["--pass-with-no-tests", "--grep", &filters.join("|")]);
    }
    command
}

/// A test program that does not build or dies by a signal is no line in the counts, and still a failure.
fn with_silent_failure(mut counts: Counts, succeeded: bool) -> Counts {
    if !succeeded && counts.failed == 0 {
        counts += Counts::ONE_FAILURE;
    }
    counts
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn total(parts: &[Part]) -> Counts {
    let mut total = Counts::default();
    for counts in parts.iter().filter_map(|part| part.counts) {
        total += counts;
    }
    total
}

/// A run is good when nothing failed, nothing was left out, and every part that has tests ran some.
/// With filters, one part may well have none that match.
fn judge(parts: &[Part], filters: &[String]) -> Outcome {
    let total = total(parts);
    if total.failed > 0 {
        return Err(format!("{} failed", total.failed).into());
    }
    if total.left_out > 0 {
        return Err(format!("{} left out: a test is run or deleted", total.left_out).into());
    }
    let idle = parts
        .iter()
        .find(|part| part.counts.is_some_and(|counts| counts.ran() == 0));
    match idle {
        Some(part) if filters.is_empty() => Err(format!("{} ran no test", part.name).into()),
        _ if total.ran() == 0 => Err(format!("no test matches {}", filters.join(" or ")).into()),
        _ => Ok(()),
    }
}
