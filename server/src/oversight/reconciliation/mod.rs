//! Payments, ledger and jobs against each other: what does not agree, by kind and id, and one operation for each that mends it
//! by the path that is usual for it.
//!
//! What is found is what [`crate::verify`] finds, here and at the payment providers, put into the words of an operator. A finding
//! is looked for again before it is mended, so an old page mends nothing that is right by now.
//!
//! To add a kind: a word of [`Kind`], where it is found ([`find`]), what mends it ([`mend`]), its text in both languages, its row in
//! `docs/reconciliation.md` and in the tests.

mod find;
mod mend;
mod reports;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use crate::catalog::Catalog;
use crate::credits::{CreditsError, Prices};
use crate::db::Database;
use crate::payments::{FulfilError, MendError, Payments};
use crate::services::Services;
use crate::time::{Clock, Timestamp};
use crate::verify::{DeepError, Finding};
use crate::words::words;

pub use reports::{Open, ReportLine};

words! {
    /// What does not agree.
    Kind {
        PaymentWithoutRecord = "payment_without_record",
        RecordWithoutPayment = "record_without_payment",
        PaidNotGranted = "paid_not_granted",
        GrantedNotPaid = "granted_not_paid",
        GrantedTwice = "granted_twice",
        WrongCredits = "wrong_credits",
        WrongOwner = "wrong_owner",
        WrongCurrency = "wrong_currency",
        WrongPayment = "wrong_payment",
        RefundNotTakenBack = "refund_not_taken_back",
        TakenBackWithoutRefund = "taken_back_without_refund",
        DisputeNotFrozen = "dispute_not_frozen",
        FrozenWithoutDispute = "frozen_without_dispute",
        PlanInvoiceWithoutPeriod = "plan_invoice_without_period",
        PeriodWithoutInvoice = "period_without_invoice",
        TwoLivePlans = "two_live_plans",
        JobWithoutHold = "job_without_hold",
        HoldWithoutJob = "hold_without_job",
        HeldAfterEnd = "held_after_end",
        CapturedOfFailed = "captured_of_failed",
        ReleasedOfSucceeded = "released_of_succeeded",
        DoubleRelease = "double_release",
        RecordAgainstJob = "record_against_job",
        WalletSum = "wallet_sum",
        LotOff = "lot_off",
        VersionOff = "version_off",
        TrialsOff = "trials_off",
        PeriodOff = "period_off",
        EntryOff = "entry_off",
        DayOff = "day_off",
    }
}

words! {
    /// What the click does; by hand: nothing tells what would be right, and the operator has to look.
    Mend {
        Adopt = "adopt",
        Fulfil = "fulfil",
        TakeBack = "take_back",
        Correct = "correct",
        GiveBack = "give_back",
        ReadAgain = "read_again",
        Withdraw = "withdraw",
        EndPlan = "end_plan",
        Hold = "hold",
        Settle = "settle",
        MakeUp = "make_up",
        Rebuild = "rebuild",
        ByHand = "by_hand",
    }
}

/// One thing that does not agree.
#[derive(Clone, Debug, Serialize, FromRow, ToSchema)]
pub struct Item {
    #[sqlx(try_from = "String")]
    pub kind: Kind,
    /// The row that it is about, or what the provider calls it.
    pub id: String,
    pub user_id: Option<String>,
    pub expected: String,
    pub found: String,
    #[sqlx(try_from = "String")]
    pub mend: Mend,
    /// Of a kept report: when it was found to be right again, after a click.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mended_at: Option<Timestamp>,
    /// Of a kept report: where in it it stands.
    #[serde(skip)]
    pub position: i64,
    /// What it was made of.
    #[serde(skip)]
    #[sqlx(skip)]
    pub(crate) of: Vec<Finding>,
}

/// What a check found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Report {
    pub checked_at: Timestamp,
    /// Of very many the first.
    pub items: Vec<Item>,
    /// What could not be asked, and why; the rest was checked all the same.
    pub problem: Option<String>,
}

words! {
    /// What became of a click: it is right now, was right already, or is found still.
    Mended { Done = "done", NothingWrong = "nothing_wrong", Remains = "remains" }
}

/// Why something was not mended.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Nothing tells what would be right.
    #[error("this has to be mended by hand")]
    ByHand,
    #[error(transparent)]
    Payments(#[from] MendError),
    #[error(transparent)]
    Asking(#[from] DeepError),
    #[error(transparent)]
    Credits(#[from] CreditsError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The reconciliation, with everything it needs. Cheap to clone.
#[derive(Clone)]
pub struct Reconciliation {
    db: Database,
    clock: Clock,
    payments: Payments,
    prices: Prices,
}

impl ReconcileError {
    /// Whether the operator has to look: nothing tells what would be right.
    pub fn is_by_hand(&self) -> bool {
        let unknown = |error: &MendError| {
            use MendError::{NoOffer, NoOwner, NothingToReturn};
            matches!(error, NoOwner | NoOffer | NothingToReturn)
        };
        match self {
            // Nothing is held for an account whose spending is stopped: lift that first.
            Self::ByHand | Self::Credits(CreditsError::Stopped) => true,
            Self::Payments(error) => unknown(error),
            _ => false,
        }
    }

    /// The database's own error, if it was one.
    pub fn database(self) -> Result<sqlx::Error, Self> {
        match self {
            Self::Database(error)
            | Self::Credits(CreditsError::Database(error))
            | Self::Asking(DeepError::Database(error))
            | Self::Payments(
                MendError::Database(error)
                | MendError::Credits(CreditsError::Database(error))
                | MendError::Fulfil(FulfilError::Database(error)),
            ) => Ok(error),
            other => Err(other),
        }
    }
}

impl Reconciliation {
    pub fn new(db: Database, clock: Clock, payments: Payments, catalog: &Catalog) -> Self {
        Self {
            db,
            clock,
            payments,
            prices: catalog.prices(),
        }
    }

    pub fn of(services: &Services) -> Self {
        Self::new(
            services.db.clone(),
            services.clock.clone(),
            services.payments.clone(),
            &services.catalog,
        )
    }
}
