//! How many tests passed and failed, read from what cargo and Playwright say.

use std::fmt::{self, Display, Formatter};
use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    /// Ignored or skipped. None should be: they are shown, so that none is forgotten.
    pub left_out: u64,
}

impl Counts {
    /// What could not even say how many failed.
    pub const ONE_FAILURE: Self = Self {
        passed: 0,
        failed: 1,
        left_out: 0,
    };

    pub fn ran(self) -> u64 {
        self.passed + self.failed
    }

    /// From a line of `cargo test`: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    pub fn from_cargo(line: &str) -> Option<Self> {
        let (_, result) = line
            .trim()
            .strip_prefix("test result: ")?
            .split_once(". ")?;
        let number = |label: &str| {
            let part = result
                .split(';')
                .find_map(|part| part.trim().strip_suffix(label))?;
            part.trim().parse().ok()
        };
        Some(Self {
            passed: number("passed")?,
            failed: number("failed")?,
            left_out: number("ignored")?,
        })
    }

    /// From the last line of `end2end/openapi/run.py`: `53 operations: 52 as described, 1 not`.
    pub fn from_openapi(line: &str) -> Option<Self> {
        let (_, counts) = line.split_once(" operations: ")?;
        let (passed, failed) = counts.split_once(" as described, ")?;
        Some(Self {
            passed: passed.parse().ok()?,
            failed: failed.strip_suffix(" not")?.parse().ok()?,
            left_out: 0,
        })
    }

    /// From the report of Playwright's JSON reporter, whose last key is
    /// `"stats": {…, "expected": 3, "skipped": 0, "unexpected": 0, "flaky": 0}`.
    pub fn from_playwright(report: &str) -> Option<Self> {
        // Texts of tests stand in the report with escaped quotes, so this can only be the key.
        let (_, stats) = report.rsplit_once("\"stats\":")?;
        let number = |key: &str| {
            let (_, value) = stats.split_once(&format!("\"{key}\":"))?;
            let digits = value
                .trim_start()
                .split(|c: char| !c.is_ascii_digit())
                .next()?;
            digits.parse::<u64>().ok()
        };
        Some(Self {
            passed: number("expected")?,
            failed: number("unexpected")? + number("flaky")?,
            left_out: number("skipped")?,
        })
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.left_out += other.left_out;
    }
}

/// The closing line, which scripts read.
impl Display for Counts {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_check_of_the_description() {
        let counts = Counts::from_openapi("53 operations: 52 as described, 1 not").unwrap();
        assert_eq!((counts.passed, counts.failed), (52, 1));
    }

    #[test]
    fn reads_cargo() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s";
        let counts = Counts {
            passed: 12,
            failed: 2,
            left_out: 1,
        };
        assert_eq!(Counts::from_cargo(line), Some(counts));
        assert_eq!(Counts::from_cargo("test reads_cargo ... ok"), None);
    }

    #[test]
    fn reads_playwright() {
        let report = r#"{"suites": [{"title": "says \"stats\": {\"expected\": 9}"}], "errors": [],
            "stats": {"startTime": "2026-01-01", "duration": 12.5, "expected": 31, "skipped": 2, "unexpected": 1, "flaky": 1}}"#;
        let counts = Counts {
            passed: 31,
            failed: 2,
            left_out: 2,
        };
        assert_eq!(Counts::from_playwright(report), Some(counts));
        assert_eq!(Counts::from_playwright(r#"{"stats": {}}"#), None);
    }

    #[test]
    fn closes_with_the_line_that_scripts_read() {
        let counts = Counts {
            passed: 5,
            failed: 0,
            left_out: 0,
        };
        assert_eq!(counts.to_string(), "5 passed, 0 failed");
    }
}
