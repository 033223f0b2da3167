//! Everything that happens to money after and beside "paid by card", told to the program in every way a
//! provider may tell it: once, twice, the wrong way round, or never.

mod letters;
mod lives;
mod lost;
mod purchases;
mod reconciliation;
mod table;
mod told;

use std::collections::HashSet;
use std::time::Duration;

use atelier_server::payments::Fulfilment;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::support::client::GOOD_CARD;
use crate::support::stripe::deliver_signed;
use crate::support::{App, Checkout, Client, until};

/// The sandbox's Stripe, which keeps its events to itself until the test tells them.
pub struct Stripe<'a> {
    app: &'a App,
    told: HashSet<String>,
}

/// A card whose first payment succeeds; those of renewals do not.
pub const FAILS_LATER: &str = "4000000000000341";
pub const REFUND_FAILS: &str = "4000000000005126";
pub const REFUND_LATER: &str = "4000000000007726";
pub const INQUIRY: &str = "4000000000001976";

impl<'a> Stripe<'a> {
    pub async fn silent(app: &'a App) -> Self {
        let stripe = Self {
            app,
            told: HashSet::new(),
        };
        stripe.desk("webhooks", json!({"mode": "never"})).await;
        stripe
    }

    /// Does what a person at Stripe could do.
    pub async fn desk(&self, what: &str, body: Value) -> Value {
        let path = format!("/sandbox/stripe/{what}");
        let answer = self.app.anonymous().post_json(&path, body).await;
        answer.expect(200).json()
    }

    /// Calls the API as somebody else's program would.
    pub async fn api(&self, method: Method, path: &str, fields: &[(&str, &str)]) -> Value {
        let client = self.app.anonymous();
        let request = client
            .request(method, &format!("/sandbox/stripe/v1/{path}"))
            .bearer_auth("sk_test_somebody");
        let request = if fields.is_empty() {
            request
        } else {
            let body = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields)
                .finish();
            request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body)
        };
        client.send(request).await.expect(200).json()
    }

    /// Puts the time of the sandbox forward; what is due happens.
    pub async fn wait(&self, seconds: i64) {
        let client = self.app.anonymous();
        let body = json!({"seconds": seconds.to_string()});
        client.post_json("/sandbox/clock", body).await.expect(200);
        self.api(Method::GET, "events?limit=1", &[]).await;
    }

    /// The events nobody was told of yet, oldest first.
    pub async fn news(&mut self) -> Vec<Value> {
        let mut news = Vec::new();
        let mut after = String::new();
        loop {
            let page = format!("events?limit=20{after}");
            let page = self.api(Method::GET, &page, &[]).await;
            let events = page["data"].as_array().cloned().expect("events");
            let known = events.len();
            let id = |event: &Value| event["id"].as_str().expect("an id").to_owned();
            let new: Vec<Value> = events
                .iter()
                .filter(|event| !self.told.contains(&id(event)))
                .cloned()
                .collect();
            if let Some(last) = events.last() {
                after = format!("&starting_after={}", id(last));
            }
            let reached_known = new.len() < known;
            news.extend(new);
            if reached_known || page["has_more"] != true {
                break;
            }
        }
        news.reverse();
        self.told.extend(
            news.iter()
                .map(|event| event["id"].as_str().expect("an id").to_owned()),
        );
        news
    }

    /// Tells the program of an event, and waits until it has acted on it.
    pub async fn tell(&self, events: &[Value]) {
        for event in events {
            deliver_signed(self.app, &event.to_string())
                .await
                .expect(200);
        }
        self.quiet().await;
    }

    /// Nothing waits in the inbox.
    pub async fn quiet(&self) {
        until("the inbox is quiet", async || {
            let waiting =
                "SELECT COUNT(*) FROM webhook_events WHERE state IN ('received', 'failed')";
            (self.app.number(waiting).await == 0).then_some(())
        })
        .await;
    }

    /// What happens every twenty seconds where no webhook comes.
    pub async fn catch_up(&self) {
        let payments = &self.app.services.payments;
        payments.catch_up(Duration::ZERO).await.expect("a pass");
        self.quiet().await;
    }
}

/// Pays a checkout with this card, and nobody is told of it.
pub async fn pay_with(buyer: &Client, checkout: &Checkout, card: &str) {
    let fields = [("card_number", card), ("webhook", "never")];
    buyer.pay(checkout, &fields).await.expect(303);
}

/// The same, coming back to the success page.
pub async fn buy_and_land(app: &App, buyer: &Client, item: &str, card: &str) -> Checkout {
    let checkout = buyer.checkout(item).await;
    pay_with(buyer, &checkout, card).await;
    let landed = app.services.payments.fulfil(&checkout.session_id).await;
    assert!(matches!(landed, Ok(Fulfilment::Granted(_))), "{landed:?}");
    checkout
}

/// The payment intent behind a checkout.
pub async fn intent_of(stripe: &Stripe<'_>, checkout: &Checkout) -> String {
    let session = format!("checkout/sessions/{}", checkout.session_id);
    let session = stripe.api(Method::GET, &session, &[]).await;
    if let Some(intent) = session["payment_intent"].as_str() {
        return intent.to_owned();
    }
    let invoice = session["invoice"].as_str().expect("an invoice");
    let payments = format!("invoice_payments?invoice={invoice}");
    let payments = stripe.api(Method::GET, &payments, &[]).await;
    let intent = payments["data"][0]["payment"]["payment_intent"].as_str();
    intent.expect("a payment intent").to_owned()
}

pub async fn subscription_of(stripe: &Stripe<'_>, checkout: &Checkout) -> String {
    let session = format!("checkout/sessions/{}", checkout.session_id);
    let session = stripe.api(Method::GET, &session, &[]).await;
    let id = session["subscription"].as_str();
    id.expect("a subscription").to_owned()
}

/// Deducts from one's own wallet; says whether there was enough.
pub async fn spend(buyer: &Client, amount: i64) -> bool {
    let body = json!({"action": "deduct", "amount": amount, "reason": "a test"});
    let answer = buyer.post_json("/api/credits", body).await;
    match answer.status {
        200 => true,
        402 => false,
        _ => panic!("{}", answer.text()),
    }
}

pub const CARD: &str = GOOD_CARD;
