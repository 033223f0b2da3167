use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::TryStreamExt;
use sqlx::{AnyConnection, FromRow};

use super::{Finding, Out, Told};
use crate::credits::{
    DayRow, EntryKind, EntryPart, Gathered, Lot, LotRow, PaidBy, PeriodRow, Recomputed, UseRow,
    WalletRow, WholeEntry,
};
use crate::db::Database;
use crate::ids::{JobId, LotId, PeriodId, RechargeId, UserId};
use crate::payments::{RechargeRow, RechargeStatus};
use crate::time::Timestamp;

/// Wallets of one batch.
const BATCH: i64 = 200;
/// Sorts after every id.
const AFTER_ALL: &str = "g";

pub(super) async fn check_all(db: &Database, out: &mut Out<'_>) -> sqlx::Result<()> {
    let wallets: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM wallets")
        .fetch_one(db.reader())
        .await?;
    out.totals.of_wallets = u64::try_from(wallets).unwrap_or(0);
    let mut after = String::new();
    loop {
        let mut snapshot = db.snapshot_of_all().await?;
        let rows: Vec<WalletRow> =
            sqlx::query_as("SELECT * FROM wallets WHERE user_id > $1 ORDER BY user_id LIMIT $2")
                .bind(&after)
                .bind(BATCH)
                .fetch_all(&mut *snapshot)
                .await?;
        // The last batch also finds rows whose wallet is gone.
        let full = rows.len() >= usize::try_from(BATCH).unwrap_or(0);
        let until = match rows.last() {
            Some(last) if full => last.user_id.to_string(),
            _ => AFTER_ALL.to_owned(),
        };
        let range = Range {
            after: &after,
            until: &until,
        };
        out.totals.wallets += u64::try_from(rows.len()).unwrap_or(0);
        Batch::read(&mut snapshot, range, rows, out).await?;
        snapshot.rollback().await?;
        (out.tell)(Told::Progress(&out.totals));
        if !full {
            return Ok(());
        }
        after = until;
    }
}

/// One account by itself.
pub(super) async fn check_one(db: &Database, user: &UserId, out: &mut Out<'_>) -> sqlx::Result<()> {
    // What an id begins with sorts before it, and behind nearly all others.
    let after = user.as_str().get(..user.as_str().len() - 1).unwrap_or("");
    let mut snapshot = db.snapshot().await?;
    let rows: Vec<WalletRow> =
        sqlx::query_as("SELECT * FROM wallets WHERE user_id > $1 AND user_id <= $2")
            .bind(after)
            .bind(user)
            .fetch_all(&mut *snapshot)
            .await?;
    let range = Range {
        after,
        until: user.as_str(),
    };
    Batch::read(&mut snapshot, range, rows, out).await?;
    snapshot.rollback().await
}

/// The accounts of a batch: ids after `after` up to `until`.
#[derive(Clone, Copy)]
struct Range<'a> {
    after: &'a str,
    until: &'a str,
}

/// Everything known of one account.
struct Book {
    wallet: Option<WalletRow>,
    lots: BTreeMap<LotId, LotRow>,
    periods: HashMap<PeriodId, PeriodRow>,
    days: BTreeMap<i64, DayRow>,
    told: Recomputed,
    trials: Uses,
    by_period: HashMap<PeriodId, Uses>,
}

#[derive(Clone, Copy, Default)]
struct Uses {
    used: i64,
    held: i64,
}

impl Uses {
    fn count(&mut self, status: &str) {
        match status {
            "held" => self.held += 1,
            "completed" => self.used += 1,
            _ => {}
        }
    }
}

impl Book {
    fn new(user: &UserId) -> Self {
        Self {
            wallet: None,
            lots: BTreeMap::new(),
            periods: HashMap::new(),
            days: BTreeMap::new(),
            told: Recomputed::new(user, HashMap::new()),
            trials: Uses::default(),
            by_period: HashMap::new(),
        }
    }
}

#[derive(Default)]
struct Batch(BTreeMap<UserId, Book>);

