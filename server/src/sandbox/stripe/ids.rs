//! Ids as Stripe writes them: a prefix that names the kind, then random letters and digits.

use rand::distr::{Alphanumeric, SampleString};

const LENGTH: usize = 24;
const SESSION_LENGTH: usize = 58;

/// A fresh id with `prefix`, for example `pi_` followed by 24 characters.
pub fn fresh(prefix: &str) -> String {
    format!("{prefix}{}", letters(LENGTH))
}

/// A fresh id of a Checkout Session in test mode.
pub fn session() -> String {
    format!("cs_test_{}", letters(SESSION_LENGTH))
}

fn letters(count: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), count)
}
