//! What looks odd, for an operator to look at: it is reported, and nothing is done by itself. What an operator can do
//! at once is stop the account's spending ([`super::stop_spending`]).
//!
//! To add a kind: a word of [`AnomalyKind`], its limit in [`Limits`], its statement in [`find`] with the plan test there, its text in
//! both languages, its row in `docs/anomalies.md` and in the tests.

mod find;
mod told;

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Database;
use crate::time::{Clock, Timestamp};
use crate::words::words;

pub use told::News;
pub(crate) use told::told_on;

words! {
    /// What looks odd.
    AnomalyKind {
        UnpaidGrant = "unpaid_grant",
        GivenCredits = "given_credits",
        LedgerDrift = "ledger_drift",
        StuckHold = "stuck_hold",
        RefundRate = "refund_rate",
        SignUpBurst = "sign_up_burst",
    }
}

/// From where on something looks odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Credits that operators and programs may give an account in a day.
    pub given: i64,
    /// How long a hold may last.
    pub held: Duration,
    /// Of the purchases in this time, once there are so many, so many in a hundred may be refunded or disputed.
    pub refund_days: i64,
    pub refund_purchases: i64,
    pub refund_percent: i64,
    /// Accounts that may be made from one address within this time.
    pub burst_accounts: i64,
    pub burst_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(3_600);
        Self {
            given: 1_000,
            held: HOUR * 48,
            refund_days: 90,
            refund_purchases: 3,
            refund_percent: 50,
            burst_accounts: 5,
            burst_within: HOUR * 24,
        }
    }
}

/// One thing that looks odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Anomaly {
    pub kind: AnomalyKind,
    /// What it is about: a purchase, an account and a day, a row of the ledger, a job, an account, the hash of an address.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user_id: Option<String>,
    pub seen: String,
    pub limit: String,
    pub since: Timestamp,
}

/// What a look found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Anomalies {
    pub checked_at: Timestamp,
    /// By kind; of very many the first.
    pub items: Vec<Anomaly>,
}

/// The lookout, with everything it needs. Cheap to clone.
#[derive(Clone)]
pub struct Lookout {
    db: Database,
    clock: Clock,
    limits: Limits,
    /// The name of this process among those that share the database.
    node: String,
}

impl Lookout {
    pub fn new(db: Database, clock: Clock, limits: Limits, node: String) -> Self {
        Self {
            db,
            clock,
            limits,
            node,
        }
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }
}
