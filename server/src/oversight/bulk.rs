//! Many wallets changed at once. Each row is a transaction of its own, under its place in its batch, through the
//! same ledger as any other change by hand: a batch that was broken off goes on where it stopped, and what was done
//! is never done again.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};
use utoipa::ToSchema;

use super::{Deed, Operator, sheets};
use crate::accounts::{Accounts, Email};
use crate::credits::{self, Action, Actor, Adjustment, CreditsError, Entry, Insufficient, Prices};
use crate::db::{self, Database, Tx};
use crate::ids::{EntryId, UserId};
use crate::time::Clock;

/// A batch as it is asked for, checked.
#[derive(Clone, Debug)]
pub struct Batch {
    pub id: String,
    /// The same for the same rows in the same order, those left out included.
    pub hash: String,
    /// How many were sent.
    pub count: usize,
    /// Those that make sense.
    pub rows: Vec<BatchRow>,
}

impl Batch {
    pub const MOST_ROWS: usize = 10_000;
}

#[derive(Clone, Debug)]
pub struct BatchRow {
    /// Its place in what was sent, from 0.
    pub at: usize,
    pub email: Email,
    pub action: Action,
    pub amount: i64,
    pub reason: String,
}

/// What is wrong with a row first, by the column it stands in. Nothing of it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFault {
    Email,
    Action,
    /// It is no whole number.
    Amount,
    /// More credits than one change may have, or none.
    Credits,
    ReasonMissing,
    ReasonUnreadable,
    ReasonTooLong,
}

impl BatchRow {
    pub const LONGEST_REASON: usize = 500;

    /// A row that makes sense.
    ///
    /// # Errors
    /// What is wrong with it first.
    pub fn read(
        at: usize,
        email: &str,
        action: &str,
        amount: Option<i64>,
        reason: &str,
    ) -> Result<Self, RowFault> {
        let email = Email::parse(email).ok_or(RowFault::Email)?;
        let action = Action::parse(action).ok_or(RowFault::Action)?;
        let amount = amount.ok_or(RowFault::Amount)?;
        if !Adjustment::amount_is_valid(action, amount) {
            return Err(RowFault::Credits);
        }
        let reason = reason.trim().to_owned();
        if reason.is_empty() {
            return Err(RowFault::ReasonMissing);
        }
        // A NUL cannot be stored by every database.
        if reason.contains('\0') {
            return Err(RowFault::ReasonUnreadable);
        }
        if reason.chars().count() > Self::LONGEST_REASON {
            return Err(RowFault::ReasonTooLong);
        }
        Ok(Self {
            at,
            email,
            action,
            amount,
            reason,
        })
    }
}

/// What became of a row, or would become of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowResult {
    /// From 0.
    pub row: usize,
    pub email: String,
    pub ok: bool,
    /// Of the credits that remain; empty where nothing changed.
    pub before: Option<i64>,
    pub after: Option<i64>,
    /// The entry that tells it.
    pub entry: Option<Entry>,
    /// Credits it gives or would give, or takes (below zero), whatever they pay for.
    #[serde(skip)]
    pub moved: i64,
    #[serde(skip)]
    pub problem: Option<RowProblem>,
}

/// Why a row is not done, or not undone whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowProblem {
    NoAccount,
    Insufficient(Insufficient),
    /// So many credits are spent or held already.
    NotUndone(i64),
    /// Whom it names is not kept any more.
    Erased,
}

#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    #[error("a batch of this id has other rows")]
    OtherRows,
    #[error("there is no such batch")]
    Unknown,
    #[error("this batch was undone")]
    Undone,
    /// Whoever began it is no administrator any more; what was done stays done.
    #[error("the operator may not do this any more")]
    Forbidden,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<CreditsError> for BulkError {
    fn from(error: CreditsError) -> Self {
        match error {
            CreditsError::Database(error) => Self::Database(error),
            // Refusals are answers; an account always has a wallet.
            CreditsError::Insufficient(_)
            | CreditsError::NoWallet
            | CreditsError::Deleted
            | CreditsError::Stopped => Self::Database(db::corrupt("an account without a wallet")),
        }
    }
}

/// What bulk changes work with.
#[derive(Clone)]
pub struct Bulk {
    pub db: Database,
    pub clock: Clock,
    pub accounts: Accounts,
    pub prices: Prices,
    /// An administrator.
    pub admin: UserId,
    pub operator: Operator,
}

