//! What looks odd: each kind is found from its limit on and not below it, and is gone when it is; administrators are told once.

use std::cell::Cell;
use std::time::Duration;

use atelier_server::accounts::{Email, Language, NewAccount, Password, Role};
use atelier_server::credits::{self, Action, Actor, Adjustment, Grant, PaidBy};
use atelier_server::ids::{JobId, RechargeId, UserId};
use atelier_server::on_both_databases;
use atelier_server::oversight::anomalies::{Anomaly, AnomalyKind as Odd, Limits, Lookout};
use atelier_server::oversight::reconciliation::{Kind as Fault, Mended};
use atelier_server::testing::TestGround;
use atelier_server::testing::proofs::saw;

use super::reconciliation::{Case, operator, reconciliation};

const HOUR: Duration = Duration::from_secs(3_600);

fn lookout(ground: &TestGround, node: &str) -> Lookout {
    let limits = Limits::default();
    Lookout::new(
        ground.db.clone(),
        ground.clock.clone(),
        limits,
        node.to_owned(),
    )
}

/// What is found, all of one kind.
async fn found(ground: &TestGround, kind: Odd) -> Vec<Anomaly> {
    let found = lookout(ground, "one").find().await.unwrap().items;
    let of_kind = found.iter().all(|anomaly| anomaly.kind == kind);
    assert!(of_kind, "{found:?}");
    thread_local! {
        static SEEN: Cell<Option<Odd>> = const { Cell::new(None) };
    }
    // Every test is a thread: what it has seen before and sees no more is gone.
    let before = SEEN.replace((!found.is_empty()).then_some(kind));
    if before == Some(kind) && found.is_empty() {
        saw("anomalies", kind.as_str(), "gone", ground.db.kind());
    }
    found
}

fn ids(found: &[Anomaly]) -> Vec<&str> {
    found.iter().map(|anomaly| anomaly.id.as_str()).collect()
}

async fn count(ground: &TestGround, statement: &'static str) -> i64 {
    let counted = sqlx::query_scalar(statement).fetch_one(ground.db.reader());
    counted.await.unwrap()
}

