//! What a letter is about, read when it is sent.

use crate::accounts::{Accounts, ChangeLetter, Purpose};
use crate::ids::RechargeId;
use crate::payments::{self, Recharge, Refund, Subscription};

use super::Template;

/// What a letter is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// The address, with the token that verifies it.
    Verify {
        token: String,
    },
    /// A new password, with the token that lets one choose it.
    Reset {
        token: String,
    },
    /// The new address of an account, with the token that confirms it.
    ChangeEmail {
        token: String,
    },
    /// Somebody wanted it as the address of another account.
    EmailTaken,
    /// The account has another address from now on.
    EmailChanged,
    Receipt(Box<Recharge>),
    Refund(Refund, Box<Recharge>),
    RenewalFailed(Subscription),
}

impl Matter {
    /// `None` where there is nothing to tell (any more): no such account, a refund that failed, a plan that
    /// was paid after all.
    pub(super) async fn read(
        accounts: &Accounts,
        template: Template,
        recipient: &str,
        about: &str,
    ) -> sqlx::Result<Option<Self>> {
        let db = &accounts.db;
        Ok(match template {
            Template::Verify => {
                let token = accounts.make_link(recipient, Purpose::Verify).await?;
                token.map(|token| Self::Verify { token })
            }
            Template::Reset => {
                let token = accounts.make_link(recipient, Purpose::Reset).await?;
                token.map(|token| Self::Reset { token })
            }
            Template::ChangeEmail => {
                let letter = accounts.change_letter(recipient, about).await?;
                letter.map(|letter| match letter {
                    ChangeLetter::Confirm(token) => Self::ChangeEmail { token },
                    ChangeLetter::Taken => Self::EmailTaken,
                })
            }
            Template::EmailChanged => Some(Self::EmailChanged),
            Template::Receipt => match RechargeId::parse(about) {
                Some(id) => payments::completed(db, &id)
                    .await?
                    .map(|recharge| Self::Receipt(Box::new(recharge))),
                None => None,
            },
            Template::Refund => payments::refund(db, about)
                .await?
                .map(|(refund, recharge)| Self::Refund(refund, Box::new(recharge))),
            Template::RenewalFailed => payments::unpaid_plan(db, about)
                .await?
                .map(Self::RenewalFailed),
        })
    }
}