#[derive(FromRow)]
struct DoneRow {
    row_index: i64,
    user_id: UserId,
    email: String,
}

/// What rows of a batch come to, for the audit log.
#[derive(Clone, Copy, Default, FromRow)]
struct Sums {
    count: i64,
    given: i64,
    taken: i64,
}

impl Sums {
    /// Of what was moved in each row.
    fn of(moved: impl Iterator<Item = i64>) -> Self {
        moved.fold(Self::default(), |sums, moved| Self {
            count: sums.count + 1,
            given: sums.given + moved.max(0),
            taken: sums.taken - moved.min(0),
        })
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            count,
            given,
            taken,
        } = self;
        let rows = rows(*count);
        write!(f, "{rows} with {given} credits given and {taken} taken")
    }
}

fn rows(count: i64) -> String {
    match count {
        1 => "1 row".to_owned(),
        _ => format!("{count} rows"),
    }
}

/// A wallet as far as a preview follows it.
struct Preview {
    remaining: i64,
    debt: i64,
}

impl Preview {
    /// As the ledger would: what comes pays debt first, and no more goes than remains. Gives what it moves.
    fn change(&mut self, action: Action, amount: i64) -> Result<i64, Insufficient> {
        let before = self.remaining - self.debt;
        match action {
            Action::Add => {
                let paid = self.debt.min(amount);
                self.debt -= paid;
                self.remaining += amount - paid;
            }
            Action::Deduct if amount > self.remaining => {
                return Err(Insufficient {
                    required: amount,
                    remaining: self.remaining,
                });
            }
            Action::Deduct => self.remaining -= amount,
            Action::Set if amount > self.remaining => {
                return self.change(Action::Add, amount - self.remaining + self.debt);
            }
            Action::Set => self.remaining = amount,
        }
        Ok(self.remaining - self.debt - before)
    }
}

impl RowResult {
    fn refused(row: usize, email: &str, problem: RowProblem) -> Self {
        Self {
            row,
            email: email.to_owned(),
            ok: false,
            before: None,
            after: None,
            entry: None,
            moved: 0,
            problem: Some(problem),
        }
    }
}

impl Bulk {
    /// What each row would do, one after the other; nothing is changed. Rows that were done before stand as they are.
    ///
    /// # Errors
    /// [`BulkError::OtherRows`] when the batch was begun with others.
    pub async fn preview(&self, batch: &Batch) -> Result<Vec<RowResult>, BulkError> {
        let now = self.clock.now();
        let known = self.begun(&batch.id).await?;
        if known.is_some_and(|hash| hash != batch.hash) {
            return Err(BulkError::OtherRows);
        }
        let done = self.done(&batch.id).await?;
        let done: HashSet<usize> = done
            .iter()
            .filter_map(|done| usize::try_from(done.row_index).ok())
            .collect();
        let users = self.accounts_of(&batch.rows).await?;
        let ids: Vec<UserId> = users.values().cloned().collect();
        let wallets = credits::find_wallets(self.db.reader(), &ids, now).await?;
        let mut wallets: HashMap<UserId, Preview> = wallets
            .into_iter()
            .map(|wallet| {
                let (remaining, debt) = (wallet.figures.remaining, wallet.figures.debt);
                (wallet.user_id, Preview { remaining, debt })
            })
            .collect();
        let results = batch.rows.iter().map(|row| {
            let (at, email) = (row.at, row.email.as_str());
            let wallet = users.get(email).and_then(|id| wallets.get_mut(id));
            let Some(wallet) = wallet else {
                return RowResult::refused(at, email, RowProblem::NoAccount);
            };
            let before = wallet.remaining;
            let moved = match done.contains(&at) {
                true => Ok(0),
                false => wallet.change(row.action, row.amount),
            };
            let moved = match moved {
                Ok(moved) => moved,
                Err(short) => {
                    return RowResult::refused(at, email, RowProblem::Insufficient(short));
                }
            };
            RowResult {
                row: at,
                email: email.to_owned(),
                ok: true,
                before: Some(before),
                after: Some(wallet.remaining),
                entry: None,
                moved,
                problem: None,
            }
        });
        Ok(results.collect())
    }

