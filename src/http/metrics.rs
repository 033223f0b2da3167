//! `GET /metrics`: what a monitoring system asks for, in the text format of Prometheus.

use std::sync::Arc;
use std::time::Instant;

use atelier_app::visit::Address;
use atelier_server::db;
use atelier_server::{oversight, secret};
use axum::Extension;
use axum::extract::{MatchedPath, Request, State as Extract};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use secrecy::{ExposeSecret, SecretString};

use super::State;
use super::problem::Problem;

/// Counted in this process, and shown beside what the database says. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    access: Access,
}

/// Who may read them.
#[derive(Clone, Debug)]
pub enum Access {
    /// Whoever knows this token.
    Token(SecretString),
    /// Whoever asks from this machine. Behind a proxy everybody would seem to.
    ThisMachine,
    Nobody,
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);
const REQUESTS: &str = "http_requests_total";
const DURATION: &str = "http_request_duration_seconds";
/// Upper bounds of the durations that are counted apart.
const SECONDS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

impl Metrics {
    /// # Errors
    /// None that these bounds can cause.
    pub fn new(access: Access) -> Result<Self, BuildError> {
        let durations = Matcher::Full(DURATION.to_owned());
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(durations, &SECONDS)?
            .build_recorder();
        Ok(Self {
            handle: recorder.handle(),
            recorder: Arc::new(recorder),
            access,
        })
    }

    /// Lets go of what was measured and is counted; to be called now and then, whether anybody reads them or not.
    pub fn tidy(&self) {
        self.handle.run_upkeep();
    }

    fn count(&self, method: &str, path: &str, status: u16, seconds: f64) {
        let labels = |more: Vec<Label>| {
            let mut labels = vec![
                Label::new("method", method.to_owned()),
                Label::new("path", path.to_owned()),
            ];
            labels.extend(more);
            labels
        };
        let status = vec![Label::new("status", status.to_string())];
        let requests = Key::from_parts(REQUESTS, labels(status));
        self.recorder
            .register_counter(&requests, &METADATA)
            .increment(1);
        let durations = Key::from_parts(DURATION, labels(Vec::new()));
        self.recorder
            .register_histogram(&durations, &METADATA)
            .record(seconds);
    }

    fn set(&self, name: &'static str, label: Option<(&'static str, String)>, value: i64) {
        let labels: Vec<Label> = label
            .into_iter()
            .map(|(name, value)| Label::new(name, value))
            .collect();
        let key = Key::from_parts(name, labels);
        self.recorder
            .register_gauge(&key, &METADATA)
            .set(value as f64);
    }

    fn is_open_to(&self, headers: &HeaderMap, address: Address) -> bool {
        match &self.access {
            Access::Nobody => false,
            Access::ThisMachine => address.0.is_loopback(),
            Access::Token(token) => {
                let shown = headers
                    .get(header::AUTHORIZATION)
                    .and_then(|value| value.to_str().ok())
                    .and_then(|value| value.strip_prefix("Bearer "));
                shown
                    .is_some_and(|shown| secret::hash(shown) == secret::hash(token.expose_secret()))
            }
        }
    }
}

/// Counts a request by its route, never by its address: ids and tokens stay out of it.
pub async fn count(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("other", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let response = next.run(request).await;
    let seconds = started.elapsed().as_secs_f64();
    state
        .metrics
        .count(method, &path, response.status().as_u16(), seconds);
    response
}

/// Anybody can make up methods; each would be counted apart, for ever.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let known = KNOWN.into_iter().find(|known| method.as_str() == *known);
    known.unwrap_or("other")
}

/// Show measures of this process
///
/// In the text format of Prometheus: requests by route and status, and how much waits in the database. For whoever
/// knows the token of the settings; without one for this machine only, and only where no proxy is in front.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "description",
    responses(
        (status = 200, description = "The measures", body = String),
        (status = 403, description = "Not from here"),
    ),
)]
pub async fn show(
    Extract(state): Extract<State>,
    Extension(address): Extension<Address>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if !state.metrics.is_open_to(&headers, address) {
        return Err(Problem::forbidden());
    }
    read(&state).await?;
    let media = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    Ok((media, state.metrics.handle.render()).into_response())
}

async fn read(state: &State) -> db::Result<()> {
    let waiting = oversight::waiting(&state.services.db).await?;
    for (name, value) in [
        ("jobs_unfinished", waiting.jobs),
        ("webhook_events_waiting", waiting.events),
        ("webhook_events_failed", waiting.failed_events),
        ("letters_waiting", waiting.letters),
        ("anomalies", waiting.anomalies),
        ("reconciliation_findings", waiting.findings),
        ("live_streams", state.streams.count()),
    ] {
        state.metrics.set(name, None, value);
    }
    let version = ("version", env!("CARGO_PKG_VERSION").to_owned());
    state.metrics.set("atelier_info", Some(version), 1);
    Ok(())
}
