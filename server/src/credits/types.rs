//! The words of the ledger.

use serde::Serialize;
use utoipa::ToSchema;

use crate::ids::UserId;
use crate::time::Timestamp;
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

/// What one job of a tool costs, and whether a plan or a free trial may pay for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    pub credits: i64,
    pub trial: bool,
    pub plan: bool,
}

/// The prices of the tools, from the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    pub try_on: Price,
    pub video: Price,
}

/// The figures of a wallet in credits. The line that always holds:
/// `total = remaining + frozen + held + used + removed − debt`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
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

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Trials {
    pub limit: i64,
    pub used: i64,
    pub held: i64,
    pub remaining: i64,
}

/// The period of a plan that serves right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    pub plan: String,
    /// Uses in this period; `None` is unlimited.
    pub quota: Option<i64>,
    pub used: i64,
    pub held: i64,
    pub ends_at: Timestamp,
    /// Whether another period follows by itself.
    pub renews: bool,
    /// It is over, its renewal is unpaid, and it serves some days more.
    pub past_due: bool,
}

impl Period {
    /// Uses left; `None` is unlimited.
    pub fn remaining(&self) -> Option<i64> {
        self.quota.map(|quota| quota - self.used - self.held)
    }

    fn pays(&self) -> bool {
        self.remaining().is_none_or(|left| left > 0)
    }
}

/// A wallet as it is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    pub user_id: UserId,
    pub version: i64,
    pub figures: Figures,
    pub trials: Trials,
    pub period: Option<Period>,
    /// A plan that serves nothing, until its renewal is paid.
    pub unpaid_plan: Option<String>,
    /// An operator has stopped spending; the credits stay, and what was held ends as ever.
    pub is_stopped: bool,
}

/// Nothing pays for this job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{required} credits are needed, {remaining} remain")]
pub struct Insufficient {
    pub required: i64,
    pub remaining: i64,
}

impl Wallet {
    /// What would pay for a job at `price` right now: the plan, then credits, then a free trial.
    pub fn payer(&self, price: Price) -> Result<PaidBy, Insufficient> {
        if price.plan && self.period.as_ref().is_some_and(Period::pays) {
            Ok(PaidBy::Plan)
        } else if self.figures.remaining >= price.credits {
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

    /// How many jobs at `price` are left: what the plan has left, whole jobs the credits pay for,
    /// and trials. `None` is unlimited.
    pub fn remaining_uses(&self, price: Price) -> Option<i64> {
        let by_plan = match &self.period {
            Some(period) if price.plan => period.remaining()?,
            _ => 0,
        };
        let trials = if price.trial {
            self.trials.remaining
        } else {
            0
        };
        Some(by_plan + self.figures.remaining / price.credits.max(1) + trials)
    }

    /// The wallet as the API and the live stream show it.
    pub fn view(&self, prices: &Prices) -> WalletView {
        WalletView {
            user_id: self.user_id.clone(),
            version: self.version,
            credits: self.figures.clone(),
            trials: self.trials.clone(),
            premium: self.period.as_ref().map(Premium::of).unwrap_or_default(),
            remaining_uses: RemainingUses {
                try_on: self.remaining_uses(prices.try_on),
                video: self.remaining_uses(prices.video),
            },
        }
    }
}

/// The public JSON of a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WalletView {
    pub user_id: UserId,
    pub version: i64,
    pub credits: Figures,
    pub trials: Trials,
    pub premium: Premium,
    pub remaining_uses: RemainingUses,
}

/// A plan's place in the wallet; empty without a period that serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Premium {
    pub active: bool,
    pub status: Option<&'static str>,
    pub plan: Option<String>,
    pub quota: Option<i64>,
    pub used: i64,
    pub held: i64,
    pub remaining: Option<i64>,
    pub renews_at: Option<Timestamp>,
}

impl Premium {
    fn of(period: &Period) -> Self {
        Self {
            active: true,
            status: Some(if period.past_due {
                "past_due"
            } else {
                "active"
            }),
            plan: Some(period.plan.clone()),
            quota: period.quota,
            used: period.used,
            held: period.held,
            remaining: period.remaining(),
            renews_at: period.renews.then_some(period.ends_at),
        }
    }
}

/// Jobs left of each tool; `None` is unlimited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RemainingUses {
    pub try_on: Option<i64>,
    pub video: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRY_ON: Price = Price {
        credits: 1,
        trial: true,
        plan: true,
    };
    const VIDEO: Price = Price {
        credits: 10,
        trial: false,
        plan: false,
    };

    /// `quota` is that of a plan of which one use is used and one held.
    fn wallet(remaining: i64, trials: i64, quota: Option<Option<i64>>) -> Wallet {
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
            period: quota.map(|quota| Period {
                plan: "premium-monthly".to_owned(),
                quota,
                used: 1,
                held: 1,
                ends_at: Timestamp::from_seconds(9),
                renews: true,
                past_due: false,
            }),
            unpaid_plan: None,
            is_stopped: false,
        }
    }

    #[test]
    fn the_plan_pays_before_credits_and_credits_before_trials() {
        use PaidBy::{Credits, Plan, Trial};
        let refused = |required, remaining| {
            Err(Insufficient {
                required,
                remaining,
            })
        };
        // Credits, trials, plan's quota, what pays for a try-on, what for a video.
        let table = [
            (10, 3, None, Ok(Credits), Ok(Credits)),
            (1, 3, None, Ok(Credits), refused(10, 1)),
            (0, 3, None, Ok(Trial), refused(10, 0)),
            (0, 0, None, refused(1, 0), refused(10, 0)),
            (10, 3, Some(None), Ok(Plan), Ok(Credits)),
            (10, 3, Some(Some(3)), Ok(Plan), Ok(Credits)),
            (10, 3, Some(Some(2)), Ok(Credits), Ok(Credits)),
            (0, 3, Some(Some(2)), Ok(Trial), refused(10, 0)),
            (0, 0, Some(Some(2)), refused(1, 0), refused(10, 0)),
        ];
        for (credits, trials, quota, try_on, video) in table {
            let wallet = wallet(credits, trials, quota);
            assert_eq!(wallet.payer(TRY_ON), try_on, "{wallet:?}");
            assert_eq!(wallet.payer(VIDEO), video, "{wallet:?}");
        }
    }

    #[test]
    fn uses_left_are_the_plans_and_whole_jobs_and_trials() {
        // Credits, trials, plan's quota, try-ons left, videos left.
        let table = [
            (8, 3, None, Some(11), Some(0)),
            (19, 3, None, Some(22), Some(1)),
            (9, 0, Some(Some(100)), Some(107), Some(0)),
            (20, 3, Some(None), None, Some(2)),
        ];
        for (credits, trials, quota, try_on, video) in table {
            let wallet = wallet(credits, trials, quota);
            assert_eq!(wallet.remaining_uses(TRY_ON), try_on, "{wallet:?}");
            assert_eq!(wallet.remaining_uses(VIDEO), video, "{wallet:?}");
        }
    }

    #[test]
    fn a_plan_shows_what_is_left_of_it() {
        let shown = Premium::of(&wallet(0, 0, Some(Some(100))).period.unwrap());
        assert_eq!((shown.active, shown.status), (true, Some("active")));
        assert_eq!((shown.quota, shown.used, shown.held), (Some(100), 1, 1));
        assert_eq!(shown.remaining, Some(98));
        assert_eq!(shown.renews_at, Some(Timestamp::from_seconds(9)));
    }
}
