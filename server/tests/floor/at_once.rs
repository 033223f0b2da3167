//! One thing done by two operators at once is told once. Somebody else holds the row until both have looked at it and wait:
//! whoever decides by what they saw before, rather than by what they find once it is their turn, tells it twice.

use std::time::Duration;

use atelier_server::accounts::{Email, Password};
use atelier_server::credits::{self, Grant};
use atelier_server::db::Kind;
use atelier_server::ids::{InboxId, RechargeId};
use atelier_server::on_both_databases;
use atelier_server::oversight::reconciliation::{Kind as Fault, Mended};
use atelier_server::oversight::{Batch, BatchRow, Bulk, WrongDay, check_days, close_days, recount};
use atelier_server::payments::Payments;
use atelier_server::testing::TestGround;

use crate::reconciliation::{Case, operator, reconciliation};

/// Does both while somebody holds the row that `select` finds by `id`, and lets go once both wait.
async fn both<A, B>(
    ground: &TestGround,
    select: &'static str,
    id: &str,
    one: impl Future<Output = A>,
    other: impl Future<Output = B>,
) -> (A, B) {
    let mut tx = ground.db.begin().await.unwrap();
    let held = sqlx::query(tx.locking(select)).bind(id);
    assert!(
        held.fetch_optional(&mut *tx).await.unwrap().is_some(),
        "{select}"
    );
    let let_go = async {
        // Where there is one writer, they wait for its place before they look.
        while ground.db.kind() == Kind::Postgres && waiting(ground).await < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tx.commit().await.unwrap();
    };
    let (one, other, ()) = tokio::join!(one, other, let_go);
    (one, other)
}

