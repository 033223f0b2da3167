//! Stripe's test cards. Source: docs.stripe.com/testing.

use serde_json::{Value, json};

use crate::sandbox::stripe::store::{Next, RefundFate};

/// What becomes of a payment with a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Success,
    /// Success, after the bank asked the payer (3-D Secure); whether it asks each time.
    Authentication {
        always: bool,
    },
    Declined(Decline),
    /// Success for the first invoice of a subscription, then declined.
    Once,
    /// Success; refunds of it go their own way.
    Refunds(RefundFate),
    /// Success; then the card's holder disputes it.
    Disputed {
        reason: &'static str,
        inquiry: bool,
    },
}

impl Fate {
    /// Whether the bank asks the payer first.
    pub fn asks(&self) -> bool {
        matches!(self, Self::Authentication { .. })
    }

    /// Why a charge fails that the payer makes; `authenticated` is how the bank's question went, if
    /// it was asked.
    pub fn attended(&self, authenticated: Option<bool>) -> Option<Decline> {
        match self {
            Self::Declined(why) => Some(*why),
            Self::Authentication { .. } if authenticated == Some(false) => {
                Some(Decline::AuthenticationFailed)
            }
            _ => None,
        }
    }

    /// Why an invoice after the first is not paid, although its payer is there.
    pub fn at_the_counter(&self, authenticated: Option<bool>) -> Option<Decline> {
        match self {
            Self::Once => Some(Decline::Generic),
            fate => fate.attended(authenticated),
        }
    }

    /// Why a charge fails that is made while the payer is away.
    pub fn unattended(&self) -> Option<Decline> {
        match self {
            Self::Declined(why) => Some(*why),
            Self::Once => Some(Decline::Generic),
            Self::Authentication { always: true } => Some(Decline::AuthenticationRequired),
            _ => None,
        }
    }

    pub fn refunds(&self) -> Option<RefundFate> {
        match self {
            Self::Refunds(fate) => Some(*fate),
            _ => None,
        }
    }

    pub fn dispute(&self) -> Option<Next> {
        match self {
            Self::Disputed { reason, inquiry } => Some(Next::Dispute {
                reason: (*reason).to_owned(),
                inquiry: *inquiry,
            }),
            _ => None,
        }
    }
}

/// Why a card is declined. Also picks the words the page says it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    Generic,
    InsufficientFunds,
    LostCard,
    StolenCard,
    ExpiredCard,
    IncorrectCvc,
    ProcessingError,
    NotATestCard,
    AuthenticationFailed,
    /// The bank wants to ask, and the payer is away.
    AuthenticationRequired,
    /// A delayed payment that did not come in.
    BankRefused,
}

impl Decline {
    /// Stripe's error code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ExpiredCard => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::ProcessingError => "processing_error",
            Self::AuthenticationFailed => "payment_intent_authentication_failure",
            Self::AuthenticationRequired => "authentication_required",
            Self::BankRefused => "payment_method_provider_decline",
            _ => "card_declined",
        }
    }

    /// The issuer's reason, where there is one.
    pub const fn decline_code(self) -> Option<&'static str> {
        match self {
            Self::Generic => Some("generic_decline"),
            Self::InsufficientFunds => Some("insufficient_funds"),
            Self::LostCard => Some("lost_card"),
            Self::StolenCard => Some("stolen_card"),
            Self::NotATestCard => Some("test_mode_live_card"),
            Self::AuthenticationRequired => Some("authentication_required"),
            _ => None,
        }
    }

    /// Stripe's message to the payer.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Generic | Self::LostCard | Self::StolenCard => "Your card was declined.",
            Self::InsufficientFunds => "Your card has insufficient funds.",
            Self::ExpiredCard => "Your card has expired.",
            Self::IncorrectCvc => "Your card's security code is incorrect.",
            Self::ProcessingError => {
                "An error occurred while processing your card. Try again in a little bit."
            }
            Self::NotATestCard => {
                "Your card was declined. Your request was in test mode, but used a non test card. \
                 For a list of valid test cards, visit: https://docs.stripe.com/testing."
            }
            Self::AuthenticationFailed => {
                "We are unable to authenticate your payment method. Please choose a different \
                 payment method and try again."
            }
            Self::AuthenticationRequired => {
                "Your card was declined. This transaction requires authentication."
            }
            Self::BankRefused => "The payment was refused by your bank.",
        }
    }
}

/// A card number that could be one, and what the sandbox makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    number: String,
    pub fate: Fate,
}

