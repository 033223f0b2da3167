//! FASHN's API (docs.fashn.ai): `POST /v1/run`, `GET /v1/status/{id}`, results by URL. The sandbox
//! speaks the same on loopback.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use url::Url;

use super::provider::{Category, Failure, ProviderError, TryOn, Verdict};

const TRY_ON_MODEL: &str = "tryon-v1.6";
/// Two pictures go up in one request, over whatever line the site has.
const TIMEOUT: Duration = Duration::from_secs(120);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A result is a picture; anything larger is not one.
const MOST_RESULT_BYTES: usize = 60 * 1024 * 1024;
/// Refusals in a row after which the provider counts as down.
const DOWN_AFTER: u32 = 3;
/// For how long; then the next job finds out.
const DOWN_FOR: Duration = Duration::from_secs(30);

/// A client of FASHN's.
pub struct Fashn {
    http: reqwest::Client,
    base: Url,
    key: SecretString,
    health: Mutex<Health>,
}

/// How the provider has been doing.
#[derive(Debug, Default)]
struct Health {
    /// Refusals in a row.
    failures: u32,
    refused_at: Option<Instant>,
}

impl Health {
    fn answered(&mut self) {
        *self = Self::default();
    }

    fn refused(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.refused_at = Some(now);
    }

    fn is_down(&self, now: Instant) -> bool {
        let lately = self.refused_at.is_some_and(|at| now < at + DOWN_FOR);
        self.failures >= DOWN_AFTER && lately
    }
}

#[derive(Deserialize)]
struct RunAnswer {
    id: Option<String>,
}

#[derive(Deserialize)]
struct StatusAnswer {
    status: String,
    output: Option<Vec<String>>,
    error: Option<RuntimeError>,
}

#[derive(Deserialize)]
struct RuntimeError {
    name: String,
}

impl Fashn {
    /// `base` ends in a slash and names no version, for example `https://api.fashn.ai/`.
    pub fn new(base: Url, key: SecretString) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::limited(3))
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            base,
            key,
            health: Mutex::default(),
        })
    }

    /// Whether the last requests were all refused, just now: nothing new is accepted then.
    pub fn is_down(&self) -> bool {
        self.health().is_down(Instant::now())
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Submits a job and answers the provider's id of it.
    pub async fn submit(&self, job: &TryOn) -> Result<String, ProviderError> {
        let mut url = self.address("v1/run");
        url.query_pairs_mut()
            .append_pair("webhook_url", &job.callback);
        let body = json!({
            "model_name": TRY_ON_MODEL,
            "inputs": {
                "model_image": job.person,
                "garment_image": job.garment,
                "category": category(job.category),
                "output_format": "png",
            },
        });
        let sent = self
            .http
            .post(url)
            .bearer_auth(self.key.expose_secret())
            .json(&body)
            .send();
        let answer = self.judged(sent.await).await?;
        let run: RunAnswer = answer.json().await.map_err(|error| lost(&error))?;
        run.id
            .ok_or_else(|| ProviderError::Transport("no id in the answer".to_owned()))
    }

    /// Asks how a job goes.
    pub async fn poll(&self, id: &str) -> Result<Verdict, ProviderError> {
        let url = self.address(&format!("v1/status/{id}"));
        let sent = self
            .http
            .get(url)
            .bearer_auth(self.key.expose_secret())
            .send()
            .await;
        if let Ok(answer) = &sent
            && answer.status() == StatusCode::NOT_FOUND
        {
            return Ok(Verdict::Unknown);
        }
        let answer = self.judged(sent).await?;
        let status: StatusAnswer = answer.json().await.map_err(|error| lost(&error))?;
        Ok(verdict(status))
    }

    /// Fetches a result, bounded in size.
    pub async fn fetch(&self, output: &str) -> Result<Bytes, ProviderError> {
        let answer = self
            .http
            .get(output)
            .send()
            .await
            .map_err(|error| lost(&error))?;
        if !answer.status().is_success() {
            return Err(ProviderError::Unavailable);
        }
        let mut bytes = BytesMut::new();
        let mut parts = answer.bytes_stream();
        while let Some(part) = parts.next().await {
            bytes.extend_from_slice(&part.map_err(|error| lost(&error))?);
            if bytes.len() > MOST_RESULT_BYTES {
                return Err(ProviderError::InvalidInput);
            }
        }
        Ok(bytes.freeze())
    }

    fn address(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }

    /// Turns an answer that is none into our words, and counts how the provider is doing.
    async fn judged(&self, sent: reqwest::Result<Response>) -> Result<Response, ProviderError> {
        let judged = match sent {
            Err(error) if error.is_connect() => Err(ProviderError::Unavailable),
            Err(error) => Err(lost(&error)),
            Ok(answer) if answer.status().is_success() => Ok(answer),
            Ok(answer) => Err(refusal(answer).await),
        };
        match &judged {
            Ok(_) => self.health().answered(),
            Err(ProviderError::Unavailable | ProviderError::Auth | ProviderError::OutOfCredits) => {
                self.health().refused(Instant::now());
            }
            Err(_) => {}
        }
        judged
    }
}

