//! What happens on each day, over all accounts. A day that is over is counted once and kept; what cannot change any more
//! of the present one is kept bit by bit, and its rest is counted when somebody looks. Nothing of it is written by the
//! operations that are counted, so no row is fought over.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde::Serialize;
use sqlx::{AnyConnection, FromRow};
use utoipa::ToSchema;

use super::margin::Margins;
use super::{Deed, Operator};
use crate::catalog::{Costs, Money};
use crate::credits::day_of;
use crate::db::{Database, Tx};
use crate::ids::first_of;
use crate::time::Timestamp;

/// One day of the site in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SiteDay {
    pub date: String,
    /// Money that came in, by currency.
    pub revenue: Vec<Money>,
    /// Credits that were sold for each currency.
    pub bought: Vec<SiteSale>,
    /// Money that went back: refunds that succeeded, and disputes that were lost.
    pub refunded: Vec<Money>,
    pub credits: SiteCredits,
    pub users: SiteUsers,
    /// Jobs that ended, by provider and tool.
    pub jobs: Vec<SiteJobs>,
}

/// Credits that moved on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SiteCredits {
    pub sold: i64,
    /// Bonus, initial credits, and what operators add.
    pub given: i64,
    /// Captured by jobs, or deducted by accounts themselves.
    pub spent: i64,
    /// Held, and given back when a job failed or was cancelled.
    pub returned: i64,
    pub lapsed: i64,
    /// By refunds and lost disputes.
    pub taken_back: i64,
}

