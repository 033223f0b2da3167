//! The sandbox as its users see it: the real client against the API, a receiver for the webhooks, a
//! payer with a browser's manners.

mod api;
mod billing;
mod catalog;
mod changes;
mod desk;
mod idempotency;
mod misfits;
mod pages;
mod paying;
mod portal;
mod receiver;
mod returns;
mod webhooks;

use std::collections::HashMap;
use std::time::Duration;

use axum::Router;
use reqwest::redirect::Policy;
use secrecy::SecretString;
use serde_json::Value;
use stripe_billing::subscription::RetrieveSubscription;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionSubscriptionData, ProductData, RetrieveCheckoutSession,
};
use stripe_product::price::{CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval};
use stripe_product::product::CreateProduct;
use stripe_shared::{
    CheckoutSession, CheckoutSessionMode, Invoice, Price, Subscription, SubscriptionId,
};
use stripe_types::Currency;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use self::receiver::Receiver;
use super::store::{Kind, Page, list};
use super::{Settings, StripeSandbox};
use crate::db::Database;
use crate::ids::uuid_v7;
use crate::sandbox::store::due;
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
    sandbox_on(database().await).await
}

/// The same on a database of the test's own.
async fn sandbox_on(db: Database) -> World {
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
    let sandbox = StripeSandbox::new(db, clock.clone(), settings);
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

    /// Moves the clock by whole days.
    fn advance_days(&self, days: u64) {
        self.advance(days * 24 * 3_600);
    }

    /// A plan of that price a month, under a lookup key of the same name.
    async fn plan(&self, name: &str, amount: i64) -> Price {
        let product = CreateProduct::new(name).id(format!("prod_{name}"));
        let product = product.send(&self.client).await.unwrap();
        CreatePrice::new(Currency::USD)
            .product(product.id.to_string())
            .unit_amount(amount)
            .lookup_key(name)
            .recurring(CreatePriceRecurring::new(
                CreatePriceRecurringInterval::Month,
            ))
            .send(&self.client)
            .await
            .unwrap()
    }

    /// Somebody subscribes to a plan of USD 19.00 a month.
    async fn subscribed(&self, card: &str) -> Subscription {
        let price = self.plan("premium", 1_900).await;
        self.subscribed_to(&price, card).await
    }

    async fn subscribed_to(&self, price: &Price, card: &str) -> Subscription {
        let session = wanted_subscription(price).send(&self.client).await.unwrap();
        let form = format!("card_number={card}&authentication=complete&webhook=never");
        let answer = self.pay(&session, &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let session = self.retrieve(&session).await;
        let id = session.subscription.unwrap().into_id();
        self.subscription(&id).await
    }

    /// The subscription as it is now, with its latest invoice.
    async fn subscription(&self, id: &SubscriptionId) -> Subscription {
        let paths = ["latest_invoice.payments", "items.data.price.product"];
        RetrieveSubscription::new(id.clone())
            .expand(paths.map(str::to_owned))
            .send(&self.client)
            .await
            .unwrap()
    }

    /// What should have happened by itself and has not: a failure is only logged.
    async fn left_undone(&self) -> Vec<String> {
        let mut reader = self.sandbox.0.db.reader().acquire().await.unwrap();
        due::<Kind>(&mut reader, self.clock.now(), 100)
            .await
            .unwrap()
    }

    /// The types of all events about `object` so far, oldest first.
    async fn told_of(&self, object: &str) -> Vec<String> {
        let mut page = Page::newest(Kind::Event, 1_000);
        page.parent = Some(object.to_owned());
        let mut reader = self.sandbox.0.db.reader().acquire().await.unwrap();
        let (events, _) = list(&mut reader, &page).await.unwrap();
        let types = events.iter().rev().filter_map(|event| event.text("type"));
        types.map(str::to_owned).collect()
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
                let all: Vec<Delivery> =
                    sqlx::query_as("SELECT attempts, due_at, last_status FROM sandbox_deliveries")
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

/// The latest invoice of a subscription that was read with it.
fn latest_invoice(subscription: &Subscription) -> &Invoice {
    let invoice = subscription.latest_invoice.as_ref().unwrap();
    invoice.as_object().unwrap()
}

/// When the current period begins and ends, as RFC 3339 days.
fn period(subscription: &Subscription) -> [String; 2] {
    let item = &subscription.items.data[0];
    [item.current_period_start, item.current_period_end].map(|at| Timestamp::from_seconds(at).day())
}

/// A subscription to the price, as Atelier asks for it.
fn wanted_subscription(price: &Price) -> CreateCheckoutSession {
    let item = CreateCheckoutSessionLineItems {
        quantity: Some(1),
        price: Some(price.id.to_string()),
        ..CreateCheckoutSessionLineItems::new()
    };
    let mut data = CreateCheckoutSessionSubscriptionData::new();
    data.metadata = Some(HashMap::from([("user".to_owned(), "user-1".to_owned())]));
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Subscription)
        .line_items(vec![item])
        .subscription_data(data)
        .success_url("http://127.0.0.1:3000/payments/success?session_id={CHECKOUT_SESSION_ID}")
        .client_reference_id("user-1")
        .customer_email("ann@example.com")
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