/// The cards with a fate of their own.
const FATES: &[(&str, Fate)] = &[
    ("4000000000000002", Fate::Declined(Decline::Generic)),
    ("4000000000000341", Fate::Once),
    (
        "4000000000009995",
        Fate::Declined(Decline::InsufficientFunds),
    ),
    ("4000000000009987", Fate::Declined(Decline::LostCard)),
    ("4000000000009979", Fate::Declined(Decline::StolenCard)),
    ("4000000000000069", Fate::Declined(Decline::ExpiredCard)),
    ("4000000000000127", Fate::Declined(Decline::IncorrectCvc)),
    ("4000000000000119", Fate::Declined(Decline::ProcessingError)),
    ("4000002760003184", Fate::Authentication { always: true }),
    ("4000002500003155", Fate::Authentication { always: false }),
    ("4000000000003220", Fate::Authentication { always: true }),
    ("4000000000007726", Fate::Refunds(RefundFate::SucceedsLater)),
    ("4000000000005126", Fate::Refunds(RefundFate::FailsLater)),
    (
        "4000000000000259",
        Fate::Disputed {
            reason: "fraudulent",
            inquiry: false,
        },
    ),
    (
        "4000000000002685",
        Fate::Disputed {
            reason: "product_not_received",
            inquiry: false,
        },
    ),
    (
        "4000000000001976",
        Fate::Disputed {
            reason: "general",
            inquiry: true,
        },
    ),
];

/// The cards that simply pay.
const GOOD: &[&str] = &[
    "4242424242424242",
    "4000056655665556",
    "5555555555554444",
    "2223003122003222",
    "5200828282828210",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "3056930009020004",
    "3566002020360505",
    "6200000000000005",
];

impl Card {
    /// Reads a number as typed, with or without spaces and dashes. `None` if no card could have it.
    pub fn parse(typed: &str) -> Option<Self> {
        let number: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !(12..=19).contains(&number.len()) || !passes_luhn(&number) {
            return None;
        }
        let own = FATES
            .iter()
            .find(|(card, _)| *card == number)
            .map(|(_, fate)| fate.clone());
        let fate = match own {
            Some(fate) => fate,
            None if GOOD.contains(&number.as_str()) => Fate::Success,
            None => Fate::Declined(Decline::NotATestCard),
        };
        Some(Self { number, fate })
    }

    pub fn number(&self) -> &str {
        &self.number
    }

    /// `payment_method_details` of a charge.
    pub fn details(&self) -> Value {
        let last4 = &self.number[self.number.len().saturating_sub(4)..];
        let brand = brand(&self.number);
        json!({
            "type": "card",
            "card": {
                "brand": brand, "country": "US", "exp_month": 12, "exp_year": 2034,
                "checks": {
                    "address_line1_check": null, "address_postal_code_check": null,
                    "cvc_check": if self.fate == Fate::Declined(Decline::IncorrectCvc) { "fail" } else { "pass" },
                },
                "funding": "credit", "last4": last4, "network": brand, "wallet": null,
            },
        })
    }
}

/// `payment_method_details` of the one delayed way to pay.
pub fn delayed_details() -> Value {
    json!({ "type": "sepa_debit", "sepa_debit": { "country": "DE", "last4": "3000" } })
}

fn brand(number: &str) -> &'static str {
    match number.as_bytes() {
        [b'4', ..] => "visa",
        [b'5' | b'2', ..] => "mastercard",
        [b'3', b'4' | b'7', ..] => "amex",
        [b'3', b'5', ..] => "jcb",
        [b'3', ..] => "diners",
        [b'6', b'2', ..] => "unionpay",
        _ => "discover",
    }
}

/// The check digit every card number carries.
fn passes_luhn(number: &str) -> bool {
    let digits = number
        .bytes()
        .rev()
        .map(|byte| u32::from(byte.saturating_sub(b'0')));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_listed_has_a_good_check_digit() {
        for number in GOOD.iter().chain(FATES.iter().map(|(number, _)| number)) {
            assert!(Card::parse(number).is_some(), "{number}");
        }
    }

    #[test]
    fn reads_numbers_as_people_type_them() {
        let card = Card::parse("4242 4242-4242 4242").unwrap();
        assert_eq!(
            (card.number.as_str(), card.fate),
            ("4242424242424242", Fate::Success)
        );
        for typed in [
            "4242424242424241",
            "",
            "4242",
            "4242x42424242424",
            "４２４２４２４２４２４２４２４２",
        ] {
            assert_eq!(Card::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn other_real_looking_cards_are_declined() {
        let card = Card::parse("4111111111111111").unwrap();
        assert_eq!(card.fate, Fate::Declined(Decline::NotATestCard));
    }
}
