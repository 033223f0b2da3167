//! Rate limits that count across nodes and restarts. The subject is a keyed hash, so the table
//! holds no address.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::FromRow;

use crate::db::Database;
use crate::secret;
use crate::time::{Clock, Timestamp};

/// Too many of them: ask again after `retry_after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; try again in {} s", .retry_after.as_secs())]
pub struct Limited {
    pub retry_after: Duration,
    /// What was used up.
    pub limit: Limit,
}

/// How many in how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub name: &'static str,
    pub most: i64,
    pub window: Duration,
}

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

pub(super) const WRONG_PASSWORDS_OF_ACCOUNT: Limit = Limit {
    name: "password-account",
    most: 5,
    window: QUARTER_HOUR,
};
pub(super) const WRONG_PASSWORDS_FROM_ADDRESS: Limit = Limit {
    name: "password-address",
    most: 20,
    window: QUARTER_HOUR,
};
pub(super) const SIGN_UPS_FROM_ADDRESS: Limit = Limit {
    name: "sign-up-address",
    most: 10,
    window: DAY,
};
pub(super) const LETTERS_TO_ADDRESS: Limit = Limit {
    name: "letters",
    most: 5,
    window: HOUR,
};

pub(super) const LETTERS_FROM_ADDRESS: Limit = Limit {
    name: "letters-address",
    most: 20,
    window: HOUR,
};

pub(super) const LETTERS_OF_ACCOUNT: Limit = Limit {
    name: "letters-account",
    most: 5,
    window: HOUR,
};

pub(super) const EXPORTS_OF_ACCOUNT: Limit = Limit {
    name: "exports",
    most: 10,
    window: HOUR,
};

/// Counts attempts in windows that begin with the first one.
#[derive(Clone)]
pub struct RateLimits {
    db: Database,
    clock: Clock,
    key: SecretString,
    on: bool,
}

#[derive(FromRow)]
pub(super) struct Counted {
    started_at: Timestamp,
    count: i64,
}

impl RateLimits {
    pub fn new(db: Database, clock: Clock, key: SecretString, on: bool) -> Self {
        Self { db, clock, key, on }
    }

    /// Whether another attempt may be made now.
    pub(super) async fn check(&self, limit: Limit, who: &str) -> sqlx::Result<Result<(), Limited>> {
        if !self.on {
            return Ok(Ok(()));
        }
        let now = self.clock.now();
        let counted: Option<Counted> =
            sqlx::query_as("SELECT started_at, count FROM rate_limits WHERE subject = $1")
                .bind(self.subject(limit, who))
                .fetch_optional(self.db.reader())
                .await?;
        let over = counted.filter(|counted| {
            counted.count >= limit.most && counted.started_at.plus(limit.window) > now
        });
        Ok(match over {
            Some(counted) => Err(self.over(&counted, limit)),
            None => Ok(()),
        })
    }

    /// Counts one, and says whether it is within the limit: of many at once, no more pass.
    pub(super) async fn take(&self, limit: Limit, who: &str) -> sqlx::Result<Result<(), Limited>> {
        if !self.on {
            return Ok(Ok(()));
        }
        let counted = self.count(limit, who).await?;
        Ok(if counted.count > limit.most {
            Err(self.over(&counted, limit))
        } else {
            Ok(())
        })
    }

    /// Takes back one that was counted and came to nothing.
    pub(super) async fn give_back(&self, limit: Limit, who: &str) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query("UPDATE rate_limits SET count = count - 1 WHERE subject = $1 AND count > 0")
            .bind(self.subject(limit, who))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    fn over(&self, counted: &Counted, limit: Limit) -> Limited {
        let ends = counted.started_at.plus(limit.window);
        Limited {
            retry_after: ends.since(self.clock.now()) + Duration::from_secs(1),
            limit,
        }
    }

    /// Counts one.
    pub(super) async fn count(&self, limit: Limit, who: &str) -> sqlx::Result<Counted> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let counted = sqlx::query_as(
            "INSERT INTO rate_limits (subject, started_at, count) VALUES ($1, $2, 1) \
             ON CONFLICT (subject) DO UPDATE SET \
               count = CASE WHEN rate_limits.started_at <= $3 THEN 1 ELSE rate_limits.count + 1 END, \
               started_at = CASE WHEN rate_limits.started_at <= $3 THEN excluded.started_at \
                            ELSE rate_limits.started_at END \
             RETURNING started_at, count",
        )
        .bind(self.subject(limit, who))
        .bind(now)
        .bind(now.minus(limit.window))
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(counted)
    }

    /// Forgets windows that are over; called by the sweep.
    pub async fn forget_old(&self) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query("DELETE FROM rate_limits WHERE started_at < $1")
            .bind(self.clock.now().minus(DAY))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    fn subject(&self, limit: Limit, who: &str) -> String {
        let text = format!("{} {who}", limit.name);
        secret::keyed_hash(self.key.expose_secret(), &text)
    }
}
