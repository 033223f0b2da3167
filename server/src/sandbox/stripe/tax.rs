//! Automatic tax: one flat rate for everybody, on top of a price or inside it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const PERCENT: i64 = 20;

/// An amount with its tax, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taxed {
    /// As the prices say it.
    pub subtotal: i64,
    /// The tax that comes on top.
    pub exclusive: i64,
    /// The tax that is inside the subtotal.
    pub inclusive: i64,
}

impl Taxed {
    /// No tax is calculated.
    pub fn untaxed(subtotal: i64) -> Self {
        Self {
            subtotal,
            ..Self::default()
        }
    }

    /// `behavior` is the price's `tax_behavior`; what says nothing is taxed on top, as Stripe does
    /// for most currencies.
    pub fn new(subtotal: i64, behavior: &str) -> Self {
        let (inclusive, exclusive) = match behavior {
            "inclusive" => (rounded(subtotal * PERCENT, 100 + PERCENT), 0),
            _ => (0, rounded(subtotal * PERCENT, 100)),
        };
        Self {
            subtotal,
            exclusive,
            inclusive,
        }
    }

    /// An amount in the price's currency; `automatic` says whether tax is calculated.
    pub fn by_price(subtotal: i64, price: &Value, automatic: bool) -> Self {
        match automatic {
            true => Self::new(subtotal, price["tax_behavior"].as_str().unwrap_or_default()),
            false => Self::untaxed(subtotal),
        }
    }

    pub fn total(self) -> i64 {
        self.subtotal + self.exclusive
    }

    pub fn tax(self) -> i64 {
        self.exclusive + self.inclusive
    }

    /// `taxes` of an invoice or its lines.
    pub fn shapes(self) -> Vec<Value> {
        let kinds = [("exclusive", self.exclusive), ("inclusive", self.inclusive)];
        let kinds = kinds.into_iter().filter(|(_, amount)| *amount != 0);
        let shape = |(behavior, amount)| {
            json!({
                "amount": amount, "tax_behavior": behavior, "tax_rate_details": null,
                "taxability_reason": "standard_rated",
                "taxable_amount": self.subtotal - self.inclusive, "type": "tax_rate_details",
            })
        };
        kinds.map(shape).collect()
    }
}

impl std::iter::Sum for Taxed {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |sum, one| Self {
            subtotal: sum.subtotal + one.subtotal,
            exclusive: sum.exclusive + one.exclusive,
            inclusive: sum.inclusive + one.inclusive,
        })
    }
}

/// `dividend / divisor`, rounded half away from zero.
pub fn rounded(dividend: i64, divisor: i64) -> i64 {
    (dividend.abs() * 2 + divisor) / (divisor * 2) * dividend.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_is_on_top_or_inside() {
        let on_top = Taxed::new(990, "exclusive");
        assert_eq!((on_top.total(), on_top.tax()), (1_188, 198));
        let inside = Taxed::new(990, "inclusive");
        assert_eq!((inside.total(), inside.tax()), (990, 165));
        assert_eq!(Taxed::untaxed(990).tax(), 0);
        let both: Taxed = [on_top, inside].into_iter().sum();
        assert_eq!(
            (both.subtotal, both.total(), both.tax()),
            (1_980, 2_178, 363)
        );
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!((rounded(5, 2), rounded(-5, 2), rounded(7, 3)), (3, -3, 2));
    }
}
