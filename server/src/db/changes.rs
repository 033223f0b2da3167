use crate::ids::{JobId, UserId};

/// What a commit changed, as far as open pages care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Wallet(UserId),
    Job(UserId, JobId),
    /// The account's sessions ended: its streams end too.
    SignedOut(UserId),
}

impl Change {
    pub fn user(&self) -> &UserId {
        match self {
            Self::Wallet(user) | Self::Job(user, _) | Self::SignedOut(user) => user,
        }
    }

    /// The change as one line for another process.
    pub fn encode(&self) -> String {
        match self {
            Self::Wallet(user) => format!("wallet {user}"),
            Self::Job(user, job) => format!("job {user} {job}"),
            Self::SignedOut(user) => format!("signed-out {user}"),
        }
    }

    /// Reads a line written by [`Change::encode`].
    pub fn decode(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let kind = words.next()?;
        let user = UserId::parse(words.next()?)?;
        match kind {
            "wallet" => Some(Self::Wallet(user)),
            "job" => Some(Self::Job(user, JobId::parse(words.next()?)?)),
            "signed-out" => Some(Self::SignedOut(user)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn survives_the_way_to_another_process() {
        let at = Timestamp::from_seconds(1);
        for change in [
            Change::Wallet(UserId::new(at)),
            Change::Job(UserId::new(at), JobId::new(at)),
            Change::SignedOut(UserId::new(at)),
        ] {
            assert_eq!(Change::decode(&change.encode()), Some(change));
        }
        assert_eq!(Change::decode("wallet nobody"), None);
    }
}
