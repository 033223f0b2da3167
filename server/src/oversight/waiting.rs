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
         (SELECT COUNT(*) FROM anomalies_told) AS anomalies",
    )
    .fetch_one(db.reader())
    .await
}
