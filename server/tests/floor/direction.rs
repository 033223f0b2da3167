//! The one-way rule: `src` → `app` → `server`, and inside `server` `credits` knows nobody but `db`
//! and the words around it, `payments` and `studio` never each other.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Lines below `folder` that name one of `forbidden`.
fn offenders(folder: &str, forbidden: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    rust_files(&root().join(folder), &mut files);
    assert!(!files.is_empty(), "{folder} has no Rust files");
    let mut lines = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            if forbidden.iter().any(|name| line.contains(name)) {
                lines.push(format!("{}: {}", file.display(), line.trim()));
            }
        }
    }
    lines
}

fn manifest(folder: &str) -> String {
    std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap()
}

#[test]
fn floors_are_used_downwards_only() {
    assert!(!manifest("server").contains("atelier-app"));
    assert!(!manifest("app").contains("\natelier = "));
    assert_eq!(
        offenders("server/src", &["atelier_app", "leptos"]),
        Vec::<String>::new()
    );
    assert_eq!(offenders("app/src", &["sqlx::"]), Vec::<String>::new());
}

#[test]
fn credits_knows_only_what_is_below_it() {
    let above = [
        "crate::payments",
        "crate::studio",
        "crate::accounts",
        "crate::catalog",
        "crate::sandbox",
    ];
    assert_eq!(
        offenders("server/src/credits", &above),
        Vec::<String>::new()
    );
}

#[test]
fn payments_and_studio_do_not_know_each_other() {
    assert_eq!(
        offenders("server/src/payments", &["crate::studio", "crate::sandbox"]),
        Vec::<String>::new()
    );
    assert_eq!(
        offenders("server/src/studio", &["crate::payments", "crate::sandbox"]),
        Vec::<String>::new()
    );
}

#[test]
fn only_credits_writes_wallets() {
    let writes = [
        "UPDATE wallets",
        "INSERT INTO wallets",
        "UPDATE lots",
        "INSERT INTO lots",
        "INSERT INTO entries",
    ];
    let outside: Vec<String> = offenders("server/src", &writes)
        .into_iter()
        .chain(offenders("src", &writes))
        .filter(|line| !line.contains("/credits/"))
        .collect();
    assert_eq!(outside, Vec::<String>::new());
}
