//! Jobs against the ledger, and figures against the entries: each fault is planted behind the program's back, found by its kind
//! and id, mended by its click however often and wherever it is clicked, and gone. Those of payments: `tests/site/reconciliation.rs`.

use std::time::Duration;

use atelier_server::credits::{self, HoldRequest, NewPeriod, PaidBy, Price, Wallet};
use atelier_server::ids::{JobId, UserId};
use atelier_server::on_both_databases;
use atelier_server::oversight::anomalies::AnomalyKind as Odd;
use atelier_server::oversight::reconciliation::{
    Item, Kind as Fault, Mended, ReconcileError, Reconciliation,
};
use atelier_server::oversight::{AuditFilter, AuditLine, Operator, audit_lines};
use atelier_server::payments::Payments;
use atelier_server::testing::TestGround;
use atelier_server::testing::proofs::saw;
use atelier_server::verify;

const BY_CREDITS: Price = Price {
    credits: 1,
    trial: false,
    plan: false,
};

pub fn reconciliation(ground: &TestGround, node: &str) -> Reconciliation {
    let payments = Payments::new(
        ground.db.clone(),
        ground.clock.clone(),
        ground.catalog.clone(),
        Vec::new(),
        "http://127.0.0.1:3000/".parse().unwrap(),
        node.to_owned(),
    );
    Reconciliation::new(
        ground.db.clone(),
        ground.clock.clone(),
        payments,
        &ground.catalog,
    )
}

pub fn operator() -> Operator {
    Operator {
        actor: "admin:01a1ee56-0000-7000-8000-000000000001".to_owned(),
        address: None,
        reason: "was found".to_owned(),
    }
}

/// One account with its wallet, and what can be done to it.
pub struct Case<'a> {
    pub ground: &'a TestGround,
    pub user: UserId,
}

impl<'a> Case<'a> {
    pub async fn new(ground: &'a TestGround, name: &str) -> Self {
        let user = ground.account(name).await.id;
        Self { ground, user }
    }

    pub async fn run(&self, statement: &'static str, id: &str) {
        let mut tx = self.ground.db.begin().await.unwrap();
        let done = sqlx::query(statement).bind(id).execute(&mut *tx).await;
        assert_eq!(done.unwrap().rows_affected(), 1, "{statement}");
        tx.commit().await.unwrap();
    }

