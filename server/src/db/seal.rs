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

    /// A column that came after rows were sealed without it: counts only where it holds something.
    #[must_use]
    pub fn later_text(self, column: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(column).text(value),
            None => self,
        }
    }

    /// The same for a number.
    #[must_use]
    pub fn later_number(self, column: &str, value: Option<i64>) -> Self {
        match value {
            Some(value) => self.text(column).number(value),
            None => self,
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
    fn a_later_column_counts_where_it_holds_something() {
        let plain = || Seal::of("t").text("a");
        let usual = plain().finish();
        assert_eq!(usual, plain().later_number("n", None).finish());
        assert_ne!(usual, plain().later_number("n", Some(0)).finish());
        assert_ne!(
            plain().later_text("a", Some("x")).finish(),
            plain().later_text("b", Some("x")).finish()
        );
    }

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
