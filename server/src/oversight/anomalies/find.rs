//! Where each kind is found. Each statement goes by an index and reads what is recent, written so that no planner prefers an
//! index over all of a table (a `COALESCE`, an empty text or a zero added, an order within): what stands in the whole ledger
//! is checked by the daily reconciliation, whose report is read here.

use std::time::Duration;

use sqlx::FromRow;

use super::{Anomalies, Anomaly, AnomalyKind, Limits, Lookout};
use crate::credits::day_of;
use crate::ids::first_of;
use crate::time::Timestamp;

/// How far back is looked at what happened: longer than from one daily look to the next, also when a node was off.
const LOOKED_BACK: i64 = 7;
/// Longer than from one daily reconciliation to the end of the next.
const UNTIL_REPORTED: Duration = Duration::from_secs(30 * 3_600);
/// Anomalies of one kind that are told.
const MOST: i64 = 200;
/// Accounts of one week that are compared for bursts.
const MOST_ACCOUNTS: i64 = 5_000;

/// Credits of purchases that are not paid, as our own books have it, and that were not taken back: from the few that are not
/// complete to what they brought. Of older purchases the reconciliation says so.
const UNPAID_GRANTS: &str = "SELECT l.recharge_id AS id, l.user_id, unpaid.status, \
     MIN(l.created_at) AS since \
     FROM (SELECT id, status FROM recharge_records \
           WHERE status IN ('pending', 'failed', 'cancelled') AND id >= $1 \
           ORDER BY status, id LIMIT 100000) unpaid \
     JOIN lots l ON l.recharge_id = unpaid.id \
     GROUP BY l.recharge_id, l.user_id, unpaid.status \
     HAVING SUM(l.granted) > COALESCE((SELECT SUM(-e.amount) FROM entries e \
       WHERE e.recharge_id = l.recharge_id AND e.kind = 'take_back'), 0) \
     ORDER BY l.recharge_id LIMIT $2";

/// The same where there is no such purchase; later it is in the daily report of the reconciliation.
const LOST_PURCHASES: &str = "SELECT l.recharge_id AS id, l.user_id, 'no record' AS status, \
     MIN(l.created_at) AS since FROM lots l WHERE l.created_at >= $1 AND COALESCE(l.recharge_id, '') <> '' \
     AND NOT EXISTS (SELECT 1 FROM recharge_records r WHERE r.id = l.recharge_id) \
     GROUP BY l.recharge_id, l.user_id \
     HAVING SUM(l.granted) > COALESCE((SELECT SUM(-e.amount) FROM entries e \
       WHERE e.recharge_id = l.recharge_id AND e.kind = 'take_back'), 0) \
     ORDER BY l.recharge_id LIMIT $2";

/// What operators gave to one account on one day: from the days on which an account received that much at all.
const GIVEN: &str = "SELECT l.user_id, CAST(SUM(l.granted) AS BIGINT) AS given, MIN(l.created_at) AS since \
     FROM wallet_days d JOIN lots l ON l.user_id = d.user_id \
     WHERE d.day >= $1 AND d.received > 0 AND d.received + 0 > $2 AND l.source || '' = 'grant' \
     AND l.created_at >= d.day * 86400000000 AND l.created_at < (d.day + 1) * 86400000000 \
     GROUP BY d.day, l.user_id HAVING SUM(l.granted) > $2 ORDER BY d.day, l.user_id LIMIT $3";

/// Of the newest report, what is not mended; and when it was first found.
const REPORTED: &str = "SELECT i.kind, i.id, i.user_id, i.expected, i.found, \
     (SELECT MIN(r.checked_at) FROM reconciliation_items o \
      JOIN reconciliation_reports r ON r.id = o.report_id \
      WHERE o.id = i.id AND o.kind = i.kind) AS since \
     FROM reconciliation_items i \
     WHERE i.report_id = (SELECT id FROM reconciliation_reports ORDER BY id DESC LIMIT 1) \
     AND i.mended_at IS NULL AND i.user_id IS NOT NULL ORDER BY i.position";

const HOLDS: &str = "SELECT c.job_id AS id, c.user_id, c.created_at AS since, \
     COALESCE(j.state, 'no job') AS status \
     FROM consumption_records c LEFT JOIN jobs j ON j.id = c.job_id \
     WHERE c.status = 'held' AND c.created_at < $1 ORDER BY c.created_at, c.job_id LIMIT $2";

