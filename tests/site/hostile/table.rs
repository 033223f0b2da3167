//! Every file, what it attacks, and what becomes of it. `docs/uploads.md` shows this table.

use std::fmt::Write as _;
use std::sync::LazyLock;

use super::rows;

/// Stands in everything that must not be kept.
pub const PAYLOAD: &str = "hostile-payload";
/// Stands in every name that must not be kept.
pub const NAME: &str = "hostile-name";

pub struct Row {
    pub class: &'static str,
    /// What the file is, for readers.
    pub file: &'static str,
    /// The name it is sent by.
    pub name: String,
    pub attacks: &'static str,
    pub bytes: Vec<u8>,
    pub fate: Fate,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Status, code, and what is wrong with it.
    Refused(u16, &'static str, &'static str),
    /// Kept, as this kind, without what is hostile in it.
    Kept(&'static str),
    /// The form itself cannot be read.
    Unreadable,
}

pub const CLASSES: [&str; 10] = [
    "truncated",
    "decompression bomb",
    "wrong type",
    "polyglot",
    "huge dimensions",
    "animated",
    "zero bytes",
    "path tricks in names",
    "corrupt chunk lengths",
    "EXIF bomb",
];

pub static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let classes = [
        rows::truncated(),
        rows::bombs(),
        rows::wrong_types(),
        rows::polyglots(),
        rows::huge(),
        rows::animated(),
        rows::zeros(),
        rows::names(),
        rows::lengths(),
        rows::exif(),
    ];
    classes.into_iter().flatten().collect()
});

/// The table as Markdown.
pub fn rendered() -> String {
    let mut text = "| class | file | attacks | becomes |\n|---|---|---|---|\n".to_owned();
    for row in TABLE.iter() {
        let fate = match row.fate {
            Fate::Refused(status, code, wrong) => format!("{status} `{code}`: {wrong}"),
            Fate::Kept("image/jpeg") => "kept as JPEG, without it".to_owned(),
            Fate::Kept(_) => "kept as PNG, without it".to_owned(),
            Fate::Unreadable => "422 `validation`: no form".to_owned(),
        };
        let (class, file, attacks) = (row.class, row.file, row.attacks);
        writeln!(text, "| {class} | {file} | {attacks} | {fate} |").expect("a text grows");
    }
    text
}