/// A lost answer. The URL may hold a callback's secret, so it is left out.
fn lost(error: &reqwest::Error) -> ProviderError {
    let kind = if error.is_timeout() {
        "timed out"
    } else {
        "broken connection or body"
    };
    ProviderError::Transport(kind.to_owned())
}

#[derive(Deserialize)]
struct ApiError {
    error: String,
}

/// FASHN: 429 is RateLimitExceeded, ConcurrencyLimitExceeded or OutOfCredits.
async fn refusal(answer: Response) -> ProviderError {
    let status = answer.status();
    let code = answer
        .json::<ApiError>()
        .await
        .map(|body| body.error)
        .unwrap_or_default();
    match (status, code.as_str()) {
        (_, "OutOfCredits") => ProviderError::OutOfCredits,
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => ProviderError::Auth,
        (StatusCode::TOO_MANY_REQUESTS, _) => ProviderError::Busy,
        (status, _) if status.is_client_error() => ProviderError::InvalidInput,
        _ => ProviderError::Unavailable,
    }
}

fn category(category: Category) -> &'static str {
    match category {
        Category::OnePiece => "one-pieces",
        other => other.as_str(),
    }
}

fn verdict(answer: StatusAnswer) -> Verdict {
    match answer.status.as_str() {
        "starting" | "in_queue" => Verdict::Queued,
        "processing" => Verdict::Running,
        "completed" => match answer.output.and_then(|output| output.into_iter().next()) {
            Some(output) => Verdict::Succeeded { output },
            None => Verdict::Failed(Failure::ResultUnavailable),
        },
        "time_out" => Verdict::Failed(Failure::Timeout),
        _ => Verdict::Failed(failure(
            answer.error.as_ref().map_or("", |error| &error.name),
        )),
    }
}

fn failure(name: &str) -> Failure {
    match name {
        "ContentModerationError" => Failure::Moderation,
        "ImageLoadError" => Failure::BadImage,
        "PoseError" => Failure::NoPose,
        "InputValidationError" => Failure::InvalidInput,
        _ => Failure::ProviderInternal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: &str, output: Option<&str>, error: Option<&str>) -> Verdict {
        verdict(StatusAnswer {
            status: status.to_owned(),
            output: output.map(|output| vec![output.to_owned()]),
            error: error.map(|name| RuntimeError {
                name: name.to_owned(),
            }),
        })
    }

    #[test]
    fn a_provider_that_was_down_is_tried_again() {
        let now = Instant::now();
        let mut health = Health::default();
        for _ in 0..DOWN_AFTER {
            assert!(!health.is_down(now));
            health.refused(now);
        }
        assert!(health.is_down(now));
        let later = now + DOWN_FOR;
        assert!(!health.is_down(later), "somebody has to find out");
        health.refused(later);
        assert!(health.is_down(later));
        health.answered();
        assert!(!health.is_down(later));
    }

    #[test]
    fn every_status_has_a_verdict() {
        assert_eq!(answer("in_queue", None, None), Verdict::Queued);
        assert_eq!(answer("processing", None, None), Verdict::Running);
        let done = Verdict::Succeeded {
            output: "http://x/1.png".to_owned(),
        };
        assert_eq!(answer("completed", Some("http://x/1.png"), None), done);
        for (status, error, failure) in [
            ("completed", None, Failure::ResultUnavailable),
            ("time_out", None, Failure::Timeout),
            ("canceled", None, Failure::ProviderInternal),
            ("failed", Some("PoseError"), Failure::NoPose),
            (
                "failed",
                Some("ContentModerationError"),
                Failure::Moderation,
            ),
            ("failed", Some("ImageLoadError"), Failure::BadImage),
            (
                "failed",
                Some("InputValidationError"),
                Failure::InvalidInput,
            ),
            ("failed", Some("PipelineError"), Failure::ProviderInternal),
            ("failed", Some("SomethingNew"), Failure::ProviderInternal),
        ] {
            assert_eq!(
                answer(status, None, error),
                Verdict::Failed(failure),
                "{status} {error:?}"
            );
        }
    }
}