/// From the purchases that were returned to accounts with enough of them, and from those to all their purchases.
const REFUNDS: &str = "SELECT r.user_id, COUNT(*) AS purchases, \
     CAST(SUM(CASE WHEN r.returned_minor > 0 OR r.disputed = 1 THEN 1 ELSE 0 END) AS BIGINT) AS returned, \
     MIN(CASE WHEN r.returned_minor > 0 OR r.disputed = 1 THEN r.completed_at END) AS since \
     FROM recharge_records r WHERE COALESCE(r.completed_at, 0) >= $1 AND r.user_id IN ( \
       SELECT o.user_id || '' FROM recharge_records o \
       WHERE (o.returned_minor > 0 OR o.disputed = 1) AND o.completed_at >= $1 \
       GROUP BY 1 HAVING COUNT(*) * 100 > $2 * $3) \
     GROUP BY r.user_id HAVING COUNT(*) >= $2 \
     AND SUM(CASE WHEN r.returned_minor > 0 OR r.disputed = 1 THEN 1 ELSE 0 END) * 100 > $3 * COUNT(*) \
     ORDER BY r.user_id LIMIT $4";

/// Accounts from addresses that made more than the limit in the whole time that is looked at, address by address. Looked for by
/// the day: of a burst over the limit that touches so many days, one has more than its part of the limit.
const SIGN_UPS: &str = "SELECT u.id, u.signed_up_from AS address, u.created_at FROM users u \
     JOIN (SELECT DISTINCT signed_up_from AS address FROM users \
           WHERE created_at / 86400000000 >= $1 AND created_at >= $1 * 86400000000 \
           AND signed_up_from IS NOT NULL \
           GROUP BY created_at / 86400000000, signed_up_from \
           HAVING COUNT(*) * $2 > $3 AND (SELECT COUNT(*) FROM users w \
             WHERE w.signed_up_from = users.signed_up_from AND w.id >= $4) > $3) many \
       ON many.address = u.signed_up_from \
     WHERE u.id >= $4 ORDER BY u.signed_up_from, u.created_at, u.id LIMIT $5";

/// A purchase or a hold that looks odd by its state.
#[derive(FromRow)]
struct OddRow {
    id: String,
    user_id: String,
    status: String,
    since: Timestamp,
}

#[derive(FromRow)]
struct GivenRow {
    user_id: String,
    given: i64,
    since: Timestamp,
}

#[derive(FromRow)]
struct ReportedRow {
    kind: String,
    id: String,
    user_id: String,
    expected: String,
    found: String,
    since: Timestamp,
}

#[derive(FromRow)]
struct RefundRow {
    user_id: String,
    purchases: i64,
    returned: i64,
    since: Timestamp,
}

/// An account and from where it was made.
#[derive(Clone, FromRow)]
struct SignUp {
    id: String,
    address: String,
    created_at: Timestamp,
}

impl Lookout {
    /// Looks now.
    ///
    /// # Errors
    /// The database's own.
    pub async fn find(&self) -> sqlx::Result<Anomalies> {
        let now = self.clock.now();
        let reported = self.reported().await?;
        let mut items = self.unpaid_grants(now).await?;
        for grant in of_kind(&reported, AnomalyKind::UnpaidGrant) {
            if items.iter().all(|known| known.id != grant.id) {
                items.push(grant);
            }
        }
        items.extend(self.given(now).await?);
        items.extend(of_kind(&reported, AnomalyKind::LedgerDrift));
        items.extend(self.stuck_holds(now).await?);
        items.extend(self.refund_rates(now).await?);
        items.extend(self.sign_up_bursts(now).await?);
        Ok(Anomalies {
            checked_at: now,
            items,
        })
    }

    /// What the newest report of the reconciliation says of an account's own books, and of purchases without a payment.
    async fn reported(&self) -> sqlx::Result<Vec<Anomaly>> {
        let rows: Vec<ReportedRow> = sqlx::query_as(REPORTED).fetch_all(self.db.reader()).await?;
        let items = rows.into_iter().filter_map(|row| {
            Some(Anomaly {
                kind: kind_of_report(&row.kind)?,
                id: row.id,
                user_id: Some(row.user_id),
                seen: row.found,
                limit: row.expected,
                since: row.since,
            })
        });
        Ok(items.collect())
    }

    async fn unpaid_grants(&self, now: Timestamp) -> sqlx::Result<Vec<Anomaly>> {
        let mut rows: Vec<OddRow> = sqlx::query_as(UNPAID_GRANTS)
            .bind(looked_back(now))
            .bind(MOST)
            .fetch_all(self.db.reader())
            .await?;
        let lost: Vec<OddRow> = sqlx::query_as(LOST_PURCHASES)
            .bind(now.minus(UNTIL_REPORTED))
            .bind(MOST)
            .fetch_all(self.db.reader())
            .await?;
        rows.extend(lost);
        rows.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
        let items = rows.into_iter().map(|row| Anomaly {
            kind: AnomalyKind::UnpaidGrant,
            id: row.id,
            user_id: Some(row.user_id),
            seen: row.status,
            limit: "completed".to_owned(),
            since: row.since,
        });
        Ok(items.collect())
    }

