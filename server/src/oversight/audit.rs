use std::time::Duration;

use serde::Serialize;
use sqlx::{AnyPool, FromRow};
use utoipa::ToSchema;

use crate::credits::Actor;
use crate::db::{Database, Tx};
use crate::ids::{UserId, first_of, uuid_v7};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// What is done by hand, as the log calls it. The first word says of what kind its target is.
    Deed {
        CreditsAdd = "credits.add",
        CreditsDeduct = "credits.deduct",
        CreditsSet = "credits.set",
        Bulk = "credits.bulk",
        // No more of its rows are done from then on.
        BulkUndo = "credits.bulk.undo",
        // What an undoing took back, once it is through.
        BulkUndone = "credits.bulk.undone",
        UserCreate = "user.create",
        UserAdmin = "user.admin",
        UserSync = "user.sync",
        UserBlock = "user.block",
        UserUnblock = "user.unblock",
        TokenCreate = "token.create",
        TokenRevoke = "token.revoke",
        SessionEnd = "session.end",
        SpendingStop = "spending.stop",
        SpendingLift = "spending.lift",
        JobRetry = "job.retry",
        JobCancel = "job.cancel",
        JobRelease = "job.release",
        Refund = "recharge.refund",
        Replay = "webhook.replay",
        ReplayFailed = "webhook.replay_failed",
        Reconcile = "reconciliation.run",
        Mend = "reconciliation.mend",
        Rebuild = "ledger.rebuild",
        Accept = "ledger.accept",
    }
}

/// Something an administrator or the command line did.
pub struct Audit<'a> {
    pub actor: String,
    pub action: Deed,
    pub target: &'a str,
    pub before: String,
    pub after: String,
    pub reason: &'a str,
    pub address: Option<String>,
}

/// What stands for a reason that nobody gave. Forms always ask for one; programs and commands may leave it out, and then
/// this says which of the two it was.
fn reason_or_way<'a>(actor: &str, reason: &'a str) -> &'a str {
    match reason.trim() {
        "" if actor == Actor::CommandLine.to_string() => "by the command line",
        "" => "by the API",
        reason => reason,
    }
}

/// Writes a line of the audit log in the transaction of what it tells.
pub async fn record(tx: &mut Tx, audit: &Audit<'_>, now: Timestamp) -> sqlx::Result<()> {
    debug_assert_ne!(audit.before, audit.after, "a line tells a change");
    sqlx::query(
        "INSERT INTO audit_log (id, at, actor, action, target, before, after, reason, address) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(uuid_v7(now))
    .bind(now)
    .bind(&audit.actor)
    .bind(audit.action.as_str())
    .bind(audit.target)
    .bind(&audit.before)
    .bind(&audit.after)
    .bind(reason_or_way(&audit.actor, audit.reason))
    .bind(&audit.address)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who does something as an operator, and why.
#[derive(Clone, Debug, FromRow)]
pub struct Operator {
    pub actor: String,
    pub address: Option<String>,
    pub reason: String,
}

impl Operator {
    /// Writes what they did to `target` into the audit log, in the transaction that does it.
    ///
    /// # Errors
    /// The database's own.
    pub async fn records(
        &self,
        tx: &mut Tx,
        action: Deed,
        target: &str,
        before: &str,
        after: &str,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        let audit = Audit {
            actor: self.actor.clone(),
            action,
            target,
            before: before.to_owned(),
            after: after.to_owned(),
            reason: &self.reason,
            address: self.address.clone(),
        };
        record(tx, &audit, now).await
    }
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, FromRow, Serialize, ToSchema)]
pub struct AuditLine {
    pub id: String,
    pub at: Timestamp,
    /// `admin:ID`, or `command-line`.
    pub actor: String,
    pub action: String,
    /// What it was done to, mostly an account.
    pub target: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub reason: Option<String>,
    pub address: Option<String>,
}

/// Which lines; each word that is there must fit whole.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub actor: Option<String>,
    pub action: Option<String>,
    pub target: Option<String>,
    /// From this moment, and before that one.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Older than this line.
    pub before: Option<String>,
    pub limit: i64,
}

