use atelier_server::oversight::reconciliation::{Kind, Mend};

/// What a finding of the reconciliation is called.
pub const fn kind_key(word: Kind) -> &'static str {
    match word {
        Kind::PaymentWithoutRecord => "admin-fault-payment-without-record",
        Kind::RecordWithoutPayment => "admin-fault-record-without-payment",
        Kind::PaidNotGranted => "admin-fault-paid-not-granted",
        Kind::GrantedNotPaid => "admin-fault-granted-not-paid",
        Kind::GrantedTwice => "admin-fault-granted-twice",
        Kind::WrongCredits => "admin-fault-wrong-credits",
        Kind::WrongOwner => "admin-fault-wrong-owner",
        Kind::WrongCurrency => "admin-fault-wrong-currency",
        Kind::WrongPayment => "admin-fault-wrong-payment",
        Kind::RefundNotTakenBack => "admin-fault-refund-not-taken-back",
        Kind::TakenBackWithoutRefund => "admin-fault-taken-back-without-refund",
        Kind::DisputeNotFrozen => "admin-fault-dispute-not-frozen",
        Kind::FrozenWithoutDispute => "admin-fault-frozen-without-dispute",
        Kind::PlanInvoiceWithoutPeriod => "admin-fault-plan-invoice-without-period",
        Kind::PeriodWithoutInvoice => "admin-fault-period-without-invoice",
        Kind::TwoLivePlans => "admin-fault-two-live-plans",
        Kind::JobWithoutHold => "admin-fault-job-without-hold",
        Kind::HoldWithoutJob => "admin-fault-hold-without-job",
        Kind::HeldAfterEnd => "admin-fault-held-after-end",
        Kind::CapturedOfFailed => "admin-fault-captured-of-failed",
        Kind::ReleasedOfSucceeded => "admin-fault-released-of-succeeded",
        Kind::DoubleRelease => "admin-fault-double-release",
        Kind::RecordAgainstJob => "admin-fault-record-against-job",
        Kind::WalletSum => "admin-fault-wallet-sum",
        Kind::LotOff => "admin-fault-lot-off",
        Kind::VersionOff => "admin-fault-version-off",
        Kind::TrialsOff => "admin-fault-trials-off",
        Kind::PeriodOff => "admin-fault-period-off",
        Kind::EntryOff => "admin-fault-entry-off",
        Kind::DayOff => "admin-fault-day-off",
    }
}

/// What mends it.
pub const fn mend_key(word: Mend) -> &'static str {
    match word {
        Mend::Adopt => "admin-mend-adopt",
        Mend::Fulfil => "admin-mend-fulfil",
        Mend::TakeBack => "admin-mend-take-back",
        Mend::Correct => "admin-mend-correct",
        Mend::GiveBack => "admin-mend-give-back",
        Mend::ReadAgain => "admin-mend-read-again",
        Mend::Withdraw => "admin-mend-withdraw",
        Mend::EndPlan => "admin-mend-end-plan",
        Mend::Hold => "admin-mend-hold",
        Mend::Settle => "admin-mend-settle",
        Mend::MakeUp => "admin-mend-make-up",
        Mend::Rebuild => "admin-mend-rebuild",
        Mend::ByHand => "admin-mend-by-hand",
    }
}
