//! Who receives the webhooks: verifies each with the real client, and answers as told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use stripe_webhook::{Event, Webhook};
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use super::SECRET;
use crate::time::Clock;

#[derive(Clone)]
pub struct Receiver {
    address: String,
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    events: Mutex<Vec<Event>>,
    signatures: Mutex<Vec<String>>,
    count: watch::Sender<usize>,
    status: Mutex<StatusCode>,
    gate: watch::Sender<bool>,
}

impl Receiver {
    pub async fn start(clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inner = Arc::new(Inner {
            clock,
            events: Mutex::default(),
            signatures: Mutex::default(),
            count: watch::Sender::new(0),
            status: Mutex::new(StatusCode::OK),
            gate: watch::Sender::new(true),
        });
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inner }
    }

    pub fn url(&self) -> Url {
        format!("http://{}/hook", self.address).parse().unwrap()
    }

    /// What every delivery is answered with from now on.
    pub fn answer(&self, status: StatusCode) {
        *self.inner.status.lock().unwrap() = status;
    }

    /// Lets deliveries wait for their answer, or lets them go on.
    pub fn hold(&self, held: bool) {
        self.inner.gate.send_replace(!held);
    }

    /// Waits until so many deliveries have come in, and gives back the types of all so far.
    pub async fn received(&self, count: usize) -> Vec<String> {
        let mut seen = self.inner.count.subscribe();
        let waiting = seen.wait_for(|seen| *seen >= count);
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(
            waited.is_ok(),
            "{count} deliveries never came: {:?}",
            self.types()
        );
        self.types()
    }

    /// The types in the order of the alphabet.
    pub fn types(&self) -> Vec<String> {
        let mut types = self.order();
        types.sort_unstable();
        types
    }

    /// The types in the order they came in.
    pub fn order(&self) -> Vec<String> {
        let events = self.inner.events.lock().unwrap();
        events.iter().map(|e| e.type_.as_str().to_owned()).collect()
    }

    pub fn events(&self, kind: &str) -> Vec<Event> {
        let events = self.inner.events.lock().unwrap();
        events
            .iter()
            .filter(|event| event.type_.as_str() == kind)
            .cloned()
            .collect()
    }

    pub fn signatures(&self) -> Vec<String> {
        self.inner.signatures.lock().unwrap().clone()
    }
}

async fn receive(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: String) -> StatusCode {
    let signature = headers["stripe-signature"].to_str().unwrap();
    let now = inner.clock.now().seconds();
    let event = Webhook::construct_event_with_timestamp(&body, signature, SECRET, now)
        .unwrap_or_else(|error| panic!("{error}: {body}"));
    inner.events.lock().unwrap().push(event);
    inner.signatures.lock().unwrap().push(signature.to_owned());
    inner.count.send_modify(|count| *count += 1);
    let _ = inner.gate.subscribe().wait_for(|open| *open).await;
    *inner.status.lock().unwrap()
}
