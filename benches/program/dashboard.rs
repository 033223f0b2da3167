//! The signed-in dashboard beside a bare axum handler that executes the same four statements
//! (session with account, jobs, days, wallet) on the same database, in the same process and the same run.
//! What the dashboard is slower by is the price of the page. Then the dashboard over wallets with
//! histories of different lengths.
//!
//! Requests go over loopback through keep-alive connections; load and program share the cores of
//! this machine, for both alike.

use std::time::Duration;

use atelier_server::credits::{self, PaidBy};
use atelier_server::ids::{JobId, UserId};
use atelier_server::services::Services;
use atelier_server::studio::JobFilter;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_sessions::SessionStore;
use tower_sessions::session::Id;

use crate::ground::{Site, sign_up};
use crate::load::{CONNECTIONS, Side, interleaved};

const ROUNDS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(3);
const ROUND: Duration = Duration::from_secs(6);
/// Jobs the dashboard has to show.
const JOBS: usize = 8;
/// Entries of the wallets whose dashboards are compared.
const HISTORIES: [i64; 3] = [10, 10_000, 1_000_000];

pub async fn bench() {
    let site = Site::start().await;
    let bare = serve_bare(site.services.clone()).await;
    let ann = sign_up(&site.address, "ann").await;
    put_jobs(&site.services, &ann.id).await;
    let mut sides = [
        Side::new("dashboard", &site.address, "/dashboard", &ann.cookie),
        Side::new("bare handler", &bare, "/", &ann.cookie),
    ];
    interleaved(&mut sides, WARM_UP, ROUNDS, ROUND).await;
    println!(
        "\n{CONNECTIONS} connections, {WARM_UP:?} warm-up, median of {ROUNDS} interleaved rounds of {ROUND:?}, SQLite\n"
    );
    report(&sides);
    let [rate, baseline] = [0, 1].map(|side: usize| sides[side].figures()[0]);
    let percent = 100.0 * rate / baseline;
    println!("\nthe dashboard makes {percent:.0} % of the bare handler's rate (bar: 50 %)\n");
    bench_histories(&site).await;
    site.stop().await;
}

async fn bench_histories(site: &Site) {
    let mut sides = Vec::new();
    for entries in HISTORIES {
        let person = sign_up(&site.address, &format!("history{entries}")).await;
        let user = UserId::parse(&person.id).unwrap();
        let now = site.services.clock.now();
        // The initial credits and the grant of the history are entries too.
        credits::seed_history(&site.services.db, &user, entries - 2, now)
            .await
            .unwrap();
        put_jobs(&site.services, &person.id).await;
        let name = format!("{entries} entries");
        sides.push(Side::new(
            &name,
            &site.address,
            "/dashboard",
            &person.cookie,
        ));
    }
    interleaved(&mut sides, WARM_UP, ROUNDS, ROUND).await;
    report(&sides);
    let [short, .., long] = &sides[..] else {
        return;
    };
    let cost = short.figures()[0] / long.figures()[0];
    println!(
        "\na dashboard over the longest history costs {cost:.2} times the shortest (bar: 1.2)"
    );
}

fn report(sides: &[Side]) {
    println!(
        "{:<18}{:>12}{:>12}{:>12}",
        "", "requests/s", "p50 ms", "p99 ms"
    );
    for side in sides {
        let [rate, p50, p99] = side.figures();
        println!("{:<18}{rate:>12.0}{p50:>12.2}{p99:>12.2}", side.name);
    }
}

/// The same statements, through the same functions, and nothing around them.
async fn serve_bare(services: Services) -> String {
    let router = Router::new().route("/", get(bare)).with_state(services);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn bare(
    State(services): State<Services>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    const BROKEN: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
    let id: Id = headers
        .get(header::COOKIE)
        .and_then(|cookie| cookie.to_str().ok()?.split_once('='))
        .and_then(|(_, id)| id.parse().ok())
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let session = services.sessions.load(&id).await.map_err(|_| BROKEN)?;
    let session = session.ok_or(StatusCode::UNAUTHORIZED)?;
    let user = session
        .data
        .get(atelier_server::accounts::ACCOUNT_KEY)
        .cloned()
        .and_then(atelier_server::accounts::account_of)
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let jobs = services
        .studio
        .jobs_of(&user.id, JobFilter::default(), None, 8)
        .await;
    let jobs = jobs.map_err(|_| BROKEN)?;
    let now = services.clock.now();
    let days = credits::daily_totals(&services.db, &user.id, 30, now).await;
    let days = days.map_err(|_| BROKEN)?;
    let wallet = services.wallet(&user.id).await.map_err(|_| BROKEN)?;
    let wallet = wallet.view(&services.prices());
    Ok(Json(json!({"jobs": jobs, "days": days, "wallet": wallet})))
}

/// Ended jobs, as somebody who uses the studio has.
async fn put_jobs(services: &Services, user: &str) {
    let now = services.clock.now();
    let mut tx = services.db.begin().await.unwrap();
    for _ in 0..JOBS {
        sqlx::query(
            "INSERT INTO jobs (id, user_id, tool, state, progress, cancel_requested, paid_by, cost, \
             category, provider, callback_hash, deadline_at, created_at, finished_at) \
             VALUES ($1, $5, 'try_on', 'failed', 100, 0, $2, 1, 'auto', 'fashn', $3, $4, $4, $4)",
        )
        .bind(JobId::new(now))
        .bind(PaidBy::Credits.as_str())
        .bind(atelier_server::secret::token())
        .bind(now)
        .bind(user)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
}
