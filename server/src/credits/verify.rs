//! Recomputes every wallet from its entries and lots and compares, by plain reading: nothing is
//! mended here. Each finding names the row, what was expected and what was found.

use std::fmt;

use serde::Serialize;
use sqlx::FromRow;

use super::store::WalletRow;
use crate::db::Database;
use crate::ids::UserId;

/// What the check found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub wallets: usize,
    pub findings: Vec<Finding>,
}

/// One disagreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub kind: &'static str,
    /// The row that is wrong.
    pub id: String,
    pub user_id: Option<String>,
    pub expected: String,
    pub found: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: expected {}, found {}",
            self.kind, self.id, self.expected, self.found
        )
    }
}

/// Wallets looked at in one go.
const BATCH: i64 = 200;

/// Checks every wallet, then the records against the ledger.
pub async fn run(db: &Database) -> sqlx::Result<Report> {
    let mut report = Report::default();
    let mut after = String::new();
    loop {
        let users: Vec<(UserId,)> = sqlx::query_as(
            "SELECT user_id FROM wallets WHERE user_id > $1 ORDER BY user_id LIMIT $2",
        )
        .bind(&after)
        .bind(BATCH)
        .fetch_all(db.reader())
        .await?;
        let Some((last,)) = users.last() else { break };
        after = last.to_string();
        for (user,) in &users {
            check_wallet(db, user, &mut report).await?;
        }
        report.wallets += users.len();
    }
    check_purchases(db, &mut report).await?;
    check_holds(db, &mut report).await?;
    Ok(report)
}

/// A wallet, and the same figures recomputed from lots, entries and consumption records: one
/// statement, so that a wallet that changes meanwhile is not mistaken for a wrong one.
#[derive(FromRow)]
struct Recomputed {
    #[sqlx(flatten)]
    wallet: WalletRow,
    sum_granted: i64,
    sum_free: i64,
    sum_frozen: i64,
    sum_held: i64,
    sum_bonus: i64,
    sum_initial: i64,
    entries: i64,
    newest: i64,
    net: i64,
    sum_used: i64,
    uses_by_trial: i64,
    holds_by_trial: i64,
}

async fn check_wallet(db: &Database, user: &UserId, report: &mut Report) -> sqlx::Result<()> {
    let found: Recomputed = sqlx::query_as(RECOMPUTED)
        .bind(user)
        .fetch_one(db.reader())
        .await?;
    let (row, sums) = (&found.wallet, &found);
    let line = row.remaining + row.frozen + row.held + row.used + row.removed - row.debt;
    let taken = sums.sum_free + sums.sum_frozen + sums.sum_held + sums.sum_used;
    let removed = sums.sum_granted + row.debt - taken;
    let net = row.remaining + row.frozen - row.debt;
    let pairs = [
        ("wallet.total", sums.sum_granted, row.total),
        ("wallet.remaining", sums.sum_free, row.remaining),
        ("wallet.frozen", sums.sum_frozen, row.frozen),
        ("wallet.held", sums.sum_held, row.held),
        ("wallet.used", sums.sum_used, row.used),
        ("wallet.removed", removed, row.removed),
        ("wallet.bonus", sums.sum_bonus, row.bonus),
        ("wallet.initial", sums.sum_initial, row.initial),
        ("wallet.line", row.total, line),
        ("wallet.net", sums.net, net),
        ("wallet.seq", sums.newest, row.seq),
        ("wallet.entries", row.seq, sums.entries),
        ("wallet.trials_used", sums.uses_by_trial, row.trials_used),
        ("wallet.trials_held", sums.holds_by_trial, row.trials_held),
    ];
    for (kind, expected, found) in pairs {
        report.compare(kind, user.as_str(), Some(user), expected, found);
    }
    if row.trials_used + row.trials_held > row.trials_limit {
        let most = row.trials_limit;
        let found = row.trials_used + row.trials_held;
        report.compare("wallet.trials", user.as_str(), Some(user), most, found);
    }
    check_chain(db, user, report).await
}

