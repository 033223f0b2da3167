//! Letters that were written as files instead of being sent.

use std::path::Path;

use super::Letter;

/// A letter as it was kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptLetter {
    /// Its file, without the ending.
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl KeptLetter {
    /// The tag of its language, as its page has it.
    pub fn language(&self) -> Option<&str> {
        let (_, rest) = self.html.split_once(" lang=\"")?;
        rest.split('"').next()
    }
}

/// Between the parts of a letter; no letter of ours has it in its text.
const SEAM: &str = "=_atelier_=";
const ENDING: &str = ".eml";

/// A message anybody can read in an editor: UTF-8 as it is (RFC 6532), nothing encoded, the text before the
/// page.
pub(super) fn written(from: &str, to: &str, letter: &Letter) -> String {
    let Letter {
        subject,
        text,
        html,
    } = letter;
    let part = |kind: &str, body: &str| {
        format!(
            "--{SEAM}\r\nContent-Type: text/{kind}; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n"
        )
    };
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=\"{SEAM}\"\r\n\r\n{}{}--{SEAM}--\r\n",
        part("plain", text),
        part("html", html),
    )
}

/// The letter in a file of ours.
fn read(id: &str, message: &str) -> Option<KeptLetter> {
    let (headers, body) = message.split_once("\r\n\r\n")?;
    let header = |name: &str| headers.lines().find_map(|line| line.strip_prefix(name));
    let seam = format!("--{SEAM}");
    let mut parts = body.split(&seam).skip(1);
    let mut part = || {
        let (_, body) = parts.next()?.split_once("\r\n\r\n")?;
        Some(body.trim_end_matches("\r\n").to_owned())
    };
    Some(KeptLetter {
        id: id.to_owned(),
        to: header("To: ")?.to_owned(),
        subject: header("Subject: ")?.to_owned(),
        text: part()?,
        html: part()?,
    })
}

pub(super) async fn keep(folder: &Path, id: &str, message: &str) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    tokio::fs::write(folder.join(format!("{id}{ENDING}")), message).await
}

/// The letters kept in `folder`, newest first.
pub async fn kept_letters(folder: &Path, most: usize) -> std::io::Result<Vec<KeptLetter>> {
    let mut ids = Vec::new();
    let mut entries = match tokio::fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name().to_string_lossy().into_owned();
        ids.extend(name.strip_suffix(ENDING).map(str::to_owned));
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let mut letters = Vec::new();
    for id in ids.into_iter().take(most) {
        let message = tokio::fs::read_to_string(folder.join(format!("{id}{ENDING}"))).await?;
        letters.extend(read(&id, &message));
    }
    Ok(letters)
}

/// Deletes the letters to an address that are kept in `folder`.
pub(crate) async fn erase_kept(folder: &Path, address: &str) -> std::io::Result<()> {
    for letter in kept_letters(folder, usize::MAX).await? {
        if letter.to == address {
            let file = folder.join(format!("{}{ENDING}", letter.id));
            tokio::fs::remove_file(file).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_read_as_it_was_written() {
        let letter = Letter {
            subject: "点数到账".to_owned(),
            text: "您好！\n\nhttp://x/verify/t".to_owned(),
            html: "<html lang=\"zh-CN\"><p>您好！</p>".to_owned(),
        };
        let message = written("Atelier <a@example.com>", "mei@example.com", &letter);
        let kept = read("1", &message).unwrap();
        assert_eq!((&*kept.id, &*kept.to), ("1", "mei@example.com"));
        assert_eq!(kept.language(), Some("zh-CN"));
        assert_eq!(kept.subject, letter.subject);
        assert_eq!((kept.text, kept.html), (letter.text, letter.html));
    }
}
