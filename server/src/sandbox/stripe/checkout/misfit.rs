//! Sessions that end otherwise than they were asked for: for trying out what whoever reads them does
//! with records that do not fit.

use std::str::FromStr;

use serde_json::Value;

use crate::sandbox::stripe::money;
use crate::sandbox::stripe::store::Object;

/// What a session ends with that was not asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Another total, in minor units.
    Amount(i64),
    Currency(String),
    /// So much less, as if a promotion code had been typed.
    Discount(i64),
}

impl FromStr for Misfit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let positive = |value: &str| {
            let amount = value.parse().ok();
            amount.filter(|amount| (1..=money::MAXIMUM).contains(amount))
        };
        let misfit = match text.split_once(':') {
            Some(("amount", value)) => positive(value).map(Self::Amount),
            Some(("discount", value)) => positive(value).map(Self::Discount),
            Some(("currency", code)) if money::is_known(code) => {
                Some(Self::Currency(code.to_owned()))
            }
            _ => None,
        };
        misfit.ok_or_else(|| {
            format!("Unknown charge '{text}': use amount:NNN, currency:xxx or discount:NNN")
        })
    }
}

impl Misfit {
    /// Whether the session can end so: it is not discounted by more than it costs.
    pub fn goes_with(&self, session: &Object) -> bool {
        match self {
            Self::Discount(amount) => *amount <= session.integer("amount_total"),
            Self::Amount(_) | Self::Currency(_) => true,
        }
    }

    /// Changes the session, and its first line with it.
    pub fn apply(&self, session: &mut Object) {
        let line = session.notes.line_items.first_mut();
        let mut shapes: Vec<&mut Value> = vec![&mut session.shape];
        shapes.extend(line);
        match self {
            Self::Amount(amount) => {
                for shape in shapes {
                    shape["amount_subtotal"] = (*amount).into();
                    shape["amount_total"] = (*amount).into();
                }
            }
            Self::Currency(code) => {
                for shape in shapes {
                    shape["currency"] = code.as_str().into();
                }
            }
            Self::Discount(amount) => {
                for shape in shapes {
                    discount(shape, *amount);
                }
            }
        }
    }
}

/// Takes the discount off the total. One of an earlier, declined attempt no longer counts.
fn discount(shape: &mut Value, amount: i64) {
    let total = shape["amount_total"].as_i64().unwrap_or(0);
    let place = match shape.get("total_details") {
        Some(_) => "/total_details/amount_discount",
        None => "/amount_discount",
    };
    if let Some(before) = shape.pointer_mut(place) {
        let total = total + before.as_i64().unwrap_or(0) - amount;
        *before = amount.into();
        shape["amount_total"] = total.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_session_may_end_with() {
        assert_eq!("amount:500".parse(), Ok(Misfit::Amount(500)));
        assert_eq!(
            "currency:eur".parse(),
            Ok(Misfit::Currency("eur".to_owned()))
        );
        assert_eq!("discount:90".parse(), Ok(Misfit::Discount(90)));
        for text in [
            "",
            "amount",
            "amount:0",
            "amount:-5",
            "currency:EUR",
            "currency:xxq",
            "tip:5",
        ] {
            assert!(text.parse::<Misfit>().is_err(), "{text}");
        }
    }
}
