//! Who receives the webhooks, and answers as told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

/// A delivery as it came in.
#[derive(Clone)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn kind(&self) -> String {
        self.json()["eventType"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

#[derive(Clone)]
pub struct Receiver {
    address: String,
    inner: Arc<Inner>,
}

struct Inner {
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
    status: Mutex<StatusCode>,
    gate: watch::Sender<bool>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inner = Arc::new(Inner {
            received: Mutex::default(),
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
        assert!(waited.is_ok(), "{count} never came: {:?}", self.kinds());
        self.kinds()
    }

    pub fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<_> = self.all().iter().map(Received::kind).collect();
        kinds.sort_unstable();
        kinds
    }

    pub fn all(&self) -> Vec<Received> {
        self.inner.received.lock().unwrap().clone()
    }

    pub fn first(&self, kind: &str) -> Received {
        let found = self.all().into_iter().find(|event| event.kind() == kind);
        found.unwrap_or_else(|| panic!("no {kind}"))
    }
}

async fn receive(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: String) -> StatusCode {
    let received = Received { headers, body };
    inner.received.lock().unwrap().push(received);
    inner.count.send_modify(|count| *count += 1);
    let _ = inner.gate.subscribe().wait_for(|open| *open).await;
    *inner.status.lock().unwrap()
}
