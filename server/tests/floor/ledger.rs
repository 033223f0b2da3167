//! The ledger on both databases: what its operations promise, under concurrency too.

use std::time::Duration;

use atelier_server::credits::{
    self, Action, Actor, Adjustment, CreditsError, EntryFilter, Grant, HoldRequest, NewPeriod,
    PaidBy, Price, Returned, Wallet,
};
use atelier_server::db::{Database, is_duplicate};
use atelier_server::ids::{JobId, RechargeId, UserId};
use atelier_server::on_both_databases;
use atelier_server::time::Timestamp;
use atelier_server::verify;

const TRY_ON: Price = Price {
    credits: 1,
    trial: true,
    plan: true,
};
const VIDEO: Price = Price {
    credits: 10,
    trial: false,
    plan: false,
};

async fn hold(
    db: &Database,
    user: &UserId,
    price: Price,
    now: Timestamp,
) -> Result<(JobId, PaidBy), CreditsError> {
    let job = JobId::new(now);
    let mut tx = db.begin().await?;
    let request = HoldRequest {
        job: &job,
        tool: "try_on",
        price,
    };
    let held = credits::hold(&mut tx, user, request, now).await?;
    tx.commit().await?;
    Ok((job, held.hold.paid_by))
}

async fn settle(db: &Database, job: &JobId, delivered: bool, now: Timestamp) -> bool {
    let mut tx = db.begin().await.unwrap();
    let settled = if delivered {
        credits::capture(&mut tx, job, now).await.unwrap()
    } else {
        credits::release(&mut tx, job, now).await.unwrap()
    };
    tx.commit().await.unwrap();
    settled
}

