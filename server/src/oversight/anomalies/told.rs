//! Administrators are told of what is new, once a day by one node: anomalies, and what the day's reconciliation found. Each is told
//! once, and again only when it was gone and is back.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::FromRow;
use tokio_util::sync::CancellationToken;

use super::{Anomaly, AnomalyKind, Lookout};
use crate::credits::day_of;
use crate::db::{Bindings, Database, Tx};
use crate::ids::UserId;
use crate::mail::{Template, outbox};
use crate::oversight::reconciliation::Kind;
use crate::time::Timestamp;

/// How often it is looked whether the day's letter is written.
const EVERY: Duration = Duration::from_secs(60);
/// Seconds of a day that pass before a report that could not ask everything is told as it is.
const PATIENCE: i64 = 3 * 3_600;
const DAY: i64 = 24 * 3_600;
const LEASE: &str = "anomalies";
const LEASE_FOR: Duration = Duration::from_secs(300);

/// What something is known by, whatever is seen of it by now.
#[derive(Clone, Debug, PartialEq, Eq, Hash, FromRow)]
struct Name {
    kind: String,
    id: String,
    user_id: String,
}

/// The kind of a finding that says that a provider could not be asked.
const NOT_ASKED: &str = "not_asked";

/// What administrators are told of, each with its own memory.
#[derive(Clone, Copy)]
enum Of {
    Anomalies,
    Findings,
}

/// What became known on a day and is there still, for its letter: how many of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    pub anomalies: Vec<(AnomalyKind, i64)>,
    pub findings: Vec<(Kind, i64)>,
    /// The day's report could not ask everything.
    pub not_asked: bool,
}

impl From<&Anomaly> for Name {
    fn from(anomaly: &Anomaly) -> Self {
        Self {
            kind: anomaly.kind.as_str().to_owned(),
            id: anomaly.id.clone(),
            user_id: anomaly.user_id.clone().unwrap_or_default(),
        }
    }
}

impl Lookout {
    /// Tells once a day, behind the day's reconciliation, until told to stop.
    pub async fn run_daily(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            if let Err(error) = self.tell_of_the_day().await {
                tracing::error!(%error, "administrators could not be told of anomalies");
            }
        }
    }

    /// Tells administrators what is new, if today's reconciliation is made, nobody was told yet today and no other node is at
    /// it. Says of how much; `None` where it was not its turn.
    ///
    /// # Errors
    /// The database's own.
    pub async fn tell_of_the_day(&self) -> sqlx::Result<Option<usize>> {
        let now = self.clock.now();
        let day = day_of(now);
        // A report that could not ask everything is made again meanwhile.
        let due: i64 = sqlx::query_scalar(
            "SELECT (SELECT COUNT(*) FROM reconciliation_reports \
             WHERE day = $1 AND (problem IS NULL OR $2 >= $3)) \
             * (1 - (SELECT COUNT(*) FROM anomaly_days WHERE day = $1))",
        )
        .bind(day)
        .bind(now.seconds())
        .bind(day * DAY + PATIENCE)
        .fetch_one(self.db.reader())
        .await?;
        if due == 0
            || !self
                .db
                .take_lease(LEASE, &self.node, now, LEASE_FOR)
                .await?
        {
            return Ok(None);
        }
        let found = self.find().await?.items;
        let told = self.tell(&found, day, now).await?;
        self.db.give_back_lease(LEASE, &self.node).await?;
        if let Some(new @ 1..) = told {
            tracing::warn!(new, "administrators are told of what was found");
        }
        Ok(told)
    }

    /// One transaction: the day, what is known from now on, and the letters.
    async fn tell(
        &self,
        anomalies: &[Anomaly],
        day: i64,
        now: Timestamp,
    ) -> sqlx::Result<Option<usize>> {
        let mut tx = self.db.begin().await?;
        // Of two nodes, whose lease ran out, one writes the day.
        let turn = sqlx::query(
            "INSERT INTO anomaly_days (day, told_at) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING",
        )
        .bind(day)
        .bind(now)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if turn == 0 {
            return Ok(None);
        }
        let report = Reported::of(&mut tx, day).await?;
        // Some are anomalies by themselves, and told as such.
        let from_report = |anomaly: &&Anomaly| {
            matches!(
                anomaly.kind,
                AnomalyKind::UnpaidGrant | AnomalyKind::LedgerDrift
            )
        };
        let told = anomalies.iter().filter(from_report);
        let told: HashSet<&str> = told.map(|anomaly| anomaly.id.as_str()).collect();
        let findings = report.open.iter();
        let findings = findings.filter(|name| !told.contains(name.id.as_str()));
        let findings = findings.cloned().collect();
        let anomalies = anomalies.iter().map(Name::from).collect();
        let every = |_: &Name| true;
        let new = Of::Anomalies
            .remember(&mut tx, &anomalies, every, day)
            .await?
            + Of::Findings
                .remember(&mut tx, &findings, |name| report.tells_of(name), day)
                .await?;
        if new > 0 {
            write_to_administrators(&mut tx, day, now).await?;
        }
        tx.commit().await?;
        Ok(Some(new))
    }
}

impl Name {
    fn bind_to<'b>(&self, statement: Bindings<'b>) -> Bindings<'b> {
        statement
            .bind(&self.kind)
            .bind(&self.id)
            .bind(&self.user_id)
    }
}