async fn execute(ground: &TestGround, statement: &'static str, values: &[&str]) {
    let mut tx = ground.db.begin().await.unwrap();
    let bound = values
        .iter()
        .fold(sqlx::query(statement), |query, value| query.bind(*value));
    bound.execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

impl Case<'_> {
    /// A purchase in this state, of which so much money went back.
    pub async fn purchase(&self, status: &str, returned: i64) -> RechargeId {
        let now = self.ground.clock.now();
        let id = RechargeId::new(now);
        let mut tx = self.ground.db.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO recharge_records (id, user_id, provider, item, amount_minor, currency, credits, bonus, \
             status, created_at, completed_at, returned_minor) \
             VALUES ($1, $2, 'stripe', 'starter', 990, 'usd', 50, 0, $3, $4, $5, $6)",
        )
        .bind(&id)
        .bind(&self.user)
        .bind(status)
        .bind(now)
        .bind((status == "completed").then_some(now))
        .bind(returned)
        .execute(&mut *tx)
        .await
        .unwrap();
        if returned > 0 {
            sqlx::query(
                "INSERT INTO refunds (id, recharge_id, amount_minor, status, created_at, changed_at) \
                 VALUES ($1, $1, $2, 'succeeded', $3, $3)",
            )
            .bind(&id)
            .bind(returned)
            .bind(now)
            .execute(&mut *tx)
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
        id
    }

    async fn grants(&self, recharge: &RechargeId) {
        let mut tx = self.ground.db.begin().await.unwrap();
        let grant = Grant {
            recharge,
            credits: 50,
            bonus: 0,
            expires_at: None,
            provider: "stripe",
        };
        let now = self.ground.clock.now();
        credits::grant(&mut tx, &self.user, grant, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn is_given(&self, amount: i64) {
        let adjustment = Adjustment {
            user: self.user.clone(),
            action: Action::Add,
            amount,
            reason: "a gift".to_owned(),
            actor: Actor::CommandLine,
            address: None,
        };
        let mut tx = self.ground.db.begin().await.unwrap();
        let now = self.ground.clock.now();
        let prices = self.ground.catalog.prices();
        credits::adjust(&mut tx, &adjustment, &prices, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

async fn signs_up(ground: &TestGround, name: &str, address: &str) -> UserId {
    let new = NewAccount {
        email: Email::parse(&format!("{name}@example.com")).unwrap(),
        password: Password::parse("a long password").unwrap(),
        name: name.to_owned(),
        role: Role::User,
        language: Some(Language::En),
        verified: false,
    };
    ground.accounts.sign_up(new, address).await.unwrap().id
}

async fn administrator(ground: &TestGround, name: &str) {
    let user = ground.empty_account(name).await;
    let promote = "UPDATE users SET role = 'admin' WHERE id = $1";
    execute(ground, promote, &[user.as_str()]).await;
}

on_both_databases! {
    async fn credits_that_nobody_paid_for_are_found_until_they_are_paid(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let paid = ann.purchase("completed", 0).await;
        ann.grants(&paid).await;
        assert_eq!(found(&ground, Odd::UnpaidGrant).await, []);
        let pending = ann.purchase("pending", 0).await;
        ann.grants(&pending).await;
        let odd = found(&ground, Odd::UnpaidGrant).await;
        assert_eq!(ids(&odd), [pending.as_str()]);
        assert_eq!((odd[0].user_id.as_deref(), odd[0].seen.as_str()), (Some(ann.user.as_str()), "pending"));
        execute(&ground, "UPDATE recharge_records SET status = 'completed' WHERE id = $1", &[pending.as_str()]).await;
        assert_eq!(found(&ground, Odd::UnpaidGrant).await, []);
        // Without any record; later the reconciliation's report says so, until it is mended.
        let unknown = RechargeId::new(ground.clock.now());
        ann.grants(&unknown).await;
        assert_eq!(ids(&found(&ground, Odd::UnpaidGrant).await), [unknown.as_str()]);
        ground.clock.advance(HOUR * 24 * 8);
        assert_eq!(found(&ground, Odd::UnpaidGrant).await, []);
        let click = reconciliation(&ground, "one");
        assert!(click.check_of_the_day().await.unwrap());
        let reported = found(&ground, Odd::UnpaidGrant).await;
        assert_eq!(ids(&reported), [unknown.as_str()]);
        assert_eq!(reported[0].since, ground.clock.now());
        click.mend(Fault::GrantedNotPaid, unknown.as_str(), &operator()).await.unwrap();
        assert_eq!(found(&ground, Odd::UnpaidGrant).await, []);
    }

    async fn what_was_taken_back_is_no_grant(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let unknown = RechargeId::new(ground.clock.now());
        ann.grants(&unknown).await;
        assert_eq!(ids(&found(&ground, Odd::UnpaidGrant).await), [unknown.as_str()]);
        let click = reconciliation(&ground, "one");
        let mended = click.mend(Fault::GrantedNotPaid, unknown.as_str(), &operator()).await.unwrap();
        assert_eq!(mended, Mended::Done);
        assert_eq!(found(&ground, Odd::UnpaidGrant).await, []);
    }

    async fn more_given_in_a_day_than_the_limit_is_found(ground: TestGround) {
        let (ann, bob) = (Case::new(&ground, "ann").await, Case::new(&ground, "bob").await);
        for _ in 0..2 {
            ann.is_given(500).await;
            bob.is_given(600).await;
        }
        let odd = found(&ground, Odd::GivenCredits).await;
        assert_eq!(ids(&odd), [format!("{}@{}", bob.user, ground.clock.now().day())]);
        assert_eq!((odd[0].seen.as_str(), odd[0].limit.as_str()), ("1200", "1000"));
        // Not on one day.
        let cleo = Case::new(&ground, "cleo").await;
        cleo.is_given(600).await;
        ground.clock.advance(HOUR * 24);
        cleo.is_given(600).await;
        assert_eq!(found(&ground, Odd::GivenCredits).await.len(), 1);
        ground.clock.advance(HOUR * 24 * 8);
        assert_eq!(found(&ground, Odd::GivenCredits).await, []);
    }

    async fn books_that_do_not_add_up_are_told_as_the_report_has_them(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        ann.run("UPDATE wallets SET remaining = remaining + 5, total = total + 5 WHERE user_id = $1", ann.user.as_str()).await;
        assert_eq!(found(&ground, Odd::LedgerDrift).await, [], "nobody has counted yet");
        let click = reconciliation(&ground, "one");
        click.ask(&operator()).await.unwrap();
        assert!(click.make_asked().await.unwrap());
        let first = ground.clock.now();
        ground.clock.advance(HOUR);
        click.ask(&operator()).await.unwrap();
        assert!(click.make_asked().await.unwrap());
        let odd = found(&ground, Odd::LedgerDrift).await;
        assert_eq!(ids(&odd), [ann.user.as_str()]);
        assert!(odd[0].since == first && odd[0].seen != odd[0].limit, "{odd:?}");
        click.mend(Fault::WalletSum, ann.user.as_str(), &operator()).await.unwrap();
        assert_eq!(found(&ground, Odd::LedgerDrift).await, []);
    }

    async fn holds_that_do_not_end_are_found(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let running = ann.held("running").await;
        let alone = JobId::new(ground.clock.now());
        ann.hold(&alone).await;
        ground.clock.advance(HOUR * 48);
        assert_eq!(found(&ground, Odd::StuckHold).await, []);
        ground.clock.advance(HOUR);
        let odd = found(&ground, Odd::StuckHold).await;
        let mut named = ids(&odd);
        named.sort_unstable();
        let mut both = [running.as_str(), alone.as_str()];
        both.sort_unstable();
        assert_eq!(named, both);
        let seen = |id: &JobId| odd.iter().find(|anomaly| anomaly.id == id.as_str()).map(|it| it.seen.clone());
        assert_eq!(seen(&running).as_deref(), Some("49 h, running"));
        assert_eq!(seen(&alone).as_deref(), Some("49 h, no job"));
        ann.end(&running, true).await;
        ann.end(&alone, false).await;
        assert_eq!(found(&ground, Odd::StuckHold).await, []);
    }

    async fn many_refunds_are_found_from_enough_purchases_on(ground: TestGround) {
        let (ann, bob) = (Case::new(&ground, "ann").await, Case::new(&ground, "bob").await);
        for returned in [990, 100] {
            ann.purchase("completed", returned).await;
            bob.purchase("completed", returned).await;
        }
        assert_eq!(found(&ground, Odd::RefundRate).await, [], "two purchases say nothing");
        ann.purchase("completed", 0).await;
        for _ in 0..2 {
            bob.purchase("completed", 0).await;
        }
        let odd = found(&ground, Odd::RefundRate).await;
        assert_eq!(ids(&odd), [ann.user.as_str()], "half of them is not more than half");
        assert_eq!((odd[0].seen.as_str(), odd[0].limit.as_str()), ("2 / 3", "50 %"));
        // A dispute counts as well.
        let disputed = bob.purchase("completed", 0).await;
        execute(&ground, "UPDATE recharge_records SET disputed = 1 WHERE user_id = $1", &[bob.user.as_str()]).await;
        assert_eq!(found(&ground, Odd::RefundRate).await.len(), 2, "{disputed}");
        ground.clock.advance(HOUR * 24 * 91);
        assert_eq!(found(&ground, Odd::RefundRate).await, []);
    }

    async fn accounts_from_one_address_at_a_time_are_found_and_forgotten_with_the_account(ground: TestGround) {
        let mut burst = Vec::new();
        for number in 0..6 {
            burst.push(signs_up(&ground, &format!("a{number}"), "192.0.2.1").await.to_string());
            signs_up(&ground, &format!("b{number}"), &format!("192.0.2.{}", 10 + number)).await;
            signs_up(&ground, &format!("c{number}"), "2001:db8:1:2::/64").await;
            ground.clock.advance(HOUR * 4);
        }
        let odd = found(&ground, Odd::SignUpBurst).await;
        let mut accounts: Vec<&str> = odd.iter().filter_map(|anomaly| anomaly.user_id.as_deref()).collect();
        assert_eq!(accounts.len(), 12, "{odd:?}");
        accounts.retain(|account| burst.iter().any(|id| id == account));
        assert_eq!(accounts.len(), 6);
        assert!(odd.iter().all(|anomaly| anomaly.seen == "6" && !anomaly.id.contains("192.0.2.1")), "{odd:?}");
        // Seven, and no more than five within a day.
        for number in 0..7 {
            signs_up(&ground, &format!("d{number}"), "192.0.2.99").await;
            ground.clock.advance(HOUR * 5);
        }
        assert_eq!(found(&ground, Odd::SignUpBurst).await.len(), 12);
        let user = UserId::parse(&burst[0]).unwrap();
        let password = "a long password".into();
        let ann = ground.accounts.find_by_email(&Email::parse("a0@example.com").unwrap()).await.unwrap().unwrap();
        ground.accounts.delete(&ann, &ann.email, &password, "192.0.2.1").await.unwrap();
        let origin: Option<String> = sqlx::query_scalar("SELECT signed_up_from FROM users WHERE id = $1")
            .bind(user)
            .fetch_one(ground.db.reader())
            .await
            .unwrap();
        assert_eq!(origin, None);
        assert_eq!(found(&ground, Odd::SignUpBurst).await.len(), 6, "five are no burst");
        ground.clock.advance(HOUR * 24 * 8);
        assert_eq!(found(&ground, Odd::SignUpBurst).await, [], "after a week they are part of the house");
    }

    async fn a_burst_may_last_for_days(ground: TestGround) {
        // Six in sixty hours, and never more than three on one day.
        for number in 0..6 {
            signs_up(&ground, &format!("a{number}"), "192.0.2.1").await;
            signs_up(&ground, &format!("b{number}"), &format!("192.0.2.{}", 10 + number % 2)).await;
            ground.clock.advance(HOUR * 12);
        }
        assert_eq!(found(&ground, Odd::SignUpBurst).await, [], "three within a day are none");
        let limits = Limits { burst_within: HOUR * 72, ..Limits::default() };
        let lookout = Lookout::new(ground.db.clone(), ground.clock.clone(), limits, "one".to_owned());
        let odd = lookout.find().await.unwrap().items;
        let seen: Vec<_> = odd.iter().map(|anomaly| (anomaly.kind, anomaly.seen.as_str())).collect();
        assert_eq!(seen, [(Odd::SignUpBurst, "6"); 6], "{odd:?}");
    }

    async fn administrators_are_told_once_by_one_node_and_again_when_it_is_back(ground: TestGround) {
        const LETTERS: &str = "SELECT COUNT(*) FROM outgoing_mail WHERE template = 'anomalies'";
        administrator(&ground, "one").await;
        administrator(&ground, "two").await;
        let (one, other) = (lookout(&ground, "one"), lookout(&ground, "other"));
        let click = reconciliation(&ground, "one");
        let ann = Case::new(&ground, "ann").await;
        let user = ann.user.as_str();
        let given = async || {
            ann.run("UPDATE lots SET granted = granted + 5000, free = free + 5000 WHERE source = 'grant' AND user_id = $1", user).await;
            ann.run("UPDATE wallet_days SET received = received + 5000 WHERE user_id = $1", user).await;
        };
        let not_given = async || {
            ann.run("UPDATE lots SET granted = granted - 5000, free = free - 5000 WHERE source = 'grant' AND user_id = $1", user).await;
            ann.run("UPDATE wallet_days SET received = received - 5000 WHERE user_id = $1", user).await;
        };
        ann.is_given(1).await;
        assert_eq!(one.tell_of_the_day().await.unwrap(), None, "the reconciliation comes first");
        let told = async |new: usize, letters: i64, what: &str| {
            assert!(click.check_of_the_day().await.unwrap());
            let (first, second) = tokio::join!(one.tell_of_the_day(), other.tell_of_the_day());
            let mut both = [first.unwrap(), second.unwrap()];
            both.sort_unstable();
            assert_eq!(both, [None, Some(new)], "{what}");
            assert_eq!(other.tell_of_the_day().await.unwrap(), None, "{what}");
            assert_eq!(count(&ground, LETTERS).await, letters, "{what}");
            ground.clock.advance(HOUR * 24);
        };
        told(0, 0, "nothing is odd").await;
        given().await;
        // The lot is off, its day is, and it is much: all three are new.
        told(3, 2, "it is there").await;
        told(0, 2, "it is there still").await;
        not_given().await;
        told(0, 2, "it is gone").await;
        assert_eq!(count(&ground, "SELECT COUNT(*) FROM anomalies_told").await, 0);
        given().await;
        told(3, 4, "it is back").await;
        not_given().await;
    }

    async fn administrators_are_told_of_what_the_reconciliation_found(ground: TestGround) {
        const LETTERS: &str = "SELECT COUNT(*) FROM outgoing_mail WHERE template = 'anomalies'";
        // A report that could not ask everything, as when a provider is away.
        const AWAY: &str = "UPDATE reconciliation_reports SET problem = 'away' \
            WHERE id = (SELECT MAX(id) FROM reconciliation_reports)";
        administrator(&ground, "one").await;
        let (one, click) = (lookout(&ground, "one"), reconciliation(&ground, "one"));
        let ann = Case::new(&ground, "ann").await;
        ann.is_given(8).await;
        let morning = async || {
            let day = ground.clock.now().seconds().rem_euclid(24 * 3_600);
            ground.clock.advance(HOUR * 24 - Duration::from_secs(day.cast_unsigned()) + HOUR);
            assert!(click.check_of_the_day().await.unwrap());
        };
        let told = async |new: usize, letters: i64, what: &str| {
            assert_eq!(one.tell_of_the_day().await.unwrap(), Some(new), "{what}");
            assert_eq!(count(&ground, LETTERS).await, letters, "{what}");
        };
        // What only a provider shows.
        let plant = async || execute(&ground, "INSERT INTO reconciliation_items (report_id, position, kind, id, expected, found, mend) \
            SELECT MAX(id), 100, 'paid_not_granted', 'r', 'completed', 'pending', 'fulfil' FROM reconciliation_reports", &[]).await;
        morning().await;
        told(0, 0, "all agrees").await;
        let job = ann.job("succeeded", PaidBy::Credits, 1).await;
        morning().await;
        told(1, 1, "a job that nothing was held for is no anomaly, and somebody should know").await;
        morning().await;
        plant().await;
        told(1, 2, "the other is known").await;
        morning().await;
        execute(&ground, AWAY, &[]).await;
        assert_eq!(one.tell_of_the_day().await.unwrap(), None, "it is asked again first");
        ground.clock.advance(HOUR * 2);
        told(1, 3, "not everything could be asked").await;
        morning().await;
        plant().await;
        told(0, 3, "what could not be asked about was not gone").await;
        morning().await;
        execute(&ground, AWAY, &[]).await;
        execute(&ground, "DELETE FROM reconciliation_items", &[]).await;
        ground.clock.advance(HOUR * 2);
        told(1, 4, "it is away again").await;
        morning().await;
        told(1, 5, "what our own books did not show was gone, and is back").await;
        click.mend(Fault::JobWithoutHold, job.as_str(), &operator()).await.unwrap();
        morning().await;
        told(0, 5, "all is mended").await;
        assert_eq!(count(&ground, "SELECT COUNT(*) FROM findings_told").await, 0);
    }
}
