//! What was looked at, how it is, and what to do: a line of `atelier doctor`.

use std::fmt;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    Missing,
    Wrong,
}

impl Verdict {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub verdict: Verdict,
    pub what: &'static str,
    /// How it is; where it is not well, also what to do.
    pub says: String,
}

impl Check {
    pub fn ok(what: &'static str, says: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, what, says.into())
    }

    pub fn missing(what: &'static str, says: impl Into<String>) -> Self {
        Self::new(Verdict::Missing, what, says.into())
    }

    pub fn wrong(what: &'static str, says: impl Into<String>) -> Self {
        Self::new(Verdict::Wrong, what, says.into())
    }

    const fn new(verdict: Verdict, what: &'static str, says: String) -> Self {
        Self {
            verdict,
            what,
            says,
        }
    }

    pub fn is_ok(&self) -> bool {
        self.verdict == Verdict::Ok
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verdict, what, says) = (self.verdict.as_str(), self.what, &self.says);
        // What others say may have lines of its own.
        write!(
            f,
            "{verdict:<8} {what}: {}",
            says.replace(['\n', '\r'], " ")
        )
    }
}
