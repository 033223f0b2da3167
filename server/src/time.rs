//! Time as the program sees it: a [`Timestamp`] in microseconds, and a [`Clock`] that is handed in
//! from outside, so that tests can hold it still or move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;
use serde::{Serialize, Serializer};
use tokio::sync::watch;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// A moment: microseconds since 1970-01-01T00:00:00Z. In JSON an RFC 3339 string in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Timestamp(i64);

const MICROS_PER_SECOND: i64 = 1_000_000;

impl Timestamp {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, as Stripe writes its times.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(
            self.0
                .saturating_add(days.saturating_mul(24 * 3_600 * MICROS_PER_SECOND)),
        )
    }

    /// How long after `earlier` this is; zero when it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    pub fn to_datetime(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    pub fn from_datetime(datetime: OffsetDateTime) -> Self {
        let micros = datetime.unix_timestamp_nanos() / 1_000;
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// RFC 3339 in UTC, as the API writes it.
    pub fn to_rfc3339(self) -> String {
        self.to_datetime().format(&Rfc3339).unwrap_or_default()
    }

    /// Reads the end of a span of time as [`Self::parse`] does; a day counts to its own end.
    pub fn parse_end(text: &str) -> Option<Self> {
        const DAY: Duration = Duration::from_secs(24 * 3_600);
        /// The length of `YYYY-MM-DD`.
        const DATE: usize = 10;
        let at = Self::parse(text)?;
        Some(if text.len() == DATE { at.plus(DAY) } else { at })
    }

    /// Reads `YYYY-MM-DD` (the start of that day in UTC) or an RFC 3339 time.
    pub fn parse(text: &str) -> Option<Self> {
        let full = if text.len() == 10 {
            format!("{text}T00:00:00Z")
        } else {
            text.to_owned()
        };
        OffsetDateTime::parse(&full, &Rfc3339)
            .ok()
            .map(Self::from_datetime)
    }

    /// The day in UTC as `YYYY-MM-DD`.
    pub fn day(self) -> String {
        self.to_datetime().date().to_string()
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        crate::shapes::formatted("date-time")
    }
}

impl utoipa::ToSchema for Timestamp {}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_rfc3339())
    }
}

/// Where the time comes from: the machine's clock, which the sandbox may put forward, or a test's hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// With the microseconds it is put forward.
    System(watch::Sender<i64>),
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn system() -> Self {
        Self(Source::System(watch::Sender::new(0)))
    }

    /// A clock that stands at `start` until it is moved.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.micros()))))
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System(forward) => {
                Timestamp(self.machine().0.saturating_add(*forward.borrow()))
            }
            Source::Manual(_) => self.machine(),
        }
    }

    /// The time of the machine, however far the sandbox's is put forward: what browsers and other
    /// people's code count in.
    pub fn machine(&self) -> Timestamp {
        match &self.0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place that reads the clock"
            )]
            Source::System(_) => Timestamp::from_datetime(OffsetDateTime::now_utc()).plus(ahead()),
            Source::Manual(micros) => Timestamp(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward; the system clock stays what it is.
    pub fn advance(&self, duration: Duration) {
        if let Source::Manual(micros) = &self.0 {
            micros.fetch_add(micros_of(duration), Ordering::SeqCst);
        }
    }

    /// Puts the system clock forward by so much in all; only the sandbox does.
    pub fn put_forward(&self, duration: Duration) {
        if let Source::System(forward) = &self.0 {
            let micros = micros_of(duration);
            forward.send_if_modified(|before| std::mem::replace(before, micros) != micros);
        }
    }

    /// Waits until it is `at` on this clock; putting it forward makes the wait shorter.
    pub async fn wait_until(&self, at: Timestamp) {
        let mut forward = match &self.0 {
            Source::System(forward) => Some(forward.subscribe()),
            Source::Manual(_) => None,
        };
        while self.now() < at {
            let jumped = async {
                match &mut forward {
                    Some(forward) => forward.changed().await.is_ok(),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = tokio::time::sleep(at.since(self.now())) => {}
                _ = jumped => {}
            }
        }
    }
}

fn micros_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(not(feature = "testing"))]
const fn ahead() -> Duration {
    Duration::ZERO
}

/// How far the system clock is put forward, in seconds in `CLOCK_AHEAD`: so a test starts a program
/// that finds its machine switched off for a while, and leases of the dead over.
#[cfg(feature = "testing")]
fn ahead() -> Duration {
    static AHEAD: std::sync::LazyLock<Duration> = std::sync::LazyLock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "no setting: only tests know it")]
        let seconds = std::env::var("CLOCK_AHEAD").ok();
        let seconds = seconds.and_then(|text| text.parse().ok());
        Duration::from_secs(seconds.unwrap_or(0))
    });
    *AHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_rfc3339() {
        let at = Timestamp::parse("2026-11-20T08:30:00Z").unwrap();
        assert_eq!(at.to_rfc3339(), "2026-11-20T08:30:00Z");
        assert_eq!(at.day(), "2026-11-20");
        assert_eq!(
            Timestamp::parse("2026-11-20").unwrap().to_rfc3339(),
            "2026-11-20T00:00:00Z"
        );
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn a_system_clock_that_is_put_forward_still_knows_the_time_of_the_machine() {
        let clock = Clock::system();
        clock.clone().put_forward(Duration::from_secs(3_600));
        let ahead = clock.now().since(clock.machine());
        assert!(ahead > Duration::from_secs(3_590), "{ahead:?}");
    }

    #[tokio::test]
    async fn putting_the_clock_forward_ends_a_wait() {
        let clock = Clock::system();
        let at = clock.now().plus_days(30);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.wait_until(at).await }
        });
        clock.put_forward(Duration::from_secs(31 * 24 * 3_600));
        waiting.await.unwrap();
        clock.wait_until(at).await;
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Clock::manual(Timestamp::from_seconds(100));
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now().seconds(), 105);
    }
}