/// Everything of one account that an operator can act on.
macro_rules! of_account {
    () => {
        "SELECT $1 UNION ALL SELECT id FROM recharge_records WHERE user_id = $1 \
         UNION ALL SELECT session_id FROM recharge_records WHERE user_id = $1 AND session_id IS NOT NULL \
         UNION ALL SELECT id FROM subscriptions WHERE user_id = $1 \
         UNION ALL SELECT id FROM plan_periods WHERE user_id = $1 \
         UNION ALL SELECT id FROM lots WHERE user_id = $1 \
         UNION ALL SELECT recharge_id FROM lots WHERE user_id = $1 AND recharge_id IS NOT NULL \
         UNION ALL SELECT id FROM jobs WHERE user_id = $1 \
         UNION ALL SELECT id FROM entries WHERE user_id = $1 \
         UNION ALL SELECT id FROM consumption_records WHERE user_id = $1 \
         UNION ALL SELECT job_id FROM consumption_records WHERE user_id = $1"
    };
}

/// Whether a column names one account or something of it. Findings about a day or an entry are known by the account and that.
macro_rules! about_account {
    ($column:literal) => {
        concat!(
            "(",
            $column,
            " LIKE $1 || '@%' OR ",
            $column,
            " LIKE $1 || '#%' OR ",
            $column,
            " IN (",
            of_account!(),
            "))"
        )
    };
}

