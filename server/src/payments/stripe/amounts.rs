//! Money between ISO 4217 minor units, as we keep it, and the units Stripe counts in.
//! The rules: docs.stripe.com/currencies, "Special cases".

/// Stripe still counts these in hundredths, though they have no minor unit in ISO 4217.
const COUNTED_IN_HUNDREDTHS: [&str; 2] = ["isk", "ugx"];

pub(super) fn to_stripe(amount_minor: i64, currency: &str) -> i64 {
    if COUNTED_IN_HUNDREDTHS.contains(&currency) {
        amount_minor * 100
    } else {
        amount_minor
    }
}

pub(super) fn from_stripe(amount: i64, currency: &str) -> i64 {
    if COUNTED_IN_HUNDREDTHS.contains(&currency) {
        amount / 100
    } else {
        amount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_currencies_count_alike_and_the_special_ones_come_back_whole() {
        assert_eq!(to_stripe(190, "usd"), 190);
        assert_eq!(to_stripe(500, "jpy"), 500);
        assert_eq!(to_stripe(500, "isk"), 50_000);
        assert_eq!(from_stripe(to_stripe(500, "isk"), "isk"), 500);
    }
}
