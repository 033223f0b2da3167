//! What the days of the site come to: what is kept of the present one bit by bit and what is counted of its rest are the day.

use std::time::Duration;

use atelier_server::catalog::{Costs, Money};
use atelier_server::credits::{self, Grant, Returned};
use atelier_server::ids::{JobId, RechargeId};
use atelier_server::on_both_databases;
use atelier_server::oversight::{
    Margins, SiteCredits, SiteDay, SiteJobs, SiteSale, SiteUsers, check_days, close_days, count_on,
    daily,
};
use atelier_server::testing::TestGround;

use crate::reconciliation::Case;

/// Longer than the step in which a day is kept and what is waited for behind it.
const A_WHILE: Duration = Duration::from_secs(40 * 60);

async fn today(ground: &TestGround) -> SiteDay {
    let now = ground.clock.now();
    daily(&ground.db, None, now, now).await.unwrap().remove(0)
}

/// What is kept of one figure.
async fn kept(ground: &TestGround, figure: &'static str) -> i64 {
    sqlx::query_scalar(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM site_figures WHERE figure = $1",
    )
    .bind(figure)
    .fetch_one(ground.db.reader())
    .await
    .unwrap()
}

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn money(amount_minor: i64, currency: &str) -> Money {
    Money {
        amount_minor,
        currency: currency.to_owned(),
    }
}

/// Each of them cost 990.
fn sale(credits: i64, currency: &str) -> SiteSale {
    SiteSale {
        currency: currency.to_owned(),
        credits,
        amount_minor: 990,
    }
}

/// Jobs that ended on a day: how many succeeded, failed, were cancelled; seconds and credits of the first; cost and margin.
fn jobs(provider: &str, tool: &str, counted: [i64; 5], left: [i64; 2]) -> SiteJobs {
    let [succeeded, failed, cancelled, seconds, credits] = counted;
    let [cost, margin] = left.map(|amount| Some(money(amount, "usd")));
    SiteJobs {
        provider: provider.to_owned(),
        tool: tool.to_owned(),
        succeeded,
        failed,
        cancelled,
        seconds,
        credits,
        cost,
        margin,
    }
}

