//! What checks found, kept; one is made every day.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use sqlx::FromRow;
use tokio_util::sync::CancellationToken;

use super::{Item, Kind, Reconciliation, Report};
use crate::credits::day_of;
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
const DAILY: &str = "system";
/// Rows written at once.
const A_BATCH: usize = 100;

/// Who had it made.
#[derive(Clone, Copy)]
enum Made<'a> {
    /// Nobody: that of this day.
    Daily(i64),
    Asked(&'a Asked),
}

/// What an operator asked for; the rest of it is read when it is done.
#[derive(FromRow)]
struct Asked {
    asked_at: Timestamp,
    actor: String,
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
    /// Items of a report that are kept and shown; their number is told whole.
    pub const MOST_KEPT: usize = 1_000;

    /// Makes the report of each day, and what operators ask for and their own node did not come to, until told to stop.
    pub async fn run_daily(self, stop: CancellationToken) {
        let started = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let of_the_day = started.elapsed() >= AFTER_START;
            tokio::select! {
                () = stop.cancelled() => {}
                done = self.make_due(of_the_day) => {
                    if let Err(error) = done {
                        tracing::error!(%error, "a reconciliation failed");
                    }
                }
            }
        }
    }

    async fn make_due(&self, of_the_day: bool) -> sqlx::Result<()> {
        self.make_asked().await?;
        if of_the_day {
            self.check_of_the_day().await?;
        }
        Ok(())
    }

    /// Makes today's report, if there is none and nobody is at one. Says whether it did.
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
        if made > 0 {
            return Ok(false);
        }
        let kept = self.check_alone(Made::Daily(day)).await?;
        if let Some(report) = &kept
            && !report.items.is_empty()
        {
            tracing::warn!(
                findings = report.items.len(),
                "the daily reconciliation found something"
            );
        }
        Ok(kept.is_some())
    }

    /// Notes that an operator wants a check now, for [`make_asked`](Self::make_asked): with thousands of purchases to ask
    /// providers about it takes minutes, which is longer than a browser waits. While one is asked for, it is this one.
    ///
    /// # Errors
    /// The database's own.
    pub async fn ask(&self, by: &Operator) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "INSERT INTO reconciliation_asked (one, asked_at, actor, address, reason) \
             VALUES (1, $1, $2, $3, $4) ON CONFLICT (one) DO NOTHING",
        )
        .bind(self.clock.now())
        .bind(&by.actor)
        .bind(by.address.as_deref())
        .bind(&by.reason)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Asks for a check and waits for it, up to `most`. Says whether it is made; otherwise it goes on, whether or not somebody
    /// waits, and if this node ends before it, another makes it.
    ///
    /// # Errors
    /// The database's own.
    pub async fn ask_and_wait(&self, by: &Operator, most: Duration) -> sqlx::Result<bool> {
        self.ask(by).await?;
        let this = self.clone();
        let checking = tokio::spawn(async move { this.make_asked().await });
        match tokio::time::timeout(most, checking).await {
            Ok(Ok(Ok(true))) => Ok(true),
            // Somebody else is at it, or has made it just now.
            Ok(Ok(Ok(false))) => Ok(self.asked_since().await?.is_none()),
            Ok(Ok(Err(error))) => Err(error),
            // It lasts, or broke; the next minute tries it again.
            Ok(Err(_)) | Err(_) => Ok(false),
        }
    }

    /// Since when a check is asked for that is not made yet.
    ///
    /// # Errors
    /// The database's own.
    pub async fn asked_since(&self) -> sqlx::Result<Option<Timestamp>> {
        sqlx::query_scalar("SELECT asked_at FROM reconciliation_asked")
            .fetch_optional(self.db.reader())
            .await
    }

    /// Makes the check that is asked for, if one is and nobody is at one; that it was done is in the audit log. Says whether it
    /// did.
    ///
    /// # Errors
    /// The database's own.
    pub async fn make_asked(&self) -> sqlx::Result<bool> {
        let asked: Option<Asked> =
            sqlx::query_as("SELECT asked_at, actor FROM reconciliation_asked")
                .fetch_optional(self.db.reader())
                .await?;
        match asked {
            Some(asked) => Ok(self.check_alone(Made::Asked(&asked)).await?.is_some()),
            None => Ok(false),
        }
    }

    /// Checks and keeps what is found, while nobody else is at a check on any node; `None` where somebody is, or made this one.
    async fn check_alone(&self, made: Made<'_>) -> sqlx::Result<Option<Report>> {
        // Two checks of one node are two holders.
        let holder = uuid_v7(self.clock.now());
        if !self.take_turn(&holder).await? {
            return Ok(None);
        }
        let checking = self.check();
        tokio::pin!(checking);
        let report = loop {
            tokio::select! {
                report = &mut checking => break report,
                () = tokio::time::sleep(RENEWED_EVERY) => {
                    if !self.take_turn(&holder).await? {
                        return Ok(None);
                    }
                }
            }
        };
        let kept = match report {
            Ok(report) => self
                .keep(&report, made)
                .await
                .map(|kept| kept.then_some(report)),
            Err(error) => Err(error),
        };
        self.db.give_back_lease(LEASE, &holder).await?;
        kept
    }

    async fn take_turn(&self, holder: &str) -> sqlx::Result<bool> {
        let now = self.clock.now();
        self.db.take_lease(LEASE, holder, now, LEASE_FOR).await
    }

    /// Says whether it was kept: a day has one, and what is asked for is made once.
    async fn keep(&self, report: &Report, made: Made<'_>) -> sqlx::Result<bool> {
        let (actor, day) = match made {
            Made::Daily(day) => (DAILY, Some(day)),
            Made::Asked(asked) => (asked.actor.as_str(), None),
        };
        let now = self.clock.now();
        let id = uuid_v7(report.checked_at);
        let mut tx = self.db.begin().await?;
        if let Made::Asked(asked) = made {
            let by: Option<Operator> = sqlx::query_as(
                "DELETE FROM reconciliation_asked WHERE asked_at = $1 \
                 RETURNING actor, address, reason",
            )
            .bind(asked.asked_at)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(by) = by else {
                return Ok(false);
            };
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
        let kept: Vec<(usize, &Item)> = report
            .items
            .iter()
            .take(Self::MOST_KEPT)
            .enumerate()
            .collect();
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
            items: self.items_of(id, None, i64::MAX).await?,
            problem,
        }))
    }

    /// How much of one of them is not mended.
    ///
    /// # Errors
    /// The database's own.
    pub async fn open_of(&self, report: &str) -> sqlx::Result<Open> {
        let counts: Vec<(String, i64)> = sqlx::query_as(
            "SELECT kind, COUNT(*) FROM reconciliation_items \
             WHERE report_id = $1 AND mended_at IS NULL GROUP BY kind",
        )
        .bind(report)
        .fetch_all(self.db.reader())
        .await?;
        let known = counts.into_iter();
        Ok(Open(
            known
                .filter_map(|(kind, count)| Some((Kind::parse(&kind)?, count)))
                .collect(),
        ))
    }

    /// What one of them found, behind a position.
    ///
    /// # Errors
    /// The database's own.
    pub async fn items_of(
        &self,
        report: &str,
        after: Option<i64>,
        limit: i64,
    ) -> sqlx::Result<Vec<Item>> {
        sqlx::query_as(
            "SELECT kind, id, user_id, expected, found, mend, mended_at, position \
             FROM reconciliation_items WHERE report_id = $1 AND position > $2 \
             ORDER BY position LIMIT $3",
        )
        .bind(report)
        .bind(after.unwrap_or(-1))
        .bind(limit)
        .fetch_all(self.db.reader())
        .await
    }
}

/// What of a report is not mended, by its kinds.
#[derive(Clone, Debug, Default)]
pub struct Open(Vec<(Kind, i64)>);

impl Open {
    /// How many of some kinds.
    pub fn count(&self, is: impl Fn(Kind) -> bool) -> i64 {
        let of_them = self.0.iter().filter(|(kind, _)| is(*kind));
        of_them.map(|(_, count)| count).sum()
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
