use atelier_server::oversight::anomalies::Kind;

/// What a kind is called.
pub const fn kind_key(word: Kind) -> &'static str {
    match word {
        Kind::UnpaidGrant => "admin-anomaly-unpaid-grant",
        Kind::GivenCredits => "admin-anomaly-given-credits",
        Kind::LedgerDrift => "admin-anomaly-ledger-drift",
        Kind::StuckHold => "admin-anomaly-stuck-hold",
        Kind::RefundRate => "admin-anomaly-refund-rate",
        Kind::SignUpBurst => "admin-anomaly-sign-up-burst",
    }
}
