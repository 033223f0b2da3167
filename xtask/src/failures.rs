//! What failed, told once more below the table: a run prints thousands of lines after a failure at its beginning.

/// Enough of one part to know what to run again.
const MOST_LINES: usize = 60;

/// Takes the lines that tell of failures out of what a test program prints.
#[derive(Default)]
pub struct Failures {
    lines: Vec<String>,
    telling: bool,
}

impl Failures {
    /// Of `cargo test`: from `failures:` to the result, for each test program.
    pub fn of_cargo(&mut self, line: &str) {
        match line {
            "failures:" => self.telling = true,
            _ if line.starts_with("test result: ") => self.telling = false,
            _ => self.tell(line),
        }
    }

    /// Of `end2end/openapi/run.py`: what Schemathesis found up to its summary, and what the script itself found.
    pub fn of_openapi(&mut self, line: &str) {
        if line.starts_with("===") {
            self.telling = line.contains(" FAILURES ") || line.contains(" ERRORS ");
        } else if line.starts_with("not as described: ") {
            self.lines.push(line.to_owned());
        } else {
            self.tell(line);
        }
    }

    /// Of Playwright: the list below `2 failed`.
    pub fn of_playwright(&mut self, line: &str) {
        if let Some(count) = line.strip_suffix(" failed") {
            self.telling = count.trim().parse::<u64>().is_ok();
        } else if line.starts_with("    ") {
            self.tell(line);
        } else {
            self.telling = false;
        }
    }

    fn tell(&mut self, line: &str) {
        if self.telling && !line.trim().is_empty() {
            self.lines.push(line.to_owned());
        }
    }

    /// Prints what was told of one part, if anything was.
    pub fn print(&self, part: &str) {
        if self.lines.is_empty() {
            return;
        }
        println!("\n── failed: {part}");
        for line in self.lines.iter().take(MOST_LINES) {
            println!("{line}");
        }
        if let Some(more) = self.lines.len().checked_sub(MOST_LINES + 1) {
            println!("… and {} lines more above", more + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(see: fn(&mut Failures, &str), output: &str) -> Vec<String> {
        let mut failures = Failures::default();
        for line in output.lines() {
            see(&mut failures, line);
        }
        failures.lines
    }

    #[test]
    fn cargo_tells_panics_and_names() {
        let output = "test a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\nleft: 1\n\nfailures:\n    b\n\n\
            test result: FAILED. 1 passed; 1 failed\nRunning c\ntest c ... ok\n";
        assert_eq!(
            told(Failures::of_cargo, output),
            ["---- b stdout ----", "left: 1", "    b"]
        );
    }

    #[test]
    fn the_check_of_the_description_tells_findings() {
        let output = "GET /a 50 404×2\n=== FAILURES ===\n___ GET /a ___\n- Undocumented status\n=== SUMMARY ===\nOperations: 1\n\
            not as described: GET /b: 12 cases\n1 operations: 0 as described, 1 not\n";
        assert_eq!(
            told(Failures::of_openapi, output),
            [
                "___ GET /a ___",
                "- Undocumented status",
                "not as described: GET /b: 12 cases"
            ]
        );
    }

    #[test]
    fn playwright_tells_names() {
        let output = "  ✓  1 [audit] › a\n  1) [audit] › b\n    Error: c\n  1 failed\n    [audit] › b\n  7 passed (2m)\n    x\n";
        assert_eq!(told(Failures::of_playwright, output), ["    [audit] › b"]);
    }
}