impl Case<'_> {
    /// A job that ended in this state and began so long before.
    async fn did(&self, state: &str, began: &'static str) -> JobId {
        let job = self.held(state).await;
        self.run(began, job.as_str()).await;
        self.end(&job, state == "succeeded").await;
        job
    }

    /// Credits of a purchase that lapse after so many days.
    async fn grant(&self, recharge: &RechargeId, sold: [i64; 2], days: i64) {
        let now = self.ground.clock.now();
        let grant = Grant {
            recharge,
            credits: sold[0],
            bonus: sold[1],
            expires_at: Some(now.plus_days(days)),
            provider: "stripe",
        };
        let mut tx = self.ground.db.begin().await.unwrap();
        credits::grant(&mut tx, &self.user, grant, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Half of a purchase goes back.
    async fn half_goes_back(&self, recharge: &RechargeId) {
        self.run(
            "INSERT INTO refunds (id, recharge_id, amount_minor, status, created_at, changed_at) \
             SELECT 're_1', id, 495, 'succeeded', completed_at + 172800000000, completed_at + 172800000000 \
             FROM recharge_records WHERE id = $1",
            recharge.as_str(),
        )
        .await;
        let returned = Returned {
            recharge,
            paid_minor: 990,
            returned_minor: 495,
            disputed: false,
            provider: "stripe",
        };
        let mut tx = self.ground.db.begin().await.unwrap();
        let now = self.ground.clock.now();
        credits::returned(&mut tx, &self.user, returned, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

const AFTER_21: &str = "UPDATE jobs SET started_at = finished_at - 21000000 WHERE id = $1";
const AFTER_30: &str = "UPDATE jobs SET started_at = finished_at - 30000000 WHERE id = $1";
const FILM: &str = "UPDATE jobs SET provider = 'replicate', tool = 'video', \
                    started_at = finished_at - 90000000 WHERE id = $1";

/// Four days of a house with two providers, in which everything happens that is counted.
async fn four_days(ground: &TestGround) {
    let ann = Case::new(ground, "ann").await;
    let bought = ann.purchase("completed", 0).await;
    ann.grant(&bought, [50, 5], 365).await;
    for (state, began) in [
        ("succeeded", AFTER_21),
        ("succeeded", AFTER_30),
        ("failed", AFTER_30),
    ] {
        ann.did(state, began).await;
    }
    ground.clock.advance(DAY);
    let bob = Case::new(ground, "bob").await;
    let paid = bob.purchase("completed", 0).await;
    bob.run(
        "UPDATE recharge_records SET currency = 'cny' WHERE id = $1",
        paid.as_str(),
    )
    .await;
    for (state, began) in [
        ("succeeded", FILM),
        ("failed", FILM),
        ("cancelled", FILM),
        ("cancelled", AFTER_21),
    ] {
        bob.did(state, began).await;
    }
    ground.clock.advance(DAY);
    ann.half_goes_back(&bought).await;
    let cid = Case::new(ground, "cid").await;
    cid.grant(&RechargeId::new(ground.clock.now()), [10, 0], 1)
        .await;
    ground.clock.advance(DAY);
    assert_eq!(
        credits::sweep(&ground.db, ground.clock.now())
            .await
            .unwrap(),
        1
    );
}

/// What they come to, added up by hand. A credit was sold for 19.8 cents, a try-on costs 8 of them and a video 60.
fn four_days_by_hand(dates: [String; 4]) -> [SiteDay; 4] {
    let [first, second, third, fourth] = dates;
    let first = SiteDay {
        date: first,
        revenue: vec![money(990, "usd")],
        bought: vec![sale(50, "usd")],
        credits: SiteCredits {
            sold: 50,
            given: 8 + 5,
            spent: 2,
            returned: 1,
            ..SiteCredits::default()
        },
        users: SiteUsers {
            signed_up: 1,
            active: 1,
            paying: 1,
        },
        // 39.6 earned, of which a half is not counted.
        jobs: vec![jobs("fashn", "try_on", [2, 1, 0, 51, 2], [16, 23])],
        ..SiteDay::default()
    };
    let second = SiteDay {
        date: second,
        revenue: vec![money(990, "cny")],
        bought: vec![sale(50, "cny")],
        credits: SiteCredits {
            given: 8,
            spent: 1,
            returned: 3,
            ..SiteCredits::default()
        },
        users: SiteUsers {
            signed_up: 1,
            active: 1,
            paying: 1,
        },
        jobs: vec![
            jobs("fashn", "try_on", [0, 0, 1, 0, 0], [0, 0]),
            jobs("replicate", "video", [1, 1, 1, 90, 1], [60, 19 - 60]),
        ],
        ..SiteDay::default()
    };
    let third = SiteDay {
        date: third,
        refunded: vec![money(495, "usd")],
        // Half of what was sold and, rounded down, of its bonus.
        credits: SiteCredits {
            sold: 10,
            given: 8,
            taken_back: 25 + 2,
            ..SiteCredits::default()
        },
        users: SiteUsers {
            signed_up: 1,
            ..SiteUsers::default()
        },
        ..SiteDay::default()
    };
    let fourth = SiteDay {
        date: fourth,
        credits: SiteCredits {
            lapsed: 10,
            ..SiteCredits::default()
        },
        ..SiteDay::default()
    };
    [first, second, third, fourth]
}

on_both_databases! {
    async fn each_day_has_every_figure_and_keeps_it(ground: TestGround) {
        let first = ground.clock.now();
        four_days(&ground).await;
        let by_hand = four_days_by_hand([0, 1, 2, 3].map(|day| first.plus_days(day).day()));
        let costs = Costs { currency: "usd".to_owned(), try_on: 8, video: 60 };
        let told = async || daily(&ground.db, Some(&costs), first, first.plus_days(3)).await.unwrap();
        let so_far = told().await;
        assert_eq!(so_far, by_hand);
        ground.clock.advance(DAY);
        assert_eq!(close_days(&ground.db, ground.clock.now()).await.unwrap(), 4);
        assert_eq!(told().await, by_hand);
        // Without costs nothing is known of what was left, and nothing else changes.
        let untold = daily(&ground.db, None, first, first.plus_days(3)).await.unwrap();
        let left = untold.iter().flat_map(|day| &day.jobs).map(|jobs| (&jobs.cost, &jobs.margin));
        assert_eq!(left.collect::<Vec<_>>(), [(&None, &None); 3]);

        // Together.
        let mut whole = SiteDay::together(&so_far);
        Margins::over(&so_far, Some(&costs)).unwrap().tell(&mut whole);
        let by_hand = SiteDay {
            date: first.day(),
            revenue: vec![money(990, "cny"), money(990, "usd")],
            bought: vec![sale(50, "cny"), sale(50, "usd")],
            refunded: vec![money(495, "usd")],
            credits: SiteCredits { sold: 60, given: 29, spent: 3, returned: 4, lapsed: 10, taken_back: 27 },
            users: SiteUsers { signed_up: 3, active: 2, paying: 2 },
            jobs: vec![
                jobs("fashn", "try_on", [2, 1, 1, 51, 2], [16, 23]),
                jobs("replicate", "video", [1, 1, 1, 90, 1], [60, -41]),
            ],
        };
        assert_eq!(whole, by_hand);
        let done = whole.done(None);
        assert_eq!((done.failed_of_a_thousand(), done.mean_seconds()), (Some(400), Some(47)));
        assert_eq!(whole.done(Some("try_on")).mean_seconds(), Some(25));
        let nothing = SiteJobs::default();
        assert_eq!((nothing.failed_of_a_thousand(), nothing.mean_seconds()), (None, None));
    }

    async fn a_day_is_the_sum_of_its_parts(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        for round in 1..=4_i64 {
            let (made, failed) = (ann.held("succeeded").await, ann.held("failed").await);
            ann.end(&made, true).await;
            ann.end(&failed, false).await;
            ground.clock.advance(A_WHILE);
            let spent = SiteCredits { given: 8, spent: round, returned: round, ..SiteCredits::default() };
            // Before it is kept, and after; again and by two at once.
            for kept_by in [round - 1, round, round] {
                assert_eq!((kept(&ground, "spent").await, kept(&ground, "failed").await), (kept_by, kept_by));
                assert_eq!(kept(&ground, "active").await, kept_by.min(1));
                let day = today(&ground).await;
                assert_eq!(day.credits, spent, "round {round}");
                assert_eq!((day.users.active, day.users.signed_up), (1, 1));
                let jobs = &day.jobs[0];
                assert_eq!((jobs.succeeded, jobs.failed, jobs.credits), (round, round, round));
                let now = ground.clock.now();
                let (one, other) = tokio::join!(count_on(&ground.db, now), count_on(&ground.db, now));
                assert_eq!(one.unwrap(), other.unwrap());
            }
        }
        let day = today(&ground).await;
        assert_eq!(check_days(&ground.db, None).await.unwrap(), [], "it is not over");
        ground.clock.advance(DAY);
        let now = ground.clock.now();
        assert_eq!(close_days(&ground.db, now).await.unwrap(), 1);
        let yesterday = daily(&ground.db, None, now.plus_days(-1), now).await.unwrap().remove(0);
        assert_eq!(yesterday, day);
        assert_eq!(check_days(&ground.db, None).await.unwrap(), []);
    }
}
