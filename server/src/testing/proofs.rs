//! What tests saw of what a table in `docs/` claims: each writes a line below `target/proofs/`, and `cargo xtask test` makes the
//! table of them, so that it says nothing that no test has seen.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::db::Kind;

/// Writes that the test of this thread saw `kind` in `state` on a database.
///
/// # Panics
/// When the folder cannot be written.
pub fn saw(table: &str, kind: &str, state: &str, database: Kind) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/proofs");
    let line = format!("{kind}\t{state}\t{database:?}\t{test}\n");
    // One write of one line: tests of several programs write at once.
    let written = fs::create_dir_all(&folder).and_then(|()| {
        let file = folder.join(format!("{table}.tsv"));
        let mut file = OpenOptions::new().create(true).append(true).open(file)?;
        file.write_all(line.as_bytes())
    });
    assert!(written.is_ok(), "{}: {written:?}", folder.display());
}
