//! What tests saw of what a table in `docs/` claims: each writes a line below `target/proofs/`, and `cargo xtask test` makes the
//! table of them, so that it says nothing that no test has seen.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::db::Kind;
use crate::payments::Provider;

/// Writes that the test of this thread saw `kind` in `state` on a database.
///
/// # Panics
/// When the folder cannot be written.
pub fn saw(table: &str, kind: &str, state: &str, database: Kind) {
    write(table, [kind, state, ""], database);
}

/// The same of what a payment provider has a part in.
///
/// # Panics
/// When the folder cannot be written.
pub fn saw_at(provider: Provider, table: &str, kind: &str, state: &str, database: Kind) {
    write(table, [kind, state, provider.as_str()], database);
}

fn write(table: &str, [kind, state, provider]: [&str; 3], database: Kind) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/proofs");
    let line = format!("{kind}\t{state}\t{provider}\t{database:?}\t{test}\n");
    // One write of one line: tests of several programs write at once.
    let written = fs::create_dir_all(&folder).and_then(|()| {
        let file = folder.join(format!("{table}.tsv"));
        let mut file = OpenOptions::new().create(true).append(true).open(file)?;
        file.write_all(line.as_bytes())
    });
    assert!(written.is_ok(), "{}: {written:?}", folder.display());
}
