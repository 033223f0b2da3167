//! Replicate's API (replicate.com/docs/reference/http): predictions of any model, signed callbacks.
//! Which model makes what is the operator's choice. For try-on its inputs are those of IDM-VTON; for video
//! those that most models share: `prompt`, `image`, `aspect_ratio`, `duration`.

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
use crate::standard_webhooks;
use crate::studio::provider::{
    Cancelling, Category, Cost, CostUnit, Failure, JobProvider, Order, ProviderError, ProviderId,
    TryOn, Verdict, VideoOrder,
};
use crate::studio::work::{Wish, Work};
use crate::time::Timestamp;

/// Replicate queues without a limit of its own; so many at once is ours.
const MOST_RUNNING: i64 = 10;

/// A client of Replicate's.
pub struct Replicate {
    http: Client,
    base: Url,
    token: SecretString,
    webhook_secret: SecretString,
    models: ReplicateModels,
    health: Health,
}

/// The models by which the tools work, where there is one.
#[derive(Clone, Debug, Default)]
pub struct ReplicateModels {
    pub try_on: Option<Model>,
    pub video: Option<Model>,
}

/// A model as the settings name it: `owner/name`, or `owner/name:version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    owner: String,
    name: String,
    version: Option<String>,
}

impl Model {
    /// `None` when `text` is no such name.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, version) = match text.split_once(':') {
            Some((path, version)) => (path, Some(version)),
            None => (text, None),
        };
        let (owner, name) = path.split_once('/')?;
        let plain = |part: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            part.chars().all(allowed) && part.contains(|c: char| c.is_ascii_alphanumeric())
        };
        let good = plain(owner) && plain(name) && version.is_none_or(plain);
        good.then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
            version: version.map(str::to_owned),
        })
    }
}

#[derive(Deserialize)]
struct Prediction {
    id: String,
    status: String,
    #[serde(default)]
    output: Value,
    error: Option<String>,
    metrics: Option<Metrics>,
}

#[derive(Deserialize)]
struct Metrics {
    /// Seconds of the machine, which is what is paid for.
    predict_time: Option<f64>,
}

impl Replicate {
    /// `base` ends in a slash and names no version, for example `https://api.replicate.com/`.
    pub fn new(
        base: Url,
        token: SecretString,
        webhook_secret: SecretString,
        models: ReplicateModels,
    ) -> reqwest::Result<Self> {
        Ok(Self {
            http: requests::client()?,
            base,
            token,
            webhook_secret,
            models,
            health: Health::default(),
        })
    }

    /// A video model is told what happens, with or without a picture to begin with.
    fn model(&self, wish: Wish) -> Option<&Model> {
        match wish {
            Wish::TryOn => self.models.try_on.as_ref(),
            Wish::Video { prompt, .. } => self.models.video.as_ref().filter(|_| prompt),
        }
    }

    fn address(&self, path: &[&str]) -> Url {
        requests::address(&self.base, path)
    }

    /// Sends a request, turns an answer that is none into our words, and counts how Replicate is doing.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ProviderError> {
        let request = request.bearer_auth(self.token.expose_secret());
        let judged = match request.send().await {
            Err(error) => Err(requests::lost(&error)),
            Ok(answer) if answer.status().is_success() => Ok(answer),
            Ok(answer) => Err(requests::refusal(
                answer.status(),
                requests::retry_after(&answer),
            )),
        };
        self.health.note(&judged);
        judged
    }

    async fn prediction(&self, request: RequestBuilder) -> Result<Prediction, ProviderError> {
        let answer = self.send(request).await?;
        let read = answer.json().await;
        read.map_err(|error| requests::lost(&error))
    }
}

#[async_trait]
impl JobProvider for Replicate {
    fn id(&self) -> ProviderId {
        ProviderId::Replicate
    }

    fn makes(&self, wish: Wish) -> bool {
        self.model(wish).is_some()
    }

    fn is_down(&self) -> bool {
        self.health.is_down()
    }

    fn most_running(&self) -> i64 {
        MOST_RUNNING
    }

    /// It counts the seconds a machine works on it.
    fn quote(&self, _work: &Work) -> Option<Cost> {
        None
    }

    async fn submit(&self, order: &Order, callback: &Url) -> Result<String, ProviderError> {
        let input = match order {
            Order::TryOn(try_on) => try_on_input(try_on),
            Order::Video(video) => video_input(video),
        };
        let model = self.model(order.wish()).ok_or(ProviderError::NotFound)?;
        let mut body = json!({
            "input": input,
            "webhook": callback.as_str(),
            "webhook_events_filter": ["completed"],
        });
        let url = match &model.version {
            Some(version) => {
                body["version"] = json!(version);
                self.address(&["v1", "predictions"])
            }
            None => self.address(&["v1", "models", &model.owner, &model.name, "predictions"]),
        };
        let made = self.prediction(self.http.post(url).json(&body)).await?;
        Ok(made.id)
    }

    async fn poll(&self, id: &str) -> Result<Verdict, ProviderError> {
        let url = self.address(&["v1", "predictions", id]);
        match self.prediction(self.http.get(url)).await {
            Err(ProviderError::NotFound) => Ok(Verdict::Unknown),
            read => Ok(verdict(read?)),
        }
    }

    async fn cancel(&self, id: &str) -> Result<Cancelling, ProviderError> {
        let url = self.address(&["v1", "predictions", id, "cancel"]);
        match self.send(self.http.post(url)).await {
            // One that has ended, or is not known: the next look finds out.
            Err(ProviderError::NotFound | ProviderError::InvalidInput) | Ok(_) => {
                Ok(Cancelling::Asked)
            }
            Err(error) => Err(error),
        }
    }