impl Of {
    const fn known(self) -> &'static str {
        match self {
            Self::Anomalies => "SELECT kind, id, user_id FROM anomalies_told",
            Self::Findings => "SELECT kind, id, user_id FROM findings_told",
        }
    }

    const fn forget(self) -> &'static str {
        match self {
            Self::Anomalies => {
                "DELETE FROM anomalies_told WHERE kind = $1 AND id = $2 AND user_id = $3"
            }
            Self::Findings => {
                "DELETE FROM findings_told WHERE kind = $1 AND id = $2 AND user_id = $3"
            }
        }
    }

    const fn tell(self) -> &'static str {
        match self {
            Self::Anomalies => {
                "INSERT INTO anomalies_told (kind, id, user_id, day) VALUES ($1, $2, $3, $4)"
            }
            Self::Findings => {
                "INSERT INTO findings_told (kind, id, user_id, day) VALUES ($1, $2, $3, $4)"
            }
        }
    }

    /// How many of what is found are new. From now on that is known, and what is gone is forgotten, as far as it `was_looked_for`.
    async fn remember(
        self,
        tx: &mut Tx,
        found: &HashSet<Name>,
        was_looked_for: impl Fn(&Name) -> bool,
        day: i64,
    ) -> sqlx::Result<usize> {
        let known: Vec<Name> = sqlx::query_as(self.known()).fetch_all(&mut **tx).await?;
        let known: HashSet<Name> = known.into_iter().collect();
        let new: Vec<&Name> = found.difference(&known).collect();
        tx.write(|batch| {
            for gone in known.difference(found).filter(|name| was_looked_for(name)) {
                gone.bind_to(batch.add(self.forget()));
            }
            for name in &new {
                name.bind_to(batch.add(self.tell())).bind(day);
            }
        })
        .await?;
        Ok(new.len())
    }
}

/// What the day's report says.
struct Reported {
    /// What it found and nobody mended yet; what could not be asked is one of it.
    open: HashSet<Name>,
    mended: HashSet<Name>,
    is_whole: bool,
}

impl Reported {
    async fn of(tx: &mut Tx, day: i64) -> sqlx::Result<Self> {
        let items: Vec<(String, String, String, Option<Timestamp>)> = sqlx::query_as(
            "SELECT item.kind, item.id, COALESCE(item.user_id, ''), item.mended_at \
             FROM reconciliation_reports AS report \
             JOIN reconciliation_items AS item ON item.report_id = report.id \
             WHERE report.day = $1",
        )
        .bind(day)
        .fetch_all(&mut **tx)
        .await?;
        let problem: Option<Option<String>> =
            sqlx::query_scalar("SELECT problem FROM reconciliation_reports WHERE day = $1")
                .bind(day)
                .fetch_optional(&mut **tx)
                .await?;
        let problem = problem.flatten();
        let mut reported = Self {
            open: HashSet::new(),
            mended: HashSet::new(),
            is_whole: problem.is_none(),
        };
        for (kind, id, user_id, mended_at) in items {
            let name = Name { kind, id, user_id };
            match mended_at {
                None => reported.open.insert(name),
                Some(_) => reported.mended.insert(name),
            };
        }
        // By who did not answer, and how: the rest is another one each day.
        reported.open.extend(problem.map(|problem| Name {
            kind: NOT_ASKED.to_owned(),
            id: problem.split(':').next().unwrap_or_default().to_owned(),
            user_id: String::new(),
        }));
        Ok(reported)
    }

    /// Whether it would name this, were it there still: what providers were not asked about is not gone.
    fn tells_of(&self, name: &Name) -> bool {
        let of_provider = Kind::parse(&name.kind).is_some_and(|kind| kind < Kind::JobWithoutHold);
        self.is_whole || !of_provider || self.mended.contains(name)
    }
}

async fn write_to_administrators(tx: &mut Tx, day: i64, now: Timestamp) -> sqlx::Result<()> {
    let admins: Vec<UserId> = sqlx::query_scalar(
        "SELECT id FROM users WHERE role = 'admin' AND blocked_at IS NULL ORDER BY id",
    )
    .fetch_all(&mut **tx)
    .await?;
    let about = day.to_string();
    for admin in &admins {
        outbox::to_account(tx, admin, Template::Anomalies, &about, now).await?;
    }
    Ok(())
}

/// What became known on a day, for its letter.
pub(crate) async fn told_on(db: &Database, day: i64) -> sqlx::Result<News> {
    let mut news = News::default();
    let anomalies: Vec<(String, i64)> = sqlx::query_as(
        "SELECT kind, COUNT(*) FROM anomalies_told WHERE day = $1 GROUP BY kind ORDER BY kind",
    )
    .bind(day)
    .fetch_all(db.reader())
    .await?;
    for (kind, count) in anomalies {
        news.anomalies
            .extend(AnomalyKind::parse(&kind).map(|kind| (kind, count)));
    }
    let findings: Vec<(String, i64)> = sqlx::query_as(
        "SELECT kind, COUNT(*) FROM findings_told WHERE day = $1 GROUP BY kind ORDER BY kind",
    )
    .bind(day)
    .fetch_all(db.reader())
    .await?;
    for (kind, count) in findings {
        news.not_asked |= kind == NOT_ASKED;
        news.findings
            .extend(Kind::parse(&kind).map(|kind| (kind, count)));
    }
    Ok(news)
}

impl News {
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}
