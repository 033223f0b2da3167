//! The time of the sandbox, which can be put forward: then a period of a plan is over, a delayed
//! payment has come in, credits have lapsed. It never goes back, survives restarts and holds on every
//! node.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::db::Database;
use crate::time::Clock;

/// How soon other nodes follow.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Two hundred years: times stay what both databases can hold.
const FARTHEST_SECONDS: i64 = 200 * 366 * 24 * 3_600;

/// Puts the clock of a sandbox forward.
#[derive(Clone)]
pub struct SandboxClock {
    db: Database,
    clock: Clock,
}

impl SandboxClock {
    /// Puts `clock` as far forward as this sandbox was before.
    pub async fn open(db: Database, clock: Clock) -> sqlx::Result<Self> {
        let sandbox = Self { db, clock };
        sandbox.follow_once().await?;
        Ok(sandbox)
    }

    /// Puts the time forward by `step`, here at once and on other nodes within a second.
    pub async fn forward(&self, step: Duration) -> sqlx::Result<()> {
        let step = i64::try_from(step.as_secs()).unwrap_or(FARTHEST_SECONDS);
        let mut tx = self.db.begin().await?;
        let before: Option<String> = sqlx::query_scalar(tx.locking(AHEAD))
            .fetch_optional(&mut *tx)
            .await?;
        let ahead = seconds_of(before)
            .saturating_add(step)
            .min(FARTHEST_SECONDS);
        sqlx::query(
            "INSERT INTO installation (name, value) VALUES ('clock_ahead', $1) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(ahead.to_string())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        self.put(ahead);
        Ok(())
    }

    /// Follows what other processes do, until told to stop.
    pub async fn follow(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.follow_once().await {
                tracing::warn!(%error, "the time of the sandbox could not be read");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn follow_once(&self) -> sqlx::Result<()> {
        let ahead: Option<String> = sqlx::query_scalar(AHEAD)
            .fetch_optional(self.db.reader())
            .await?;
        self.put(seconds_of(ahead));
        Ok(())
    }

    fn put(&self, ahead: i64) {
        let ahead = Duration::from_secs(u64::try_from(ahead).unwrap_or(0));
        self.clock.put_forward(ahead);
    }
}

const AHEAD: &str = "SELECT value FROM installation WHERE name = 'clock_ahead'";

fn seconds_of(text: Option<String>) -> i64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}