impl Batch {
    async fn read(
        db: &mut AnyConnection,
        range: Range<'_>,
        wallets: Vec<WalletRow>,
        out: &mut Out<'_>,
    ) -> sqlx::Result<()> {
        let mut batch = Self::default();
        for row in wallets {
            let user = row.user_id.clone();
            batch.book(&user).wallet = Some(row);
        }
        batch.read_lots(db, range, out).await?;
        batch.read_periods(db, range, out).await?;
        batch.read_days(db, range).await?;
        batch.read_entries(db, range, out).await?;
        batch.read_uses(db, range, out).await?;
        check_recharges(db, range, out).await?;
        check_period_payments(db, range, out).await?;
        check_jobs(db, range, out).await?;
        check_ends(db, range, out).await?;
        for (user, book) in &batch.0 {
            book.check(user, out);
        }
        check_users(db, range, out).await
    }

    fn book(&mut self, user: &UserId) -> &mut Book {
        self.0
            .entry(user.clone())
            .or_insert_with(|| Book::new(user))
    }

    async fn read_lots(
        &mut self,
        db: &mut AnyConnection,
        range: Range<'_>,
        out: &mut Out<'_>,
    ) -> sqlx::Result<()> {
        let mut rows = sqlx::query_as::<_, LotOfPurchase>(
            "SELECT l.*, r.id AS record, r.expires_days FROM lots l \
             LEFT JOIN recharge_records r ON r.id = l.recharge_id \
             WHERE l.user_id > $1 AND l.user_id <= $2",
        )
        .bind(range.after)
        .bind(range.until)
        .fetch(db);
        while let Some(LotOfPurchase {
            lot,
            record,
            expires_days,
        }) = rows.try_next().await?
        {
            let user = lot.user_id.clone();
            seal(
                "lot.seal",
                &lot.id,
                &user,
                &lot.seal,
                lot.seal(),
                lot.created_at,
                out,
            );
            let book = self.book(&user);
            if let Some(recharge) = &lot.recharge_id {
                if record.is_none() {
                    out.compare("recharge.missing", recharge, &user, "a record", "none");
                }
                if let Some(days) = expires_days {
                    book.told.lapses(recharge, days);
                }
            }
            book.lots.insert(lot.id.clone(), lot);
        }
        Ok(())
    }

    async fn read_periods(
        &mut self,
        db: &mut AnyConnection,
        range: Range<'_>,
        out: &mut Out<'_>,
    ) -> sqlx::Result<()> {
        let rows: Vec<PeriodRow> =
            sqlx::query_as("SELECT * FROM plan_periods WHERE user_id > $1 AND user_id <= $2")
                .bind(range.after)
                .bind(range.until)
                .fetch_all(db)
                .await?;
        for row in rows {
            let user = row.user_id.clone();
            seal(
                "period.seal",
                &row.id,
                &user,
                &row.seal,
                row.seal(),
                row.starts_at,
                out,
            );
            self.book(&user).periods.insert(row.id.clone(), row);
        }
        Ok(())
    }

    async fn read_days(&mut self, db: &mut AnyConnection, range: Range<'_>) -> sqlx::Result<()> {
        let rows: Vec<DayOfWallet> =
            sqlx::query_as("SELECT * FROM wallet_days WHERE user_id > $1 AND user_id <= $2")
                .bind(range.after)
                .bind(range.until)
                .fetch_all(db)
                .await?;
        for DayOfWallet { user_id, row } in rows {
            self.book(&user_id).days.insert(row.day, row);
        }
        Ok(())
    }

