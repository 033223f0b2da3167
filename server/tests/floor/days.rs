//! What the days of the site come to: what is kept of the present one bit by bit and what is counted of its rest are the day.

use std::time::Duration;

use atelier_server::on_both_databases;
use atelier_server::oversight::{SiteCredits, SiteDay, check_days, close_days, count_on, daily};
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

on_both_databases! {
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
        ground.clock.advance(Duration::from_secs(24 * 3_600));
        let now = ground.clock.now();
        assert_eq!(close_days(&ground.db, now).await.unwrap(), 1);
        let yesterday = daily(&ground.db, None, now.plus_days(-1), now).await.unwrap().remove(0);
        assert_eq!(yesterday, day);
        assert_eq!(check_days(&ground.db, None).await.unwrap(), []);
    }
}