    /// Whose rows they are, by address.
    async fn accounts_of(&self, rows: &[BatchRow]) -> sqlx::Result<HashMap<String, UserId>> {
        let emails: HashSet<&str> = rows.iter().map(|row| row.email.as_str()).collect();
        let emails: Vec<&str> = emails.into_iter().collect();
        let mut accounts = HashMap::new();
        for some in emails.chunks(db::AT_ONCE) {
            let places = db::places(1, some.len());
            let select = format!("SELECT email, id FROM users WHERE email IN ({places})");
            let mut query = sqlx::query_as(AssertSqlSafe(select));
            for email in some {
                query = query.bind((*email).to_owned());
            }
            let found: Vec<(String, UserId)> = query.fetch_all(self.db.reader()).await?;
            accounts.extend(found);
        }
        Ok(accounts)
    }

    /// Does what is not done yet, row by row.
    ///
    /// # Errors
    /// [`BulkError::OtherRows`] when the batch was begun with others, [`BulkError::Undone`] once it was undone. What was
    /// done before an error stays done, and the same batch again goes on behind it.
    pub async fn apply(&self, batch: &Batch) -> Result<Vec<RowResult>, BulkError> {
        self.begin(batch).await?;
        let mut results = Vec::with_capacity(batch.rows.len());
        for row in &batch.rows {
            results.push(self.apply_row(&batch.id, row).await?);
        }
        Ok(results)
    }

    /// Takes back what a batch did, the last row first: as far as credits are still free.
    ///
    /// # Errors
    /// [`BulkError::Unknown`] when there is no such batch.
    pub async fn undo(&self, batch_id: &str) -> Result<Vec<RowResult>, BulkError> {
        let stood = self.close(batch_id).await?;
        let done = self.done(batch_id).await?;
        let mut results = Vec::with_capacity(done.len());
        let mut broken = None;
        for row in done.into_iter().rev() {
            match self.undo_row(batch_id, &row).await {
                Ok(result) => results.push(result),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        results.reverse();
        // What went back by then stays, and is told.
        self.tell_undone(batch_id, stood, &results).await?;
        match broken {
            Some(error) => Err(error),
            None => Ok(results),
        }
    }

    /// How much of what stood was taken back now: the sum of what is in the log row by row already.
    async fn tell_undone(
        &self,
        batch_id: &str,
        stood: Sums,
        results: &[RowResult],
    ) -> sqlx::Result<()> {
        let undone = results.iter().map(|result| -result.moved);
        let undone = Sums::of(undone.filter(|undone| *undone != 0));
        if undone.count == 0 {
            return Ok(());
        }
        let (before, after) = (stood.to_string(), format!("undone of it: {undone}"));
        let by = &self.operator;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        by.records(&mut tx, Deed::BulkUndone, batch_id, &before, &after, now)
            .await?;
        tx.commit().await
    }

    /// The hash of the rows a batch was begun with.
    async fn begun(&self, batch_id: &str) -> sqlx::Result<Option<String>> {
        sqlx::query_scalar("SELECT rows_hash FROM bulk_batches WHERE batch_id = $1")
            .bind(batch_id.to_owned())
            .fetch_optional(self.db.reader())
            .await
    }

    /// Lets no more of its rows be done, and waits for the one that is being done. Gives what stands of them.
    async fn close(&self, batch_id: &str) -> Result<Sums, BulkError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let select = tx.locking("SELECT undone_at FROM bulk_batches WHERE batch_id = $1");
        let found: Option<(Option<i64>,)> = sqlx::query_as(select)
            .bind(batch_id.to_owned())
            .fetch_optional(&mut *tx)
            .await?;
        let (undone_at,) = found.ok_or(BulkError::Unknown)?;
        let stands = standing(&mut tx, batch_id).await?;
        if undone_at.is_some() {
            return Ok(stands);
        }
        sqlx::query("UPDATE bulk_batches SET undone_at = $2 WHERE batch_id = $1")
            .bind(batch_id)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        let by = &self.operator;
        let (before, after) = (stands.to_string(), "closed, to be undone");
        by.records(&mut tx, Deed::BulkUndo, batch_id, &before, after, now)
            .await?;
        tx.commit().await?;
        Ok(stands)
    }

    /// Whether whoever acts still may: rights end in the middle of a batch, too.
    async fn may(&self, tx: &mut Tx) -> Result<(), BulkError> {
        let admin: Option<String> = sqlx::query_scalar(
            "SELECT id FROM users WHERE id = $1 AND role = 'admin' AND blocked_at IS NULL",
        )
        .bind(self.admin.clone())
        .fetch_optional(&mut **tx)
        .await?;
        admin.map(|_| ()).ok_or(BulkError::Forbidden)
    }

    async fn begin(&self, batch: &Batch) -> Result<(), BulkError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        sheets::lock(&mut tx, &batch.id).await?;
        let begun = sqlx::query(
            "INSERT INTO bulk_batches (batch_id, rows_hash, row_count, actor, created_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (batch_id) DO NOTHING",
        )
        .bind(&batch.id)
        .bind(&batch.hash)
        .bind(i64::try_from(batch.count).unwrap_or(i64::MAX))
        .bind(&self.operator.actor)
        .bind(now)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if begun == 1 {
            let begun = rows(i64::try_from(batch.count).unwrap_or(i64::MAX));
            let by = &self.operator;
            by.records(&mut tx, Deed::Bulk, &batch.id, "not applied", &begun, now)
                .await?;
        }
        tx.commit().await?;
        match self.begun(&batch.id).await? {
            Some(known) if known == batch.hash => Ok(()),
            _ => Err(BulkError::OtherRows),
        }
    }

