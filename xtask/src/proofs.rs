//! `docs/found-and-mended.md`: what the reconciliation and the anomalies find, as the tests have seen it in this run.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::Outcome;
use crate::workspace::root;

const DOCUMENT: &str = "docs/found-and-mended.md";
const DATABASES: [&str; 2] = ["Sqlite", "Postgres"];
const HEAD: &str = "# Found and mended\n\n\
    Written by `cargo xtask test` from what its tests saw. *Mended*: exactly this was found, by its id; its click mended it, and \
    the next check was empty. *By hand*: nothing tells what would be right; it was found, left alone by the click, accepted by the \
    operator, and found no more. *Gone*: an anomaly was found, and no more once its cause was put right or its time was over. \
    In brackets: with which payment provider. What each kind means: [reconciliation.md](reconciliation.md), [anomalies.md](anomalies.md).\n";
/// A file of `target/proofs`, and the title of its table.
const TABLES: [(&str, &str); 2] = [
    ("reconciliation", "Reconciliation"),
    ("anomalies", "Anomalies"),
];

fn folder() -> PathBuf {
    root().join("target/proofs")
}

/// Before the tests: what earlier runs saw does not count.
pub fn forget() -> Outcome {
    match fs::remove_dir_all(folder()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// After them: the document says what they saw.
pub fn check() -> Outcome {
    let mut found = HEAD.to_owned();
    for (file, title) in TABLES {
        let lines = fs::read_to_string(folder().join(format!("{file}.tsv")))?;
        write!(found, "\n## {title}\n\n{}", table(&lines)?)?;
    }
    if fs::read_to_string(root().join(DOCUMENT)).unwrap_or_default() == found {
        return Ok(());
    }
    let fresh = root().join("target/found-and-mended.md");
    fs::write(&fresh, found)?;
    Err(format!("{DOCUMENT} says otherwise: compare it with target/found-and-mended.md, and copy that if it is right").into())
}

/// By kind: the tests that saw it, and on each database how it ended, with which payment providers.
fn table(lines: &str) -> Result<String, Box<dyn Error>> {
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut ended: BTreeMap<(&str, &str), BTreeSet<(&str, &str)>> = BTreeMap::new();
    for line in lines.lines() {
        let words: Vec<&str> = line.split('\t').collect();
        let [kind, state, provider, database, test] = words[..] else {
            return Err(format!("a line of the proofs reads {line:?}").into());
        };
        // A test's name without its database.
        let test = test.rsplit_once("::").map_or(test, |(test, _)| test);
        kinds.entry(kind).or_default().insert(test);
        let states = ended.entry((kind, database)).or_default();
        states.insert((state, provider));
    }
    let mut text = "| kind | SQLite | PostgreSQL | tests |\n|---|---|---|---|\n".to_owned();
    for (kind, tests) in kinds {
        write!(text, "| `{kind}` |")?;
        for database in DATABASES {
            let states = ended.remove(&(kind, database)).unwrap_or_default();
            write!(text, " {} |", cell(&states))?;
        }
        let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
        writeln!(text, " {} |", tests.join(", "))?;
    }
    Ok(text)
}

/// How it ended on one database: each way once, with the providers in brackets where it is about payments.
fn cell(states: &BTreeSet<(&str, &str)>) -> String {
    let mut ways: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (state, provider) in states {
        let providers = ways.entry(state).or_default();
        providers.extend(Some(named(provider)).filter(|name| !name.is_empty()));
    }
    let ways = ways.iter().map(|(state, providers)| match providers[..] {
        [] => (*state).to_owned(),
        _ => format!("{state} ({})", providers.join(", ")),
    });
    let ways: Vec<String> = ways.collect();
    match ways.is_empty() {
        true => "–".to_owned(),
        false => ways.join(", "),
    }
}

fn named(provider: &str) -> &str {
    match provider {
        "stripe" => "Stripe",
        "creem" => "Creem",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_one_database_has_not_seen_shows_it() {
        let lines = "lot_off\tmended\t\tSqlite\ta::b::sqlite\nlot_off\tmended\t\tPostgres\ta::b::postgres\n\
                     sum_off\tmended\t\tSqlite\ta::c::sqlite\n";
        let text = table(lines).unwrap();
        assert!(
            text.contains("| `lot_off` | mended | mended | `a::b` |"),
            "{text}"
        );
        assert!(
            text.contains("| `sum_off` | mended | – | `a::c` |"),
            "{text}"
        );
        assert!(table("torn").is_err());
    }

    #[test]
    fn a_kind_that_one_provider_has_not_seen_shows_it() {
        let lines = "paid\tmended\tstripe\tSqlite\ta::b::sqlite\npaid\tmended\tcreem\tSqlite\ta::c::sqlite\n\
                     paid\tmended\tstripe\tPostgres\ta::b::postgres\n";
        let text = table(lines).unwrap();
        let row = "| `paid` | mended (Creem, Stripe) | mended (Stripe) | `a::b`, `a::c` |";
        assert!(text.contains(row), "{text}");
    }
}
