//! `cargo xtask lint`

use crate::Outcome;
use crate::process::must;
use crate::workspace::cargo;

const STRICT: [&str; 3] = ["--", "-D", "warnings"];

pub fn run(_: &[String]) -> Outcome {
    must(&mut cargo(["fmt", "--all", "--check"]))?;
    must(cargo(["clippy", "--workspace", "--all-targets"]).args(STRICT))?;
    // As people build it: tests have features of their own, without which nothing else would compile it.
    must(cargo(["clippy", "--package", "atelier"]).args(STRICT))?;
    has_no_testing()
}

/// Where tests may kill the program and move its clock is not in what people run.
fn has_no_testing() -> Outcome {
    let mut tree = cargo(["tree", "--package", "atelier", "--prefix", "none"]);
    tree.args(["--edges", "normal,build", "--format", "{p} {f}"]);
    let output = tree.output()?;
    let packages = String::from_utf8_lossy(&output.stdout);
    let mut ours = packages.lines().filter(|line| line.starts_with("atelier"));
    if !output.status.success() || ours.clone().count() == 0 {
        return Err("cargo tree does not say what the program is made of".into());
    }
    match ours.find(|line| line.contains("testing")) {
        Some(line) => Err(format!("what people run has the feature `testing`: {line}").into()),
        None => Ok(()),
    }
}
