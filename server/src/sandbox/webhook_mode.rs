//! How the webhooks of one action are sent.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A week: later is as good as never.
const LONGEST_DELAY: Duration = Duration::from_secs(7 * 24 * 3_600);
const MOST_DUPLICATES: u32 = 100;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookMode {
    /// As the desk says at that moment.
    #[default]
    AsSet,
    /// At once, beside whatever the payer's browser does.
    Normal,
    /// After a while.
    Delayed(Duration),
    /// Each event so many times, at the same time.
    Duplicate(u32),
    /// Delivered and answered before the payer is sent back.
    BeforeRedirect,
    /// Not at all; the events are still there.
    Never,
    /// Kept back until they are released, the newest first.
    Reversed,
}

impl WebhookMode {
    /// For what happens by itself: nobody waits on a page any more.
    #[must_use]
    pub fn later(self) -> Self {
        match self {
            Self::BeforeRedirect => Self::AsSet,
            other => other,
        }
    }
}

impl FromStr for WebhookMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, number) = text
            .split_once(':')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        let mode = match (word, number) {
            ("", None) => Some(Self::AsSet),
            ("normal", None) => Some(Self::Normal),
            ("before_redirect", None) => Some(Self::BeforeRedirect),
            ("never", None) => Some(Self::Never),
            ("reversed", None) => Some(Self::Reversed),
            ("delayed", Some(number)) => parse_delay(number).map(Self::Delayed),
            ("duplicate", Some(number)) => number
                .parse()
                .ok()
                .filter(|times| (1..=MOST_DUPLICATES).contains(times))
                .map(Self::Duplicate),
            _ => None,
        };
        mode.ok_or_else(|| {
            format!(
                "Unknown webhook mode '{text}': use normal, delayed:MS, \
                 duplicate:N (1 to {MOST_DUPLICATES}), before_redirect, never or reversed"
            )
        })
    }
}

/// Milliseconds, up to a week.
pub fn parse_delay(text: &str) -> Option<Duration> {
    let delay = Duration::from_millis(text.parse().ok()?);
    (delay <= LONGEST_DELAY).then_some(delay)
}

impl fmt::Display for WebhookMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsSet => Ok(()),
            Self::Normal => f.write_str("normal"),
            Self::Delayed(delay) => write!(f, "delayed:{}", delay.as_millis()),
            Self::Duplicate(times) => write!(f, "duplicate:{times}"),
            Self::BeforeRedirect => f.write_str("before_redirect"),
            Self::Never => f.write_str("never"),
            Self::Reversed => f.write_str("reversed"),
        }
    }
}

impl Serialize for WebhookMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WebhookMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_same() {
        for text in [
            "normal",
            "delayed:1500",
            "duplicate:3",
            "before_redirect",
            "never",
            "reversed",
            "",
        ] {
            assert_eq!(text.parse::<WebhookMode>().unwrap().to_string(), text);
        }
        assert_eq!("".parse(), Ok(WebhookMode::AsSet));
        for text in [
            "duplicate:0",
            "duplicate:101",
            "delayed:-1",
            "delayed",
            "never:1",
            "soon",
        ] {
            assert!(text.parse::<WebhookMode>().is_err(), "{text}");
        }
    }
}
