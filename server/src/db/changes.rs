use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::ids::{JobId, UserId};

/// What a commit changed, as far as open pages care.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

/// What this process committed and others have not been told yet. A set, because whoever hears of a
/// wallet reads it whole: what changes faster than it can be told is told once, and nothing is lost
/// however long the way is closed. It holds each account and job at most once.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: Mutex<HashSet<Change>>,
    filled: Notify,
}

impl Outbox {
    pub fn put(&self, changes: impl IntoIterator<Item = Change>) {
        self.waiting().extend(changes);
        self.filled.notify_one();
    }

    /// Takes all there is.
    pub fn take(&self) -> Vec<Change> {
        std::mem::take(&mut *self.waiting()).into_iter().collect()
    }

    /// Waits until there is something, and takes all of it.
    pub async fn next(&self) -> Vec<Change> {
        loop {
            let taken = self.take();
            if !taken.is_empty() {
                return taken;
            }
            self.filled.notified().await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<Change>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[tokio::test]
    async fn the_outbox_joins_and_loses_nothing() {
        let at = Timestamp::from_seconds(1);
        let (ann, bob) = (UserId::new(at), UserId::new(at));
        let outbox = Outbox::default();
        for _ in 0..10_000 {
            outbox.put([Change::Wallet(ann.clone())]);
        }
        outbox.put([Change::SignedOut(bob)]);
        let first = outbox.next().await;
        assert_eq!(first.len(), 2);
        // What could not be told goes back and comes again, beside what is new.
        outbox.put(first);
        outbox.put([Change::Job(ann, JobId::new(at))]);
        assert_eq!(outbox.next().await.len(), 3);
        assert!(outbox.take().is_empty());
    }

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
