use sqlx::FromRow;

use crate::db::Database;

/// What is not done yet, over the whole site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Waiting {
    /// Jobs that have not ended.
    pub jobs: i64,
    /// Events of payment providers that are not acted on yet.
    pub events: i64,
    /// Those that were tried so often that somebody should look.
    pub failed_events: i64,
    /// Letters that are not sent yet.
    pub letters: i64,
    /// Anomalies that administrators were told of and that were found still at the last daily look.
    pub anomalies: i64,
    /// What the newest report of the reconciliation found and nobody mended yet.
    pub findings: i64,
    /// One where that report could not ask everything.
    pub not_asked: i64,
}

/// Counts what waits, by indexes that hold nothing else.
///
/// # Errors
/// The database's own.
pub async fn waiting(db: &Database) -> sqlx::Result<Waiting> {
    sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL) AS jobs, \
         (SELECT COUNT(*) FROM webhook_events WHERE state = 'received') AS events, \
         (SELECT COUNT(*) FROM webhook_events WHERE state = 'failed') AS failed_events, \
         (SELECT COUNT(*) FROM outgoing_mail) AS letters, \
         (SELECT COUNT(*) FROM anomalies_told) AS anomalies, \
         (SELECT COUNT(*) FROM reconciliation_items \
          WHERE mended_at IS NULL AND report_id = (SELECT MAX(id) FROM reconciliation_reports)) AS findings, \
         (SELECT COUNT(*) FROM reconciliation_reports WHERE problem IS NOT NULL \
          AND id = (SELECT MAX(id) FROM reconciliation_reports)) AS not_asked",
    )
    .fetch_one(db.reader())
    .await
}
