//! The table that `cargo xtask test` ends with.

use std::time::Duration;

use crate::counts::Counts;
use crate::failures::Failures;

/// One part of the run.
pub struct Part {
    pub name: &'static str,
    pub took: Duration,
    /// None for a part that has no tests of its own.
    pub counts: Option<Counts>,
    pub failures: Failures,
}

pub fn print(parts: &[Part]) {
    println!(
        "\n{:16} {:>8} {:>8} {:>9} {:>9}",
        "part", "passed", "failed", "left out", "took"
    );
    for part in parts {
        let [passed, failed, left_out] = match part.counts {
            Some(counts) => [counts.passed, counts.failed, counts.left_out].map(|n| n.to_string()),
            None => ["", "", ""].map(str::to_owned),
        };
        let took = format!("{:.1} s", part.took.as_secs_f64());
        println!(
            "{:16} {passed:>8} {failed:>8} {left_out:>9} {took:>9}",
            part.name
        );
    }
    for part in parts {
        part.failures.print(part.name);
    }
    println!();
}
