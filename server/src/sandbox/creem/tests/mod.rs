//! The sandbox as its users see it: calls of the API, a receiver for the webhooks, a payer with a
//! browser's manners.

mod api;
mod desk;
mod pages;
mod paying;
mod receiver;
mod returns;
mod subscribing;
mod webhooks;

use std::time::Duration;

use axum::Router;
use reqwest::redirect::Policy;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use self::receiver::Receiver;
use super::{Billing, CreemSandbox, Product, Settings, Signatures};
use crate::testing::TestGround;
use crate::time::Clock;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const GOOD_CARD: &str = "4242424242424242";

/// A running sandbox with everything around it.
struct World {
    sandbox: CreemSandbox,
    clock: Clock,
    http: reqwest::Client,
    base: Url,
    receiver: Receiver,
    _delivering: DropGuard,
    ground: TestGround,
}

fn products() -> Vec<Product> {
    let product = |id: &str, name: &str, price, billing| Product {
        id: id.to_owned(),
        name: name.to_owned(),
        price,
        currency: "usd".to_owned(),
        billing,
    };
    vec![
        product("prod_starter", "Starter <115>", 990, Billing::Once),
        product("prod_monthly", "Premium", 1_900, Billing::EveryMonth),
        product("prod_unlimited", "Unlimited", 4_900, Billing::EveryMonth),
    ]
}

/// A sandbox with a clock that stands still and webhooks being sent.
async fn sandbox(ground: TestGround) -> World {
    signing(ground, Signatures::Both).await
}

async fn signing(ground: TestGround, signatures: Signatures) -> World {
    // Another test of the same process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = ground.clock.clone();
    let receiver = Receiver::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let base: Url = format!("{origin}/sandbox/creem/").parse().unwrap();
    let settings = Settings {
        hosted_base: base.clone(),
        webhook_url: receiver.url(),
        webhook_secret: SecretString::from(SECRET),
        signatures,
        products: products(),
    };
    let sandbox = CreemSandbox::new(ground.db.clone(), clock.clone(), settings);
    let router = Router::new().nest("/sandbox/creem", sandbox.router());
    let stop = CancellationToken::new();
    tokio::spawn(sandbox.clone().deliver(stop.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    World {
        sandbox,
        clock,
        http: reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .unwrap(),
        base,
        receiver,
        _delivering: stop.drop_guard(),
        ground,
    }
}

/// What a page or a call answered.
struct Answer {
    status: u16,
    location: Option<String>,
    text: String,
}

impl Answer {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let location = response.headers().get("location");
        Self {
            location: location.map(|value| value.to_str().unwrap().to_owned()),
            status: response.status().as_u16(),
            text: response.text().await.unwrap(),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }

    fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }
}

impl World {
    /// Waits until every webhook has arrived and is known to have: a delivery under way while the clock
    /// jumps is made again.
    async fn told(&self) {
        let waiting = async {
            let open = "SELECT COUNT(*) FROM sandbox_deliveries WHERE due_at IS NOT NULL";
            loop {
                let row = sqlx::query_scalar(open).fetch_one(self.ground.db.reader());
                let open: i64 = row.await.unwrap();
                if open == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let told = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(told.is_ok(), "some webhooks never arrived");
    }

    /// Moves the clock and lets the sandbox notice.
    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.sandbox.wake();
    }

    fn url(&self, path: &str) -> Url {
        self.base.join(path).unwrap()
    }

    async fn get(&self, path: &str) -> Answer {
        let request = self.http.get(self.url(path));
        Answer::of(request.header("x-api-key", "creem_test_x")).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self.http.post(self.url(path));
        Answer::of(request.header("x-api-key", "creem_test_x").json(&body)).await
    }

    /// Posts a form, as a browser would.
    async fn submit(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = self
            .http
            .post(self.url(path))
            .header("content-type", "application/x-www-form-urlencoded");
        Answer::of(request.body(body)).await
    }

    /// Somebody starts to buy; the id of the checkout.
    async fn checkout(&self, product: &str) -> String {
        let new = json!({
            "product_id": product, "request_id": "r-1",
            "success_url": "http://127.0.0.1:3000/payments/success?a=b",
            "customer": {"email": "buyer@example.com"},
            "metadata": {"recharge_id": "r-1", "user_id": "u-1"},
        });
        let made = self.post("v1/checkouts", new).await.ok();
        made["id"].as_str().unwrap().to_owned()
    }

    /// The payer presses the button.
    async fn pay(&self, checkout: &str, card: &str, webhook: &str) -> Answer {
        let form = [("card_number", card), ("webhook", webhook)];
        self.submit(&format!("checkout/{checkout}"), &form).await
    }

    /// The checkout as it is after somebody paid it.
    async fn paid(&self, product: &str, card: &str) -> Value {
        let id = self.checkout(product).await;
        let answer = self.pay(&id, card, "never").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        self.retrieve(&id).await
    }

    async fn retrieve(&self, checkout: &str) -> Value {
        let path = format!("v1/checkouts?checkout_id={checkout}");
        self.get(&path).await.ok()
    }

    async fn transaction(&self, id: &str) -> Value {
        let path = format!("v1/transactions?transaction_id={id}");
        self.get(&path).await.ok()
    }

    async fn subscription(&self, id: &str) -> Value {
        let path = format!("v1/subscriptions?subscription_id={id}");
        self.get(&path).await.ok()
    }

    async fn book(&self) -> Vec<Value> {
        self.get("book").await.ok()["items"]
            .as_array()
            .unwrap()
            .clone()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