    async fn given(&self, now: Timestamp) -> sqlx::Result<Vec<Anomaly>> {
        let rows: Vec<GivenRow> = sqlx::query_as(GIVEN)
            .bind(day_of(now) - LOOKED_BACK)
            .bind(self.limits.given)
            .bind(MOST)
            .fetch_all(self.db.reader())
            .await?;
        let items = rows.into_iter().map(|row| Anomaly {
            kind: AnomalyKind::GivenCredits,
            id: format!("{}@{}", row.user_id, row.since.day()),
            user_id: Some(row.user_id),
            seen: row.given.to_string(),
            limit: self.limits.given.to_string(),
            since: row.since,
        });
        Ok(items.collect())
    }

    async fn stuck_holds(&self, now: Timestamp) -> sqlx::Result<Vec<Anomaly>> {
        let rows: Vec<OddRow> = sqlx::query_as(HOLDS)
            .bind(now.minus(self.limits.held))
            .bind(MOST)
            .fetch_all(self.db.reader())
            .await?;
        let items = rows.into_iter().map(|row| Anomaly {
            kind: AnomalyKind::StuckHold,
            id: row.id,
            user_id: Some(row.user_id),
            seen: format!("{}, {}", hours(now.since(row.since)), row.status),
            limit: hours(self.limits.held),
            since: row.since,
        });
        Ok(items.collect())
    }

    async fn refund_rates(&self, now: Timestamp) -> sqlx::Result<Vec<Anomaly>> {
        let Limits {
            refund_days,
            refund_purchases,
            refund_percent,
            ..
        } = self.limits;
        let rows: Vec<RefundRow> = sqlx::query_as(REFUNDS)
            .bind(now.plus_days(-refund_days))
            .bind(refund_purchases)
            .bind(refund_percent)
            .bind(MOST)
            .fetch_all(self.db.reader())
            .await?;
        let items = rows.into_iter().map(|row| Anomaly {
            kind: AnomalyKind::RefundRate,
            id: row.user_id.clone(),
            user_id: Some(row.user_id),
            seen: format!("{} / {}", row.returned, row.purchases),
            limit: format!("{refund_percent} %"),
            since: row.since,
        });
        Ok(items.collect())
    }

    async fn sign_up_bursts(&self, now: Timestamp) -> sqlx::Result<Vec<Anomaly>> {
        let Limits {
            burst_accounts,
            burst_within,
            ..
        } = self.limits;
        let days = i64::try_from(burst_within.as_secs().div_ceil(86_400)).unwrap_or(LOOKED_BACK);
        let rows: Vec<SignUp> = sqlx::query_as(SIGN_UPS)
            .bind(day_of(now) - LOOKED_BACK)
            .bind(days.min(LOOKED_BACK) + 1)
            .bind(burst_accounts)
            .bind(looked_back(now))
            .bind(MOST_ACCOUNTS)
            .fetch_all(self.db.reader())
            .await?;
        let mut items = Vec::new();
        for accounts in rows.chunk_by(|one, next| one.address == next.address) {
            items.extend(self.bursts_of(accounts));
        }
        items.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
        Ok(items)
    }

    /// Those accounts of one address, oldest first, that were made with too many others at a time.
    fn bursts_of(&self, accounts: &[SignUp]) -> Vec<Anomaly> {
        let Limits {
            burst_accounts,
            burst_within,
            ..
        } = self.limits;
        let most = usize::try_from(burst_accounts).unwrap_or(usize::MAX);
        // The size and the beginning of the largest burst that an account is part of.
        let mut of: Vec<Option<(usize, Timestamp)>> = vec![None; accounts.len()];
        for (first, account) in accounts.iter().enumerate() {
            let begins = account.created_at;
            let ends = begins.plus(burst_within);
            let later = accounts[first..].iter();
            let size = later
                .take_while(|account| account.created_at < ends)
                .count();
            if size <= most {
                continue;
            }
            for burst in &mut of[first..first + size] {
                if burst.is_none_or(|(known, _)| known < size) {
                    *burst = Some((size, begins));
                }
            }
        }
        let odd = accounts.iter().zip(of);
        odd.filter_map(|(account, burst)| {
            let (size, since) = burst?;
            Some(Anomaly {
                kind: AnomalyKind::SignUpBurst,
                id: account.address.clone(),
                user_id: Some(account.id.clone()),
                seen: size.to_string(),
                limit: burst_accounts.to_string(),
                since,
            })
        })
        .collect()
    }
}

