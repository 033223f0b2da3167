use atelier_server::oversight::anomalies::AnomalyKind;

/// What a kind is called.
pub const fn kind_key(word: AnomalyKind) -> &'static str {
    match word {
        AnomalyKind::UnpaidGrant => "admin-anomaly-unpaid-grant",
        AnomalyKind::GivenCredits => "admin-anomaly-given-credits",
        AnomalyKind::LedgerDrift => "admin-anomaly-ledger-drift",
        AnomalyKind::StuckHold => "admin-anomaly-stuck-hold",
        AnomalyKind::RefundRate => "admin-anomaly-refund-rate",
        AnomalyKind::SignUpBurst => "admin-anomaly-sign-up-burst",
    }
}
