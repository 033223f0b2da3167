//! 600 API calls an account a minute, counted in this process by the governor crate, and told with each answer
//! (draft-ietf-httpapi-ratelimit-headers). Of the limits that the database counts (passwords, accounts, letters) it is told
//! when one is used up, and not how much of it is left: that would tell strangers what others have tried.

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use atelier_server::accounts::Limit;
use atelier_server::ids::UserId;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::problem::Problem;

const CALLS_A_MINUTE: NonZeroU32 = match NonZeroU32::new(600) {
    Some(number) => number,
    None => unreachable!(),
};
const POLICY_HEADER: &str = "ratelimit-policy";
const LEFT_HEADER: &str = "ratelimit";
const POLICY: &str = "\"account\";q=600;w=60";

type Limiter =
    RateLimiter<UserId, DefaultKeyedStateStore<UserId>, DefaultClock, StateInformationMiddleware>;

/// Counts the calls of each account. Cheap to clone.
#[derive(Clone)]
pub struct ApiLimit {
    limiter: Option<Arc<Limiter>>,
    clock: DefaultClock,
}

/// What is left to whoever calls, noted where the call is counted.
#[derive(Clone, Default)]
pub struct Left(Arc<OnceLock<u32>>);

impl ApiLimit {
    pub fn new(on: bool) -> Self {
        let quota = Quota::per_minute(CALLS_A_MINUTE);
        let limiter = || RateLimiter::keyed(quota).with_middleware();
        Self {
            limiter: on.then(|| Arc::new(limiter())),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a call of `user`, and notes what is left of them.
    pub fn check(&self, user: &UserId, left: Option<&Left>) -> Result<(), Problem> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        let note = |calls: u32| {
            if let Some(left) = left {
                let _ = left.0.set(calls);
            }
        };
        match limiter.check_key(user) {
            Ok(state) => {
                note(state.remaining_burst_capacity());
                Ok(())
            }
            Err(not_until) => {
                note(0);
                let wait = not_until.wait_time_from(self.clock.now());
                Err(Problem::rate_limited(wait))
            }
        }
    }

    /// Forgets accounts that have been quiet for a while.
    pub fn forget_quiet(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
        }
    }
}

/// Tells with the answer to a counted call how many are left, and in how many seconds all of them are again.
pub async fn tell(mut request: Request, next: Next) -> Response {
    let left = Left::default();
    request.extensions_mut().insert(left.clone());
    let mut response = next.run(request).await;
    if let Some(&calls) = left.0.get() {
        let headers = response.headers_mut();
        // Beside another one that is used up.
        headers.append(POLICY_HEADER, HeaderValue::from_static(POLICY));
        let refill = (u64::from(CALLS_A_MINUTE.get()) - u64::from(calls)) * 60;
        let seconds = refill.div_ceil(CALLS_A_MINUTE.get().into());
        if let Ok(value) = HeaderValue::from_str(&format!("\"account\";r={calls};t={seconds}")) {
            headers.append(LEFT_HEADER, value);
        }
    }
    response
}

/// Tells that nothing of a limit is left, and in how many seconds all of it is again.
pub fn tell_used_up(headers: &mut HeaderMap, limit: Limit, seconds: i64) {
    let Limit { name, most, window } = limit;
    for (header, text) in [
        (
            POLICY_HEADER,
            format!("\"{name}\";q={most};w={}", window.as_secs()),
        ),
        (LEFT_HEADER, format!("\"{name}\";r=0;t={seconds}")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.append(header, value);
        }
    }
}