    async fn read_entries(
        &mut self,
        db: &mut AnyConnection,
        range: Range<'_>,
        out: &mut Out<'_>,
    ) -> sqlx::Result<()> {
        let mut rows = sqlx::query_as::<_, EntryPart>(
            "SELECT e.*, p.lot_id AS part_lot, p.amount AS part_amount, c.hold_entry AS use_entry \
             FROM entries e LEFT JOIN entry_lots p ON p.entry_id = e.id \
             LEFT JOIN consumption_records c ON c.job_id = e.job_id AND c.user_id = e.user_id \
             WHERE e.user_id > $1 AND e.user_id <= $2 ORDER BY e.user_id, e.seq, p.lot_id",
        )
        .bind(range.after)
        .bind(range.until)
        .fetch(db);
        let mut gathered = Gathered::default();
        while let Some(row) = rows.try_next().await? {
            if let Some(whole) = gathered.add(row) {
                self.read_entry(whole, out);
            }
        }
        if let Some(whole) = gathered.finish() {
            self.read_entry(whole, out);
        }
        Ok(())
    }

    fn read_entry(&mut self, (row, parts): WholeEntry, out: &mut Out<'_>) {
        let EntryPart {
            entry, use_entry, ..
        } = row;
        out.totals.entries += 1;
        let user = &entry.user_id;
        // An expiry carries the time of its lot's end, maybe before the seals.
        seal(
            "entry.seal",
            &entry.id,
            user,
            &entry.seal,
            entry.seal(&parts),
            entry.created_at,
            out,
        );
        let is_hold = entry.kind == EntryKind::Hold;
        if is_hold && use_entry.as_ref() != Some(&entry.id) {
            let job = entry.job_id.as_ref().map_or("none", JobId::as_str);
            out.compare(
                "use.missing",
                &entry.id,
                user,
                "a consumption record of its job",
                job,
            );
        }
        for flaw in self.book(user).told.read(&entry, &parts) {
            let id = match flaw.kind {
                "entry.missing" => format!("{user}#{}", flaw.expected),
                _ => entry.id.to_string(),
            };
            out.compare(flaw.kind, id, user, flaw.expected, flaw.found);
        }
    }