/// Erases what the log says of somebody in words, what an outside system calls them, and from where they themselves
/// acted. That something was done, by which account to which, stays.
pub(crate) async fn forget(tx: &mut Tx, user: &UserId) -> sqlx::Result<()> {
    for statement in [
        concat!(
            "UPDATE audit_log SET reason = NULL WHERE ",
            about_account!("target")
        ),
        "UPDATE audit_log SET before = NULL, after = NULL WHERE target = $1 AND action = 'user.sync'",
        concat!(
            "UPDATE accepted_findings SET reason = '' WHERE ",
            about_account!("id")
        ),
    ] {
        sqlx::query(statement).bind(user).execute(&mut **tx).await?;
    }
    for statement in [
        "UPDATE audit_log SET address = NULL WHERE actor = $1 OR actor = $2",
        // What is asked for becomes a line when it is done.
        "UPDATE reconciliation_asked SET address = NULL WHERE actor = $1 OR actor = $2",
    ] {
        sqlx::query(statement)
            .bind(format!("admin:{user}"))
            .bind(format!("user:{user}"))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// A line of the audit log as the account sees it that it is about: not who wrote it, nor from where.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct ArchivedDeed {
    #[serde(skip)]
    pub id: String,
    pub at: Timestamp,
    pub action: String,
    /// Which part of the account: its id, or that of a purchase, a job, an entry …
    pub target: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub reason: Option<String>,
}

/// What was done by hand to an account and to everything of it, newest first: older than the line `before`, if given.
///
/// # Errors
/// The database's own.
pub async fn archived_deeds(
    db: &Database,
    user: &UserId,
    before: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<ArchivedDeed>> {
    let mut deeds: Vec<ArchivedDeed> = sqlx::query_as(concat!(
        "SELECT id, at, action, target, before, after, reason FROM audit_log WHERE ",
        about_account!("target"),
        " AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
    ))
    .bind(user)
    .bind(before.map(str::to_owned))
    .bind(limit)
    .fetch_all(db.reader())
    .await?;
    for deed in &mut deeds {
        for said in [&mut deed.before, &mut deed.after].into_iter().flatten() {
            *said = without_others(said, user);
        }
    }
    Ok(deeds)
}

/// A purchase that came to its owner was somebody else's before: who that is, is no part of this account.
fn without_others(said: &str, user: &UserId) -> String {
    let words = said.split(' ').map(|word| {
        let is_other = UserId::parse(word).is_some_and(|id| id != *user);
        if is_other { "…" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What somebody did of one kind, as its index has it.
const DEED: &str = "actor || ' ' || action =";

/// The statement for a filter, and its values before the limit: words, then moments.
fn select(filter: &AuditFilter) -> (String, Vec<String>, Vec<Timestamp>) {
    // Each filter that is not asked for is left out, so that the others' indexes serve.
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    // Ids begin with their moment, in milliseconds, so that a time goes by the index that orders.
    let first = filter.from.map(first_of);
    let last = filter
        .to
        .map(|to| first_of(to.plus(Duration::from_millis(1))));
    let both = filter.actor.as_ref().zip(filter.action.as_ref());
    let deed = both.map(|(actor, action)| format!("{actor} {action}"));
    // The lines of one target are few, so its index serves, and no other; then that of what somebody did.
    let texts = match (&filter.target, deed) {
        (Some(_), _) => [
            ("target =", filter.target.clone()),
            ("COALESCE(actor, '') =", filter.actor.clone()),
            ("COALESCE(action, '') =", filter.action.clone()),
        ],
        (None, Some(deed)) => [(DEED, Some(deed)), ("", None), ("", None)],
        (None, None) => [
            ("actor =", filter.actor.clone()),
            ("action =", filter.action.clone()),
            ("", None),
        ],
    };
    let ids = [
        ("id <", filter.before.clone()),
        ("id >=", first),
        ("id <", last),
    ];
    for (condition, value) in texts.into_iter().chain(ids) {
        if let Some(value) = value {
            values.push(value);
            conditions.push(format!("{condition} ${}", values.len()));
        }
    }
    let times = [("at >=", filter.from), ("at <", filter.to)];
    let mut moments = Vec::new();
    for (condition, moment) in times {
        if let Some(moment) = moment {
            moments.push(moment);
            conditions.push(format!("{condition} ${}", values.len() + moments.len()));
        }
    }
    let place = values.len() + moments.len() + 1;
    let wanted = match conditions.is_empty() {
        true => String::new(),
        false => format!("WHERE {}", conditions.join(" AND ")),
    };
    let select = format!(
        "SELECT id, at, actor, action, target, before, after, reason, address FROM audit_log \
         {wanted} ORDER BY id DESC LIMIT ${place}"
    );
    (select, values, moments)
}

/// Lines of the audit log, newest first.
///
/// # Errors
/// The database's own.
pub async fn audit_lines(pool: &AnyPool, filter: &AuditFilter) -> sqlx::Result<Vec<AuditLine>> {
    let (select, values, moments) = select(filter);
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(select));
    for value in values {
        query = query.bind(value);
    }
    for moment in moments {
        query = query.bind(moment);
    }
    query.bind(filter.limit).fetch_all(pool).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    #[test]
    fn what_is_told_to_an_account_names_no_other() {
        let own = UserId::parse("01a1ee56-0000-7000-8000-000000000001").unwrap();
        let said = format!("{own} 999 usd pi_1");
        assert_eq!(without_others(&said, &own), said);
        let other = said.replace("000000000001", "000000000002");
        assert_eq!(without_others(&other, &own), "… 999 usd pi_1");
    }

    #[test]
    fn nobody_acts_without_a_reason() {
        let command_line = Actor::CommandLine.to_string();
        assert_eq!(reason_or_way("admin:1", " stolen card "), "stolen card");
        assert_eq!(reason_or_way(&command_line, "a gift"), "a gift");
        assert_eq!(reason_or_way(&command_line, " "), "by the command line");
        assert_eq!(reason_or_way("admin:1", ""), "by the API");
    }

    on_both_databases! {
        async fn every_list_goes_by_an_index(ground: TestGround) {
            let now = ground.clock.now();
            let word = |word: &str| Some(word.to_owned());
            let actor = word("admin:0193f000-0000-7000-8000-000000000000");
            let (action, target) = (word("user.block"), word("0193f000-0000-7000-8000-000000000001"));
            let all = AuditFilter::default();
            let of_actor = AuditFilter { actor: actor.clone(), ..all.clone() };
            let of_target = AuditFilter { target: target.clone(), ..all.clone() };
            let table = [
                (AuditFilter { action: action.clone(), ..all.clone() }, "audit_log_action (action=?"),
                (AuditFilter { action: action.clone(), ..of_actor.clone() }, "audit_log_deed (<expr>=?"),
                (AuditFilter { action: action.clone(), ..of_target.clone() }, "audit_log_target (target=?"),
                (AuditFilter { actor, ..of_target.clone() }, "audit_log_target (target=?"),
                (of_actor, "audit_log_actor (actor=?"),
                (of_target, "audit_log_target (target=?"),
                (all, ""),
            ];
            for (filter, index) in table {
                for (from, to) in [(None, None), (Some(now), None), (None, Some(now)), (Some(now), Some(now))] {
                    for before in [None, Some(uuid_v7(now))] {
                        let filter = AuditFilter { from, to, before, ..filter.clone() };
                        let (statement, mut values, moments) = select(&filter);
                        values.extend(moments.iter().map(|moment| moment.micros().to_string()));
                        values.push("51".to_owned());
                        let values: Vec<&str> = values.iter().map(String::as_str).collect();
                        // Without a word the primary key goes to where the time begins.
                        let by_time = filter.from.is_some() || filter.to.is_some() || filter.before.is_some();
                        let index = match index {
                            "" if by_time => "sqlite_autoindex_audit_log_1 (id",
                            index => index,
                        };
                        Course::in_order(&ground.db, &statement, &values, index).await;
                    }
                }
            }
        }
    }
}
