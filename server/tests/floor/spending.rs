//! The operator's stop: nothing new is spent, everything else goes on, and of a stop and a hold at once one came first.

use std::time::Duration;

use atelier_server::credits::{
    self, Action, Actor, Adjustment, CreditsError, Grant, HoldRequest, NewPeriod, Price, Wallet,
};
use atelier_server::db::Database;
use atelier_server::ids::{JobId, RechargeId, UserId};
use atelier_server::on_both_databases;
use atelier_server::oversight::{AuditFilter, audit_lines, stop_spending};
use atelier_server::testing::TestGround;
use atelier_server::time::Timestamp;
use atelier_server::verify;

use super::reconciliation::{Case, operator};

const TRY_ON: Price = Price {
    credits: 1,
    trial: true,
    plan: true,
};

async fn hold(db: &Database, user: &UserId, now: Timestamp) -> Result<JobId, CreditsError> {
    let job = JobId::new(now);
    let mut tx = db.begin().await?;
    let request = HoldRequest {
        job: &job,
        tool: "try_on",
        price: TRY_ON,
    };
    credits::hold(&mut tx, user, request, now).await?;
    tx.commit().await?;
    Ok(job)
}

async fn stop(ground: &TestGround, user: &UserId, stopped: bool) -> Option<bool> {
    let now = ground.clock.now();
    stop_spending(&ground.db, user, stopped, &operator(), now)
        .await
        .unwrap()
}

async fn change(case: &Case<'_>, action: Action, actor: Actor) -> Result<Wallet, CreditsError> {
    let adjustment = Adjustment {
        user: case.user.clone(),
        action,
        amount: 1,
        reason: "a test".to_owned(),
        actor,
        address: None,
    };
    let mut tx = case.ground.db.begin().await?;
    let now = case.ground.clock.now();
    credits::adjust(&mut tx, &adjustment, &case.ground.catalog.prices(), now).await?;
    tx.commit().await?;
    Ok(case.wallet().await)
}