impl SiteCredits {
    fn add(&mut self, other: Self) {
        self.sold += other.sold;
        self.given += other.given;
        self.spent += other.spent;
        self.returned += other.returned;
        self.lapsed += other.lapsed;
        self.taken_back += other.taken_back;
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SiteSale {
    pub currency: String,
    pub credits: i64,
    /// What they were sold for, before tax.
    pub amount_minor: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SiteUsers {
    pub signed_up: i64,
    /// Accounts that started a job.
    pub active: i64,
    /// Accounts that paid.
    pub paying: i64,
}

impl SiteUsers {
    fn add(&mut self, other: Self) {
        self.signed_up += other.signed_up;
        self.active += other.active;
        self.paying += other.paying;
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SiteJobs {
    pub provider: String,
    pub tool: String,
    pub succeeded: i64,
    pub failed: i64,
    pub cancelled: i64,
    /// Of those that succeeded, from their start to their end, together.
    pub seconds: i64,
    /// What those that succeeded cost their owners.
    pub credits: i64,
    /// What the provider asks for those that succeeded, where the catalogue says it.
    pub cost: Option<Money>,
    /// What their credits were sold for, less that.
    pub margin: Option<Money>,
}

impl SiteJobs {
    /// Of a thousand that succeeded or failed, how many failed; nothing where none did.
    pub fn failed_of_a_thousand(&self) -> Option<i64> {
        (self.failed * 1_000).checked_div(self.succeeded + self.failed)
    }

    /// How long one of those that succeeded took.
    pub fn mean_seconds(&self) -> Option<i64> {
        self.seconds.checked_div(self.succeeded)
    }

    /// Counts others with these, whoever did them and with what; what they cost is told anew.
    pub fn add(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.seconds += other.seconds;
        self.credits += other.credits;
        (self.cost, self.margin) = (None, None);
    }
}

/// One number of a day: what is counted, and of what.
type Figures = BTreeMap<(String, String), i64>;

/// How far behind the end of a day its last transactions may still be under way.
const GRACE: Duration = Duration::from_secs(10 * 60);
/// Days that are counted again when another one ends: a refund that failed late belongs to its day, and a renewal that
/// was paid late to the day of its invoice.
const AGAIN: i64 = 35;
/// The last day that is kept as a whole.
const NEWEST: &str =
    "SELECT MAX(day) FROM site_days WHERE counted_until >= (day + 1) * 86400000000";
const KEPT_DAYS: &str = "SELECT day, counted_until FROM site_days WHERE day BETWEEN $1 AND $2";
const KEPT_FIGURES: &str =
    "SELECT day, figure, part, amount FROM site_figures WHERE day BETWEEN $1 AND $2";
/// Days that one run counts at most; the next one goes on.
const AT_ONCE: usize = 400;
const MICROS_PER_DAY: i64 = 86_400_000_000;
/// What is kept of the present day ends at a quarter of an hour.
const STEP: i64 = 15 * 60 * 1_000_000;

/// The days from `from` to `to`, both included and oldest first. Margins go by what was sold in these days.
///
/// # Errors
/// The database's own.
pub async fn daily(
    db: &Database,
    costs: Option<&Costs>,
    from: Timestamp,
    to: Timestamp,
) -> sqlx::Result<Vec<SiteDay>> {
    let (first, last) = (day_of(from), day_of(to));
    let mut snapshot = db.snapshot().await?;
    let kept: Vec<(i64, Timestamp)> = sqlx::query_as(KEPT_DAYS)
        .bind(first)
        .bind(last)
        .fetch_all(&mut *snapshot)
        .await?;
    let mut by_day: HashMap<i64, (Timestamp, Figures)> = kept
        .into_iter()
        .map(|(day, until)| (day, (until, Figures::new())))
        .collect();
    let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(KEPT_FIGURES)
        .bind(first)
        .bind(last)
        .fetch_all(&mut *snapshot)
        .await?;
    for (day, figure, part, amount) in rows {
        if let Some((_, figures)) = by_day.get_mut(&day) {
            figures.insert((figure, part), amount);
        }
    }
    let mut days = Vec::new();
    for day in first..=last {
        let nothing = || (start_of(day), Figures::new());
        let (until, mut figures) = by_day.remove(&day).unwrap_or_else(nothing);
        if until < end_of(day) {
            settled(&mut snapshot, &mut figures, day, until, end_of(day)).await?;
            unsettled(&mut snapshot, &mut figures, day).await?;
        }
        days.push(SiteDay::of(day, figures));
    }
    snapshot.rollback().await?;
    if let Some(margins) = Margins::over(&days, costs) {
        days.iter_mut().for_each(|day| margins.tell(day));
    }
    Ok(days)
}

/// Keeps what every day comes to that is over and not kept yet, and counts the last ones again. Says how many it kept.
///
/// # Errors
/// The database's own; what is kept by then stays.
pub async fn close_days(db: &Database, now: Timestamp) -> sqlx::Result<usize> {
    let last = day_of(now.minus(GRACE)) - 1;
    let newest: Option<i64> = sqlx::query_scalar(NEWEST).fetch_one(db.reader()).await?;
    let first = match newest {
        Some(newest) if newest >= last => return Ok(0),
        Some(newest) => newest + 1 - AGAIN,
        None => {
            let began: Option<Timestamp> = sqlx::query_scalar("SELECT MIN(created_at) FROM users")
                .fetch_one(db.reader())
                .await?;
            began.map_or(last, day_of)
        }
    };
    let mut kept = 0;
    for day in (first..=last).take(AT_ONCE) {
        let mut snapshot = db.snapshot().await?;
        let figures = count(&mut snapshot, day).await?;
        snapshot.rollback().await?;
        keep(db, day, figures, now).await?;
        kept += 1;
    }
    Ok(kept)
}

/// Keeps what does not change any more of the present day, in steps. Says up to when it is kept now.
///
/// # Errors
/// The database's own.
pub async fn count_on(db: &Database, now: Timestamp) -> sqlx::Result<Timestamp> {
    let settled_by = now.minus(GRACE);
    let day = day_of(settled_by);
    let to = Timestamp::from_micros(settled_by.micros() - settled_by.micros().rem_euclid(STEP));
    let kept: Option<Timestamp> =
        sqlx::query_scalar("SELECT counted_until FROM site_days WHERE day = $1")
            .bind(day)
            .fetch_optional(db.reader())
            .await?;
    if let Some(kept) = kept.filter(|kept| *kept >= to) {
        return Ok(kept);
    }
    let from = kept.unwrap_or(start_of(day));
    let mut figures = Figures::new();
    let mut snapshot = db.snapshot().await?;
    settled(&mut snapshot, &mut figures, day, from, to).await?;
    snapshot.rollback().await?;
    let mut tx = db.begin().await?;
    sqlx::query(
        "INSERT INTO site_days (day, closed_at, counted_until) VALUES ($1, $2, $3) \
         ON CONFLICT (day) DO NOTHING",
    )
    .bind(day)
    .bind(now)
    .bind(from)
    .execute(&mut *tx)
    .await?;
    // Unless somebody else was faster.
    let taken = sqlx::query(
        "UPDATE site_days SET counted_until = $3, closed_at = $4 WHERE day = $1 AND counted_until = $2",
    )
    .bind(day)
    .bind(from)
    .bind(to)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    if taken.rows_affected() == 1 {
        insert(&mut tx, day, figures).await?;
    }
    tx.commit().await?;
    Ok(to)
}

/// A day that is kept and comes to something else now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongDay {
    pub date: String,
    /// The figures that differ, as they are counted now.
    pub expected: String,
    /// The same as they are kept.
    pub found: String,
}

/// Counts the days that are kept again, all of them or one.
///
/// # Errors
/// The database's own.
pub async fn check_days(db: &Database, one: Option<Timestamp>) -> sqlx::Result<Vec<WrongDay>> {
    let (first, last) = one.map_or((0, i64::MAX), |at| (day_of(at), day_of(at)));
    let days: Vec<(i64,)> = sqlx::query_as(
        "SELECT day FROM site_days WHERE day BETWEEN $1 AND $2 \
             AND counted_until >= (day + 1) * 86400000000 ORDER BY day",
    )
    .bind(first)
    .bind(last)
    .fetch_all(db.reader())
    .await?;
    let newest: Option<i64> = sqlx::query_scalar(NEWEST).fetch_one(db.reader()).await?;
    let mut wrong = Vec::new();
    for (day,) in days {
        // Of the last days some of it may change still, and is counted again when the next one ends.
        let is_young = newest.is_some_and(|newest| day > newest - AGAIN);
        let mut snapshot = db.snapshot_of_all().await?;
        let kept = kept_of(&mut snapshot, day).await?;
        let counted = count(&mut snapshot, day).await?;
        snapshot.rollback().await?;
        let of = |figures: &Figures, name| figures.get(name).copied().unwrap_or(0);
        let names: BTreeSet<_> = counted.keys().chain(kept.keys()).collect();
        let differ = names
            .into_iter()
            .filter(|name| of(&counted, name) != of(&kept, name))
            .filter(|name| !is_young || !UNSETTLED.contains(&name.0.as_str()));
        let differ: Vec<_> = differ.collect();
        if differ.is_empty() {
            continue;
        }
        let said = |figures: &Figures| {
            let each = differ.iter().map(|name| {
                let parts = [
                    name.0.clone(),
                    name.1.clone(),
                    of(figures, name).to_string(),
                ];
                parts
                    .iter()
                    .filter(|part| !part.is_empty())
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(" ")
            });
            each.collect::<Vec<_>>().join("; ")
        };
        wrong.push(WrongDay {
            date: date(day),
            expected: said(&counted),
            found: said(&kept),
        });
    }
    Ok(wrong)
}

/// Counts a day that is kept anew, and says so in the audit log. One that is kept as it is counted stays.
///
/// # Errors
/// The database's own.
pub async fn recount(
    db: &Database,
    wrong: &WrongDay,
    by: &Operator,
    now: Timestamp,
) -> sqlx::Result<()> {
    let Some(day) = Timestamp::parse(&wrong.date).map(day_of) else {
        return Ok(());
    };
    let mut snapshot = db.snapshot().await?;
    let figures = count(&mut snapshot, day).await?;
    snapshot.rollback().await?;
    let mut tx = db.begin().await?;
    let select = tx.locking("SELECT day FROM site_days WHERE day = $1");
    sqlx::query(select).bind(day).execute(&mut *tx).await?;
    // Whoever else counted it meanwhile told it.
    if kept_of(&mut tx, day).await? == figures {
        return Ok(());
    }
    write(&mut tx, day, figures, now).await?;
    by.records(
        &mut tx,
        Deed::Mend,
        &wrong.date,
        &wrong.found,
        &wrong.expected,
        now,
    )
    .await?;
    tx.commit().await
}

/// What is kept of a day.
async fn kept_of(db: &mut AnyConnection, day: i64) -> sqlx::Result<Figures> {
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT figure, part, amount FROM site_figures WHERE day = $1")
            .bind(day)
            .fetch_all(db)
            .await?;
    let kept = rows.into_iter();
    Ok(kept
        .map(|(figure, part, amount)| ((figure, part), amount))
        .collect())
}

async fn keep(db: &Database, day: i64, figures: Figures, now: Timestamp) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    write(&mut tx, day, figures, now).await?;
    tx.commit().await
}

async fn write(tx: &mut Tx, day: i64, figures: Figures, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO site_days (day, closed_at, counted_until) VALUES ($1, $2, $3) \
         ON CONFLICT (day) DO UPDATE \
         SET closed_at = excluded.closed_at, counted_until = excluded.counted_until",
    )
    .bind(day)
    .bind(now)
    .bind(end_of(day))
    .execute(&mut **tx)
    .await?;
    sqlx::query("DELETE FROM site_figures WHERE day = $1")
        .bind(day)
        .execute(&mut **tx)
        .await?;
    insert(tx, day, figures).await
}

/// Adds figures to those that a day has.
async fn insert(tx: &mut Tx, day: i64, figures: Figures) -> sqlx::Result<()> {
    for ((figure, part), amount) in figures {
        sqlx::query(
            "INSERT INTO site_figures (day, figure, part, amount) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (day, figure, part) DO UPDATE \
             SET amount = site_figures.amount + excluded.amount",
        )
        .bind(day)
        .bind(figure)
        .bind(part)
        .bind(amount)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Counts a whole day.
async fn count(db: &mut AnyConnection, day: i64) -> sqlx::Result<Figures> {
    let mut figures = Figures::new();
    settled(db, &mut figures, day, start_of(day), end_of(day)).await?;
    unsettled(db, &mut figures, day).await?;
    Ok(figures)
}

/// What stays as it is once its moment is over, but for what the reconciliation mends, of the day's span from `from` on and
/// before `to`: by ids where they tell the time, by an index elsewhere. Entries belong to the day they were written on. The spans of a day add up to it.
async fn settled(
    db: &mut AnyConnection,
    figures: &mut Figures,
    day: i64,
    from: Timestamp,
    to: Timestamp,
) -> sqlx::Result<()> {
    for select in BY_ID {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(select)
            .bind(first_of(from))
            .bind(first_of(to))
            .fetch_all(&mut *db)
            .await?;
        add(figures, rows);
    }
    let rows: Vec<(String, String, i64)> = sqlx::query_as(ACTIVE)
        .bind(first_of(from))
        .bind(first_of(to))
        .bind(first_of(start_of(day)))
        .fetch_all(&mut *db)
        .await?;
    add(figures, rows);
    let ended: Vec<Ended> = sqlx::query_as(ENDED)
        .bind(from)
        .bind(to)
        .fetch_all(&mut *db)
        .await?;
    for ended in ended {
        let of = |figure: &str, amount| (figure.to_owned(), ended.part.clone(), amount);
        add(figures, vec![of(&ended.state, ended.jobs)]);
        if ended.state == "succeeded" {
            let more = [of("credits", ended.credits), of("micros", ended.micros)];
            add(figures, more.into());
        }
    }
    figures.remove(&("other".to_owned(), String::new()));
    Ok(())
}

/// What may still change while the day lasts: purchases that are put right, refunds that fail.
async fn unsettled(db: &mut AnyConnection, figures: &mut Figures, day: i64) -> sqlx::Result<()> {
    for select in BY_TIME {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(select)
            .bind(start_of(day))
            .bind(end_of(day))
            .fetch_all(&mut *db)
            .await?;
        add(figures, rows);
    }
    Ok(())
}

/// Figures of rows whose ids are from `$1` on and before `$2`.
const BY_ID: [&str; 2] = [
    "SELECT CASE WHEN e.kind = 'grant' AND l.source = 'purchase' THEN 'sold' \
            WHEN e.kind = 'grant' THEN 'given' \
            WHEN e.kind = 'capture' THEN 'spent' \
            WHEN e.kind = 'deduct' AND e.actor = 'user:' || e.user_id THEN 'spent' \
            WHEN e.kind = 'release' THEN 'returned' \
            WHEN e.kind = 'expire' THEN 'lapsed' \
            WHEN e.kind = 'take_back' THEN 'taken_back' ELSE 'other' END AS figure, \
            '' AS part, CAST(SUM(p.amount) AS BIGINT) \
     FROM entries e JOIN entry_lots p ON p.entry_id = e.id JOIN lots l ON l.id = p.lot_id \
     WHERE e.id >= $1 AND e.id < $2 AND e.kind <> 'hold' GROUP BY 1, 2",
    "SELECT 'signed_up', '', COUNT(*) FROM users WHERE id >= $1 AND id < $2",
];

/// Accounts whose first job of the day, which began at `$3`, is in the span.
const ACTIVE: &str = "SELECT 'active', '', COUNT(DISTINCT j.user_id) FROM jobs j \
     WHERE j.id >= $1 AND j.id < $2 AND NOT EXISTS \
     (SELECT 1 FROM jobs b WHERE b.user_id = j.user_id AND b.id >= $3 AND b.id < $1)";

/// Jobs that ended from `$1` on and before `$2`: how often, what they took and cost.
const ENDED: &str = "SELECT state, provider || '/' || tool AS part, COUNT(*) AS jobs, \
            CAST(SUM(cost) AS BIGINT) AS credits, \
            CAST(SUM(finished_at - COALESCE(started_at, created_at)) AS BIGINT) AS micros \
     FROM jobs WHERE finished_at >= $1 AND finished_at < $2 GROUP BY state, provider, tool";

#[derive(FromRow)]
struct Ended {
    state: String,
    part: String,
    jobs: i64,
    credits: i64,
    micros: i64,
}

/// What [`BY_TIME`] counts.
const UNSETTLED: [&str; 5] = ["paying", "revenue", "bought", "sales", "refunded"];

/// Figures of what happened from `$1` on and before `$2`.
const BY_TIME: [&str; 6] = [
    "SELECT 'paying', '', COUNT(DISTINCT user_id) FROM recharge_records \
     WHERE completed_at >= $1 AND completed_at < $2",
    "SELECT 'revenue', currency, CAST(SUM(COALESCE(paid_minor, amount_minor)) AS BIGINT) \
     FROM recharge_records WHERE completed_at >= $1 AND completed_at < $2 GROUP BY currency",
    "SELECT 'bought', currency, CAST(SUM(credits) AS BIGINT) FROM recharge_records \
     WHERE completed_at >= $1 AND completed_at < $2 AND credits > 0 GROUP BY currency",
    "SELECT 'sales', currency, CAST(SUM(amount_minor) AS BIGINT) FROM recharge_records \
     WHERE completed_at >= $1 AND completed_at < $2 AND credits > 0 GROUP BY currency",
    "SELECT 'refunded', r.currency, CAST(SUM(f.amount_minor) AS BIGINT) \
     FROM refunds f JOIN recharge_records r ON r.id = f.recharge_id \
     WHERE f.changed_at >= $1 AND f.changed_at < $2 AND f.status = 'succeeded' GROUP BY r.currency",
    "SELECT 'refunded', r.currency, CAST(SUM(d.amount_minor) AS BIGINT) \
     FROM disputes d JOIN recharge_records r ON r.id = d.recharge_id \
     WHERE d.changed_at >= $1 AND d.changed_at < $2 AND d.status = 'lost' GROUP BY r.currency",
];

fn add(figures: &mut Figures, rows: Vec<(String, String, i64)>) {
    for (figure, part, amount) in rows {
        if amount != 0 {
            *figures.entry((figure, part)).or_default() += amount;
        }
    }
}

/// By currency, in the order of their names, as one day has them.
fn add_each<T: Clone>(all: &mut Vec<T>, more: &[T], name: fn(&T) -> &str, add: fn(&mut T, &T)) {
    for one in more {
        match all.iter_mut().find(|known| name(known) == name(one)) {
            Some(known) => add(known, one),
            None => all.push(one.clone()),
        }
    }
    all.sort_by(|one, other| name(one).cmp(name(other)));
}

fn start_of(day: i64) -> Timestamp {
    Timestamp::from_micros(day * MICROS_PER_DAY)
}

fn end_of(day: i64) -> Timestamp {
    start_of(day + 1)
}

fn date(day: i64) -> String {
    start_of(day).day()
}

impl SiteDay {
    /// Jobs of every provider, of one tool or of all, as one.
    pub fn done(&self, with: Option<&str>) -> SiteJobs {
        let mut all = SiteJobs::default();
        let jobs = self.jobs.iter();
        jobs.filter(|jobs| with.is_none_or(|tool| jobs.tool == tool))
            .for_each(|jobs| all.add(jobs));
        all
    }

    /// What several days come to together, under the date of the first. The people who were active or paid are added up
    /// too, so somebody counts on each of their days; margins are not told.
    pub fn together(days: &[Self]) -> Self {
        let mut whole = Self {
            date: days
                .first()
                .map_or_else(String::new, |day| day.date.clone()),
            ..Self::default()
        };
        let mut jobs: BTreeMap<(&str, &str), SiteJobs> = BTreeMap::new();
        for day in days {
            for (all, more) in [
                (&mut whole.revenue, &day.revenue),
                (&mut whole.refunded, &day.refunded),
            ] {
                let add = |all: &mut Money, more: &Money| all.amount_minor += more.amount_minor;
                add_each(all, more, |money| &money.currency, add);
            }
            let add = |all: &mut SiteSale, more: &SiteSale| {
                all.credits += more.credits;
                all.amount_minor += more.amount_minor;
            };
            add_each(&mut whole.bought, &day.bought, |sale| &sale.currency, add);
            whole.credits.add(day.credits);
            whole.users.add(day.users);
            for done in &day.jobs {
                let name = (done.provider.as_str(), done.tool.as_str());
                jobs.entry(name).or_default().add(done);
            }
        }
        let named = jobs.into_iter().map(|((provider, tool), jobs)| SiteJobs {
            provider: provider.to_owned(),
            tool: tool.to_owned(),
            ..jobs
        });
        whole.jobs = named.collect();
        whole
    }

    /// What was sold for this currency, to be written.
    fn sale_in(&mut self, currency: String) -> &mut SiteSale {
        let known = self
            .bought
            .iter()
            .position(|sale| sale.currency == currency);
        let at = known.unwrap_or_else(|| {
            let sale = SiteSale {
                currency,
                ..SiteSale::default()
            };
            self.bought.push(sale);
            self.bought.len() - 1
        });
        &mut self.bought[at]
    }

    fn of(day: i64, figures: Figures) -> Self {
        let mut whole = Self {
            date: date(day),
            ..Self::default()
        };
        let mut jobs: BTreeMap<String, SiteJobs> = BTreeMap::new();
        for ((figure, part), amount) in figures {
            let money = || Money {
                amount_minor: amount,
                currency: part.clone(),
            };
            match figure.as_str() {
                "revenue" => whole.revenue.push(money()),
                "refunded" => whole.refunded.push(money()),
                "bought" => whole.sale_in(part).credits = amount,
                "sales" => whole.sale_in(part).amount_minor = amount,
                "sold" => whole.credits.sold = amount,
                "given" => whole.credits.given = amount,
                "spent" => whole.credits.spent = amount,
                "returned" => whole.credits.returned = amount,
                "lapsed" => whole.credits.lapsed = amount,
                "taken_back" => whole.credits.taken_back = amount,
                "signed_up" => whole.users.signed_up = amount,
                "active" => whole.users.active = amount,
                "paying" => whole.users.paying = amount,
                figure => {
                    let jobs = jobs.entry(part).or_default();
                    match figure {
                        "succeeded" => jobs.succeeded = amount,
                        "failed" => jobs.failed = amount,
                        "cancelled" => jobs.cancelled = amount,
                        "credits" => jobs.credits = amount,
                        "micros" => jobs.seconds = amount / 1_000_000,
                        _ => {}
                    }
                }
            }
        }
        whole.jobs = jobs
            .into_iter()
            .filter_map(|(part, jobs)| {
                let (provider, tool) = part.split_once('/')?;
                Some(SiteJobs {
                    provider: provider.to_owned(),
                    tool: tool.to_owned(),
                    ..jobs
                })
            })
            .collect();
        whole
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::db::Course;
    use crate::on_both_databases;

    on_both_databases! {
        async fn days_are_read_and_counted_by_indexes(ground: TestGround) {
            let db = &ground.db;
            let kept = [(KEPT_DAYS, "site_days"), (KEPT_FIGURES, "site_figures")];
            for (select, index) in kept {
                Course::by_index(db, select, &["1", "30"], &format!("SEARCH {index}")).await;
            }
            let ids = ["0193f000-0000-7000-8000-000000000000", "0193f000-0000-7000-8000-000000000001"];
            for (select, index) in BY_ID.iter().zip(["SEARCH e ", "SEARCH users "]) {
                Course::by_index(db, select, &ids, index).await;
            }
            Course::by_index(db, ACTIVE, &[ids[0], ids[1], ids[0]], "jobs_user_id_id").await;
            Course::by_index(db, ENDED, &["1", "2"], "jobs_finished_at").await;
            let indexes = ["recharge_records_completed_at"; 4].into_iter();
            let indexes = indexes.chain(["refunds_changed_at", "disputes_changed_at"]);
            for (select, index) in BY_TIME.iter().zip(indexes) {
                Course::by_index(db, select, &["1", "2"], index).await;
            }
        }
    }

    #[test]
    fn what_may_change_still_is_what_is_counted_by_time() {
        let counted = BY_TIME
            .iter()
            .filter_map(|select| select.split('\'').nth(1));
        let counted: BTreeSet<&str> = counted.collect();
        assert_eq!(counted, UNSETTLED.into_iter().collect());
    }
}
