//! What the catch-up costs the payment provider, counted by the provider.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use atelier_server::on_both_databases;
use atelier_server::payments::Payments;
use atelier_server::payments::stripe::Stripe;
use atelier_server::testing::TestGround;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use http::{StatusCode, header};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const CHECKOUTS: i64 = 5_000;
const MOST_A_SECOND: usize = 5;
const WATCHED: Duration = Duration::from_secs(6);

type Asked = Arc<Mutex<Vec<(Instant, String)>>>;

/// Somebody else's server that knows no checkout and has no events.
async fn answer(State(asked): State<Asked>, request: Request) -> impl IntoResponse {
    let path = request.uri().path().to_owned();
    let events = path == "/v1/events";
    asked.lock().unwrap().push((Instant::now(), path));
    let (status, body) = if events {
        let none = r#"{"object":"list","data":[],"has_more":false,"url":"/v1/events"}"#;
        (StatusCode::OK, none)
    } else {
        let missing = r#"{"error":{"type":"invalid_request_error","message":"none"}}"#;
        (StatusCode::NOT_FOUND, missing)
    };
    (status, [(header::CONTENT_TYPE, "application/json")], body)
}

async fn open_checkouts(ground: &TestGround) {
    let user = ground.empty_account("ann").await;
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await.unwrap();
    for number in 0..CHECKOUTS {
        sqlx::query(
            "INSERT INTO recharge_records (id, user_id, provider, item, amount_minor, currency, \
             credits, bonus, status, session_id, checks, next_check_at, created_at) \
             VALUES ($1, $2, 'stripe', 'credits-10', 190, 'usd', 10, 0, 'pending', $3, 0, $4, $4)",
        )
        .bind(format!("00000000-0000-7000-8000-{number:012}"))
        .bind(&user)
        .bind(format!("cs_test_{number}"))
        .bind(now)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
}

on_both_databases! {
    async fn thousands_of_open_checkouts_cost_five_requests_a_second_at_most(ground: TestGround) {
        // Fails only if it was installed before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        open_checkouts(&ground).await;
        let asked = Asked::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(asked.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let stripe = Stripe::new(&"sk_test_1".into(), "whsec_test".into(), &base).unwrap();
        let payments = Payments::new(
            ground.db.clone(),
            ground.clock.clone(),
            ground.catalog.clone(),
            vec![Arc::new(stripe)],
            "http://127.0.0.1:3000/".parse().unwrap(),
            "node".to_owned(),
        );
        let stop = CancellationToken::new();
        let running = tokio::spawn(payments.run_catch_up(stop.clone()));
        tokio::time::sleep(WATCHED).await;
        stop.cancel();
        running.abort();
        let asked = asked.lock().unwrap().clone();
        let sessions = asked.iter().filter(|(_, path)| path.contains("/checkout/sessions/"));
        assert!(sessions.count() >= 10, "{} requests", asked.len());
        let second = Duration::from_secs(1);
        let busiest = asked.iter().map(|(at, _)| {
            asked.iter().filter(|(other, _)| other >= at && *other - *at < second).count()
        });
        let busiest = busiest.max().unwrap_or(0);
        println!("{CHECKOUTS} open checkouts: {busiest} requests in the busiest second");
        assert!(busiest <= MOST_A_SECOND, "{busiest} requests in one second");
    }
}