on_both_databases! {
    async fn nothing_is_spent_after_a_stop_and_the_rest_goes_on(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let (delivered, failed) = (ann.held("running").await, ann.held("running").await);
        let before = ann.wallet().await;
        assert_eq!(stop(&ground, &ann.user, true).await, Some(true));
        let stopped = ann.wallet().await;
        assert!(stopped.is_stopped && stopped.version == before.version + 1);
        assert_eq!(stopped.figures, before.figures);
        assert_eq!(stop(&ground, &ann.user, true).await, Some(false));
        assert_eq!(ann.wallet().await.version, stopped.version, "the second changes nothing");

        let now = ground.clock.now();
        let refused = |done: Result<(), CreditsError>| assert!(matches!(done, Err(CreditsError::Stopped)), "{done:?}");
        refused(hold(&ground.db, &ann.user, now).await.map(drop));
        refused(change(&ann, Action::Deduct, Actor::User(ann.user.clone())).await.map(drop));
        let mut tx = ground.db.begin().await.unwrap();
        refused(credits::refuse_stopped(&mut tx, &ann.user).await);
        drop(tx);

        ann.end(&delivered, true).await;
        ann.end(&failed, false).await;
        let mut tx = ground.db.begin().await.unwrap();
        let grant = Grant { recharge: &RechargeId::new(now), credits: 10, bonus: 0, expires_at: None, provider: "stripe" };
        credits::grant(&mut tx, &ann.user, grant, now).await.unwrap();
        let period = NewPeriod {
            subscription_id: "sub_1",
            recharge: None,
            plan: "premium-monthly",
            quota: None,
            starts_at: now,
            ends_at: now.plus_days(30),
            serves_until: now.plus_days(33),
            renews: true,
            provider: "stripe",
        };
        credits::open_period(&mut tx, &ann.user, &period, now).await.unwrap();
        tx.commit().await.unwrap();
        // A plan that was paid serves nothing either, until spending is lifted.
        refused(hold(&ground.db, &ann.user, now).await.map(drop));
        let after = change(&ann, Action::Deduct, Actor::CommandLine).await.unwrap();
        assert_eq!((after.figures.remaining, after.figures.used, after.figures.held), (16, 1, 0));
        let mut tx = ground.db.begin().await.unwrap();
        credits::rebuild_in(&mut tx, &ann.user, now).await.unwrap();
        tx.commit().await.unwrap();
        assert!(ann.wallet().await.is_stopped, "it is no figure, and stays");

        ground.clock.advance(Duration::from_secs(1));
        assert_eq!(stop(&ground, &ann.user, false).await, Some(true));
        assert_eq!(stop(&ground, &ann.user, false).await, Some(false));
        hold(&ground.db, &ann.user, now).await.unwrap();
        change(&ann, Action::Deduct, Actor::User(ann.user.clone())).await.unwrap();
        let log = AuditFilter { target: Some(ann.user.to_string()), limit: 10, ..AuditFilter::default() };
        let log = audit_lines(ground.db.reader(), &log).await.unwrap();
        let told: Vec<_> = log.iter().rev().filter(|line| line.action.starts_with("spending.")).collect();
        let told: Vec<(&str, Option<&str>, Option<&str>)> =
            told.iter().map(|line| (line.action.as_str(), line.before.as_deref(), line.after.as_deref())).collect();
        assert_eq!(told, [
            ("spending.stop", Some("open"), Some("stopped")),
            ("spending.lift", Some("stopped"), Some("open")),
        ]);
        let letters: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM outgoing_mail WHERE template LIKE 'spending_%'")
            .fetch_one(ground.db.reader()).await.unwrap();
        assert_eq!(letters, 2);
        // Jobs that do not end with their holds and a purchase without a record are this test's own.
        let own = ["job.hold", "job.missing", "recharge.missing"];
        let wrong = verify::findings(&ground.db).await.unwrap();
        assert!(wrong.iter().all(|finding| own.contains(&finding.kind)), "{wrong:?}");
    }

    async fn trials_are_not_used_after_a_stop(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        change(&ann, Action::Set, Actor::CommandLine).await.unwrap();
        hold(&ground.db, &ann.user, ground.clock.now()).await.unwrap();
        hold(&ground.db, &ann.user, ground.clock.now()).await.unwrap();
        assert_eq!(ann.wallet().await.trials.held, 1);
        stop(&ground, &ann.user, true).await;
        let refused = hold(&ground.db, &ann.user, ground.clock.now()).await;
        assert!(matches!(refused, Err(CreditsError::Stopped)), "{refused:?}");
    }

    async fn of_a_stop_and_holds_at_once_no_hold_comes_behind_the_stop(ground: TestGround) {
        for round in 0..5 {
            let ann = Case::new(&ground, &format!("ann{round}")).await;
            let began = ann.wallet().await.version;
            let holds = (0..8).map(|_| {
                let (db, user, now) = (ground.db.clone(), ann.user.clone(), ground.clock.now());
                tokio::spawn(async move { hold(&db, &user, now).await })
            });
            let holds: Vec<_> = holds.collect();
            let stops = tokio::join!(stop(&ground, &ann.user, true), stop(&ground, &ann.user, true));
            assert!(stops == (Some(true), Some(false)) || stops == (Some(false), Some(true)), "{stops:?}");
            let mut held = 0;
            for one in holds {
                match one.await.unwrap() {
                    Ok(_) => held += 1,
                    Err(CreditsError::Stopped) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            let ended = ann.wallet().await.version;
            assert_eq!(ended, began + held + 1, "each is one version");
            let last: i64 = sqlx::query_scalar("SELECT MAX(version) FROM entries WHERE user_id = $1")
                .bind(&ann.user).fetch_one(ground.db.reader()).await.unwrap();
            assert!(last < ended, "the last version is the stop's, which has no entry");
            // Their jobs are not what this is about.
            let jobs: Vec<JobId> = sqlx::query_scalar("SELECT job_id FROM consumption_records WHERE user_id = $1")
                .bind(&ann.user).fetch_all(ground.db.reader()).await.unwrap();
            assert_eq!(jobs.len() as i64, held);
            for job in &jobs {
                ann.end(job, false).await;
            }
            assert_eq!(ann.wallet().await.figures.remaining, 8);
        }
    }

    async fn the_stop_is_under_the_seal(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        assert_eq!(verify::findings(&ground.db).await.unwrap(), []);
        stop(&ground, &ann.user, true).await;
        assert_eq!(verify::findings(&ground.db).await.unwrap(), []);
        ann.run("UPDATE wallets SET stopped_at = NULL WHERE user_id = $1", ann.user.as_str()).await;
        let found = verify::findings(&ground.db).await.unwrap();
        assert!(found.iter().any(|finding| finding.kind == "wallet.seal"), "{found:?}");
    }

    async fn a_deleted_account_is_not_stopped(ground: TestGround) {
        let nobody = UserId::new(ground.clock.now());
        assert_eq!(stop(&ground, &nobody, true).await, None);
        let ann = ground.account("ann").await;
        ground.accounts.delete(&ann, &ann.email, &"a long password".into(), "192.0.2.1").await.unwrap();
        assert_eq!(stop(&ground, &ann.id, true).await, None);
    }
}
