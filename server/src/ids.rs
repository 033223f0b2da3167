//! Ids: UUID version 7, made by the program from its clock, so that they sort by time.

use rand::RngExt;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use uuid::Uuid;

use crate::time::Timestamp;

/// A fresh UUIDv7 for `at`, hyphenated and lower-case.
pub fn uuid_v7(at: Timestamp) -> String {
    let random: [u8; 10] = rand::rng().random();
    let millis = u64::try_from(at.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random)
        .into_uuid()
        .to_string()
}

/// The least UUIDv7 of the millisecond `at`: ids made before it sort before it.
pub fn first_of(at: Timestamp) -> String {
    let millis = u64::try_from(at.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10])
        .into_uuid()
        .to_string()
}

/// Defines one id type: a checked UUID kept as text, as both databases store it.
macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(at: Timestamp) -> Self {
                Self(uuid_v7(at))
            }

            /// The id written in `text`, if it is a UUID.
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::try_parse(text).ok().map(|id| Self(id.to_string()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                crate::shapes::formatted("uuid")
            }
        }

        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

id_types! {
    /// A person with an account.
    UserId,
    /// A group of credits that came in together.
    LotId,
    /// A line of the ledger.
    EntryId,
    /// A use of a tool, from hold to capture or release.
    ConsumptionId,
    /// A paid period of a plan.
    PeriodId,
    /// One attempt to buy something.
    RechargeId,
    /// A try-on or a video.
    JobId,
    /// An uploaded or made picture.
    FileId,
    /// An event of a payment provider, as kept in the inbox.
    InboxId,
    /// An API token, not its secret.
    TokenId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_parse_back() {
        let first = UserId::new(Timestamp::from_seconds(1_000));
        let second = UserId::new(Timestamp::from_seconds(2_000));
        assert!(first < second);
        assert_eq!(UserId::parse(first.as_str()), Some(first));
        assert_eq!(UserId::parse("../etc"), None);
    }
}
