//! Named moments at which tests kill the program, each between two things that must not come apart.
//!
//! `FAILPOINT=name:n` in the environment: whoever comes to that point as the n-th, and everybody after,
//! says so in the log and stays there for ever, until somebody kills the process from outside.
//! Without the feature `testing` nothing of this is compiled.

/// The provider has made a checkout session, and we have not written it down.
pub const SESSION_CREATED: &str = "session-created";
/// The provider has said how a checkout, a payment or a plan stands, and what follows from it is not
/// committed.
pub const STRIPE_ANSWERED: &str = "stripe-answered";
/// What pays for a job is held, and the provider has not been asked to take it.
pub const JOB_HELD: &str = "job-held";
/// The provider has taken a job, and we have not written that down.
pub const JOB_SUBMITTED: &str = "job-submitted";
/// What a job made is in our store, and the end of the job is not committed.
pub const RESULT_STORED: &str = "result-stored";
/// It is known how a job ended, and the end of its hold is not committed.
pub const VERDICT_HEARD: &str = "verdict-heard";
/// The provider has given money back, and we have not written that down.
pub const MONEY_RETURNED: &str = "money-returned";
/// The provider has changed or ended a plan, and we have not written that down.
pub const PLAN_CHANGED: &str = "plan-changed";
/// One of the steps that take a deleted account apart is done.
pub const ACCOUNT_DELETED: &str = "account-deleted";
/// A transaction is committed, and nobody has been told.
pub const COMMITTED: &str = "committed";

/// Every point that buying and trying on come to, for tests that try them all.
pub const ALL: [&str; 7] = [
    SESSION_CREATED,
    STRIPE_ANSWERED,
    JOB_HELD,
    JOB_SUBMITTED,
    RESULT_STORED,
    VERDICT_HEARD,
    COMMITTED,
];

#[cfg(not(feature = "testing"))]
#[inline(always)]
pub async fn reach(_point: &'static str) {}

#[cfg(feature = "testing")]
pub async fn reach(point: &'static str) {
    if !armed::stops(point) {
        return;
    }
    tracing::error!(point, "failpoint reached");
    std::future::pending::<()>().await;
}

#[cfg(feature = "testing")]
mod armed {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// The point that is armed, and how often it may still be passed.
    static ARMED: LazyLock<Option<(String, AtomicI64)>> = LazyLock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "no setting: only tests know it")]
        let text = std::env::var("FAILPOINT").ok()?;
        let (point, times) = text.split_once(':')?;
        Some((point.to_owned(), AtomicI64::new(times.parse().ok()?)))
    });

    /// Whether whoever comes to this point now is the n-th, or comes after.
    pub(super) fn stops(point: &str) -> bool {
        let armed = ARMED.as_ref().filter(|(name, _)| name == point);
        armed.is_some_and(|(_, times)| times.fetch_sub(1, Ordering::Relaxed) <= 1)
    }
}
