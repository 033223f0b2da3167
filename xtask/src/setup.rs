//! `cargo xtask setup`: what the tests need and a fresh Debian machine lacks.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::Outcome;
use crate::cluster;
use crate::process::must;
use crate::workspace::{end2end, program};

const OLDEST_NODE: u32 = 20;

/// One thing the tests need, and the Debian package that brings it.
struct Need {
    package: &'static str,
    met: fn() -> bool,
}

const POSTGRESQL: Need = Need {
    package: "postgresql",
    met: || cluster::programs().is_ok(),
};

const PYTHON: Need = Need {
    package: "python3-venv",
    met: || {
        let mut python = program("python3");
        python
            .args(["-c", "import ensurepip, venv"])
            .stderr(Stdio::null());
        python.status().is_ok_and(|status| status.success())
    },
};

const NEEDS: &[Need] = &[
    POSTGRESQL,
    Need {
        package: "chromium",
        met: || std::env::var_os("END2END_CHROMIUM").is_some() || exists("/usr/bin/chromium"),
    },
    Need {
        package: "fonts-noto-cjk",
        met: || exists("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    },
    PYTHON,
    Need {
        package: "nodejs",
        met: || runs("node"),
    },
    Need {
        package: "npm",
        met: || runs("npm"),
    },
];

pub fn run(_: &[String]) -> Outcome {
    install(NEEDS)?;
    check_node()?;
    install_node_packages()
}

/// Only the database's programs.
pub fn postgresql() -> Outcome {
    install(&[POSTGRESQL])
}

/// Only what holds the HTTP API against its description.
pub fn python() -> Outcome {
    install(&[PYTHON])
}

fn install(needs: &[Need]) -> Outcome {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() || !runs("apt-get") {
        return Err(say_the_line(&missing).into());
    }
    println!("installing {}", missing.join(", "));
    must(apt_get().arg("update"))?;
    must(
        apt_get()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(&missing),
    )?;
    match self::missing(needs).as_slice() {
        [] => Ok(()),
        still => Err(format!("installed, and still not found: {}", still.join(", ")).into()),
    }
}

fn missing(needs: &[Need]) -> Vec<&'static str> {
    let unmet = needs.iter().filter(|need| !(need.met)());
    unmet.map(|need| need.package).collect()
}

fn say_the_line(missing: &[&str]) -> String {
    let packages = missing.join(" ");
    format!(
        "this machine lacks what the tests need; as root:\n\n    apt-get install --yes {packages}\n"
    )
}

fn check_node() -> Outcome {
    let answer = program("node").arg("--version").output()?.stdout;
    let version = String::from_utf8_lossy(&answer).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next();
    match major.and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => Err(format!(
            "the browser tests need Node.js {OLDEST_NODE} or newer; `node` here is {version}"
        )
        .into()),
    }
}

fn install_node_packages() -> Outcome {
    let wanted = end2end().join("package-lock.json");
    let installed = end2end().join("node_modules/.package-lock.json");
    if modified(&installed).is_ok_and(|then| modified(&wanted).is_ok_and(|now| now <= then)) {
        return Ok(());
    }
    let mut npm = program("npm");
    npm.args(["ci", "--no-audit", "--no-fund"])
        .current_dir(end2end())
        // The browser is the machine's own.
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    Ok(must(&mut npm)?)
}

fn modified(file: &Path) -> io::Result<SystemTime> {
    fs::metadata(file)?.modified()
}

fn apt_get() -> Command {
    let mut command = program("apt-get");
    command
        .arg("--quiet")
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn runs(name: &str) -> bool {
    program(name)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
