//! Which job is taken up next. Jobs a provider has already come as they are due. Of those that wait for a
//! place at a provider, the next belongs to whoever has the fewest there, and of these to whoever has
//! waited longest for a turn: somebody with a hundred jobs in line keeps nobody from starting a first one.

use std::time::Duration;

use super::jobs::JobRow;
use super::{ProviderId, Studio};
use crate::ids::JobId;
use crate::time::Timestamp;

/// Renewed while its step runs. After a crash another node goes on when it is over.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// Whose turn it was is remembered of jobs so young.
const REMEMBERED: Duration = Duration::from_secs(3_600);

impl Studio {
    /// Leases the job that is to be looked at next. What another node leases at the same moment is
    /// its own.
    pub(super) async fn lease_one(&self) -> sqlx::Result<Option<JobRow>> {
        loop {
            let now = self.clock.now();
            let next = match self.longest_due(now).await? {
                None => self.next_in_line(now).await?,
                due => due,
            };
            let Some(id) = next else { return Ok(None) };
            let leased = self.lease(&id, now).await?;
            if leased.is_some() {
                return Ok(leased);
            }
        }
    }

    /// A job that needs no place: it has one already, or is to end.
    async fn longest_due(&self, now: Timestamp) -> sqlx::Result<Option<JobId>> {
        sqlx::query_scalar(
            "SELECT id FROM jobs WHERE next_at IS NOT NULL AND next_at <= $1 AND lease_until <= $1 \
             AND (submitted_at IS NOT NULL OR cancel_requested = 1 OR deadline_at <= $1) \
             ORDER BY next_at, id LIMIT 1",
        )
        .bind(now)
        .fetch_optional(self.db.reader())
        .await
    }

    /// The next job that gets a place at its provider, if one has a place.
    async fn next_in_line(&self, now: Timestamp) -> sqlx::Result<Option<JobId>> {
        for provider in ProviderId::ALL {
            if self.has_room(*provider, now).await?
                && let Some(id) = self.fairest(*provider, now).await?
            {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Whether a provider may get one more job: it has, or is being given, fewer than it runs at once.
    /// Those past their deadline, which it may have forgotten, do not keep others waiting. Nodes that
    /// look at the same moment may exceed it a little; the provider then asks us to wait. One that has
    /// been switched off since has room: its jobs are taken up to be ended.
    async fn has_room(&self, provider: ProviderId, now: Timestamp) -> sqlx::Result<bool> {
        let Some(most) = self.providers.named(provider).map(|one| one.most_running()) else {
            return Ok(true);
        };
        let running: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM jobs WHERE provider = $1 AND finished_at IS NULL \
             AND deadline_at > $2 AND (state = 'running' OR lease_until > $2)",
        )
        .bind(provider.as_str())
        .bind(now)
        .fetch_one(self.db.reader())
        .await?;
        Ok(running < most)
    }

    async fn fairest(&self, provider: ProviderId, now: Timestamp) -> sqlx::Result<Option<JobId>> {
        sqlx::query_scalar(
            "SELECT MIN(w.id) FROM jobs w WHERE w.provider = $2 AND w.state = 'queued' \
             AND w.submitted_at IS NULL AND w.cancel_requested = 0 AND w.deadline_at > $1 \
             AND w.next_at <= $1 AND w.lease_until <= $1 GROUP BY w.user_id ORDER BY \
             (SELECT COUNT(*) FROM jobs r WHERE r.user_id = w.user_id AND r.provider = $2 \
              AND r.finished_at IS NULL AND r.deadline_at > $1 \
              AND (r.state = 'running' OR r.lease_until > $1)), \
             (SELECT COALESCE(MAX(r.submitted_at), 0) FROM jobs r \
              WHERE r.user_id = w.user_id AND r.created_at > $3), \
             MIN(w.id) LIMIT 1",
        )
        .bind(now)
        .bind(provider.as_str())
        .bind(now.minus(REMEMBERED))
        .fetch_optional(self.db.reader())
        .await
    }

    async fn lease(&self, id: &JobId, now: Timestamp) -> sqlx::Result<Option<JobRow>> {
        let mut tx = self.db.begin().await?;
        let job = sqlx::query_as(
            "UPDATE jobs SET lease_owner = $2, lease_until = $3 \
             WHERE id = $1 AND next_at IS NOT NULL AND lease_until <= $4 RETURNING *",
        )
        .bind(id)
        .bind(&self.node)
        .bind(now.plus(LEASE))
        .bind(now)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(job)
    }
}