async fn adjust(db: &Database, user: &UserId, action: Action, amount: i64, now: Timestamp) {
    let adjustment = Adjustment {
        user: user.clone(),
        action,
        amount,
        reason: "a test".to_owned(),
        actor: Actor::CommandLine,
        address: None,
    };
    let prices = atelier_server::catalog::Catalog::built_in().prices();
    let mut tx = db.begin().await.unwrap();
    credits::adjust(&mut tx, &adjustment, &prices, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn buy(
    db: &Database,
    user: &UserId,
    recharge: &RechargeId,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Wallet, CreditsError> {
    let mut tx = db.begin().await?;
    let grant = Grant {
        recharge,
        credits: 10,
        bonus: 0,
        expires_at,
        provider: "stripe",
    };
    let wallet = credits::grant(&mut tx, user, grant, now).await?;
    tx.commit().await?;
    Ok(wallet)
}

/// The wallet as it is, after checking the line of the arithmetic and the whole ledger.
async fn checked(db: &Database, user: &UserId, now: Timestamp) -> Wallet {
    let wallet = credits::read(db, user, now).await.unwrap();
    assert!(wallet.figures.adds_up(), "{:?}", wallet.figures);
    wallet
}

/// Changes a wallet behind the ledger's back.
async fn set_remaining(db: &Database, user: &UserId, remaining: i64, removed: i64) {
    let mut tx = db.begin().await.unwrap();
    sqlx::query("UPDATE wallets SET remaining = $2, removed = $3 WHERE user_id = $1")
        .bind(user)
        .bind(remaining)
        .bind(removed)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Purchases and jobs of these tests are ids only, so nobody knows when a purchase lapses.
async fn assert_ledger_agrees(db: &Database) {
    let unknown = ["job.missing", "recharge.missing", "lot.expires_at"];
    let mut findings = verify::findings(db).await.unwrap();
    findings.retain(|finding| !unknown.contains(&finding.kind));
    assert!(findings.is_empty(), "{findings:#?}");
}

/// What happens to the money, or the time, of a purchase.
#[derive(Clone, Copy, Debug)]
enum Event {
    Lapse,
    Freeze,
    Refund,
    DisputeWon,
    DisputeLost,
}

/// When it happens, seen from a hold of four of its ten credits.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Before,
    During,
    After,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Capture,
    Release,
}

/// Remaining, frozen, used, removed, debt in the end, and whether the hold was refused.
type Fate = (i64, i64, i64, i64, i64, bool);

#[rustfmt::skip]
const FATES: [(Event, Moment, End, Fate); 30] = {
    use {End::*, Event::*, Moment::*};
    [
        (Lapse,       Before, Capture, (0, 0, 0, 10, 0, true)),
        (Lapse,       Before, Release, (0, 0, 0, 10, 0, true)),
        (Lapse,       During, Capture, (0, 0, 4, 6, 0, false)),
        // What was held lives on for seven days.
        (Lapse,       During, Release, (4, 0, 0, 6, 0, false)),
        (Lapse,       After,  Capture, (0, 0, 4, 6, 0, false)),
        (Lapse,       After,  Release, (0, 0, 0, 10, 0, false)),
        (Freeze,      Before, Capture, (0, 10, 0, 0, 0, true)),
        (Freeze,      Before, Release, (0, 10, 0, 0, 0, true)),
        (Freeze,      During, Capture, (0, 6, 4, 0, 0, false)),
        (Freeze,      During, Release, (0, 10, 0, 0, 0, false)),
        (Freeze,      After,  Capture, (0, 6, 4, 0, 0, false)),
        (Freeze,      After,  Release, (0, 10, 0, 0, 0, false)),
        // Half of the money.
        (Refund,      Before, Capture, (1, 0, 4, 5, 0, false)),
        (Refund,      Before, Release, (5, 0, 0, 5, 0, false)),
        (Refund,      During, Capture, (1, 0, 4, 5, 0, false)),
        (Refund,      During, Release, (5, 0, 0, 5, 0, false)),
        (Refund,      After,  Capture, (1, 0, 4, 5, 0, false)),
        (Refund,      After,  Release, (5, 0, 0, 5, 0, false)),
        (DisputeWon,  Before, Capture, (6, 0, 4, 0, 0, false)),
        (DisputeWon,  Before, Release, (10, 0, 0, 0, 0, false)),
        (DisputeWon,  During, Capture, (6, 0, 4, 0, 0, false)),
        (DisputeWon,  During, Release, (10, 0, 0, 0, 0, false)),
        (DisputeWon,  After,  Capture, (6, 0, 4, 0, 0, false)),
        (DisputeWon,  After,  Release, (10, 0, 0, 0, 0, false)),
        (DisputeLost, Before, Capture, (0, 0, 0, 10, 0, true)),
        (DisputeLost, Before, Release, (0, 0, 0, 10, 0, true)),
        // What is held counts as spent: a debt, which the release pays.
        (DisputeLost, During, Capture, (0, 0, 4, 10, 4, false)),
        (DisputeLost, During, Release, (0, 0, 0, 10, 0, false)),
        (DisputeLost, After,  Capture, (0, 0, 4, 10, 4, false)),
        (DisputeLost, After,  Release, (0, 0, 0, 10, 0, false)),
    ]
};

/// A purchase of ten credits that lapses in a day, alone in its wallet.
struct Purchase<'a> {
    db: &'a Database,
    user: UserId,
    recharge: RechargeId,
    bought_at: Timestamp,
}

impl Purchase<'_> {
    /// Lets it happen; the moment after it.
    async fn suffers(&self, event: Event) -> Timestamp {
        let states: &[(i64, bool)] = match event {
            Event::Lapse => return self.bought_at.plus_days(1),
            Event::Freeze => &[(0, true)],
            Event::Refund => &[(50, false)],
            Event::DisputeWon => &[(0, true), (0, false)],
            Event::DisputeLost => &[(0, true), (100, false)],
        };
        for (returned_minor, disputed) in states {
            let returned = Returned {
                recharge: &self.recharge,
                paid_minor: 100,
                returned_minor: *returned_minor,
                disputed: *disputed,
                provider: "stripe",
            };
            let mut tx = self.db.begin().await.unwrap();
            credits::returned(&mut tx, &self.user, returned, self.bought_at)
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        self.bought_at
    }

    async fn lives(&self, event: Event, moment: Moment, end: End) -> Fate {
        const PRICE: Price = Price {
            credits: 4,
            trial: false,
            plan: false,
        };
        let mut now = self.bought_at;
        if matches!(moment, Moment::Before) {
            now = self.suffers(event).await;
        }
        let held = hold(self.db, &self.user, PRICE, now).await;
        if matches!(moment, Moment::During) {
            now = self.suffers(event).await;
        }
        if let Ok((job, _)) = &held {
            assert!(settle(self.db, job, matches!(end, End::Capture), now).await);
        }
        if matches!(moment, Moment::After) {
            now = self.suffers(event).await;
        }
        let figures = checked(self.db, &self.user, now).await.figures;
        assert_eq!((figures.held, figures.total), (0, 10));
        (
            figures.remaining,
            figures.frozen,
            figures.used,
            figures.removed,
            figures.debt,
            held.is_err(),
        )
    }
}

on_both_databases! {
    async fn every_fate_of_a_purchase_around_a_hold(ground: TestGround) {
        for (number, (event, moment, end, fate)) in FATES.into_iter().enumerate() {
            let user = ground.empty_account(&format!("buyer{number}")).await;
            let bought_at = ground.clock.now();
            let recharge = RechargeId::new(bought_at);
            let lapses = Some(bought_at.plus_days(1));
            buy(&ground.db, &user, &recharge, lapses, bought_at).await.unwrap();
            let purchase = Purchase { db: &ground.db, user, recharge, bought_at };
            assert_eq!(purchase.lives(event, moment, end).await, fate, "{event:?} {moment:?} {end:?}");
        }
        assert_ledger_agrees(&ground.db).await;
    }

    async fn a_preview_of_returned_money_is_what_it_then_does(ground: TestGround) {
        // Back before, spent before, given after that, in dispute, back then: taken and owed.
        let table = [
            (0, 0, 0, false, 100, (10, 0)),
            (0, 0, 0, false, 55, (5, 0)),
            (30, 0, 0, false, 100, (7, 0)),
            (30, 0, 0, false, 60, (3, 0)),
            (100, 0, 0, false, 100, (0, 0)),
            (0, 4, 0, false, 100, (10, 4)),
            (0, 10, 3, false, 100, (10, 7)),
            (50, 5, 0, false, 80, (3, 3)),
            (0, 0, 0, true, 100, (10, 0)),
            (0, 4, 0, true, 100, (10, 4)),
            (0, 4, 2, true, 50, (5, 0)),
        ];
        let (db, now) = (&ground.db, ground.clock.now());
        for (number, (before, spent, given, disputed, then, expected)) in table.into_iter().enumerate() {
            let user = ground.empty_account(&format!("buyer{number}")).await;
            let recharge = RechargeId::new(now);
            buy(db, &user, &recharge, None, now).await.unwrap();
            let state = |returned_minor, disputed| Returned {
                recharge: &recharge,
                paid_minor: 100,
                returned_minor,
                disputed,
                provider: "stripe",
            };
            let does = async |returned: Returned<'_>| {
                let mut tx = db.begin().await.unwrap();
                let wallet = credits::returned(&mut tx, &user, returned, now).await.unwrap();
                tx.commit().await.unwrap();
                wallet
            };
            does(state(before, false)).await;
            for (action, amount) in [(Action::Deduct, spent), (Action::Add, given)] {
                if amount > 0 {
                    adjust(db, &user, action, amount, now).await;
                }
            }
            let was = does(state(before, disputed)).await;
            let mut tx = db.begin().await.unwrap();
            let effect = credits::preview_returned(&mut tx, &user, state(then, disputed), now).await.unwrap();
            drop(tx);
            assert_eq!((effect.taken, effect.owed), expected, "row {number}");
            assert_eq!(credits::read(db, &user, now).await.unwrap().version, was.version, "nothing is changed");
            let is = does(state(then, disputed)).await;
            let (was, is) = (was.figures, is.figures);
            let there = |figures: &credits::Figures| figures.remaining + figures.frozen;
            assert_eq!((is.removed - was.removed, is.debt - was.debt), expected, "row {number}");
            assert_eq!(there(&was) - there(&is), effect.taken - effect.owed, "row {number}");
        }
        assert_ledger_agrees(db).await;
    }

    async fn what_a_failed_refund_gives_back_pays_debt_first(ground: TestGround) {
        let user = ground.empty_account("ann").await;
        let now = ground.clock.now();
        let recharge = RechargeId::new(now);
        buy(&ground.db, &user, &recharge, None, now).await.unwrap();
        let purchase = Purchase { db: &ground.db, user: user.clone(), recharge, bought_at: now };
        let (job, _) = hold(&ground.db, &user, VIDEO, now).await.unwrap();
        settle(&ground.db, &job, true, now).await;
        purchase.suffers(Event::DisputeLost).await;
        adjust(&ground.db, &user, Action::Add, 3, now).await;
        let before = checked(&ground.db, &user, now).await.figures;
        assert_eq!((before.remaining, before.debt, before.removed), (0, 7, 10));
        // Seven of the ten were a debt still; three had been paid, and are free again.
        purchase.suffers(Event::DisputeWon).await;
        let after = checked(&ground.db, &user, now).await.figures;
        assert_eq!((after.remaining, after.debt, after.removed), (3, 0, 0));
        assert_ledger_agrees(&ground.db).await;
    }

    async fn a_use_belongs_to_the_period_that_held_it(ground: TestGround) {
        let user = ground.empty_account("ann").await;
        let first = ground.clock.now();
        let second = first.plus_days(30);
        for (starts_at, quota) in [(first, Some(2)), (second, None)] {
            let period = NewPeriod {
                subscription_id: "sub_1",
                recharge: None,
                plan: "premium-monthly",
                quota,
                starts_at,
                ends_at: starts_at.plus_days(30),
                serves_until: starts_at.plus_days(33),
                renews: true,
                provider: "stripe",
            };
            let mut tx = ground.db.begin().await.unwrap();
            credits::open_period(&mut tx, &user, &period, starts_at).await.unwrap();
            tx.commit().await.unwrap();
            // The same period opens once.
            let mut tx = ground.db.begin().await.unwrap();
            let again = credits::open_period(&mut tx, &user, &period, starts_at).await;
            let Err(CreditsError::Database(error)) = again else { panic!("{again:?}") };
            assert!(is_duplicate(&error), "{error}");
            drop(tx);
            if starts_at == second {
                continue;
            }
            let (job, paid_by) = hold(&ground.db, &user, TRY_ON, first).await.unwrap();
            assert_eq!(paid_by, PaidBy::Plan);
            let (late, _) = hold(&ground.db, &user, TRY_ON, first).await.unwrap();
            assert!(hold(&ground.db, &user, TRY_ON, first).await.is_err(), "the quota is two");
            settle(&ground.db, &job, true, first).await;
            ground.clock.advance(Duration::from_secs(1));
            let shown = checked(&ground.db, &user, first).await.period.unwrap();
            assert_eq!((shown.used, shown.held, shown.remaining()), (1, 1, Some(0)));
            // Two days into the next month the renewal is unpaid, and the period still serves.
            let unpaid = first.plus_days(32);
            assert!(checked(&ground.db, &user, unpaid).await.period.unwrap().past_due);
            assert_eq!(checked(&ground.db, &user, first.plus_days(33)).await.period, None);
            settle(&ground.db, &late, false, unpaid).await;
            assert_eq!(checked(&ground.db, &user, unpaid).await.period.unwrap().remaining(), Some(1));
        }
        let now = second.plus_days(1);
        let (job, paid_by) = hold(&ground.db, &user, TRY_ON, now).await.unwrap();
        assert_eq!(paid_by, PaidBy::Plan);
        let view = checked(&ground.db, &user, now).await.view(&ground.catalog.prices());
        assert_eq!(view.remaining_uses.try_on, None, "unlimited");
        settle(&ground.db, &job, true, now).await;
        assert_eq!(checked(&ground.db, &user, now).await.period.unwrap().used, 1);
        assert_ledger_agrees(&ground.db).await;
    }

    async fn a_new_account_has_8_credits_and_3_trials(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let wallet = checked(&ground.db, &user, ground.clock.now()).await;
        assert_eq!((wallet.figures.remaining, wallet.figures.initial), (8, 8));
        assert_eq!((wallet.trials.limit, wallet.trials.remaining), (3, 3));
        let view = wallet.view(&ground.catalog.prices());
        assert_eq!(view.remaining_uses.try_on, Some(11));
        assert_ledger_agrees(&ground.db).await;
    }

    async fn initial_credits_come_once_per_person(ground: TestGround) {
        let first = ground.account("ann").await.id;
        let tagged = ground.account("ann+second").await.id;
        let now = ground.clock.now();
        assert_eq!(checked(&ground.db, &first, now).await.figures.remaining, 8);
        let second = checked(&ground.db, &tagged, now).await;
        assert_eq!((second.figures.remaining, second.trials.limit), (0, 0));
    }

    async fn a_hold_ends_once(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        let (job, paid_by) = hold(&ground.db, &user, TRY_ON, now).await.unwrap();
        assert_eq!(paid_by, PaidBy::Credits);
        assert_eq!(checked(&ground.db, &user, now).await.figures.held, 1);

        assert!(settle(&ground.db, &job, false, now).await);
        let released = checked(&ground.db, &user, now).await;
        assert_eq!((released.figures.remaining, released.figures.held), (8, 0));
        // Neither a second release nor a late capture changes anything.
        assert!(!settle(&ground.db, &job, false, now).await);
        assert!(!settle(&ground.db, &job, true, now).await);
        assert_eq!(checked(&ground.db, &user, now).await, released);
        assert_ledger_agrees(&ground.db).await;
    }

    async fn trials_pay_when_no_credits_do_and_come_back_too(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        adjust(&ground.db, &user, Action::Set, 0, now).await;
        let (job, paid_by) = hold(&ground.db, &user, TRY_ON, now).await.unwrap();
        assert_eq!(paid_by, PaidBy::Trial);
        let held = checked(&ground.db, &user, now).await.trials;
        assert_eq!((held.held, held.remaining, held.used), (1, 2, 0));
        assert!(settle(&ground.db, &job, false, now).await);
        assert_eq!(checked(&ground.db, &user, now).await.trials.remaining, 3);

        let (job, _) = hold(&ground.db, &user, TRY_ON, now).await.unwrap();
        assert!(settle(&ground.db, &job, true, now).await);
        let used = checked(&ground.db, &user, now).await.trials;
        assert_eq!((used.used, used.held, used.remaining), (1, 0, 2));
        assert_ledger_agrees(&ground.db).await;
    }

    async fn what_came_back_was_not_used_on_any_day(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let monday = ground.clock.now();
        let tuesday = monday.plus(Duration::from_secs(24 * 3_600));
        let (lost, _) = hold(&ground.db, &user, TRY_ON, monday).await.unwrap();
        let (done, _) = hold(&ground.db, &user, TRY_ON, monday).await.unwrap();
        settle(&ground.db, &lost, false, tuesday).await;
        settle(&ground.db, &done, true, tuesday).await;
        // An operator's deduction is no use either.
        adjust(&ground.db, &user, Action::Deduct, 3, tuesday).await;
        let days = credits::daily_totals(&ground.db, &user, 2, tuesday).await.unwrap();
        let figures: Vec<_> = days.iter().map(|day| (day.used, day.received)).collect();
        // What was used is counted on the day it was made.
        assert_eq!(figures, [(0, 8), (1, 0)]);
        let balances: Vec<_> = days.iter().map(|day| day.balance).collect();
        assert_eq!(balances, [6, 4]);
        let later = tuesday.plus(Duration::from_secs(9 * 24 * 3_600));
        let days = credits::daily_totals(&ground.db, &user, 3, later).await.unwrap();
        assert!(days.iter().all(|day| (day.used, day.received, day.balance) == (0, 0, 4)), "{days:?}");
        assert_ledger_agrees(&ground.db).await;
    }

    async fn what_is_refused_leaves_no_trace(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        let before = checked(&ground.db, &user, now).await;
        let refused = hold(&ground.db, &user, VIDEO, now).await;
        assert!(matches!(refused, Err(CreditsError::Insufficient(_))), "{refused:?}");
        assert_eq!(checked(&ground.db, &user, now).await, before);
        let all = EntryFilter { limit: 99, ..EntryFilter::default() };
        assert_eq!(credits::statement(&ground.db, &user, &all).await.unwrap().len(), 1);
    }

    async fn one_credit_is_spent_by_one_of_fifty_at_once(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        adjust(&ground.db, &user, Action::Set, 1, now).await;
        let tries = (0..50).map(|_| {
            let (db, user) = (ground.db.clone(), user.clone());
            tokio::spawn(async move { hold(&db, &user, TRY_ON, now).await })
        });
        let mut paid = Vec::new();
        let mut refused = 0;
        for tried in tries.collect::<Vec<_>>() {
            match tried.await.unwrap() {
                Ok((_, paid_by)) => paid.push(paid_by),
                Err(CreditsError::Insufficient(_)) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        let count = |kind| paid.iter().filter(|paid_by| **paid_by == kind).count();
        assert_eq!((count(PaidBy::Credits), count(PaidBy::Trial), refused), (1, 3, 46));
        let wallet = checked(&ground.db, &user, now).await;
        assert_eq!((wallet.figures.remaining, wallet.figures.held), (0, 1));
        assert_ledger_agrees(&ground.db).await;
    }

    async fn many_writers_make_one_order(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        let writers = (0..30).map(|_| {
            let (db, user) = (ground.db.clone(), user.clone());
            tokio::spawn(async move { adjust(&db, &user, Action::Add, 1, now).await })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let wallet = checked(&ground.db, &user, now).await;
        assert_eq!((wallet.figures.remaining, wallet.version), (38, 31));
        assert_ledger_agrees(&ground.db).await;
    }

    async fn one_purchase_grants_once(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        let recharge = RechargeId::new(now);
        buy(&ground.db, &user, &recharge, None, now).await.unwrap();
        let again = buy(&ground.db, &user, &recharge, None, now).await;
        let Err(CreditsError::Database(error)) = again else { panic!("{again:?}") };
        assert!(is_duplicate(&error), "{error}");
        assert_eq!(checked(&ground.db, &user, now).await.figures.remaining, 18);
    }

    async fn lapsed_credits_are_gone_at_their_moment(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        let end = now.plus(Duration::from_secs(60));
        let recharge = RechargeId::new(now);
        buy(&ground.db, &user, &recharge, Some(end), now).await.unwrap();
        let just_before = end.minus(Duration::from_micros(1));
        assert_eq!(checked(&ground.db, &user, just_before).await.figures.remaining, 18);
        let after = checked(&ground.db, &user, end).await;
        assert_eq!((after.figures.remaining, after.figures.removed), (8, 10));

        assert_eq!(credits::sweep(&ground.db, end).await.unwrap(), 1);
        assert_eq!(credits::sweep(&ground.db, end).await.unwrap(), 0);
        let filter = EntryFilter { limit: 1, ..EntryFilter::default() };
        let newest = &credits::statement(&ground.db, &user, &filter).await.unwrap()[0];
        assert_eq!((newest.kind.as_str(), newest.amount), ("expire", -10));
        assert_eq!(newest.created_at, end);
        assert_ledger_agrees(&ground.db).await;
    }

    async fn a_plan_that_turns_is_written_down_at_its_moment_and_once(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        let ends_at = now.plus_days(30);
        let period = NewPeriod {
            subscription_id: "sub_1",
            recharge: None,
            plan: "premium-monthly",
            quota: Some(100),
            starts_at: now,
            ends_at,
            serves_until: ends_at.plus_days(3),
            renews: true,
            provider: "stripe",
        };
        let mut tx = ground.db.begin().await.unwrap();
        credits::open_period(&mut tx, &user, &period, now).await.unwrap();
        tx.commit().await.unwrap();
        // A day after its end it is called unpaid, three days after it serves no more.
        let mut moment = now;
        for turn in [ends_at.plus_days(1), ends_at.plus_days(3)] {
            assert_eq!(credits::next_change(&ground.db, moment).await.unwrap(), Some(turn));
            let before = checked(&ground.db, &user, moment).await.version;
            let just_before = turn.minus(Duration::from_micros(1));
            assert_eq!(credits::sweep(&ground.db, just_before).await.unwrap(), 0);
            let sweeps = [(); 4].map(|()| {
                let db = ground.db.clone();
                tokio::spawn(async move { credits::sweep(&db, turn).await })
            });
            for sweep in sweeps {
                sweep.await.unwrap().unwrap();
            }
            assert_eq!(credits::sweep(&ground.db, turn).await.unwrap(), 0);
            assert_eq!(checked(&ground.db, &user, turn).await.version, before + 1);
            moment = turn;
        }
        assert_eq!(credits::next_change(&ground.db, moment).await.unwrap(), None);
        assert_ledger_agrees(&ground.db).await;
    }

    async fn a_wallet_that_cannot_be_written_does_not_keep_others_from_lapsing(ground: TestGround) {
        let now = ground.clock.now();
        let end = now.plus(Duration::from_secs(60));
        let mut users = Vec::new();
        for name in ["ann", "bob", "cid"] {
            let user = ground.account(name).await.id;
            buy(&ground.db, &user, &RechargeId::new(now), Some(end), now).await.unwrap();
            users.push(user);
        }
        // The line of the wallet holds, and what lapses would bring it below zero.
        set_remaining(&ground.db, &users[1], 9, 9).await;
        assert_eq!(credits::sweep(&ground.db, end).await.unwrap(), 2);
        set_remaining(&ground.db, &users[1], 18, 0).await;
        assert_eq!(credits::sweep(&ground.db, end).await.unwrap(), 1);
        assert_ledger_agrees(&ground.db).await;
    }

    async fn the_lots_that_paid_are_in_the_statement(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        let recharge = RechargeId::new(now);
        buy(&ground.db, &user, &recharge, None, now).await.unwrap();
        hold(&ground.db, &user, VIDEO, now).await.unwrap();
        let filter = EntryFilter { limit: 1, ..EntryFilter::default() };
        let newest = &credits::statement(&ground.db, &user, &filter).await.unwrap()[0];
        let lots: Vec<_> =
            newest.lots.iter().map(|lot| (lot.source.as_str(), lot.amount)).collect();
        assert_eq!(lots, [("initial", 8), ("purchase", 2)]);
        assert_eq!(newest.balance_after, 8);
    }

    async fn setting_changes_what_remains_and_nothing_else(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        hold(&ground.db, &user, TRY_ON, now).await.unwrap();
        for target in [100, 0, 5] {
            adjust(&ground.db, &user, Action::Set, target, now).await;
            let wallet = checked(&ground.db, &user, now).await;
            assert_eq!((wallet.figures.remaining, wallet.figures.held), (target, 1));
        }
        let before = checked(&ground.db, &user, now).await;
        adjust(&ground.db, &user, Action::Set, 5, now).await;
        assert_eq!(checked(&ground.db, &user, now).await.version, before.version);
        assert_ledger_agrees(&ground.db).await;
    }

    async fn setting_pays_an_open_debt_first(ground: TestGround) {
        let user = ground.account("ann").await.id;
        let now = ground.clock.now();
        let recharge = RechargeId::new(now);
        buy(&ground.db, &user, &recharge, None, now).await.unwrap();
        adjust(&ground.db, &user, Action::Deduct, 18, now).await;
        let returned = Returned {
            recharge: &recharge,
            paid_minor: 100,
            returned_minor: 100,
            disputed: false,
            provider: "stripe",
        };
        let mut tx = ground.db.begin().await.unwrap();
        credits::returned(&mut tx, &user, returned, now).await.unwrap();
        tx.commit().await.unwrap();
        let figures = checked(&ground.db, &user, now).await.figures;
        assert_eq!((figures.remaining, figures.debt), (0, 10));
        adjust(&ground.db, &user, Action::Set, 5, now).await;
        let figures = checked(&ground.db, &user, now).await.figures;
        assert_eq!((figures.remaining, figures.debt), (5, 0));
        assert_ledger_agrees(&ground.db).await;
    }

    async fn the_ledger_cannot_be_rewritten(ground: TestGround) {
        let user = ground.account("ann").await.id;
        for statement in ["UPDATE entries SET amount = 9", "DELETE FROM entries"] {
            let mut tx = ground.db.begin().await.unwrap();
            let refused = sqlx::query(statement).execute(&mut *tx).await;
            assert!(refused.is_err(), "{statement}");
        }
        assert_eq!(checked(&ground.db, &user, ground.clock.now()).await.figures.remaining, 8);
    }

    async fn the_database_itself_refuses_a_wallet_that_does_not_add_up(ground: TestGround) {
        ground.account("ann").await;
        for statement in [
            "UPDATE wallets SET remaining = remaining + 1",
            "UPDATE wallets SET remaining = -1, total = -1",
            "UPDATE wallets SET trials_used = 4",
            "UPDATE lots SET free = free + 1",
        ] {
            let mut tx = ground.db.begin().await.unwrap();
            let refused = sqlx::query(statement).execute(&mut *tx).await;
            assert!(refused.is_err(), "{statement}");
        }
    }
}
