//! What checks found, kept; one is made every day.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use sqlx::FromRow;
use tokio_util::sync::CancellationToken;

use super::{Item, Kind, Reconciliation, Report};
use crate::db::{Batch, Tx};
use crate::ids::uuid_v7;
use crate::oversight::{Deed, Operator};
use crate::time::Timestamp;

/// How long a report is kept.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3_600);
/// After so long a report that could not ask everything is made again.
const AGAIN: Duration = Duration::from_secs(3_600);
/// How often it is looked whether the day has its report.
const EVERY: Duration = Duration::from_secs(60);
/// A start has better things to do first.
const AFTER_START: Duration = Duration::from_secs(600);
const LEASE: &str = "reconciliation";
const LEASE_FOR: Duration = Duration::from_secs(300);
const RENEWED_EVERY: Duration = Duration::from_secs(60);
/// Items of a report that are kept and shown.
const MOST_KEPT: usize = 1_000;
const DAILY: &str = "system";
/// Rows written at once.
const A_BATCH: usize = 100;

/// Who had it made.
#[derive(Clone, Copy)]
enum Made<'a> {
    /// Nobody: that of this day.
    Daily(i64),
    ByHand(&'a Operator),
}

/// A report in a list.
#[derive(Clone, Debug, Serialize, FromRow)]
pub struct ReportLine {
    pub id: String,
    pub checked_at: Timestamp,
    /// `system` where it was the daily one.
    pub actor: String,
    /// All that was found, of which the first are kept.
    pub findings: i64,
    pub problem: Option<String>,
}

impl Reconciliation {
    /// Makes the report of each day until told to stop.
    pub async fn run_daily(self, stop: CancellationToken) {
        let mut wait = AFTER_START;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            wait = EVERY;
            tokio::select! {
                () = stop.cancelled() => {}
                done = self.check_of_the_day() => {
                    if let Err(error) = done {
                        tracing::error!(%error, "the daily reconciliation failed");
                    }
                }
            }
        }
    }

    /// Makes today's report, if there is none and no other node is at it. Says whether it did.
    ///
    /// # Errors
    /// The database's own.
    pub async fn check_of_the_day(&self) -> sqlx::Result<bool> {
        let day = day_of(self.clock.now());
        // One that could not ask everything is made again, and takes its place.
        let made: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM reconciliation_reports WHERE day = $1 \
             AND (problem IS NULL OR checked_at > $2)",
        )
        .bind(day)
        .bind(self.clock.now().minus(AGAIN))
        .fetch_one(self.db.reader())
        .await?;
        if made > 0 || !self.take_turn().await? {
            return Ok(false);
        }
        let checking = self.check();
        tokio::pin!(checking);
        let report = loop {
            tokio::select! {
                report = &mut checking => break report?,
                () = tokio::time::sleep(RENEWED_EVERY) => {
                    if !self.take_turn().await? {
                        return Ok(false);
                    }
                }
            }
        };
        let kept = self.keep(&report, Made::Daily(day)).await?;
        self.db.give_back_lease(LEASE, &self.payments.node).await?;
        if kept && !report.items.is_empty() {
            tracing::warn!(
                findings = report.items.len(),
                "the daily reconciliation found something"
            );
        }
        Ok(kept)
    }

    async fn take_turn(&self) -> sqlx::Result<bool> {
        let now = self.clock.now();
        self.db
            .take_lease(LEASE, &self.payments.node, now, LEASE_FOR)
            .await
    }

    /// Checks now, and keeps what was found; that it was done is in the audit log.
    ///
    /// # Errors
    /// The database's own.
    pub async fn check_and_keep(&self, by: &Operator) -> sqlx::Result<Report> {
        let report = self.check().await?;
        self.keep(&report, Made::ByHand(by)).await?;
        Ok(report)
    }

    /// Says whether it was kept: a day has one.
    async fn keep(&self, report: &Report, made: Made<'_>) -> sqlx::Result<bool> {
        let (actor, day) = match made {
            Made::Daily(day) => (DAILY, Some(day)),
            Made::ByHand(by) => (by.actor.as_str(), None),
        };
        let now = self.clock.now();
        let id = uuid_v7(report.checked_at);
        let mut tx = self.db.begin().await?;
        if let Made::ByHand(by) = made {
            let (before, after) = (known(&mut tx).await?, told(report));
            by.records(&mut tx, Deed::Reconcile, &id, &before, &after, now)
                .await?;
        }
        let again = report.checked_at.minus(AGAIN);
        for statement in [
            "DELETE FROM reconciliation_items WHERE report_id IN (SELECT id FROM reconciliation_reports \
             WHERE checked_at < $1 OR (day = $2 AND problem IS NOT NULL AND checked_at <= $3))",
            "DELETE FROM reconciliation_reports \
             WHERE checked_at < $1 OR (day = $2 AND problem IS NOT NULL AND checked_at <= $3)",
        ] {
            sqlx::query(statement)
                .bind(now.minus(KEPT))
                .bind(day)
                .bind(again)
                .execute(&mut *tx)
                .await?;
        }
        let written = sqlx::query(
            "INSERT INTO reconciliation_reports (id, day, checked_at, actor, findings, problem) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (day) DO NOTHING",
        )
        .bind(&id)
        .bind(day)
        .bind(report.checked_at)
        .bind(actor)
        .bind(i64::try_from(report.items.len()).unwrap_or(i64::MAX))
        .bind(&report.problem)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if written == 0 {
            return Ok(false);
        }
        let kept: Vec<(usize, &Item)> = report.items.iter().take(MOST_KEPT).enumerate().collect();
        for part in kept.chunks(A_BATCH) {
            tx.write(|batch| {
                for (position, item) in part {
                    insert(batch, &id, *position, item);
                }
            })
            .await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Notes in the kept reports that a finding is right again.
    pub(super) async fn note_mended(&self, kind: Kind, id: &str) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "UPDATE reconciliation_items SET mended_at = $3 \
             WHERE id = $1 AND kind = $2 AND mended_at IS NULL",
        )
        .bind(id)
        .bind(kind.as_str())
        .bind(self.clock.now())
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Reports, newest first.
    ///
    /// # Errors
    /// The database's own.
    pub async fn reports(&self, limit: i64) -> sqlx::Result<Vec<ReportLine>> {
        sqlx::query_as(
            "SELECT id, checked_at, actor, findings, problem FROM reconciliation_reports \
             ORDER BY id DESC LIMIT $1",
        )
        .bind(limit)
        .fetch_all(self.db.reader())
        .await
    }

    /// One of them, with what of it was mended since.
    ///
    /// # Errors
    /// The database's own.
    pub async fn kept(&self, id: &str) -> sqlx::Result<Option<Report>> {
        let line: Option<(Timestamp, Option<String>)> =
            sqlx::query_as("SELECT checked_at, problem FROM reconciliation_reports WHERE id = $1")
                .bind(id)
                .fetch_optional(self.db.reader())
                .await?;
        let Some((checked_at, problem)) = line else {
            return Ok(None);
        };
        Ok(Some(Report {
            checked_at,
            items: self.items_of(id).await?,
            problem,
        }))
    }

    /// What one of them found.
    ///
    /// # Errors
    /// The database's own.
    pub async fn items_of(&self, report: &str) -> sqlx::Result<Vec<Item>> {
        sqlx::query_as(
            "SELECT kind, id, user_id, expected, found, mend, mended_at FROM reconciliation_items \
             WHERE report_id = $1 ORDER BY position",
        )
        .bind(report)
        .fetch_all(self.db.reader())
        .await
    }
}