    /// What is done of a batch, in its order.
    async fn done(&self, batch_id: &str) -> sqlx::Result<Vec<DoneRow>> {
        sqlx::query_as(
            "SELECT b.row_index, b.user_id, u.email \
             FROM bulk_rows b JOIN users u ON u.id = b.user_id \
             WHERE b.batch_id = $1 ORDER BY b.row_index",
        )
        .bind(batch_id.to_owned())
        .fetch_all(self.db.reader())
        .await
    }

    async fn apply_row(&self, batch_id: &str, row: &BatchRow) -> Result<RowResult, BulkError> {
        let (at, email) = (row.at, row.email.as_str());
        let index = i64::try_from(at).unwrap_or(i64::MAX);
        let user = self.accounts.find_by_email(&row.email).await?;
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        let open = tx.locking("SELECT undone_at FROM bulk_batches WHERE batch_id = $1");
        let undone_at: Option<i64> = sqlx::query_scalar(open)
            .bind(batch_id.to_owned())
            .fetch_one(&mut *tx)
            .await?;
        if undone_at.is_some() {
            return Err(BulkError::Undone);
        }
        self.may(&mut tx).await?;
        if is_done(&mut tx, batch_id, index).await? {
            return Ok(RowResult {
                row: at,
                email: email.to_owned(),
                ok: true,
                before: None,
                after: None,
                entry: done_entry(&mut tx, batch_id, index).await?,
                moved: 0,
                problem: None,
            });
        }
        let Some(user) = user else {
            return Ok(RowResult::refused(at, email, RowProblem::NoAccount));
        };
        let owner = user.id.clone();
        let adjustment = self.adjustment(user.id, row.action, row.amount, row.reason.clone());
        let adjusted = match credits::adjust(&mut tx, &adjustment, &self.prices, now).await {
            Ok(adjusted) => adjusted,
            Err(CreditsError::Insufficient(short)) => {
                return Ok(RowResult::refused(
                    at,
                    email,
                    RowProblem::Insufficient(short),
                ));
            }
            // It was deleted a moment ago.
            Err(CreditsError::Deleted) => {
                return Ok(RowResult::refused(at, email, RowProblem::NoAccount));
            }
            Err(error) => return Err(error.into()),
        };
        sqlx::query(
            "INSERT INTO bulk_rows (batch_id, row_index, user_id, entry_id, changed) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(batch_id)
        .bind(index)
        .bind(owner)
        .bind(adjusted.entry.as_ref().map(|entry| entry.id.clone()))
        .bind(adjusted.entry.as_ref().map_or(0, |entry| entry.amount))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(RowResult {
            row: at,
            email: email.to_owned(),
            ok: true,
            before: Some(adjusted.before),
            after: Some(adjusted.wallet.credits.remaining),
            moved: adjusted.entry.as_ref().map_or(0, |entry| entry.amount),
            entry: adjusted.entry,
            problem: None,
        })
    }

    async fn undo_row(&self, batch_id: &str, row: &DoneRow) -> Result<RowResult, BulkError> {
        let at = usize::try_from(row.row_index).unwrap_or(usize::MAX);
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        self.may(&mut tx).await?;
        let select = tx.locking(
            "SELECT changed - undone FROM bulk_rows WHERE batch_id = $1 AND row_index = $2",
        );
        let mut rest: i64 = sqlx::query_scalar(select)
            .bind(batch_id.to_owned())
            .bind(row.row_index)
            .fetch_one(&mut *tx)
            .await?;
        let mut result = RowResult {
            row: at,
            email: row.email.clone(),
            ok: true,
            before: None,
            after: None,
            entry: None,
            moved: 0,
            problem: None,
        };
        let mut undone = 0;
        while rest != 0 && result.problem.is_none() {
            let (action, most) = match rest > 0 {
                true => (Action::Deduct, rest.min(Adjustment::MOST)),
                false => (Action::Add, (-rest).min(Adjustment::MOST)),
            };
            let user = row.user_id.clone();
            let reason = self.operator.reason.clone();
            let mut change = self.adjustment(user, action, most, reason);
            let mut adjusted = credits::adjust(&mut tx, &change, &self.prices, now).await;
            // Refused under the wallet's lock, which holds until the end: so much is free.
            if let Err(CreditsError::Insufficient(short)) = adjusted {
                result.ok = false;
                result.problem = Some(RowProblem::NotUndone(rest - short.remaining));
                if short.remaining == 0 {
                    break;
                }
                change.amount = short.remaining;
                adjusted = credits::adjust(&mut tx, &change, &self.prices, now).await;
            }
            // Nothing is taken from a deleted account, and nothing given to it.
            if let Err(CreditsError::Deleted) = adjusted {
                result.ok = false;
                result.problem = Some(RowProblem::NotUndone(rest));
                break;
            }
            let adjusted = adjusted?;
            let back = adjusted.entry.as_ref().map_or(0, |entry| -entry.amount);
            if back == 0 {
                return Err(db::corrupt("a change by hand that changed nothing").into());
            }
            rest -= back;
            undone += back;
            result.before = result.before.or(Some(adjusted.before));
            result.after = Some(adjusted.wallet.credits.remaining);
            result.entry = adjusted.entry;
        }
        if undone == 0 {
            return Ok(result);
        }
        result.moved = -undone;
        sqlx::query(
            "UPDATE bulk_rows SET undone = undone + $3 WHERE batch_id = $1 AND row_index = $2",
        )
        .bind(batch_id)
        .bind(row.row_index)
        .bind(undone)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(result)
    }

    fn adjustment(&self, user: UserId, action: Action, amount: i64, reason: String) -> Adjustment {
        Adjustment {
            user,
            action,
            amount,
            reason,
            actor: Actor::Admin(self.admin.clone()),
            address: self.operator.address.clone(),
        }
    }
}

/// What a batch did and nobody took back.
async fn standing(tx: &mut Tx, batch_id: &str) -> sqlx::Result<Sums> {
    sqlx::query_as(
        "SELECT COUNT(*) AS count, \
         CAST(COALESCE(SUM(CASE WHEN changed > undone THEN changed - undone ELSE 0 END), 0) AS BIGINT) AS given, \
         CAST(COALESCE(SUM(CASE WHEN changed < undone THEN undone - changed ELSE 0 END), 0) AS BIGINT) AS taken \
         FROM bulk_rows WHERE batch_id = $1 AND changed <> undone",
    )
    .bind(batch_id.to_owned())
    .fetch_one(&mut **tx)
    .await
}

async fn is_done(tx: &mut Tx, batch_id: &str, index: i64) -> sqlx::Result<bool> {
    let done: Option<i64> = sqlx::query_scalar(
        "SELECT row_index FROM bulk_rows WHERE batch_id = $1 AND row_index = $2",
    )
    .bind(batch_id.to_owned())
    .bind(index)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(done.is_some())
}

/// The entry of a row that was done before.
async fn done_entry(tx: &mut Tx, batch_id: &str, index: i64) -> sqlx::Result<Option<Entry>> {
    let id: Option<EntryId> =
        sqlx::query_scalar("SELECT entry_id FROM bulk_rows WHERE batch_id = $1 AND row_index = $2")
            .bind(batch_id.to_owned())
            .bind(index)
            .fetch_one(&mut **tx)
            .await?;
    match id {
        Some(id) => Ok(Some(credits::entry(tx, &id).await?)),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_counts_as_the_ledger_does() {
        let mut wallet = Preview {
            remaining: 0,
            debt: 30,
        };
        wallet.change(Action::Add, 100).unwrap();
        assert_eq!((wallet.remaining, wallet.debt), (70, 0));
        assert!(wallet.change(Action::Deduct, 71).is_err());
        wallet.change(Action::Deduct, 70).unwrap();
        wallet.change(Action::Set, 5).unwrap();
        wallet.change(Action::Set, 2).unwrap();
        assert_eq!((wallet.remaining, wallet.debt), (2, 0));
    }
}
