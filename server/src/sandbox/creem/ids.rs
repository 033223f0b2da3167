//! Ids as Creem writes them: a prefix that names the kind, then random letters and digits.

use rand::distr::{Alphanumeric, SampleString};

const LENGTH: usize = 22;

/// A fresh id with `prefix`, for example `tran_` followed by 22 characters.
pub fn fresh(prefix: &str) -> String {
    let letters = Alphanumeric.sample_string(&mut rand::rng(), LENGTH);
    format!("{prefix}{letters}")
}
