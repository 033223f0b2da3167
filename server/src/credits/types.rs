//! The words of the ledger.

use serde::Serialize;

use crate::ids::UserId;
use crate::words::words;

words! {
    /// Where a lot's credits came from.
    Source { Initial = "initial", Purchase = "purchase", Bonus = "bonus", Grant = "grant" }
}

words! {
    /// What a line of the ledger tells.
    EntryKind {
        Grant = "grant", Hold = "hold", Capture = "capture", Release = "release",
        Deduct = "deduct", TakeBack = "take_back", Expire = "expire", Freeze = "freeze",
        Unfreeze = "unfreeze", Debt = "debt", DebtPaid = "debt_paid",
    }
}

words! {
    /// What pays for a job. One job is paid by one kind.
    PaidBy { Credits = "credits", Trial = "trial", Plan = "plan" }
}

/// Who caused an operation, as the ledger keeps it: ids, never names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    Admin(UserId),
    CommandLine,
    Provider(&'static str),
    System,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Admin(id) => write!(f, "admin:{id}"),
            Self::CommandLine => f.write_str("command-line"),
            Self::Provider(name) => write!(f, "provider:{name}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// What one job of a tool costs, and whether a free trial may pay for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    pub credits: i64,
    pub trial: bool,
}

/// The prices of the tools, from the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    pub try_on: Price,
    pub video: Price,
}

/// The figures of a wallet in credits. The line that always holds:
/// `total = remaining + frozen + held + used + removed − debt`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub remaining: i64,
    pub held: i64,
    pub frozen: i64,
    pub total: i64,
    pub used: i64,
    pub removed: i64,
    pub bonus: i64,
    pub initial: i64,
    pub debt: i64,
}

impl Figures {
    /// The net balance: what the entries add up to.
    pub fn net(&self) -> i64 {
        self.remaining + self.frozen - self.debt
    }

    /// Whether the line of the arithmetic holds.
    pub fn adds_up(&self) -> bool {
        let parts = self.remaining + self.frozen + self.held + self.used + self.removed;
        self.total == parts - self.debt
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trials {
    pub limit: i64,
    pub used: i64,
    pub held: i64,
    pub remaining: i64,
}

/// A wallet as it is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    pub user_id: UserId,
    pub version: i64,
    pub figures: Figures,
    pub trials: Trials,
}

/// Nothing pays for this job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{required} credits are needed, {remaining} remain")]
pub struct Insufficient {
    pub required: i64,
    pub remaining: i64,
}

impl Wallet {
    /// What would pay for a job at `price` right now: credits first, then a free trial. An active
    /// plan will stand before both.
    pub fn payer(&self, price: Price) -> Result<PaidBy, Insufficient> {
        if self.figures.remaining >= price.credits {
            Ok(PaidBy::Credits)
        } else if price.trial && self.trials.remaining > 0 {
            Ok(PaidBy::Trial)
        } else {
            Err(Insufficient {
                required: price.credits,
                remaining: self.figures.remaining,
            })
        }
    }

    /// How many jobs at `price` are left: whole jobs the credits pay for, and trials.
    pub fn remaining_uses(&self, price: Price) -> i64 {
        let trials = if price.trial {
            self.trials.remaining
        } else {
            0
        };
        self.figures.remaining / price.credits.max(1) + trials
    }

    /// The wallet as the API and the live stream show it.
    pub fn view(&self, prices: &Prices) -> WalletView {
        WalletView {
            user_id: self.user_id.clone(),
            version: self.version,
            credits: self.figures.clone(),
            trials: self.trials.clone(),
            premium: Premium::default(),
            remaining_uses: RemainingUses {
                try_on: Some(self.remaining_uses(prices.try_on)),
                video: Some(self.remaining_uses(prices.video)),
            },
        }
    }
}

/// The public JSON of a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WalletView {
    pub user_id: UserId,
    pub version: i64,
    pub credits: Figures,
    pub trials: Trials,
    pub premium: Premium,
    pub remaining_uses: RemainingUses,
}

/// A plan's place in the wallet; empty until plans are sold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Premium {
    pub active: bool,
    pub status: Option<String>,
    pub plan: Option<String>,
    pub quota: Option<i64>,
    pub used: i64,
    pub held: i64,
    pub remaining: Option<i64>,
    pub renews_at: Option<crate::time::Timestamp>,
}

/// Jobs left of each tool; `None` is unlimited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemainingUses {
    pub try_on: Option<i64>,
    pub video: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn wallet(remaining: i64, trials: i64) -> Wallet {
        Wallet {
            user_id: UserId::new(Timestamp::from_seconds(1)),
            version: 1,
            figures: Figures {
                remaining,
                total: remaining,
                ..Figures::default()
            },
            trials: Trials {
                limit: trials,
                remaining: trials,
                ..Trials::default()
            },
        }
    }

    #[test]
    fn credits_pay_before_trials_and_trials_only_where_allowed() {
        let try_on = Price {
            credits: 1,
            trial: true,
        };
        let video = Price {
            credits: 10,
            trial: false,
        };
        assert_eq!(wallet(1, 3).payer(try_on), Ok(PaidBy::Credits));
        assert_eq!(wallet(0, 3).payer(try_on), Ok(PaidBy::Trial));
        assert_eq!(
            wallet(0, 0).payer(try_on),
            Err(Insufficient {
                required: 1,
                remaining: 0
            })
        );
        assert_eq!(
            wallet(9, 3).payer(video),
            Err(Insufficient {
                required: 10,
                remaining: 9
            })
        );
        assert_eq!(wallet(10, 0).payer(video), Ok(PaidBy::Credits));
    }

    #[test]
    fn uses_left_are_whole_jobs_plus_trials() {
        assert_eq!(
            wallet(8, 3).remaining_uses(Price {
                credits: 1,
                trial: true
            }),
            11
        );
        assert_eq!(
            wallet(19, 3).remaining_uses(Price {
                credits: 10,
                trial: false
            }),
            1
        );
        assert_eq!(
            wallet(9, 3).remaining_uses(Price {
                credits: 10,
                trial: false
            }),
            0
        );
    }
}
