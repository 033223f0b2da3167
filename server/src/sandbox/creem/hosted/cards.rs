//! The test cards. Source: docs.creem.io, "Test Mode"; those that do something later are as Stripe's.

/// What becomes of a payment with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Success,
    Declined(Decline),
    /// Success; renewals are refused.
    RefusesLater,
    /// Success; refunds of it take a moment.
    RefundsLater,
    /// Success; then the card's holder disputes it.
    Disputed,
}

/// Why a card is declined. Also picks the words the page says it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    Generic,
    InsufficientFunds,
    ExpiredCard,
    IncorrectCvc,
    NotATestCard,
}

/// A card number that could be one, and what the sandbox makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    pub fate: Fate,
}

pub const FATES: [(&str, Fate); 8] = [
    ("4242424242424242", Fate::Success),
    ("4000000000000002", Fate::Declined(Decline::Generic)),
    (
        "4000000000009995",
        Fate::Declined(Decline::InsufficientFunds),
    ),
    ("4000000000000069", Fate::Declined(Decline::ExpiredCard)),
    ("4000000000000127", Fate::Declined(Decline::IncorrectCvc)),
    ("4000000000000341", Fate::RefusesLater),
    ("4000000000007726", Fate::RefundsLater),
    ("4000000000000259", Fate::Disputed),
];

impl Card {
    /// Reads a number as typed, with or without spaces and dashes. `None` if no card could have it.
    pub fn parse(typed: &str) -> Option<Self> {
        let number: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !(12..=19).contains(&number.len()) {
            return None;
        }
        let known = FATES.iter().find(|(card, _)| *card == number);
        let fate = known.map_or(Fate::Declined(Decline::NotATestCard), |(_, fate)| *fate);
        Some(Self { fate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_as_people_type_them() {
        let fate = |typed| Card::parse(typed).map(|card| card.fate);
        assert_eq!(fate("4242 4242-4242 4242"), Some(Fate::Success));
        let other = Some(Fate::Declined(Decline::NotATestCard));
        assert_eq!(fate("4111111111111111"), other);
        for typed in [
            "",
            "4242",
            "4242x42424242424",
            "４２４２４２４２４２４２４２４２",
        ] {
            assert_eq!(fate(typed), None, "{typed}");
        }
    }
}