/// Used are the captured uses and the owner's own deductions, which went from free to spent without
/// a hold.
const RECOMPUTED: &str = "SELECT w.*, \
  (SELECT CAST(COALESCE(SUM(granted), 0) AS BIGINT) FROM lots \
     WHERE user_id = $1) AS sum_granted, \
  (SELECT CAST(COALESCE(SUM(free), 0) AS BIGINT) FROM lots \
     WHERE user_id = $1 AND frozen = 0) AS sum_free, \
  (SELECT CAST(COALESCE(SUM(free), 0) AS BIGINT) FROM lots \
     WHERE user_id = $1 AND frozen = 1) AS sum_frozen, \
  (SELECT CAST(COALESCE(SUM(credits), 0) AS BIGINT) FROM consumption_records \
     WHERE user_id = $1 AND status = 'held') AS sum_held, \
  (SELECT CAST(COALESCE(SUM(granted), 0) AS BIGINT) FROM lots \
     WHERE user_id = $1 AND source IN ('bonus', 'grant')) AS sum_bonus, \
  (SELECT CAST(COALESCE(SUM(granted), 0) AS BIGINT) FROM lots \
     WHERE user_id = $1 AND source = 'initial') AS sum_initial, \
  (SELECT COUNT(*) FROM entries WHERE user_id = $1) AS entries, \
  (SELECT COALESCE(MAX(e.seq), 0) FROM entries e WHERE e.user_id = $1) AS newest, \
  (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM entries WHERE user_id = $1) AS net, \
  (SELECT CAST(COALESCE(SUM(spent), 0) AS BIGINT) FROM lots WHERE user_id = $1) AS sum_used, \
  (SELECT COUNT(*) FROM consumption_records \
     WHERE user_id = $1 AND paid_by = 'trial' AND status = 'completed') AS uses_by_trial, \
  (SELECT COUNT(*) FROM consumption_records \
     WHERE user_id = $1 AND paid_by = 'trial' AND status = 'held') AS holds_by_trial \
  FROM wallets w WHERE w.user_id = $1";

#[derive(FromRow)]
struct Link {
    id: String,
    expected: i64,
    found: i64,
}

/// Each entry's balance is that of the one before plus its own change.
async fn check_chain(db: &Database, user: &UserId, report: &mut Report) -> sqlx::Result<()> {
    let broken: Vec<Link> = sqlx::query_as(
        "SELECT id, expected, found FROM (SELECT id, balance_after AS found, \
         CAST(SUM(amount) OVER (ORDER BY seq) AS BIGINT) AS expected \
         FROM entries WHERE user_id = $1) chain WHERE expected <> found",
    )
    .bind(user)
    .fetch_all(db.reader())
    .await?;
    for link in broken {
        report.compare(
            "entry.balance_after",
            &link.id,
            Some(user),
            link.expected,
            link.found,
        );
    }
    Ok(())
}

#[derive(FromRow)]
struct Purchase {
    id: String,
    user_id: UserId,
    expected: i64,
    found: i64,
}

/// A completed purchase granted what it says; any other granted nothing.
async fn check_purchases(db: &Database, report: &mut Report) -> sqlx::Result<()> {
    let wrong: Vec<Purchase> = sqlx::query_as(
        "SELECT id, user_id, expected, found FROM (SELECT r.id, r.user_id, \
         CASE WHEN r.status = 'completed' THEN r.credits ELSE 0 END AS expected, \
         (SELECT CAST(COALESCE(SUM(l.granted), 0) AS BIGINT) FROM lots l \
          WHERE l.recharge_id = r.id AND l.user_id = r.user_id) AS found \
         FROM recharge_records r) purchases WHERE expected <> found",
    )
    .fetch_all(db.reader())
    .await?;
    for row in wrong {
        report.compare(
            "recharge.granted",
            &row.id,
            Some(&row.user_id),
            row.expected,
            row.found,
        );
    }
    Ok(())
}

#[derive(FromRow)]
struct Hold {
    id: String,
    user_id: UserId,
    expected: String,
    found: String,
}

/// A use is held exactly as long as its job is unfinished, completed when it succeeded and refunded
/// when it did not.
async fn check_holds(db: &Database, report: &mut Report) -> sqlx::Result<()> {
    let wrong: Vec<Hold> = sqlx::query_as(
        "SELECT id, user_id, expected, found FROM (SELECT j.id, j.user_id, \
         CASE WHEN j.state = 'succeeded' THEN 'completed' \
              WHEN j.state IN ('failed', 'cancelled') THEN 'refunded' ELSE 'held' END AS expected, \
         COALESCE(c.status, 'none') AS found \
         FROM jobs j LEFT JOIN consumption_records c ON c.job_id = j.id) holds \
         WHERE expected <> found",
    )
    .fetch_all(db.reader())
    .await?;
    for row in wrong {
        report.findings.push(Finding {
            kind: "job.hold",
            id: row.id,
            user_id: Some(row.user_id.to_string()),
            expected: row.expected,
            found: row.found,
        });
    }
    Ok(())
}

impl Report {
    fn compare(
        &mut self,
        kind: &'static str,
        id: &str,
        user: Option<&UserId>,
        expected: i64,
        found: i64,
    ) {
        if expected != found {
            self.findings.push(Finding {
                kind,
                id: id.to_owned(),
                user_id: user.map(ToString::to_string),
                expected: expected.to_string(),
                found: found.to_string(),
            });
        }
    }
}
