//! Currencies as Stripe counts them.

use stripe_types::Currency;

/// Stripe: currencies without a smaller unit.
const ZERO_DECIMAL: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];
const THREE_DECIMAL: &[&str] = &["bhd", "jod", "kwd", "omr", "tnd"];

/// Whether Stripe knows the lower-case code. The client's list lacks those with three decimals.
pub fn is_known(code: &str) -> bool {
    if THREE_DECIMAL.contains(&code) {
        return true;
    }
    let lower = code.bytes().all(|byte| byte.is_ascii_lowercase());
    let parsed = code.parse::<Currency>();
    lower && parsed.is_ok_and(|currency| !matches!(currency, Currency::Unknown(_)))
}

/// The least that can be charged where Stripe names it. Source: docs.stripe.com/currencies.
const MINIMUMS: &[(&str, i64)] = &[
    ("aed", 200),
    ("aud", 50),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1_500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("inr", 50),
    ("jpy", 50),
    ("mxn", 1_000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1_000),
    ("usd", 50),
];

/// The least that can be charged. In other currencies Stripe asks for what is worth 0.50 USD, which
/// moves with the rates that the sandbox has not.
pub fn minimum(code: &str) -> i64 {
    let named = MINIMUMS.iter().find(|(named, _)| *named == code);
    named.map_or(1, |(_, least)| *least)
}

/// What an amount has to be divisible by. Stripe: three-decimal amounts end in 0; ISK and UGX are
/// sent with two decimals that must be 0.
pub fn step(code: &str) -> i64 {
    match code {
        "isk" | "ugx" => 100,
        code if THREE_DECIMAL.contains(&code) => 10,
        _ => 1,
    }
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
    fn some_amounts_cannot_be_charged() {
        assert_eq!((step("kwd"), step("isk"), step("usd")), (10, 100, 1));
        assert_eq!(
            (minimum("usd"), minimum("gbp"), minimum("xaf")),
            (50, 30, 1)
        );
    }

    #[test]
    fn knows_currencies() {
        assert!(is_known("usd") && is_known("cny") && is_known("kwd"));
        assert!(!is_known("USD") && !is_known("xxq") && !is_known(""));
    }
}