    async fn read_uses(
        &mut self,
        db: &mut AnyConnection,
        range: Range<'_>,
        out: &mut Out<'_>,
    ) -> sqlx::Result<()> {
        let mut rows = sqlx::query_as::<_, UseOfJob>(
            "SELECT c.*, h.job_id AS hold_job, h.amount AS hold_amount, h.reason AS hold_reason, \
                    h.created_at AS hold_at, e.kind AS end_kind, e.created_at AS end_at, \
                    j.state AS job_state, j.cost AS job_cost, j.paid_by AS job_paid_by, \
                    j.user_id AS job_user \
             FROM consumption_records c LEFT JOIN entries h ON h.id = c.hold_entry \
             LEFT JOIN entries e ON e.job_id = c.job_id AND e.kind IN ('capture', 'release') \
             LEFT JOIN jobs j ON j.id = c.job_id \
             WHERE c.user_id > $1 AND c.user_id <= $2",
        )
        .bind(range.after)
        .bind(range.until)
        .fetch(db);
        while let Some(row) = rows.try_next().await? {
            row.check(out);
            let book = self.book(&row.record.user_id);
            match (row.record.paid_by, row.record.period_id) {
                (PaidBy::Trial, _) => book.trials.count(&row.record.status),
                (PaidBy::Plan, Some(period)) => {
                    let uses = book.by_period.entry(period).or_default();
                    uses.count(&row.record.status);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The finding shows what the row makes now, since that is what changes with every further change.
fn seal(
    kind: &'static str,
    id: impl ToString,
    user: &UserId,
    kept: &str,
    made: String,
    at: Timestamp,
    out: &mut Out<'_>,
) {
    if !(kept.is_empty() && at < out.sealed_since) {
        out.compare(kind, id, user, kept, made.as_str());
    }
}

#[derive(FromRow)]
struct DayOfWallet {
    user_id: UserId,
    #[sqlx(flatten)]
    row: DayRow,
}

#[derive(FromRow)]
struct LotOfPurchase {
    #[sqlx(flatten)]
    lot: LotRow,
    record: Option<RechargeId>,
    expires_days: Option<i64>,
}

impl Book {
    fn check(&self, user: &UserId, out: &mut Out<'_>) {
        let Some(row) = &self.wallet else {
            out.compare("wallet.missing", user, user, "a wallet", "none");
            return;
        };
        seal(
            "wallet.seal",
            user,
            user,
            &row.seal,
            row.seal(),
            row.changed_at,
            out,
        );
        let told = self.told.figures();
        let (found, net) = (row.figures(), self.told.net);
        for (kind, expected, found) in [
            ("wallet.total", told.total, found.total),
            ("wallet.remaining", told.remaining, found.remaining),
            ("wallet.frozen", told.frozen, found.frozen),
            ("wallet.held", told.held, found.held),
            ("wallet.used", told.used, found.used),
            ("wallet.removed", told.removed, found.removed),
            ("wallet.debt", told.debt, found.debt),
            ("wallet.bonus", told.bonus, found.bonus),
            ("wallet.initial", told.initial, found.initial),
            ("wallet.net", net, found.net()),
            ("wallet.seq", self.told.seq, row.seq),
            ("wallet.trials_used", self.trials.used, row.trials_used),
            ("wallet.trials_held", self.trials.held, row.trials_held),
        ] {
            out.compare(kind, user, user, expected, found);
        }
        if row.version < self.told.version {
            out.compare("wallet.version", user, user, self.told.version, row.version);
        }
        if row.seq > self.told.seq {
            let missing = format!("{user}#{}", row.seq);
            out.compare("entry.missing", missing, user, row.seq, self.told.seq);
        }
        self.check_lots(user, out);
        self.check_days(user, out);
        self.check_periods(user, row, out);
    }

    fn check_days(&self, user: &UserId, out: &mut Out<'_>) {
        let days: BTreeSet<i64> = self
            .told
            .days
            .keys()
            .chain(self.days.keys())
            .copied()
            .collect();
        for day in days {
            let id = format!("{user}@{day}");
            match (self.told.days.get(&day), self.days.get(&day)) {
                (Some(told), Some(row)) => {
                    out.compare("day.used", &id, user, told.used, row.used);
                    out.compare("day.received", &id, user, told.received, row.received);
                    out.compare("day.balance", &id, user, told.balance, row.balance);
                }
                (Some(_), None) => out.compare("day.missing", id, user, "a day", "none"),
                (None, _) => {
                    out.compare("day.unknown", id, user, "no day", "a day without entries")
                }
            }
        }
    }

    fn check_lots(&self, user: &UserId, out: &mut Out<'_>) {
        for (id, told) in &self.told.lots {
            match self.lots.get(id) {
                Some(row) => check_lot(told, row, out),
                None => out.compare("lot.missing", id, user, "a lot", "none"),
            }
        }
        for id in self.lots.keys() {
            if !self.told.lots.contains_key(id) {
                out.compare(
                    "lot.unknown",
                    id,
                    user,
                    "no lot",
                    "a lot that no entry grants",
                );
            }
        }
    }

    fn check_periods(&self, user: &UserId, wallet: &WalletRow, out: &mut Out<'_>) {
        for (id, row) in &self.periods {
            let uses = self.by_period.get(id).copied().unwrap_or_default();
            out.compare("period.used", id, user, uses.used, row.used);
            out.compare("period.held", id, user, uses.held, row.held);
        }
        // Of two that began at once, the one that was there first; none that was withdrawn.
        let standing = self.periods.values().filter(|row| row.withdrawn == 0);
        let newest = standing.max_by(|a, b| {
            let by_id = || b.id.as_str().cmp(a.id.as_str());
            a.starts_at.cmp(&b.starts_at).then_with(by_id)
        });
        let newest = newest.map_or("none", |row| row.id.as_str());
        let found = wallet.period_id.as_ref().map_or("none", PeriodId::as_str);
        out.compare("wallet.period_id", user, user, newest, found);
    }
}

fn check_lot(told: &Lot, row: &LotRow, out: &mut Out<'_>) {
    let user = &row.user_id;
    for (kind, expected, found) in [
        ("lot.granted", told.granted, row.granted),
        ("lot.free", told.free, row.free),
        ("lot.held", told.held, row.held),
        ("lot.spent", told.spent, row.spent),
        ("lot.gone", told.gone, row.gone),
        ("lot.taken", told.taken, row.taken),
        ("lot.frozen", i64::from(told.frozen), row.frozen),
        (
            "lot.created_at",
            told.created_at.micros(),
            row.created_at.micros(),
        ),
        (
            "lot.expires_at",
            micros(told.expires_at),
            micros(row.expires_at),
        ),
    ] {
        out.compare(kind, &row.id, user, expected, found);
    }
    out.compare(
        "lot.source",
        &row.id,
        user,
        told.source.as_str(),
        row.source.as_str(),
    );
    let recharge =
        |id: &Option<RechargeId>| id.as_ref().map(ToString::to_string).unwrap_or_default();
    out.compare(
        "lot.recharge_id",
        &row.id,
        user,
        recharge(&told.recharge_id),
        recharge(&row.recharge_id),
    );
}

/// 0 for never.
fn micros(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::micros)
}

/// A use with the entries and the job it belongs to.
#[derive(FromRow)]
struct UseOfJob {
    #[sqlx(flatten)]
    record: UseRow,
    hold_job: Option<JobId>,
    hold_amount: Option<i64>,
    hold_reason: Option<String>,
    hold_at: Option<Timestamp>,
    end_kind: Option<String>,
    end_at: Option<Timestamp>,
    job_state: Option<String>,
    job_cost: Option<i64>,
    job_paid_by: Option<String>,
    job_user: Option<UserId>,
}

impl UseOfJob {
    fn check(&self, out: &mut Out<'_>) {
        let record = &self.record;
        let (id, user) = (&record.id, &record.user_id);
        seal(
            "use.seal",
            id,
            user,
            &record.seal,
            record.seal(),
            record.created_at,
            out,
        );
        let hold_job = self.hold_job.as_ref().map_or("none", JobId::as_str);
        out.compare("use.hold", id, user, hold_job, record.job_id.as_str());
        out.compare(
            "use.credits",
            id,
            user,
            -self.hold_amount.unwrap_or(0),
            record.credits,
        );
        let tool = self.hold_reason.as_deref().unwrap_or("none");
        out.compare("use.tool", id, user, tool, &record.tool);
        out.compare(
            "use.created_at",
            id,
            user,
            micros(self.hold_at),
            micros(Some(record.created_at)),
        );
        let (status, refunded_at) = match self.end_kind.as_deref() {
            Some("capture") => ("completed", None),
            Some(_) => ("refunded", self.end_at),
            None => ("held", None),
        };
        out.compare("use.status", id, user, status, &record.status);
        out.compare(
            "use.settled_at",
            id,
            user,
            micros(self.end_at),
            micros(record.settled_at),
        );
        out.compare(
            "use.refunded_at",
            id,
            user,
            micros(refunded_at),
            micros(record.refunded_at),
        );
        self.check_job(out);
    }

    /// A use is held exactly as long as its job is unfinished, completed when it succeeded and
    /// refunded when it did not.
    fn check_job(&self, out: &mut Out<'_>) {
        let record = &self.record;
        let (id, user) = (&record.job_id, &record.user_id);
        let status = match self.job_state.as_deref() {
            Some("succeeded") => "completed",
            Some("failed" | "cancelled") => "refunded",
            Some(_) => "held",
            None => {
                out.compare("job.missing", id, user, "a job", "none");
                return;
            }
        };
        out.compare("job.hold", id, user, status, &record.status);
        out.compare(
            "job.cost",
            id,
            user,
            record.credits,
            self.job_cost.unwrap_or(0),
        );
        let paid_by = self.job_paid_by.as_deref().unwrap_or("none");
        out.compare("job.paid_by", id, user, record.paid_by.as_str(), paid_by);
        let owner = self.job_user.as_ref().map_or("none", UserId::as_str);
        out.compare("job.user_id", id, user, user.as_str(), owner);
    }
}

#[derive(FromRow)]
struct Purchase {
    #[sqlx(flatten)]
    record: RechargeRow,
    /// With what an operator put right since.
    bought: i64,
    given: i64,
    /// What its refunds and lost disputes add up to.
    returned: i64,
    open_disputes: i64,
    /// What was taken back for its money, by the entries.
    taken: i64,
    frozen_lots: i64,
}

const PURCHASES: &str = "SELECT r.*, \
     (SELECT CAST(COALESCE(SUM(l.granted), 0) AS BIGINT) FROM lots l \
      WHERE l.recharge_id = r.id AND l.user_id = r.user_id AND l.source IN ('purchase', 'grant')) \
     - (SELECT CAST(COALESCE(SUM(-e.amount), 0) AS BIGINT) FROM entries e \
      WHERE e.recharge_id = r.id AND e.kind = 'take_back' AND e.reason = 'adjustment') AS bought, \
     (SELECT CAST(COALESCE(SUM(l.granted), 0) AS BIGINT) FROM lots l \
      WHERE l.recharge_id = r.id AND l.user_id = r.user_id AND l.source = 'bonus') AS given, \
     (SELECT CAST(COALESCE(SUM(f.amount_minor), 0) AS BIGINT) FROM refunds f \
      WHERE f.recharge_id = r.id AND f.status <> 'failed') + \
     (SELECT CAST(COALESCE(SUM(d.amount_minor), 0) AS BIGINT) FROM disputes d \
      WHERE d.recharge_id = r.id AND d.status = 'lost') AS returned, \
     (SELECT COUNT(*) FROM disputes d WHERE d.recharge_id = r.id AND d.status = 'open') \
      AS open_disputes, \
     (SELECT CAST(COALESCE(SUM(-e.amount), 0) AS BIGINT) FROM entries e \
      WHERE e.recharge_id = r.id AND e.kind = 'take_back' AND e.reason <> 'adjustment') AS taken, \
     (SELECT COUNT(*) FROM lots l WHERE l.recharge_id = r.id AND l.frozen = 1) AS frozen_lots \
     FROM recharge_records r WHERE r.user_id > $1 AND r.user_id <= $2";

/// A completed purchase granted what it says, and any other nothing; what of its money went back took
/// its share of the credits.
async fn check_recharges(
    db: &mut AnyConnection,
    range: Range<'_>,
    out: &mut Out<'_>,
) -> sqlx::Result<()> {
    let mut rows = sqlx::query_as::<_, Purchase>(PURCHASES)
        .bind(range.after)
        .bind(range.until)
        .fetch(db);
    while let Some(purchase) = rows.try_next().await? {
        purchase.check(out);
    }
    Ok(())
}

impl Purchase {
    fn check(&self, out: &mut Out<'_>) {
        let record = &self.record;
        let (id, user) = (&record.id, &record.user_id);
        seal(
            "recharge.seal",
            id,
            user,
            &record.seal,
            record.seal(),
            record.created_at,
            out,
        );
        let granted = record.status == RechargeStatus::Completed;
        if !granted {
            // What came with a purchase that nobody paid for has gone again, whole.
            let left = self.bought + self.given - self.taken;
            out.compare("recharge.granted", id, user, 0, left);
        }
        let paid = record.paid_minor.unwrap_or(record.amount_minor);
        let disputed = i64::from(self.open_disputes > 0);
        let of_credits = granted && record.credits > 0;
        let taken = share(record.credits, record.returned_minor, paid);
        let frozen = if of_credits { record.disputed } else { 0 };
        let of_completed = [
            ("recharge.granted", record.credits, self.bought + self.given),
            ("recharge.bonus", record.bonus, self.given),
            ("recharge.taken", taken, self.taken),
        ];
        for (kind, expected, found) in of_completed.into_iter().filter(|_| granted) {
            out.compare(kind, id, user, expected, found);
        }
        for (kind, expected, found) in [
            (
                "recharge.returned_minor",
                self.returned.min(paid),
                record.returned_minor,
            ),
            ("recharge.disputed", disputed, record.disputed),
            ("recharge.frozen", frozen, i64::from(self.frozen_lots > 0)),
        ] {
            out.compare(kind, id, user, expected, found);
        }
    }
}

/// Written again on purpose: `floor(credits × returned ÷ paid)`, all of it once all the money is back.
fn share(credits: i64, returned: i64, paid: i64) -> i64 {
    match returned {
        ..=0 => 0,
        _ if returned >= paid => credits,
        _ => {
            let share = i128::from(credits) * i128::from(returned) / i128::from(paid);
            i64::try_from(share).unwrap_or(credits)
        }
    }
}

#[derive(FromRow)]
struct PeriodOfPurchase {
    id: PeriodId,
    user_id: UserId,
    subscription_id: String,
    record_status: Option<String>,
    record_subscription: Option<String>,
}

/// Every period that was not withdrawn was paid by a purchase of its own subscription.
async fn check_period_payments(
    db: &mut AnyConnection,
    range: Range<'_>,
    out: &mut Out<'_>,
) -> sqlx::Result<()> {
    let periods: Vec<PeriodOfPurchase> = sqlx::query_as(
        "SELECT p.id, p.user_id, p.subscription_id, r.status AS record_status, \
         r.subscription_id AS record_subscription \
         FROM plan_periods p LEFT JOIN recharge_records r ON r.id = p.recharge_id \
         WHERE p.user_id > $1 AND p.user_id <= $2 AND p.recharge_id IS NOT NULL \
         AND p.withdrawn = 0",
    )
    .bind(range.after)
    .bind(range.until)
    .fetch_all(db)
    .await?;
    for period in periods {
        let (id, user) = (&period.id, &period.user_id);
        let status = period.record_status.as_deref().unwrap_or("none");
        out.compare("period.payment", id, user, "completed", status);
        let subscription = period.record_subscription.as_deref().unwrap_or("none");
        let own = period.subscription_id.as_str();
        out.compare("period.subscription", id, user, own, subscription);
    }
    Ok(())
}

/// Every job is paid by something.
async fn check_jobs(
    db: &mut AnyConnection,
    range: Range<'_>,
    out: &mut Out<'_>,
) -> sqlx::Result<()> {
    let unpaid: Vec<(JobId, UserId)> = sqlx::query_as(
        "SELECT j.id, j.user_id FROM jobs j LEFT JOIN consumption_records c ON c.job_id = j.id \
         WHERE j.user_id > $1 AND j.user_id <= $2 AND c.id IS NULL",
    )
    .bind(range.after)
    .bind(range.until)
    .fetch_all(db)
    .await?;
    for (job, user) in unpaid {
        out.finding(&Finding::new(
            "use.missing",
            job,
            Some(&user),
            "a consumption record",
            "none",
        ));
    }
    Ok(())
}

/// Every hold ends once.
async fn check_ends(
    db: &mut AnyConnection,
    range: Range<'_>,
    out: &mut Out<'_>,
) -> sqlx::Result<()> {
    let ended: Vec<(JobId, UserId, i64)> = sqlx::query_as(
        "SELECT job_id, user_id, COUNT(*) FROM entries \
         WHERE user_id > $1 AND user_id <= $2 AND job_id IS NOT NULL \
         AND kind IN ('capture', 'release') GROUP BY job_id, user_id HAVING COUNT(*) > 1",
    )
    .bind(range.after)
    .bind(range.until)
    .fetch_all(db)
    .await?;
    for (job, user, ends) in ended {
        out.compare("job.ended_twice", job, &user, 1, ends);
    }
    Ok(())
}

async fn check_users(
    db: &mut AnyConnection,
    range: Range<'_>,
    out: &mut Out<'_>,
) -> sqlx::Result<()> {
    let without: Vec<(UserId,)> = sqlx::query_as(
        "SELECT u.id FROM users u LEFT JOIN wallets w ON w.user_id = u.id \
         WHERE u.id > $1 AND u.id <= $2 AND w.user_id IS NULL",
    )
    .bind(range.after)
    .bind(range.until)
    .fetch_all(db)
    .await?;
    for (user,) in without {
        out.compare("wallet.missing", &user, &user, "a wallet", "none");
    }
    Ok(())
}
