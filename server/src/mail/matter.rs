//! What a letter is about, read when it is sent.

use crate::accounts::{Accounts, ChangeLetter, Purpose};
use crate::credits;
use crate::ids::{RechargeId, UserId};
use crate::oversight::anomalies::{self, News};
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
    /// To an administrator: what the day's look found that was not there before.
    News(News),
    /// An operator has stopped the account's spending.
    SpendingStopped,
    /// The account can spend again.
    SpendingLifted,
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
            Template::Anomalies => match about.parse() {
                Ok(day) => {
                    let told = anomalies::told_on(db, day).await?;
                    (!told.is_empty()).then_some(Self::News(told))
                }
                Err(_) => None,
            },
            Template::SpendingStopped => Self::of_spending(accounts, about, true).await?,
            Template::SpendingLifted => Self::of_spending(accounts, about, false).await?,
        })
    }

    /// Nothing, where it has been changed again since.
    async fn of_spending(
        accounts: &Accounts,
        about: &str,
        stopped: bool,
    ) -> sqlx::Result<Option<Self>> {
        let Some(user) = UserId::parse(about) else {
            return Ok(None);
        };
        let wallet = credits::read(&accounts.db, &user, accounts.clock.now()).await?;
        Ok((wallet.is_stopped == stopped).then_some(if stopped {
            Self::SpendingStopped
        } else {
            Self::SpendingLifted
        }))
    }
}
