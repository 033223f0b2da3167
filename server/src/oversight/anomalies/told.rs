//! Administrators are told of what is new, once a day by one node: once each, and again only when it was gone and is back.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::FromRow;
use tokio_util::sync::CancellationToken;

use super::{Anomaly, AnomalyKind, Lookout};
use crate::credits::day_of;
use crate::db::{Batch, Database, Tx};
use crate::ids::UserId;
use crate::mail::{Template, outbox};
use crate::time::Timestamp;

/// How often it is looked whether the day's letter is written.
const EVERY: Duration = Duration::from_secs(60);
const LEASE: &str = "anomalies";
const LEASE_FOR: Duration = Duration::from_secs(300);

/// What an anomaly is known by, whatever is seen of it by now.
#[derive(Clone, Debug, PartialEq, Eq, Hash, FromRow)]
struct Name {
    kind: String,
    id: String,
    user_id: String,
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
    /// Looks once a day, behind the day's reconciliation, until told to stop.
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
    /// it. Says of how many; `None` where it was not its turn.
    ///
    /// # Errors
    /// The database's own.
    pub async fn tell_of_the_day(&self) -> sqlx::Result<Option<usize>> {
        let now = self.clock.now();
        let day = day_of(now);
        let due: i64 = sqlx::query_scalar(
            "SELECT (SELECT COUNT(*) FROM reconciliation_reports WHERE day = $1) \
             * (1 - (SELECT COUNT(*) FROM anomaly_days WHERE day = $1))",
        )
        .bind(day)
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
            tracing::warn!(new, "administrators are told of anomalies");
        }
        Ok(told)
    }

    /// One transaction: the day, what is known from now on, and the letters.
    async fn tell(
        &self,
        found: &[Anomaly],
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
        let found: HashSet<Name> = found.iter().map(Name::from).collect();
        let known: Vec<Name> = sqlx::query_as("SELECT kind, id, user_id FROM anomalies_told")
            .fetch_all(&mut *tx)
            .await?;
        let known: HashSet<Name> = known.into_iter().collect();
        let new: Vec<&Name> = found.difference(&known).collect();
        tx.write(|batch| {
            for gone in known.difference(&found) {
                forget(batch, gone);
            }
            for name in &new {
                remember(batch, name, day);
            }
        })
        .await?;
        if !new.is_empty() {
            write_to_administrators(&mut tx, day, now).await?;
        }
        tx.commit().await?;
        Ok(Some(new.len()))
    }
}

fn forget(batch: &mut Batch, name: &Name) {
    batch
        .add("DELETE FROM anomalies_told WHERE kind = $1 AND id = $2 AND user_id = $3")
        .bind(&name.kind)
        .bind(&name.id)
        .bind(&name.user_id);
}

fn remember(batch: &mut Batch, name: &Name, day: i64) {
    batch
        .add("INSERT INTO anomalies_told (kind, id, user_id, day) VALUES ($1, $2, $3, $4)")
        .bind(&name.kind)
        .bind(&name.id)
        .bind(&name.user_id)
        .bind(day);
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

/// How many of each kind became known on a day and are there still, for its letter.
pub(crate) async fn told_on(db: &Database, day: i64) -> sqlx::Result<Vec<(AnomalyKind, i64)>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT kind, COUNT(*) FROM anomalies_told WHERE day = $1 GROUP BY kind ORDER BY kind",
    )
    .bind(day)
    .fetch_all(db.reader())
    .await?;
    let counts = rows.into_iter();
    Ok(counts
        .filter_map(|(kind, count)| Some((AnomalyKind::parse(&kind)?, count)))
        .collect())
}
