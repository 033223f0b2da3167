//! Where things are, and how the programs of this workspace are called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

pub fn end2end() -> PathBuf {
    root().join("end2end")
}

/// The debug build of the program `atelier`.
pub fn binary() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| OsString::from("target"));
    root().join(target).join("debug/atelier")
}

/// A program that runs at the root of the workspace.
///
/// `cargo run` tells us about the package `xtask` in our environment. Handed on, that would look to cargo like a
/// change and rebuild crates whose build scripts read it.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    for (key, _) in std::env::vars_os() {
        if key.to_str().is_some_and(is_about_this_package) {
            command.env_remove(key);
        }
    }
    command
}

pub fn cargo<'words>(words: impl IntoIterator<Item = &'words str>) -> Command {
    let mut command = program("cargo");
    command.args(words);
    command
}

pub fn build_binary() -> Command {
    cargo(["build", "--package", "atelier", "--bin", "atelier"])
}

fn is_about_this_package(key: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"]
        .iter()
        .any(|prefix| key.starts_with(prefix))
}