/// How many wait for a lock.
async fn waiting(ground: &TestGround) -> i64 {
    sqlx::query_scalar(
        "SELECT COUNT(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )
    .fetch_one(ground.db.reader())
    .await
    .unwrap()
}

/// What the log says was done, before and after each time, oldest first.
async fn told(ground: &TestGround, action: &str) -> Vec<(String, String)> {
    sqlx::query_as("SELECT before, after FROM audit_log WHERE action = $1 ORDER BY id")
        .bind(action.to_owned())
        .fetch_all(ground.db.reader())
        .await
        .unwrap()
}

fn payments(ground: &TestGround) -> Payments {
    Payments::new(
        ground.db.clone(),
        ground.clock.clone(),
        ground.catalog.clone(),
        Vec::new(),
        "http://127.0.0.1:3000/".parse().unwrap(),
        "node".to_owned(),
    )
}

on_both_databases! {
    async fn an_event_is_replayed_once(ground: TestGround) {
        let (now, by, payments) = (ground.clock.now(), operator(), payments(&ground));
        let id = InboxId::new(now);
        let mut tx = ground.db.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO webhook_events (id, provider, event_id, kind, payload, origin, state, attempts, received_at) \
             VALUES ($1, 'stripe', 'evt_1', 'charge.refunded', '{}', 'webhook', 'failed', 20, $2)",
        )
        .bind(&id)
        .bind(now)
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let row = "SELECT id FROM webhook_events WHERE id = $1";
        let (one, other) = both(&ground, row, id.as_str(), payments.replay(&id, &by), payments.replay(&id, &by)).await;
        assert!(one.unwrap() && other.unwrap());
        let once = ("failed".to_owned(), "to be acted on again".to_owned());
        assert_eq!(told(&ground, "webhook.replay").await, std::slice::from_ref(&once));
        // One that waits for its next try is another matter.
        ground.clock.advance(Duration::from_secs(1));
        let mut tx = ground.db.begin().await.unwrap();
        let later = sqlx::query("UPDATE webhook_events SET next_at = $1").bind(now.plus(Duration::from_secs(9)));
        later.execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(payments.replay(&id, &by).await.unwrap());
        let again = ("received".to_owned(), once.1.clone());
        assert_eq!(told(&ground, "webhook.replay").await, [once, again]);
    }

    async fn the_administrator_of_the_settings_is_told_once(ground: TestGround) {
        let boss = Email::parse("boss@example.com").unwrap();
        let [first, second] = ["the first password", "the second password"].map(|text| Password::parse(text).unwrap());
        ground.accounts.ensure_admin(&boss, &first).await.unwrap();
        let (one, other) = both(
            &ground,
            "SELECT id FROM users WHERE email = $1",
            boss.as_str(),
            ground.accounts.ensure_admin(&boss, &second),
            ground.accounts.ensure_admin(&boss, &second),
        )
        .await;
        one.unwrap();
        other.unwrap();
        let once = ("admin, open".to_owned(), "admin, open, new password".to_owned());
        assert_eq!(told(&ground, "user.admin").await, [once]);
    }

    async fn a_rebuild_is_told_once(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let user = ann.user.as_str();
        ann.run("UPDATE wallets SET remaining = remaining + 5, total = total + 5 WHERE user_id = $1", user).await;
        let (click, by) = (reconciliation(&ground, "one"), operator());
        let wallet = "SELECT user_id FROM wallets WHERE user_id = $1";
        let (one, other) = both(
            &ground,
            wallet,
            user,
            click.mend(Fault::WalletSum, user, &by),
            click.mend(Fault::WalletSum, user, &by),
        )
        .await;
        for mended in [one, other] {
            assert!(mended.unwrap() != Mended::Remains);
        }
        assert_eq!(told(&ground, "reconciliation.mend").await.len(), 1);
        assert_eq!(ann.wallet().await.figures.remaining, 8);
    }

    async fn a_recount_is_told_once(ground: TestGround) {
        Case::new(&ground, "ann").await;
        ground.clock.advance(Duration::from_secs(2 * 24 * 3_600));
        let (now, by) = (ground.clock.now(), operator());
        close_days(&ground.db, now).await.unwrap();
        let mut tx = ground.db.begin().await.unwrap();
        let change = "UPDATE site_figures SET amount = 77 WHERE figure = 'given'";
        assert_eq!(sqlx::query(change).execute(&mut *tx).await.unwrap().rows_affected(), 1);
        tx.commit().await.unwrap();
        let wrong: Vec<WrongDay> = check_days(&ground.db, None).await.unwrap();
        assert_eq!((wrong.len(), wrong[0].found.as_str()), (1, "given 77"));
        let day = "SELECT day FROM site_days WHERE day = (SELECT day FROM site_figures WHERE figure = $1)";
        let (one, other) = both(
            &ground,
            day,
            "given",
            recount(&ground.db, &wrong[0], &by, now),
            recount(&ground.db, &wrong[0], &by, now),
        )
        .await;
        one.unwrap();
        other.unwrap();
        let once = (wrong[0].found.clone(), wrong[0].expected.clone());
        assert_eq!(told(&ground, "reconciliation.mend").await, [once]);
        assert_eq!(check_days(&ground.db, None).await.unwrap(), []);
    }

    async fn what_a_second_record_brought_is_taken_back_once(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let (by, payments) = (operator(), payments(&ground));
        let id = ann.purchase("completed", 0).await;
        let row = "SELECT id FROM recharge_records WHERE id = $1";
        let take = || payments.take_back_double(&id, &by);
        let (one, other) = both(&ground, row, id.as_str(), take(), take()).await;
        one.unwrap();
        other.unwrap();
        let once = ("granted twice".to_owned(), "cancelled".to_owned());
        assert_eq!(told(&ground, "reconciliation.mend").await, std::slice::from_ref(&once));
        // What was granted for no record at all.
        ground.clock.advance(Duration::from_secs(1));
        let unknown = RechargeId::new(ground.clock.now());
        let grant = Grant { recharge: &unknown, credits: 50, bonus: 0, expires_at: None, provider: "stripe" };
        let mut tx = ground.db.begin().await.unwrap();
        credits::grant(&mut tx, &ann.user, grant, ground.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let wallet = "SELECT user_id FROM wallets WHERE user_id = $1";
        let take = || payments.take_back_unpaid(&unknown, &by);
        let (one, other) = both(&ground, wallet, ann.user.as_str(), take(), take()).await;
        one.unwrap();
        other.unwrap();
        let unpaid = ("nobody paid".to_owned(), "cancelled".to_owned());
        assert_eq!(told(&ground, "reconciliation.mend").await, [once, unpaid]);
        assert_eq!(ann.wallet().await.figures.remaining, 8);
    }

    async fn a_batch_is_closed_once_and_each_row_goes_back_once(ground: TestGround) {
        let ann = Case::new(&ground, "ann").await;
        let bulk = Bulk {
            db: ground.db.clone(),
            clock: ground.clock.clone(),
            accounts: ground.accounts.clone(),
            prices: ground.catalog.prices(),
            admin: ground.account("boss").await.id,
            operator: operator(),
        };
        ann.run("UPDATE users SET role = 'admin' WHERE id = $1", bulk.admin.as_str()).await;
        let row = |at| BatchRow::read(at, "ann@example.com", "add", Some(5), "a gift").unwrap();
        let batch = Batch { id: "gifts".to_owned(), hash: "h".to_owned(), count: 3, rows: (0..3).map(row).collect() };
        bulk.apply(&batch).await.unwrap();
        let begun = "SELECT batch_id FROM bulk_batches WHERE batch_id = $1";
        let (one, other) = both(&ground, begun, "gifts", bulk.undo("gifts"), bulk.undo("gifts")).await;
        let back = |rows: Vec<atelier_server::oversight::RowResult>| -> i64 { rows.iter().map(|row| row.moved).sum() };
        assert_eq!(back(one.unwrap()) + back(other.unwrap()), -15);
        assert_eq!(ann.wallet().await.figures.remaining, 8);
        let closed = ("3 rows with 15 credits given and 0 taken".to_owned(), "closed, to be undone".to_owned());
        assert_eq!(told(&ground, "credits.bulk.undo").await, [closed]);
        assert_eq!(told(&ground, "credits.deduct").await.len(), 3);
    }
}