    async fn fetch(&self, output: &str) -> Result<Bytes, ProviderError> {
        requests::fetch(&self.http, output).await
    }

    fn is_signed(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Option<bool> {
        let secret = self.webhook_secret.expose_secret();
        Some(standard_webhooks::is_signed(body, headers, secret, now))
    }
}

/// The inputs of IDM-VTON, which knows three parts of a body.
fn try_on_input(try_on: &TryOn) -> Value {
    let category = match try_on.category {
        Category::Auto | Category::Tops => "upper_body",
        Category::Bottoms => "lower_body",
        Category::OnePiece => "dresses",
    };
    json!({
        "human_img": try_on.person,
        "garm_img": try_on.garment,
        "garment_des": "",
        "category": category,
    })
}

fn video_input(video: &VideoOrder) -> Value {
    let mut input = json!({
        "prompt": video.prompt,
        "aspect_ratio": video.aspect.as_str(),
        "duration": video.seconds,
    });
    if let Some(picture) = &video.picture {
        input["image"] = json!(picture);
    }
    input
}

fn cost(prediction: &Prediction) -> Option<Cost> {
    let seconds = prediction.metrics.as_ref()?.predict_time?;
    let plausible = seconds.is_finite() && (0.0..1e9).contains(&seconds);
    plausible.then(|| Cost {
        thousandths: (seconds * 1_000.0).round() as i64,
        unit: CostUnit::Seconds,
    })
}

fn verdict(prediction: Prediction) -> Verdict {
    match prediction.status.as_str() {
        "starting" | "queued" => Verdict::Queued,
        "processing" => Verdict::Running,
        "succeeded" => match first_output(&prediction.output) {
            Some(output) => Verdict::Succeeded {
                output,
                cost: cost(&prediction),
            },
            None => Verdict::Failed(Failure::ResultUnavailable),
        },
        "canceled" => Verdict::Cancelled,
        // It had not begun before its time was over.
        "aborted" => Verdict::Failed(Failure::Timeout),
        "failed" => Verdict::Failed(failure(prediction.error.as_deref().unwrap_or_default())),
        // A word we do not know ends nothing.
        _ => Verdict::Running,
    }
}

/// A model gives one address, or a list of them.
fn first_output(output: &Value) -> Option<String> {
    let first = match output {
        Value::Array(list) => list.first()?,
        one => one,
    };
    first.as_str().map(str::to_owned)
}

/// What a model says of itself is free text.
fn failure(error: &str) -> Failure {
    let error = error.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| error.contains(word));
    if says(&["nsfw", "sensitive", "moderation", "safety"]) {
        Failure::Moderation
    } else if says(&["cannot identify image", "image file is truncated"]) {
        Failure::BadImage
    } else if says(&["no human", "no person", "pose"]) {
        Failure::NoPose
    } else if says(&["timed out", "timeout"]) {
        Failure::Timeout
    } else {
        Failure::ProviderInternal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_named_by_its_owner_and_perhaps_a_version() {
        let model = Model::parse("cuuupid/idm-vton:0513734a").unwrap();
        assert_eq!(model.version.as_deref(), Some("0513734a"));
        assert_eq!(Model::parse("owner/name").unwrap().version, None);
        for text in [
            "", "name", "owner/", "/name", "a/b:", "a/b/c", "a/b?x:1", "../x",
        ] {
            assert_eq!(Model::parse(text), None, "{text}");
        }
    }

    fn said(status: &str, output: Value, error: Option<&str>) -> Verdict {
        verdict(Prediction {
            id: "p".to_owned(),
            status: status.to_owned(),
            output,
            error: error.map(str::to_owned),
            metrics: Some(Metrics {
                predict_time: Some(2.5),
            }),
        })
    }

    #[test]
    fn every_status_has_a_verdict() {
        let done = Verdict::Succeeded {
            output: "https://x/1.png".to_owned(),
            cost: Some(Cost {
                thousandths: 2_500,
                unit: CostUnit::Seconds,
            }),
        };
        let table = [
            ("starting", Value::Null, None, Verdict::Queued),
            ("processing", Value::Null, None, Verdict::Running),
            ("succeeded", json!("https://x/1.png"), None, done.clone()),
            (
                "succeeded",
                json!(["https://x/1.png", "https://x/2.png"]),
                None,
                done,
            ),
            (
                "succeeded",
                json!([]),
                None,
                Verdict::Failed(Failure::ResultUnavailable),
            ),
            ("canceled", Value::Null, None, Verdict::Cancelled),
            (
                "aborted",
                Value::Null,
                None,
                Verdict::Failed(Failure::Timeout),
            ),
            (
                "failed",
                Value::Null,
                Some("NSFW content detected. Try running it again."),
                Verdict::Failed(Failure::Moderation),
            ),
            (
                "failed",
                Value::Null,
                Some("cannot identify image file"),
                Verdict::Failed(Failure::BadImage),
            ),
            (
                "failed",
                Value::Null,
                Some("CUDA out of memory"),
                Verdict::Failed(Failure::ProviderInternal),
            ),
            (
                "failed",
                Value::Null,
                None,
                Verdict::Failed(Failure::ProviderInternal),
            ),
            ("something_new", Value::Null, None, Verdict::Running),
        ];
        for (status, output, error, expected) in table {
            assert_eq!(said(status, output, error), expected, "{status} {error:?}");
        }
    }
}
