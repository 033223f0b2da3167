use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Bytes of the checksum that are kept.
const KEPT: usize = 16;

/// A checksum over the columns of one row, written with them. A row that was changed, or copied
/// under another id, from outside the program no longer fits its seal; `verify` says so.
///
/// It shows mistakes and meddling, not forgery: whoever can write the database and knows this code
/// can seal again.
pub struct Seal(Sha256);

impl Seal {
    /// Begins the seal of a row of `table`. Add the columns in one fixed order.
    pub fn of(table: &str) -> Self {
        Self(Sha256::new()).text(table)
    }

    #[must_use]
    pub fn text(mut self, value: &str) -> Self {
        // The length before the text keeps two columns from being read as one.
        self.0.update(value.len().to_be_bytes());
        self.0.update(value);
        self
    }

    #[must_use]
    pub fn number(mut self, value: i64) -> Self {
        self.0.update(value.to_be_bytes());
        self
    }

    #[must_use]
    pub fn maybe_text(self, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.number(1).text(value),
            None => self.number(0),
        }
    }

    #[must_use]
    pub fn maybe_number(self, value: Option<i64>) -> Self {
        match value {
            Some(value) => self.number(1).number(value),
            None => self.number(0),
        }
    }

    /// 22 characters.
    pub fn finish(self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0.finalize()[..KEPT])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_and_its_place_counts() {
        let seal = |a: &str, b: &str, n: Option<i64>| {
            Seal::of("t").text(a).text(b).maybe_number(n).finish()
        };
        let usual = seal("ab", "c", None);
        assert_eq!(usual.len(), 22);
        assert_eq!(usual, seal("ab", "c", None));
        for other in [
            seal("a", "bc", None),
            seal("c", "ab", None),
            seal("ab", "c", Some(0)),
        ] {
            assert_ne!(usual, other);
        }
        assert_ne!(
            usual,
            Seal::of("u")
                .text("ab")
                .text("c")
                .maybe_number(None)
                .finish()
        );
    }
}
