//! 600 API calls an account a minute, counted in this process by the governor crate.

use std::num::NonZeroU32;
use std::sync::Arc;

use atelier_server::ids::UserId;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::problem::Problem;

const CALLS_A_MINUTE: NonZeroU32 = match NonZeroU32::new(600) {
    Some(number) => number,
    None => unreachable!(),
};

/// Counts the calls of each account. Cheap to clone.
#[derive(Clone)]
pub struct ApiLimit {
    limiter: Option<Arc<DefaultKeyedRateLimiter<UserId>>>,
    clock: DefaultClock,
}

impl ApiLimit {
    pub fn new(on: bool) -> Self {
        let limiter = on.then(|| {
            Arc::new(DefaultKeyedRateLimiter::keyed(Quota::per_minute(
                CALLS_A_MINUTE,
            )))
        });
        Self {
            limiter,
            clock: DefaultClock::default(),
        }
    }

    pub fn check(&self, user: &UserId) -> Result<(), Problem> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        limiter
            .check_key(user)
            .map_err(|not_until| Problem::rate_limited(not_until.wait_time_from(self.clock.now())))
    }

    /// Forgets accounts that have been quiet for a while.
    pub fn forget_quiet(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
        }
    }
}
