//! Currencies as Stripe counts them.

use stripe_types::Currency;

/// Stripe: currencies without a smaller unit.
const ZERO_DECIMAL: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];
const THREE_DECIMAL: &[&str] = &["bhd", "jod", "kwd", "omr", "tnd"];

/// Whether Stripe knows the lower-case code.
pub fn is_known(code: &str) -> bool {
    let lower = code.bytes().all(|byte| byte.is_ascii_lowercase());
    let parsed = code.parse::<Currency>();
    lower && parsed.is_ok_and(|currency| !matches!(currency, Currency::Unknown(_)))
}

/// The least that can be charged. Stripe: 0.50 USD; what that is in another currency moves with the
/// rates, which the sandbox has not.
pub fn minimum(code: &str) -> i64 {
    if code == "usd" { 50 } else { 1 }
}

/// Stripe: amounts have at most eight digits.
pub const MAXIMUM: i64 = 99_999_999;

/// `990` in `usd` as `USD 9.90`.
pub fn format(amount: i64, code: &str) -> String {
    let digits = match code {
        code if ZERO_DECIMAL.contains(&code) => 0,
        code if THREE_DECIMAL.contains(&code) => 3,
        _ => 2,
    };
    let unit = 10_i64.pow(digits);
    let code = code.to_ascii_uppercase();
    match usize::try_from(digits) {
        Ok(width) if width > 0 => {
            format!("{code} {}.{:0width$}", amount / unit, (amount % unit).abs())
        }
        _ => format!("{code} {amount}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_amounts_with_the_digits_of_their_currency() {
        assert_eq!(format(990, "usd"), "USD 9.90");
        assert_eq!(format(5, "cny"), "CNY 0.05");
        assert_eq!(format(500, "jpy"), "JPY 500");
        assert_eq!(format(1_250, "kwd"), "KWD 1.250");
    }

    #[test]
    fn knows_currencies() {
        assert!(is_known("usd") && is_known("cny"));
        assert!(!is_known("USD") && !is_known("xxq") && !is_known(""));
    }
}
