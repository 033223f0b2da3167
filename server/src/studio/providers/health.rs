//! A circuit breaker: a provider that refused several requests in a row is left alone for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::studio::provider::ProviderError;

/// Refusals in a row after which the provider counts as down.
const DOWN_AFTER: u32 = 3;
/// For how long; then the next job finds out.
const DOWN_FOR: Duration = Duration::from_secs(30);

/// How a provider has been doing.
#[derive(Debug, Default)]
pub struct Health(Mutex<Record>);

#[derive(Debug, Default)]
struct Record {
    /// Refusals in a row.
    failures: u32,
    refused_at: Option<Instant>,
}

impl Health {
    /// Whether the last requests were all refused, just now.
    pub fn is_down(&self) -> bool {
        self.record().is_down(Instant::now())
    }

    /// Counts how a request went. What the provider says of an input says nothing of the provider.
    pub fn note<T>(&self, outcome: &Result<T, ProviderError>) {
        match outcome {
            Ok(_) => self.record().answered(),
            Err(ProviderError::Unavailable | ProviderError::Auth | ProviderError::OutOfCredits) => {
                self.record().refused(Instant::now());
            }
            Err(_) => {}
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn answered(&mut self) {
        *self = Self::default();
    }

    fn refused(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.refused_at = Some(now);
    }

    fn is_down(&self, now: Instant) -> bool {
        let lately = self.refused_at.is_some_and(|at| now < at + DOWN_FOR);
        self.failures >= DOWN_AFTER && lately
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_was_down_is_tried_again() {
        let now = Instant::now();
        let mut record = Record::default();
        for _ in 0..DOWN_AFTER {
            assert!(!record.is_down(now));
            record.refused(now);
        }
        assert!(record.is_down(now));
        let later = now + DOWN_FOR;
        assert!(!record.is_down(later), "somebody has to find out");
        record.refused(later);
        assert!(record.is_down(later));
        record.answered();
        assert!(!record.is_down(later));
    }

    #[test]
    fn a_refused_input_says_nothing_of_the_provider() {
        let health = Health::default();
        for _ in 0..=DOWN_AFTER {
            health.note::<()>(&Err(ProviderError::InvalidInput));
            health.note::<()>(&Err(ProviderError::Busy(None)));
        }
        assert!(!health.is_down());
        for _ in 0..DOWN_AFTER {
            health.note::<()>(&Err(ProviderError::Unavailable));
        }
        assert!(health.is_down());
    }
}
