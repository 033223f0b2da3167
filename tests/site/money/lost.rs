//! A webhook that never comes, while thousands of checkouts are open: how long the credits take, and
//! what that costs the provider.

use std::time::{Duration, Instant};

use super::{CARD, Stripe, pay_with};
use crate::support::{App, Kind, until_within};

const OPEN_CHECKOUTS: i64 = 5_000;
/// PRODUCT.md, section 4.
const CREDITED_WITHIN: Duration = Duration::from_secs(60);

/// Records whose time to be read again has come, of sessions that the provider does not know.
const INSERT: &str = "INSERT INTO recharge_records (id, user_id, provider, item, amount_minor, currency, \
     credits, bonus, status, session_id, checks, next_check_at, created_at) \
     VALUES ($1, $2, 'stripe', 'credits-10', 190, 'usd', 10, 0, 'pending', $3, 0, 1, 1)";

/// Of `user`, and behind the program's back.
async fn open_checkouts(app: &App, user: &str) {
    let mut tx = app.services.db.begin().await.expect("a transaction");
    for number in 0..OPEN_CHECKOUTS {
        sqlx::query(INSERT)
            .bind(format!("00000000-0000-7000-8000-{number:012}"))
            .bind(user)
            .bind(format!("cs_test_{number}"))
            .execute(&mut *tx)
            .await
            .expect("a record");
    }
    tx.commit().await.expect("the records");
}

#[expect(
    clippy::disallowed_methods,
    reason = "how many webhooks to lose is asked for from outside"
)]
fn webhooks() -> usize {
    let asked = std::env::var("LOST_WEBHOOKS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_webhook_is_made_good_within_a_minute() {
    let app = App::start(Kind::Sqlite).await;
    let _stripe = Stripe::silent(&app).await;
    let everybody = app.sign_up("everybody").await.id;
    open_checkouts(&app, &everybody).await;
    let ann = app.sign_up("ann").await;
    let mut slowest = Duration::ZERO;
    for number in 1..=webhooks() {
        let checkout = ann.checkout("credits-10").await;
        pay_with(&ann, &checkout, CARD).await;
        let paid_at = Instant::now();
        let balance = 8 + 10 * i64::try_from(number).expect("a small number");
        until_within(CREDITED_WITHIN, "the credits are there", async || {
            (ann.figure("remaining").await == balance).then_some(())
        })
        .await;
        slowest = slowest.max(paid_at.elapsed());
    }
    println!(
        "{OPEN_CHECKOUTS} open checkouts: {} lost webhooks, the slowest made good in {:.0} s",
        webhooks(),
        slowest.as_secs_f64()
    );
    let forget = "DELETE FROM recharge_records WHERE user_id = $1";
    let forgotten = app.execute(forget, &[&everybody]).await;
    assert_eq!(i64::try_from(forgotten).ok(), Some(OPEN_CHECKOUTS));
    app.stop().await;
}
