//! The texts of pages: both languages say the same things, everything that is named exists, nothing
//! stands there unused, and no page has words of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

const ENGLISH: &str = include_str!("../texts/en.ftl");
const CHINESE: &str = include_str!("../texts/zh.ftl");

/// The variables of each message, by its key. `$count` is left out: it chooses a plural, and
/// Chinese has none.
fn messages(text: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut messages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        let key = line
            .split(" =")
            .next()
            .filter(|key| is_key(key) && line.len() > key.len());
        if key.is_some() {
            current = key;
        }
        let Some(key) = current.filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let variables = line
            .split("{ $")
            .skip(1)
            .filter_map(|rest| rest.split([' ', '}']).next());
        let variables = variables.filter(|name| *name != "count");
        messages.entry(key).or_default().extend(variables);
    }
    messages
}

fn is_key(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.contains('-')
        && word
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The code in a folder of the workspace, without its tests.
fn sources(folder: &str) -> io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(folder),
    ];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)?;
                let code = text
                    .split("#[cfg(test)]")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                found.push((path, code));
            }
        }
    }
    Ok(found)
}

/// String literals in `code`, each with what stands right before and after it.
fn literals(code: &str) -> Vec<(&str, &str, &str)> {
    let mut literals = Vec::new();
    for line in code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
    {
        let parts: Vec<&str> = line.split('"').collect();
        for at in (1..parts.len().saturating_sub(1)).step_by(2) {
            literals.push((parts[at - 1], parts[at], parts[at + 1]));
        }
    }
    literals
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_places() {
    let (english, chinese) = (messages(ENGLISH), messages(CHINESE));
    let only = |a: &BTreeMap<_, _>, b: &BTreeMap<_, _>| -> Vec<String> {
        let missing = |key: &&&str| !b.contains_key(**key);
        a.keys()
            .filter(missing)
            .map(|key: &&str| (*key).to_owned())
            .collect()
    };
    assert_eq!(
        only(&english, &chinese),
        Vec::<String>::new(),
        "missing in zh.ftl"
    );
    assert_eq!(
        only(&chinese, &english),
        Vec::<String>::new(),
        "missing in en.ftl"
    );
    for (key, variables) in &english {
        assert_eq!(Some(variables), chinese.get(key), "{key}");
    }
}

#[test]
fn every_message_that_is_named_exists_and_none_is_unused() -> io::Result<()> {
    let messages = messages(ENGLISH);
    let families: BTreeSet<&str> = messages
        .keys()
        .filter_map(|key| key.split('-').next())
        .collect();
    let mut named = BTreeSet::new();
    for (path, code) in sources("app/src")?.into_iter().chain(sources("src/http")?) {
        for (before, literal, _) in literals(&code) {
            // Behind `=` stands an attribute: a class, an id, the name of a region.
            let family = literal.split('-').next().unwrap_or_default();
            if before.ends_with('=') || !is_key(literal) || !families.contains(family) {
                continue;
            }
            if !messages.contains_key(literal) {
                assert!(!before.ends_with("say("), "{literal} in {}", path.display());
                continue;
            }
            named.insert(literal.to_owned());
        }
    }
    let unused: Vec<_> = messages
        .keys()
        .filter(|key| !named.contains(**key))
        .collect();
    assert!(unused.is_empty(), "unused: {unused:?}");
    Ok(())
}

#[test]
fn words_come_from_the_texts_and_not_from_the_pages() -> io::Result<()> {
    for (path, code) in sources("app/src/pages")?
        .into_iter()
        .chain(sources("app/src/components")?)
    {
        for (before, literal, after) in literals(&code) {
            let (before, after) = (before.trim_end(), after.trim_start());
            let is_text = (before.ends_with(['>', '}']) && !before.ends_with("=>"))
                && after.starts_with(['<', '{']);
            let has_words = literal.chars().any(char::is_alphabetic);
            assert!(!(is_text && has_words), "{literal:?} in {}", path.display());
        }
    }
    Ok(())
}
