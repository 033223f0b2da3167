//! `cargo xtask bench`

use crate::Outcome;
use crate::process::must;
use crate::workspace::cargo;

/// Each part with the package and bench that have it.
const PARTS: [(&str, &str, &str); 7] = [
    ("ledger", "atelier-server", "ledger"),
    ("verify", "atelier-server", "ledger"),
    ("dashboard", "atelier", "program"),
    ("push", "atelier", "program"),
    ("process", "atelier", "program"),
    ("admin", "atelier", "program"),
    (HOUSE, "atelier", "program"),
];
/// Measures nothing, and leaves a full house to look at.
const HOUSE: &str = "house";

pub fn run(wanted: &[String]) -> Outcome {
    if let Some(unknown) = wanted
        .iter()
        .find(|word| PARTS.iter().all(|(part, ..)| part != word))
    {
        let known = PARTS.map(|(part, ..)| part).join(", ");
        return Err(format!("no part is called {unknown}; there are {known}").into());
    }
    for (part, package, bench) in PARTS {
        if wanted.is_empty() && part != HOUSE || wanted.iter().any(|word| word == part) {
            println!("\n── {part}");
            let words = [
                "bench",
                "--quiet",
                "--package",
                package,
                "--bench",
                bench,
                "--",
                part,
            ];
            must(&mut cargo(words))?;
        }
    }
    Ok(())
}
