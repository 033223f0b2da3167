//! What the entries of a wallet come to, reason by reason.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::types::EntryKind;
use crate::db::Database;
use crate::ids::UserId;
use crate::words::words;

words! {
    /// What credits came from or went to.
    Cause {
        Initial = "initial", Purchase = "purchase", Bonus = "bonus", Added = "added",
        TryOn = "try_on", Video = "video", OwnDeduction = "own_deduction", Deducted = "deducted",
        TakenBack = "taken_back", Lapsed = "lapsed", Other = "other",
    }
}

/// What one cause comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    pub cause: Cause,
    /// Of those that moved credits.
    pub entries: i64,
    /// Signed, as it changed the net balance. A use that was given back counts nothing.
    pub amount: i64,
}

#[derive(FromRow)]
struct Group {
    #[sqlx(try_from = "String")]
    kind: EntryKind,
    reason: String,
    own: i64,
    entries: i64,
    amount: i64,
}

impl Group {
    fn cause(&self) -> Cause {
        match (self.kind, self.reason.as_str()) {
            (EntryKind::Expire, _) => Cause::Lapsed,
            (EntryKind::Grant, "initial") => Cause::Initial,
            (EntryKind::Grant, "purchase") => Cause::Purchase,
            (EntryKind::Grant, "bonus") => Cause::Bonus,
            (EntryKind::Grant, "adjustment") => Cause::Added,
            (EntryKind::Deduct, _) if self.own != 0 => Cause::OwnDeduction,
            (EntryKind::Deduct | EntryKind::TakeBack, "adjustment") => Cause::Deducted,
            (EntryKind::TakeBack, _) => Cause::TakenBack,
            (EntryKind::Hold | EntryKind::Release, "try_on") => Cause::TryOn,
            (EntryKind::Hold | EntryKind::Release, "video") => Cause::Video,
            _ => Cause::Other,
        }
    }
}

const SUMS: &str = "SELECT kind, reason, own, COUNT(*) AS entries, CAST(SUM(amount) AS BIGINT) AS amount \
     FROM (SELECT kind, reason, amount, CASE WHEN actor LIKE 'user:%' THEN 1 ELSE 0 END AS own \
           FROM entries WHERE user_id = $1 AND amount <> 0) e \
     GROUP BY kind, reason, own";

/// What all entries of a wallet come to: the amounts together are its net balance.
///
/// # Errors
/// The database's own.
pub async fn sums(db: &Database, user: &UserId) -> sqlx::Result<Vec<Sum>> {
    let groups: Vec<Group> = sqlx::query_as(SUMS)
        .bind(user)
        .fetch_all(db.reader())
        .await?;
    let mut sums: BTreeMap<Cause, Sum> = BTreeMap::new();
    for group in groups {
        let cause = group.cause();
        let sum = sums.entry(cause).or_insert(Sum {
            cause,
            entries: 0,
            amount: 0,
        });
        sum.entries += group.entries;
        sum.amount += group.amount;
    }
    Ok(sums.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    on_both_databases! {
        async fn they_go_by_the_index_of_the_wallet(ground: TestGround) {
            Course::by_index(&ground.db, SUMS, &["u"], "sqlite_autoindex_entries_2 (user_id=?").await;
        }
    }
}
