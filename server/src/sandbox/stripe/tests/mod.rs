//! The sandbox as its users see it: the real client against the API, a receiver for the webhooks, a
//! payer with a browser's manners.

mod api;
mod idempotency;
mod pages;
mod paying;
mod receiver;
mod returns;
mod webhooks;

use std::collections::HashMap;
use std::time::Duration;

use axum::Router;
use reqwest::redirect::Policy;
use secrecy::SecretString;
use serde_json::Value;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    ProductData, RetrieveCheckoutSession,
};
use stripe_shared::{CheckoutSession, CheckoutSessionMode};
use stripe_types::Currency;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use self::receiver::Receiver;
use super::{Settings, StripeSandbox};
use crate::db::Database;
use crate::ids::uuid_v7;
use crate::time::{Clock, Timestamp};

const SECRET: &str = "whsec_test";
const GOOD_CARD: &str = "4242424242424242";

/// A running sandbox with everything around it.
struct World {
    sandbox: StripeSandbox,
    clock: Clock,
    client: stripe::Client,
    http: reqwest::Client,
    base: Url,
    receiver: Receiver,
    delivering: (DropGuard, JoinHandle<()>),
}

/// A sandbox on a throw-away database, with a clock that stands still and webhooks being sent.
async fn sandbox() -> World {
    // Another test of the same process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = Clock::manual(Timestamp::parse("2026-11-20T12:00:00Z").unwrap());
    let receiver = Receiver::start(clock.clone()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let base: Url = format!("{origin}/sandbox/stripe/").parse().unwrap();
    let settings = Settings {
        hosted_base: base.clone(),
        webhook_url: receiver.url(),
        webhook_events: vec!["*".to_owned()],
        webhook_secret: SecretString::from(SECRET),
    };
    let sandbox = StripeSandbox::new(database().await, clock.clone(), settings);
    let router = Router::new().nest("/sandbox/stripe", sandbox.router());
    let stop = CancellationToken::new();
    let delivering = tokio::spawn(sandbox.clone().deliver(stop.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = stripe::ClientBuilder::new("sk_test_sandbox").url(base.as_str());
    World {
        sandbox,
        clock,
        client: client.timeout(Duration::from_secs(20)).build().unwrap(),
        http: reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .unwrap(),
        base,
        receiver,
        delivering: (stop.drop_guard(), delivering),
    }
}

async fn database() -> Database {
    let folder = std::env::temp_dir().join("atelier-sandbox-stripe");
    let path = folder.join(format!("{}.db", uuid_v7(Clock::system().now())));
    Database::open(&format!("sqlite://{}", path.display()))
        .await
        .unwrap()
}

/// What a page or a sandbox path answered.
struct Answer {
    status: u16,
    location: Option<String>,
    headers: reqwest::header::HeaderMap,
    text: String,
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        let headers = response.headers().clone();
        let location = headers
            .get("location")
            .map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        Self {
            status,
            location,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl World {
    /// Moves the clock and lets the sandbox notice.
    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.sandbox.wake();
    }

    fn url(&self, path: &str) -> Url {
        self.base.join(path).unwrap()
    }

    async fn get(&self, path: &str) -> Answer {
        let request = self.http.get(self.url(path)).bearer_auth("sk_test_x");
        Answer::of(request.send().await.unwrap()).await
    }

    /// Posts a form, spelled out, as a client of the API would.
    async fn post(&self, path: &str, form: &str, key: Option<&str>) -> Answer {
        let mut request = self.http.post(self.url(path)).bearer_auth("sk_test_x");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        Answer::of(request.body(form.to_owned()).send().await.unwrap()).await
    }

    async fn post_json(&self, path: &str, body: Value) -> Answer {
        Answer::of(
            self.http
                .post(self.url(path))
                .json(&body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// The payer presses the button.
    async fn pay(&self, session: &CheckoutSession, form: &str) -> Answer {
        self.post(&format!("checkout/{}", session.id), form, None)
            .await
    }

    async fn pay_by_card(&self, session: &CheckoutSession, card: &str) -> Answer {
        self.pay(session, &format!("card_number={card}")).await
    }

    /// Somebody starts to buy credits for USD 9.90.
    async fn session(&self) -> CheckoutSession {
        wanted_session().send(&self.client).await.unwrap()
    }

    async fn paid_session(&self) -> CheckoutSession {
        let session = self.session().await;
        let answer = self
            .pay(&session, &format!("card_number={GOOD_CARD}&webhook=never"))
            .await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        self.retrieve(&session).await
    }

    /// The session as it is now, with everything Atelier expands.
    async fn retrieve(&self, session: &CheckoutSession) -> CheckoutSession {
        let paths = ["line_items", "payment_intent.latest_charge"];
        RetrieveCheckoutSession::new(session.id.clone())
            .expand(paths.map(str::to_owned))
            .send(&self.client)
            .await
            .unwrap()
    }

    async fn book(&self) -> Vec<Value> {
        self.get("book").await.json()["items"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Waits until each delivery is in the state wanted. What was answered is not yet written down.
    async fn deliveries(&self, what: &str, wanted: impl Fn(&Delivery) -> bool) {
        let waiting = async {
            loop {
                let all: Vec<Delivery> = sqlx::query_as(
                    "SELECT attempts, due_at, last_status FROM sandbox_stripe_deliveries",
                )
                .fetch_all(self.sandbox.0.db.reader())
                .await
                .unwrap();
                if all.iter().all(&wanted) {
                    return;
                }
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(waited.is_ok(), "never: {what}");
    }
}

#[derive(sqlx::FromRow)]
struct Delivery {
    attempts: i64,
    due_at: Option<i64>,
    last_status: Option<i64>,
}

/// Credits for USD 9.90, as Atelier asks for them.
fn wanted_session() -> CreateCheckoutSession {
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(Currency::USD);
    price.unit_amount = Some(990);
    price.product_data = Some(ProductData::new("115 credits"));
    let item = CreateCheckoutSessionLineItems {
        quantity: Some(1),
        price_data: Some(price),
        ..CreateCheckoutSessionLineItems::new()
    };
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .line_items(vec![item])
        .success_url("http://127.0.0.1:3000/payments/success?session_id={CHECKOUT_SESSION_ID}")
        .cancel_url("http://127.0.0.1:3000/payments/cancelled")
        .client_reference_id("user-1")
        .metadata(HashMap::from([(
            "recharge_id".to_owned(),
            "r-1".to_owned(),
        )]))
}

/// The same as [`wanted_session`], spelled out.
const FORM: &str = "mode=payment&success_url=http://x/s&line_items[0][quantity]=1\
     &line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=990\
     &line_items[0][price_data][product_data][name]=115+credits";