fn of_kind(items: &[Anomaly], kind: AnomalyKind) -> impl Iterator<Item = Anomaly> {
    let those = items.iter().filter(move |item| item.kind == kind);
    those.take(usize::try_from(MOST).unwrap_or(0)).cloned()
}

/// What a finding of the reconciliation is here, if anything.
fn kind_of_report(word: &str) -> Option<AnomalyKind> {
    use crate::oversight::reconciliation::Kind as Fault;
    match Fault::parse(word)? {
        Fault::GrantedNotPaid | Fault::GrantedTwice => Some(AnomalyKind::UnpaidGrant),
        Fault::WalletSum
        | Fault::LotOff
        | Fault::VersionOff
        | Fault::TrialsOff
        | Fault::PeriodOff
        | Fault::EntryOff => Some(AnomalyKind::LedgerDrift),
        _ => None,
    }
}

/// Ids made before this one are not looked at.
fn looked_back(now: Timestamp) -> String {
    first_of(now.plus_days(-LOOKED_BACK))
}

fn hours(time: Duration) -> String {
    format!("{} h", time.as_secs() / 3_600)
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row};

    use super::*;
    use crate::db::Kind as Database;
    use crate::on_both_databases;

    /// Statements with what they take (an id, a moment, a day, a number), and the index that they have to go by.
    const STATEMENTS: [(&str, &str, &str); 7] = [
        (UNPAID_GRANTS, "in", "recharge_records_status"),
        (LOST_PURCHASES, "mn", "lots_bought"),
        (GIVEN, "dnn", "wallet_days_received"),
        (REPORTED, "", "reconciliation_items_id"),
        (HOLDS, "mn", "consumption_records_held"),
        (REFUNDS, "mnnn", "recharge_records_sent_back"),
        (SIGN_UPS, "dnnin", "users_signed_up"),
    ];

    on_both_databases! {
        async fn every_look_goes_by_an_index(ground: TestGround) {
            let is_sqlite = ground.db.kind() == Database::Sqlite;
            for (statement, values, index) in STATEMENTS {
                let mut tx = ground.db.begin().await.unwrap();
                let (explain, column) = if is_sqlite {
                    ("EXPLAIN QUERY PLAN", "detail")
                } else {
                    // Small tables are read whole, whatever indexes there are.
                    sqlx::query("SET LOCAL enable_seqscan = off").execute(&mut *tx).await.unwrap();
                    sqlx::query("SET LOCAL enable_bitmapscan = off").execute(&mut *tx).await.unwrap();
                    ("EXPLAIN", "QUERY PLAN")
                };
                let mut query = sqlx::query(AssertSqlSafe(format!("{explain} {statement}")));
                for value in values.chars() {
                    query = match value {
                        'i' => query.bind(looked_back(ground.clock.now())),
                        'm' => query.bind(ground.clock.now()),
                        'd' => query.bind(day_of(ground.clock.now())),
                        _ => query.bind(1_i64),
                    };
                }
                let plan = query.fetch_all(&mut *tx).await.unwrap();
                let plan: Vec<String> = plan.iter().map(|step| step.get(column)).collect();
                let whole = plan.iter().filter(|step| is_whole(step)).count();
                let plan = plan.join("\n");
                assert_eq!(whole, 0, "{statement}\n{plan}");
                // Which of two indexes leaves more out, PostgreSQL knows of full tables alone.
                assert!(!is_sqlite || plan.contains(&format!("{index} ")), "{statement}\n{plan}");
            }
        }
    }

    /// Whether a step reads all of a table that grows with the site.
    fn is_whole(step: &str) -> bool {
        const GROW: [&str; 7] = [
            "lots",
            "wallet_days",
            "entries",
            "users",
            "jobs",
            "consumption_records",
            "recharge_records",
        ];
        let by_name = |text: &str| GROW.iter().any(|table| text.contains(table));
        // Of SQLite: a search goes by an index, a scan reads all; the short names are those of the statements.
        let scan = step.trim_start().strip_prefix("SCAN ");
        let short = |name: &str| ["l", "r", "e", "c", "j", "o", "d", "u"].contains(&name);
        let table = scan.and_then(|rest| rest.split(' ').next());
        step.contains("Seq Scan on") && by_name(step)
            || table.is_some_and(|table| by_name(table) || short(table))
    }
}
