//! Proves the ledger: recomputes every wallet, lot, use and period from the entries, checks every
//! record against them, and compares each row with its seal; counts the days of the site again that
//! are kept. It reads and never writes; each disagreement names its row, what was expected and found, and what mends it.
//!
//! Wallets are read in batches, each batch in one snapshot of the database, so a busy server can be
//! checked while it works. What is kept in memory grows with the lots of a batch, not with its
//! entries.
//!
//! To check one more thing: a comparison in `wallets.rs`, a line in [`mend_of`], and a row in the table
//! of `tests/verify.rs`.

mod deep;
mod plans;
mod wallets;

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use crate::db::{Database, Tx};
use crate::ids::UserId;
use crate::oversight::check_days;
use crate::time::Timestamp;

pub use deep::{DeepError, ask_about, ask_about_checkout, ask_providers};
pub use plans::ask_about_subscription;

/// One disagreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub kind: &'static str,
    /// The row that is wrong; of one that is not there, what it is known by.
    pub id: String,
    pub user_id: Option<String>,
    pub expected: String,
    pub found: String,
    /// The command that mends it.
    pub mend: String,
}

impl Finding {
    pub(crate) fn new(
        kind: &'static str,
        id: impl ToString,
        user: Option<&UserId>,
        expected: impl ToString,
        found: impl ToString,
    ) -> Self {
        let id = id.to_string();
        Self {
            kind,
            mend: mend_of(kind, &id, user),
            id,
            user_id: user.map(ToString::to_string),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            id,
            expected,
            found,
            mend,
            ..
        } = self;
        write!(
            f,
            "{kind} {id}: expected {expected}, found {found}; mend: {mend}"
        )
    }
}

/// What follows from the entries is made anew from them. The entries themselves, and what people set
/// out to buy, follow from nothing: they come back from a backup, or are accepted as they are.
fn mend_of(kind: &str, id: &str, user: Option<&UserId>) -> String {
    let derived = ["wallet.", "lot.", "use.", "day.", "period.", "job."];
    let user = user.map(UserId::as_str).unwrap_or_default();
    // Each has its click on the operator's page; the history itself stays as it is.
    let clicked = [
        "job.ended_twice",
        "invoice.period",
        "period.invoice",
        "site.day",
    ];
    if clicked.contains(&kind) {
        return "the operator's page of the reconciliation".to_owned();
    }
    let asked = [
        "recharge.paid",
        "recharge.returned",
        "recharge.returned_minor",
        "recharge.disputed",
        "recharge.taken",
        "recharge.frozen",
    ];
    if asked.contains(&kind) {
        format!("atelier recharge fulfil --id {id}")
    } else if derived.iter().any(|prefix| kind.starts_with(prefix)) {
        format!("atelier rebuild --user {user}")
    } else {
        format!(
            "restore the row from a backup, or if it is right: \
             atelier verify --accept {kind} --id {id} --reason WHY"
        )
    }
}

/// How much was looked at, and how much of it is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub wallets: u64,
    pub of_wallets: u64,
    pub entries: u64,
    pub findings: u64,
    /// Disagreements that an operator has accepted.
    pub accepted: u64,
}

/// What a run tells while it goes on.
pub enum Told<'a> {
    Finding(&'a Finding),
    /// After each batch.
    Progress(&'a Totals),
}

/// Collects what is found, leaving out what was accepted.
struct Out<'a> {
    totals: Totals,
    accepted: Accepted,
    /// Rows older than this may be without a seal.
    sealed_since: Timestamp,
    tell: &'a mut (dyn FnMut(Told<'_>) + Send),
}

impl Out<'_> {
    fn finding(&mut self, finding: &Finding) {
        let key = (
            finding.kind.to_owned(),
            finding.id.clone(),
            finding.found.clone(),
        );
        if self.accepted.contains(&key) {
            self.totals.accepted += 1;
        } else {
            self.totals.findings += 1;
            (self.tell)(Told::Finding(finding));
        }
    }

    fn compare<T: PartialEq + ToString>(
        &mut self,
        kind: &'static str,
        id: impl ToString,
        user: &UserId,
        expected: T,
        found: T,
    ) {
        if expected != found {
            self.finding(&Finding::new(kind, id, Some(user), expected, found));
        }
    }
}

/// Checks everything that this database can prove by itself.
pub async fn run(db: &Database, tell: &mut (dyn FnMut(Told<'_>) + Send)) -> sqlx::Result<Totals> {
    let mut out = begin(db, tell).await?;
    wallets::check_all(db, &mut out).await?;
    for finding in of_days(db, None).await? {
        out.finding(&finding);
    }
    Ok(out.totals)
}

/// Days of the site that are kept otherwise than they come to: all of them, or one.
pub(crate) async fn of_days(db: &Database, one: Option<Timestamp>) -> sqlx::Result<Vec<Finding>> {
    let wrong = check_days(db, one).await?.into_iter();
    let found = wrong.map(|day| Finding::new("site.day", day.date, None, day.expected, day.found));
    Ok(found.collect())
}

async fn begin<'a>(
    db: &Database,
    tell: &'a mut (dyn FnMut(Told<'_>) + Send),
) -> sqlx::Result<Out<'a>> {
    let accepted = accepted(db).await?;
    let since: Option<String> =
        sqlx::query_scalar("SELECT value FROM installation WHERE name = 'sealed_since'")
            .fetch_optional(db.reader())
            .await?;
    let since = since.and_then(|value| value.parse().ok());
    Ok(Out {
        totals: Totals::default(),
        accepted,
        sealed_since: Timestamp::from_micros(since.unwrap_or(0)),
        tell,
    })
}

type Accepted = HashSet<(String, String, String)>;

async fn accepted(db: &Database) -> sqlx::Result<Accepted> {
    let rows: Vec<(String, String, String)> =
        sqlx::query_as("SELECT kind, id, found FROM accepted_findings")
            .fetch_all(db.reader())
            .await?;
    Ok(rows.into_iter().collect())
}

/// What is wrong with one account, as this database can prove it.
pub async fn findings_of(db: &Database, user: &UserId) -> sqlx::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut collect = |told: Told<'_>| {
        if let Told::Finding(finding) = told {
            findings.push(finding.clone());
        }
    };
    let mut out = begin(db, &mut collect).await?;
    wallets::check_one(db, user, &mut out).await?;
    findings.retain(|finding| finding.user_id.as_deref() == Some(user.as_str()));
    Ok(findings)
}

/// Everything that is wrong, for callers that want it in one piece.
pub async fn findings(db: &Database) -> sqlx::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut collect = |told: Told<'_>| {
        if let Told::Finding(finding) = told {
            findings.push(finding.clone());
        }
    };
    run(db, &mut collect).await?;
    Ok(findings)
}

/// Takes a disagreement as it is: somebody looked into it, and nothing can or has to be mended.
/// A later change of the row is found again.
pub async fn accept(
    db: &Database,
    finding: &Finding,
    reason: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    accept_in(&mut tx, finding, reason, now).await?;
    tx.commit().await
}

/// The same in the caller's transaction. Says whether it was not accepted before.
pub async fn accept_in(
    tx: &mut Tx,
    finding: &Finding,
    reason: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let written = sqlx::query(
        "INSERT INTO accepted_findings (kind, id, found, reason, accepted_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, id, found) DO NOTHING",
    )
    .bind(finding.kind)
    .bind(&finding.id)
    .bind(&finding.found)
    .bind(reason)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected() == 1)
}
