//! FASHN's API (docs.fashn.ai): `POST /v1/run`, `GET /v1/status/{id}`, results by URL. The sandbox
//! speaks the same on loopback.

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;
use reqwest::{Client, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::health::Health;
use super::requests;
use crate::studio::Tool;
use crate::studio::provider::{
    Cancelling, Category, Failure, JobProvider, Order, ProviderError, ProviderId, TryOn, Verdict,
};
use crate::time::Timestamp;

const TRY_ON_MODEL: &str = "tryon-v1.6";
/// FASHN: an account runs six jobs at once by default.
const MOST_RUNNING: i64 = 6;

/// A client of FASHN's.
pub struct Fashn {
    http: Client,
    base: Url,
    key: SecretString,
    health: Health,
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
        Ok(Self {
            http: requests::client()?,
            base,
            key,
            health: Health::default(),
        })
    }

    fn address(&self, path: &[&str]) -> Url {
        requests::address(&self.base, path)
    }

    /// Sends a request, turns an answer that is none into our words, and counts how FASHN is doing.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ProviderError> {
        let request = request.bearer_auth(self.key.expose_secret());
        let judged = match request.send().await {
            Err(error) => Err(requests::lost(&error)),
            Ok(answer) if answer.status().is_success() => Ok(answer),
            Ok(answer) => Err(refusal(answer).await),
        };
        self.health.note(&judged);
        judged
    }
}

#[async_trait]
impl JobProvider for Fashn {
    fn id(&self) -> ProviderId {
        ProviderId::Fashn
    }

    fn makes(&self, tool: Tool) -> bool {
        tool == Tool::TryOn
    }

    fn is_down(&self) -> bool {
        self.health.is_down()
    }

    fn most_running(&self) -> i64 {
        MOST_RUNNING
    }

    async fn submit(&self, order: &Order, callback: &Url) -> Result<String, ProviderError> {
        let mut url = self.address(&["v1", "run"]);
        url.query_pairs_mut()
            .append_pair("webhook_url", callback.as_str());
        let body = match order {
            Order::TryOn(try_on) => try_on_body(try_on),
        };
        let answer = self.send(self.http.post(url).json(&body)).await?;
        let run: RunAnswer = answer
            .json()
            .await
            .map_err(|error| requests::lost(&error))?;
        run.id
            .ok_or_else(|| ProviderError::Transport("no id in the answer".to_owned()))
    }

    async fn poll(&self, id: &str) -> Result<Verdict, ProviderError> {
        let url = self.address(&["v1", "status", id]);
        let answer = match self.send(self.http.get(url)).await {
            Err(ProviderError::NotFound) => return Ok(Verdict::Unknown),
            sent => sent?,
        };
        let status: StatusAnswer = answer
            .json()
            .await
            .map_err(|error| requests::lost(&error))?;
        Ok(verdict(status))
    }

    /// FASHN's client knows no way.
    async fn cancel(&self, _id: &str) -> Result<Cancelling, ProviderError> {
        Ok(Cancelling::Impossible)
    }

    async fn fetch(&self, output: &str) -> Result<Bytes, ProviderError> {
        requests::fetch(&self.http, output).await
    }

    /// FASHN signs nothing.
    fn is_signed(&self, _headers: &HeaderMap, _body: &[u8], _now: Timestamp) -> Option<bool> {
        None
    }
}

fn try_on_body(try_on: &TryOn) -> Value {
    json!({
        "model_name": TRY_ON_MODEL,
        "inputs": {
            "model_image": try_on.person,
            "garment_image": try_on.garment,
            "category": category(try_on.category),
            "output_format": "png",
        },
    })
}

#[derive(Deserialize)]
struct ApiError {
    error: String,
}

/// FASHN: 429 is RateLimitExceeded, ConcurrencyLimitExceeded or OutOfCredits.
async fn refusal(answer: Response) -> ProviderError {
    let (status, wait) = (answer.status(), requests::retry_after(&answer));
    let said = answer.json::<ApiError>().await;
    if said.is_ok_and(|said| said.error == "OutOfCredits") {
        return ProviderError::OutOfCredits;
    }
    requests::refusal(status, wait)
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
        "failed" | "canceled" => Verdict::Failed(failure(
            answer.error.as_ref().map_or("", |error| &error.name),
        )),
        // A word we do not know ends nothing.
        _ => Verdict::Running,
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
    fn every_status_has_a_verdict() {
        assert_eq!(answer("in_queue", None, None), Verdict::Queued);
        assert_eq!(answer("processing", None, None), Verdict::Running);
        assert_eq!(answer("something_new", None, None), Verdict::Running);
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