/// What was known before, as the audit log says it.
async fn known(tx: &mut Tx) -> sqlx::Result<String> {
    let newest: Option<(Timestamp, i64)> = sqlx::query_as(
        "SELECT checked_at, findings FROM reconciliation_reports ORDER BY id DESC LIMIT 1",
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(match newest {
        None => "never checked".to_owned(),
        Some((at, count)) => {
            let at = at.to_rfc3339();
            let second = at.split(['.', 'Z']).next().unwrap_or_default();
            format!("{count} found at {second}Z")
        }
    })
}

/// What was found, by its kinds.
fn told(report: &Report) -> String {
    let mut kinds = BTreeMap::new();
    for item in &report.items {
        *kinds.entry(item.kind.as_str()).or_insert(0) += 1;
    }
    let kinds: Vec<String> = kinds
        .into_iter()
        .map(|(kind, count): (_, i64)| format!("{count} {kind}"))
        .collect();
    match kinds.is_empty() {
        true => "nothing found".to_owned(),
        false => format!("found {}", kinds.join(", ")),
    }
}

fn insert(batch: &mut Batch, report: &str, position: usize, item: &Item) {
    batch
        .add(
            "INSERT INTO reconciliation_items \
             (report_id, position, kind, id, user_id, expected, found, mend) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(report)
        .bind(i64::try_from(position).unwrap_or(i64::MAX))
        .bind(item.kind.as_str())
        .bind(&item.id)
        .bind(item.user_id.as_deref())
        .bind(&item.expected)
        .bind(&item.found)
        .bind(item.mend.as_str());
}

fn day_of(at: Timestamp) -> i64 {
    at.seconds().div_euclid(24 * 3_600)
}
