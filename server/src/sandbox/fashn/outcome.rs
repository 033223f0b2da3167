use std::time::Duration;

/// How a run is to go, as a test scripts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// Done after this long.
    Slow(Duration),
    /// Fails with this error of the provider's.
    Fail(String),
    NoCallback,
    DuplicateCallback,
    /// It is done and has called back before the submit is answered.
    EarlyCallback,
    /// A callback that lies comes before the end.
    ForgedCallback,
    /// The result's address answers 404.
    ExpiredUrl,
    /// The submit is answered 503; the next one goes as usual.
    Unavailable,
}

/// The longest a test may slow a run down.
const LONGEST: u64 = 600_000;

impl Outcome {
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(millis) = text.strip_prefix("slow:") {
            let millis: u64 = millis.parse().ok().filter(|millis| *millis <= LONGEST)?;
            return Some(Self::Slow(Duration::from_millis(millis)));
        }
        if let Some(name) = text.strip_prefix("fail:") {
            let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return plain.then(|| Self::Fail(name.to_owned()));
        }
        Some(match text {
            "ok" => Self::Ok,
            "no_callback" => Self::NoCallback,
            "duplicate_callback" => Self::DuplicateCallback,
            "early_callback" => Self::EarlyCallback,
            "forged_callback" => Self::ForgedCallback,
            "expired_url" => Self::ExpiredUrl,
            "unavailable" => Self::Unavailable,
            _ => return None,
        })
    }

    /// How many times the callback is sent at the end.
    pub fn callbacks(&self) -> usize {
        match self {
            Self::NoCallback => 0,
            Self::DuplicateCallback => 3,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_contract_names() {
        assert_eq!(
            Outcome::parse("slow:250"),
            Some(Outcome::Slow(Duration::from_millis(250)))
        );
        assert_eq!(
            Outcome::parse("fail:PoseError"),
            Some(Outcome::Fail("PoseError".to_owned()))
        );
        for word in [
            "ok",
            "no_callback",
            "duplicate_callback",
            "early_callback",
            "forged_callback",
            "expired_url",
            "unavailable",
        ] {
            assert!(Outcome::parse(word).is_some(), "{word}");
        }
        for word in [
            "",
            "slow:",
            "slow:-1",
            "slow:999999999",
            "fail:",
            "fail:a b",
            "maybe",
        ] {
            assert_eq!(Outcome::parse(word), None, "{word}");
        }
    }
}
