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
use crate::studio::provider::{
    Cancelling, Category, Cost, CostUnit, Failure, JobProvider, Order, ProviderError, ProviderId,
    TryOn, Verdict, VideoOrder,
};
use crate::studio::work::{Wish, Work};
use crate::time::Timestamp;

const TRY_ON_MODEL: &str = "tryon-v1.6";
const VIDEO_MODEL: &str = "image-to-video";
/// Of 480p, 720p and 1080p: what a phone shows, at half the price of the best.
const VIDEO_RESOLUTION: &str = "720p";
/// What the run cost, on the answer that says that it ended.
const COST_HEADER: &str = "x-fashn-credits-used";
/// FASHN: an account runs six jobs at once by default.
const MOST_RUNNING: i64 = 6;

/// A client of FASHN's.
pub struct Fashn {
    http: Client,
    base: Url,
    key: SecretString,
    health: Health,
    /// Our own sandbox also makes videos from words alone, which FASHN does not.
    is_sandbox: bool,
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
            is_sandbox: false,
        })
    }

    /// The same API, spoken by our own sandbox.
    #[must_use]
    pub fn of_sandbox(self) -> Self {
        Self {
            is_sandbox: true,
            ..self
        }
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

    fn makes(&self, wish: Wish) -> bool {
        match wish {
            Wish::TryOn => true,
            Wish::Video { picture, prompt } => picture || (prompt && self.is_sandbox),
        }
    }

    fn is_down(&self) -> bool {
        self.health.is_down()
    }

    fn most_running(&self) -> i64 {
        MOST_RUNNING
    }

    fn quote(&self, work: &Work) -> Option<Cost> {
        Some(price(work))
    }

    async fn submit(&self, order: &Order, callback: &Url) -> Result<String, ProviderError> {
        let mut url = self.address(&["v1", "run"]);
        url.query_pairs_mut()
            .append_pair("webhook_url", callback.as_str());
        let body = match order {
            Order::TryOn(try_on) => try_on_body(try_on),
            Order::Video(video) => video_body(video, self.is_sandbox),
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
        let cost = cost(answer.headers());
        let status: StatusAnswer = answer
            .json()
            .await
            .map_err(|error| requests::lost(&error))?;
        Ok(verdict(status, cost))
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

/// The shape of the video is that of its picture. Without one the sandbox is told.
fn video_body(video: &VideoOrder, for_sandbox: bool) -> Value {
    let mut inputs = json!({
        "prompt": video.prompt,
        "duration": video.seconds,
        "resolution": VIDEO_RESOLUTION,
    });
    match &video.picture {
        Some(picture) => inputs["image"] = json!(picture),
        None if for_sandbox => inputs["aspect_ratio"] = json!(video.aspect.as_str()),
        None => {}
    }
    json!({"model_name": VIDEO_MODEL, "inputs": inputs})
}

/// FASHN's price list: one credit for a try-on, three for five seconds of a 720p video.
fn price(work: &Work) -> Cost {
    let thousandths = match work {
        Work::TryOn { .. } => 1_000,
        Work::Video(video) => video.seconds * 3_000 / 5,
    };
    Cost {
        thousandths,
        unit: CostUnit::Credits,
    }
}

fn cost(headers: &HeaderMap) -> Option<Cost> {
    let credits: f64 = headers.get(COST_HEADER)?.to_str().ok()?.parse().ok()?;
    let plausible = credits.is_finite() && (0.0..1e9).contains(&credits);
    plausible.then(|| Cost {
        thousandths: (credits * 1_000.0).round() as i64,
        unit: CostUnit::Credits,
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

fn verdict(answer: StatusAnswer, cost: Option<Cost>) -> Verdict {
    match answer.status.as_str() {
        "starting" | "in_queue" => Verdict::Queued,
        "processing" => Verdict::Running,
        "completed" => match answer.output.and_then(|output| output.into_iter().next()) {
            Some(output) => Verdict::Succeeded { output, cost },
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
    use crate::studio::work::Aspect;

    fn answer(status: &str, output: Option<&str>, error: Option<&str>) -> Verdict {
        let answer = StatusAnswer {
            status: status.to_owned(),
            output: output.map(|output| vec![output.to_owned()]),
            error: error.map(|name| RuntimeError {
                name: name.to_owned(),
            }),
        };
        verdict(answer, None)
    }

    #[test]
    fn a_video_from_a_picture_has_its_shape() {
        let mut order = VideoOrder {
            prompt: "snow".to_owned(),
            picture: Some("data:image/png;base64,AA==".to_owned()),
            aspect: Aspect::Wide,
            seconds: 10,
        };
        let body = video_body(&order, true);
        assert_eq!(body["model_name"], "image-to-video");
        assert_eq!(body["inputs"]["duration"], 10);
        assert_eq!(body["inputs"].get("aspect_ratio"), None);
        order.picture = None;
        assert_eq!(video_body(&order, true)["inputs"]["aspect_ratio"], "16:9");
    }

    #[test]
    fn what_a_run_cost_is_read_where_it_is_told() {
        let told = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COST_HEADER, text.parse().unwrap());
            cost(&headers).map(|cost| cost.thousandths)
        };
        assert_eq!(told("3"), Some(3_000));
        assert_eq!(told("0.5"), Some(500));
        assert_eq!(told("-1"), None);
        assert_eq!(told("much"), None);
        assert_eq!(cost(&HeaderMap::new()), None);
    }

    #[test]
    fn every_status_has_a_verdict() {
        assert_eq!(answer("in_queue", None, None), Verdict::Queued);
        assert_eq!(answer("processing", None, None), Verdict::Running);
        assert_eq!(answer("something_new", None, None), Verdict::Running);
        let done = Verdict::Succeeded {
            output: "http://x/1.png".to_owned(),
            cost: None,
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