    /// A job in this state, for which nothing is held.
    pub async fn job(&self, state: &str, paid_by: PaidBy, cost: i64) -> JobId {
        let now = self.ground.clock.now();
        let job = JobId::new(now);
        let ended = ["succeeded", "failed", "cancelled"].contains(&state);
        let mut tx = self.ground.db.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO jobs (id, user_id, tool, state, progress, cancel_requested, paid_by, cost, \
             category, provider, callback_hash, submitted_at, deadline_at, created_at, finished_at) \
             VALUES ($1, $2, 'try_on', $3, 10, 0, $4, $5, 'auto', 'fashn', $1, $6, $6, $6, $7)",
        )
        .bind(&job)
        .bind(&self.user)
        .bind(state)
        .bind(paid_by.as_str())
        .bind(cost)
        .bind(now)
        .bind(ended.then_some(now))
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        job
    }

    pub async fn hold(&self, job: &JobId) {
        let mut tx = self.ground.db.begin().await.unwrap();
        let request = HoldRequest {
            job,
            tool: "try_on",
            price: BY_CREDITS,
        };
        let now = self.ground.clock.now();
        credits::hold(&mut tx, &self.user, request, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn end(&self, job: &JobId, delivered: bool) {
        let mut tx = self.ground.db.begin().await.unwrap();
        let now = self.ground.clock.now();
        let ended = if delivered {
            credits::capture(&mut tx, job, now).await.unwrap()
        } else {
            credits::release(&mut tx, job, now).await.unwrap()
        };
        assert!(ended);
        tx.commit().await.unwrap();
    }

    /// A job with its hold.
    pub async fn held(&self, state: &str) -> JobId {
        let job = self.job(state, PaidBy::Credits, 1).await;
        self.hold(&job).await;
        job
    }

    pub async fn wallet(&self) -> Wallet {
        let now = self.ground.clock.now();
        credits::read(&self.ground.db, &self.user, now)
            .await
            .unwrap()
    }

    async fn state_of(&self, job: &JobId) -> String {
        sqlx::query_scalar("SELECT state FROM jobs WHERE id = $1")
            .bind(job)
            .fetch_one(self.ground.db.reader())
            .await
            .unwrap()
    }

    /// What the log says of it, newest first.
    async fn told_of(&self, id: &str) -> Vec<AuditLine> {
        let log = AuditFilter {
            target: Some(id.to_owned()),
            limit: 50,
            ..AuditFilter::default()
        };
        audit_lines(self.ground.db.reader(), &log).await.unwrap()
    }

    /// Exactly this is found; two nodes mend it at once, and it is gone. What remains then, is held, used and owed.
    async fn mended(&self, kind: Fault, id: &str, figures: [i64; 4]) {
        let what = kind.as_str();
        let (one, other) = (
            reconciliation(self.ground, "one"),
            reconciliation(self.ground, "other"),
        );
        let report = one.check().await.unwrap();
        assert_eq!(report.problem, None);
        let found: Vec<(Fault, &str)> = report
            .items
            .iter()
            .map(|item| (item.kind, item.id.as_str()))
            .collect();
        assert_eq!(found, [(kind, id)], "{what}: {:#?}", report.items);
        let item = &report.items[0];
        assert_eq!(item.user_id.as_deref(), Some(self.user.as_str()), "{what}");
        assert!(item.expected != item.found, "{what}: {item:?}");
        let by = operator();
        let told = self.told_of(id).await.len();
        let (first, second) = tokio::join!(one.mend(kind, id, &by), other.mend(kind, id, &by));
        for mended in [first.unwrap(), second.unwrap()] {
            assert!(mended != Mended::Remains, "{what}");
        }
        assert_eq!(
            one.mend(kind, id, &by).await.unwrap(),
            Mended::NothingWrong,
            "{what}"
        );
        let left = one.check().await.unwrap().items;
        assert!(left.is_empty(), "{what}: {left:#?}");
        assert_eq!(
            verify::findings(&self.ground.db).await.unwrap(),
            [],
            "{what}"
        );
        let wallet = self.wallet().await;
        assert!(wallet.figures.adds_up(), "{what}: {:?}", wallet.figures);
        let found = [
            wallet.figures.remaining,
            wallet.figures.held,
            wallet.figures.used,
            wallet.figures.debt,
        ];
        assert_eq!(found, figures, "{what}");
        let log = self.told_of(id).await;
        assert_eq!(log.len(), told + 1, "{what}: {log:?}");
        assert!(
            log.iter().all(|line| line.action == "reconciliation.mend"),
            "{what}: {log:?}"
        );
        saw("reconciliation", what, "mended", self.ground.db.kind());
        assert!(
            log.iter()
                .all(|line| line.actor == by.actor && line.before != line.after),
            "{what}: {log:?}"
        );
    }
}

on_both_databases! {
    async fn jobs_without_a_hold_get_one_or_end(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let job = ann.job("running", PaidBy::Credits, 1).await;
        ann.mended(Fault::JobWithoutHold, job.as_str(), [7, 1, 0, 0]).await;
        assert_eq!(ann.state_of(&job).await, "running");
        let bob = Case::new(&ground, "bob").await;
        let job = bob.job("succeeded", PaidBy::Credits, 1).await;
        bob.mended(Fault::JobWithoutHold, job.as_str(), [7, 0, 1, 0]).await;
        let cleo = Case::new(&ground, "cleo").await;
        let job = cleo.job("failed", PaidBy::Credits, 1).await;
        cleo.mended(Fault::JobWithoutHold, job.as_str(), [8, 0, 0, 0]).await;
        // Nothing pays for these.
        let dan = Case::new(&ground, "dan").await;
        let job = dan.job("running", PaidBy::Credits, 1_000).await;
        dan.mended(Fault::JobWithoutHold, job.as_str(), [8, 0, 0, 0]).await;
        assert_eq!(dan.state_of(&job).await, "cancelled");
        let job = dan.job("succeeded", PaidBy::Plan, 0).await;
        dan.mended(Fault::JobWithoutHold, job.as_str(), [8, 0, 0, 0]).await;
    }

    async fn holds_end_with_their_jobs(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let job = JobId::new(ground.clock.now());
        ann.hold(&job).await;
        ann.mended(Fault::HoldWithoutJob, job.as_str(), [8, 0, 0, 0]).await;
        let failed = ann.held("failed").await;
        ann.mended(Fault::HeldAfterEnd, failed.as_str(), [8, 0, 0, 0]).await;
        let succeeded = ann.held("succeeded").await;
        ann.mended(Fault::HeldAfterEnd, succeeded.as_str(), [7, 0, 1, 0]).await;
        // Its job is gone after it delivered: what was used stays used.
        let gone = ann.held("succeeded").await;
        ann.end(&gone, true).await;
        ann.run("DELETE FROM jobs WHERE id = $1", gone.as_str()).await;
        ann.mended(Fault::HoldWithoutJob, gone.as_str(), [6, 0, 2, 0]).await;
    }

    async fn what_was_settled_wrongly_is_made_up_for_once(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let failed = ann.held("failed").await;
        ann.end(&failed, true).await;
        ann.mended(Fault::CapturedOfFailed, failed.as_str(), [8, 0, 1, 0]).await;
        let succeeded = ann.held("succeeded").await;
        ann.end(&succeeded, false).await;
        ann.mended(Fault::ReleasedOfSucceeded, succeeded.as_str(), [7, 0, 1, 0]).await;
        // Who has nothing left owes it.
        let bob = Case::new(&ground, "bob").await;
        let succeeded = bob.held("succeeded").await;
        bob.end(&succeeded, false).await;
        for _ in 0..8 {
            let job = bob.held("succeeded").await;
            bob.end(&job, true).await;
        }
        bob.mended(Fault::ReleasedOfSucceeded, succeeded.as_str(), [0, 0, 8, 1]).await;
    }

    async fn what_was_let_go_twice_is_set_aside_again(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let (failed, running) = (ann.held("failed").await, ann.held("running").await);
        ann.end(&failed, false).await;
        ann.run("UPDATE consumption_records SET status = 'held', settled_at = NULL, refunded_at = NULL \
                 WHERE job_id = $1", failed.as_str()).await;
        ann.end(&failed, false).await;
        let wrong = ann.wallet().await;
        assert_eq!((wrong.figures.remaining, wrong.figures.held), (8, 0));
        ann.mended(Fault::DoubleRelease, failed.as_str(), [7, 1, 0, 0]).await;
        // The other hold can end.
        ann.end(&running, true).await;
        assert_eq!(ann.wallet().await.figures.used, 1);
    }

    async fn what_was_let_go_twice_and_is_spent_is_left_to_the_operator(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let (failed, _running) = (ann.held("failed").await, ann.held("running").await);
        ann.end(&failed, false).await;
        ann.run("UPDATE consumption_records SET status = 'held', settled_at = NULL, refunded_at = NULL \
                 WHERE job_id = $1", failed.as_str()).await;
        ann.end(&failed, false).await;
        for _ in 0..8 {
            ann.held("running").await;
        }
        let click = reconciliation(&ground, "one");
        let refused = click.mend(Fault::DoubleRelease, failed.as_str(), &operator()).await;
        assert!(matches!(refused, Err(ReconcileError::ByHand)), "{refused:?}");
        assert_eq!(click.check().await.unwrap().items.len(), 1, "it is still shown");
    }

    async fn records_and_jobs_agree_again(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let job = ann.held("running").await;
        for statement in [
            "UPDATE consumption_records SET status = 'refunded' WHERE job_id = $1",
            "UPDATE consumption_records SET tool = 'video' WHERE job_id = $1",
            "UPDATE jobs SET cost = 5 WHERE id = $1",
            "UPDATE jobs SET paid_by = 'trial' WHERE id = $1",
            "DELETE FROM consumption_records WHERE job_id = $1",
        ] {
            ann.run(statement, job.as_str()).await;
            ann.mended(Fault::RecordAgainstJob, job.as_str(), [7, 1, 0, 0]).await;
            assert_eq!(ann.state_of(&job).await, "running", "{statement}");
        }
        // What paid for it is gone: it does not go on.
        ann.end(&job, false).await;
        ann.mended(Fault::RecordAgainstJob, job.as_str(), [8, 0, 0, 0]).await;
        assert_eq!(ann.state_of(&job).await, "cancelled");
        let job = ann.held("running").await;
        ann.end(&job, true).await;
        ann.mended(Fault::RecordAgainstJob, job.as_str(), [8, 0, 1, 0]).await;
        assert_eq!(ann.state_of(&job).await, "cancelled");
    }

    async fn history_that_does_not_follow_is_left_to_the_operator(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let job = ann.held("succeeded").await;
        ann.end(&job, true).await;
        let click = reconciliation(&ground, "one");
        let append_only = match ground.db.kind() {
            Kind::Sqlite => "DROP TRIGGER entries_no_update",
            Kind::Postgres => "DROP TRIGGER entries_no_change ON entries",
        };
        let mut tx = ground.db.begin().await.unwrap();
        sqlx::query(append_only).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        ann.run("UPDATE entries SET balance_after = balance_after + 1 WHERE user_id = $1 AND seq = 1", ann.user.as_str()).await;
        let found = click.check().await.unwrap().items;
        assert!(!found.is_empty() && found.iter().all(|item| item.kind == Fault::EntryOff), "{found:#?}");
        let refused = click.mend(Fault::EntryOff, &found[0].id, &operator()).await;
        assert!(refused.is_err_and(|error| error.is_by_hand()));
        assert_eq!(click.check().await.unwrap().items.len(), found.len(), "nothing was changed");
        for finding in verify::findings(&ground.db).await.unwrap() {
            verify::accept(&ground.db, &finding, "a test", ground.clock.now()).await.unwrap();
        }
        assert!(click.check().await.unwrap().items.is_empty());
        saw("reconciliation", Fault::EntryOff.as_str(), "by hand", ground.db.kind());
    }

    async fn figures_follow_from_the_entries_again(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let user = ann.user.as_str();
        for (kind, statement) in [
            (Fault::WalletSum, "UPDATE wallets SET remaining = remaining + 5, total = total + 5 WHERE user_id = $1"),
            (Fault::WalletSum, "UPDATE wallet_days SET received = received + 1 WHERE user_id = $1"),
            (Fault::VersionOff, "UPDATE wallets SET version = 0 WHERE user_id = $1"),
            (Fault::TrialsOff, "UPDATE wallets SET trials_limit = trials_limit + 5, trials_used = 1 WHERE user_id = $1"),
        ] {
            ann.run(statement, user).await;
            ann.mended(kind, user, [8, 0, 0, 0]).await;
        }
        let lot: String = sqlx::query_scalar("SELECT id FROM lots WHERE user_id = $1")
            .bind(user)
            .fetch_one(ground.db.reader())
            .await
            .unwrap();
        for statement in [
            "UPDATE lots SET free = free - 1, spent = spent + 1 WHERE id = $1",
            "UPDATE lots SET granted = granted + 7, free = free + 7 WHERE id = $1",
            "UPDATE lots SET frozen = 1 WHERE id = $1",
        ] {
            ann.run(statement, &lot).await;
            ann.mended(Fault::LotOff, &lot, [8, 0, 0, 0]).await;
        }
        let now = ground.clock.now();
        let period = NewPeriod {
            subscription_id: "sub_1",
            recharge: None,
            plan: "premium-monthly",
            quota: Some(100),
            starts_at: now,
            ends_at: now.plus_days(30),
            serves_until: now.plus_days(33),
            renews: true,
            provider: "stripe",
        };
        let mut tx = ground.db.begin().await.unwrap();
        credits::open_period(&mut tx, &ann.user, &period, now).await.unwrap();
        tx.commit().await.unwrap();
        let period: String = sqlx::query_scalar("SELECT id FROM plan_periods WHERE user_id = $1")
            .bind(user)
            .fetch_one(ground.db.reader())
            .await
            .unwrap();
        for statement in [
            "UPDATE plan_periods SET used = used + 3 WHERE id = $1",
            "UPDATE plan_periods SET held = held + 1 WHERE id = $1",
        ] {
            ann.run(statement, &period).await;
            ann.mended(Fault::PeriodOff, &period, [8, 0, 0, 0]).await;
        }
    }

    async fn a_day_has_one_report_and_a_quarter_has_them_all(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let (one, other) = (reconciliation(&ground, "one"), reconciliation(&ground, "other"));
        let (first, second) = tokio::join!(one.check_of_the_day(), other.check_of_the_day());
        assert!(first.unwrap() != second.unwrap(), "one of them makes it");
        assert!(!other.check_of_the_day().await.unwrap());
        ann.run("UPDATE wallets SET version = 0 WHERE user_id = $1", ann.user.as_str()).await;
        ground.clock.advance(Duration::from_secs(1));
        let by = operator();
        one.ask(&by).await.unwrap();
        assert!(other.make_asked().await.unwrap());
        let reports = one.reports(10).await.unwrap();
        let told: Vec<(&str, i64)> =
            reports.iter().map(|report| (report.actor.as_str(), report.findings)).collect();
        assert_eq!(told, [(by.actor.as_str(), 1), ("system", 0)]);
        // Only what somebody had made is told.
        let log = audit_lines(ground.db.reader(), &AuditFilter { limit: 9, ..AuditFilter::default() }).await.unwrap();
        let before = format!("0 found at {}", reports[1].checked_at.to_rfc3339());
        assert_eq!(log.len(), 1);
        assert_eq!((log[0].target.as_str(), log[0].before.as_deref(), log[0].after.as_deref()), (reports[0].id.as_str(), Some(before.as_str()), Some("found 1 version_off")));
        let items = one.items_of(&reports[0].id, None, 9).await.unwrap();
        assert_eq!((items[0].kind, items[0].id.as_str()), (Fault::VersionOff, ann.user.as_str()));
        ground.clock.advance(Duration::from_secs(24 * 3_600));
        assert!(other.check_of_the_day().await.unwrap());
        ground.clock.advance(Duration::from_secs(90 * 24 * 3_600));
        assert!(one.check_of_the_day().await.unwrap());
        assert_eq!(one.reports(10).await.unwrap().len(), 2, "the older ones are gone");
        let mut tx = ground.db.begin().await.unwrap();
        credits::rebuild_in(&mut tx, &ann.user, ground.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn a_check_that_is_asked_for_is_made_once_by_whichever_node_comes(ground: TestGround) {
        let (one, other) = (reconciliation(&ground, "one"), reconciliation(&ground, "other"));
        assert!(!one.make_asked().await.unwrap(), "nobody asked");
        let (by, late) = (operator(), Operator { actor: "admin:late".to_owned(), ..operator() });
        one.ask(&by).await.unwrap();
        ground.clock.advance(Duration::from_secs(60));
        other.ask(&late).await.unwrap();
        let since = ground.clock.now().minus(Duration::from_secs(60));
        assert_eq!(one.asked_since().await.unwrap(), Some(since), "it is the same check");
        // A node that died at it is waited for as long as its lease lasts.
        assert!(ground.db.take_lease("reconciliation", "dead", ground.clock.now(), Duration::from_secs(300)).await.unwrap());
        assert!(!one.ask_and_wait(&late, Duration::from_secs(60)).await.unwrap());
        assert!(!other.check_of_the_day().await.unwrap());
        assert_eq!(one.asked_since().await.unwrap(), Some(since));
        ground.clock.advance(Duration::from_secs(300));
        let (first, second) = tokio::join!(one.make_asked(), other.make_asked());
        assert!(first.unwrap() != second.unwrap(), "one of them makes it");
        assert!(!one.make_asked().await.unwrap());
        assert_eq!(one.asked_since().await.unwrap(), None);
        let reports = one.reports(10).await.unwrap();
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].actor, by.actor);
        let log = audit_lines(ground.db.reader(), &AuditFilter { limit: 9, ..AuditFilter::default() }).await.unwrap();
        let told: Vec<(&str, Option<&str>, Option<&str>)> = log.iter().map(|line| (line.actor.as_str(), line.reason.as_deref(), line.address.as_deref())).collect();
        assert_eq!(told, [(by.actor.as_str(), Some(by.reason.as_str()), by.address.as_deref())]);
        assert!(one.check_of_the_day().await.unwrap(), "that of the day is another");
    }

    async fn what_a_report_found_is_read_part_by_part(ground: TestGround) {
        let click = reconciliation(&ground, "one");
        let mut users = Vec::new();
        for name in ["ann", "ben", "cho"] {
            let one = Case::new(&ground, name).await;
            one.run("UPDATE wallets SET version = 0 WHERE user_id = $1", one.user.as_str()).await;
            users.push(one);
        }
        assert!(click.ask_and_wait(&operator(), Duration::from_secs(60)).await.unwrap());
        let report = click.reports(1).await.unwrap().remove(0);
        let mut read: Vec<Item> = Vec::new();
        loop {
            let after = read.last().map(|item| item.position);
            let part = click.items_of(&report.id, after, 2).await.unwrap();
            if part.is_empty() {
                break;
            }
            read.extend(part);
        }
        let mut ids: Vec<&str> = read.iter().map(|item| item.id.as_str()).collect();
        ids.sort_unstable();
        let mut all: Vec<&str> = users.iter().map(|one| one.user.as_str()).collect();
        all.sort_unstable();
        assert_eq!(ids, all, "each once");
        let open = async || click.open_of(&report.id).await.unwrap().count(|kind| kind == Fault::VersionOff);
        assert_eq!(open().await, 3);
        for (mended, one) in (1..).zip(&users) {
            click.mend(Fault::VersionOff, one.user.as_str(), &operator()).await.unwrap();
            assert_eq!(open().await, 3 - mended);
        }
        assert_eq!(click.open_of(&report.id).await.unwrap().count(|_| true), 0);
    }
}

/// The table of `docs/` is made of what the tests saw, and leaves no kind out, nor a provider with which it occurs.
#[test]
fn every_kind_was_found_and_mended_on_both_databases() {
    let table = include_str!("../../../docs/found-and-mended.md");
    for kind in Fault::ALL {
        let how = match kind {
            Fault::EntryOff => "by hand",
            // What Creem tells of never shows these (docs/reconciliation.md).
            Fault::PaymentWithoutRecord | Fault::DisputeNotFrozen => "mended (Stripe)",
            of_payments if *of_payments < Fault::JobWithoutHold => "mended (Creem, Stripe)",
            _ => "mended",
        };
        let row = format!("| `{}` | {how} | {how} |", kind.as_str());
        assert!(table.contains(&row), "{row}");
    }
    for kind in Odd::ALL {
        let row = format!("| `{}` | gone | gone |", kind.as_str());
        assert!(table.contains(&row), "{row}");
    }
}
