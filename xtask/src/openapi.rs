//! `cargo xtask openapi`: the description of the HTTP API, held against a running server by Schemathesis.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::counts::Counts;
use crate::failures::Failures;
use crate::process::{must, watch};
use crate::setup;
use crate::workspace::{binary, build_binary, end2end, program, root};

pub fn run(arguments: &[String]) -> Outcome {
    setup::python()?;
    must(&mut build_binary())?;
    let counts = check(arguments, &mut Failures::default())?;
    if counts.failed > 0 {
        return Err(format!("{} operations are not as they are described", counts.failed).into());
    }
    Ok(())
}

/// Every operation is one test. `arguments` go on to Schemathesis.
pub fn check(
    arguments: &[String],
    failures: &mut Failures,
) -> Result<Counts, Box<dyn std::error::Error>> {
    let mut command = program(
        python(&install()?)
            .to_str()
            .ok_or("a path that is no text")?,
    );
    command
        .arg(end2end().join("openapi/run.py"))
        .args(arguments)
        .env("ATELIER_BIN", binary())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let mut counts = None;
    let status = watch(&mut command, |line| {
        failures.of_openapi(line);
        counts = Counts::from_openapi(line).or(counts);
    })?;
    match counts {
        Some(counts) if status.success() || counts.failed > 0 => Ok(counts),
        Some(_) => Ok(Counts::ONE_FAILURE),
        None => Err("the check of the description did not come to its end".into()),
    }
}

/// The folder with Python's packages, as `requirements.txt` names them.
fn install() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let folder = root().join("target/python");
    let wanted = end2end().join("openapi/requirements.txt");
    let stamp = folder.join("requirements.txt");
    if fs::read(&stamp).is_ok_and(|known| fs::read(&wanted).is_ok_and(|wanted| wanted == known)) {
        return Ok(folder);
    }
    must(
        program("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    let mut pip = program(python(&folder).to_str().ok_or("a path that is no text")?);
    must(
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ])
        .arg(&wanted),
    )?;
    fs::copy(&wanted, &stamp)?;
    Ok(folder)
}

fn python(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}
