//! FASHN as the AI provider, played on loopback in the shapes its API has: what it is asked, and what becomes
//! of each of its answers. (What it makes is shown on the sandbox, which speaks the same.)

use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use tokio::net::TcpListener;

use crate::support::multipart::Multipart;
use crate::support::{App, Client, Kind, pictures, until};

const KEY: &str = "fa-fake";

/// What FASHN knows.
#[derive(Default)]
struct Book {
    /// The runs in the order in which they were posted: what was asked, and the callback's address.
    runs: Vec<(Value, String)>,
    /// Refusals of the next attempts to post one: status and code.
    refusals: Vec<(u16, &'static str)>,
    /// What is answered about every run.
    status: Option<Value>,
    /// What it says that every run cost, in its credits; nothing where it is empty.
    cost: &'static str,
}

#[derive(Clone)]
struct Fashn {
    base: String,
    book: Arc<Mutex<Book>>,
}

impl Fashn {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let fashn = Self {
            base: format!("http://{}/", listener.local_addr().expect("an address")),
            book: Arc::default(),
        };
        let router = Router::new()
            .route("/v1/run", post(run))
            .route("/v1/status/{id}", get(status))
            .route("/outputs/film.mp4", get(film))
            .with_state(fashn.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fashn
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no panic")
    }

    async fn asked(&self, number: usize) -> (Value, String) {
        until("a run is posted", async || {
            self.book().runs.get(number - 1).cloned()
        })
        .await
    }

    fn answers(&self, status: &str, output: Value, error: Value) {
        self.book().status = Some(json!({"status": status, "output": output, "error": error}));
    }
}

fn is_known(headers: &HeaderMap) -> bool {
    let bearer = headers.get(header::AUTHORIZATION);
    bearer.is_some_and(|value| value.as_bytes() == format!("Bearer {KEY}").as_bytes())
}

async fn run(
    State(fashn): State<Fashn>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if !is_known(&headers) {
        let said = json!({"error": "UnauthorizedAccess", "message": "Missing or invalid API key"});
        return (StatusCode::UNAUTHORIZED, Json(said)).into_response();
    }
    let mut book = fashn.book();
    if !book.refusals.is_empty() {
        let (status, code) = book.refusals.remove(0);
        let status = StatusCode::from_u16(status).expect("a status");
        let said = json!({"error": code, "message": "as the test says"});
        return (status, Json(said)).into_response();
    }
    let callback = query.get("webhook_url").cloned().unwrap_or_default();
    book.runs.push((body, callback));
    let id = format!("123a87r9-4129-4bb3-be18-9c9fb5bd7fc1-u{}", book.runs.len());
    Json(json!({"id": id, "error": null})).into_response()
}

async fn status(
    State(fashn): State<Fashn>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    assert!(is_known(&headers), "asked without the key");
    let mut said = match fashn.book().status.clone() {
        Some(said) => said,
        None => json!({"status": "processing", "output": null, "error": null}),
    };
    said["id"] = json!(id);
    match fashn.book().cost {
        "" => Json(said).into_response(),
        cost => ([("x-fashn-credits-used", cost)], Json(said)).into_response(),
    }
}

async fn film() -> Bytes {
    pictures::film().into()
}

async fn start(kind: Kind) -> (App, Fashn, Client) {
    let fashn = Fashn::start().await;
    let settings = [("FASHN_API_KEY", KEY), ("FASHN_API_BASE", &*fashn.base)];
    let app = App::start_with(kind, &settings).await;
    let ann = app.sign_up("ann").await;
    app.set_credits(&ann, 60).await;
    (app, fashn, ann)
}

fn id(job: &Value) -> &str {
    job["id"].as_str().expect("an id")
}

async fn remaining(client: &Client) -> Value {
    client.wallet().await["credits"]["remaining"].clone()
}

async fn a_film_begins_with_a_picture(kind: Kind) {
    let (app, fashn, ann) = start(kind).await;
    fashn.book().cost = "4.5";
    let page = ann.get("/video").await.expect(200).text();
    assert!(page.contains("A picture that begins to move."), "{page}");
    assert!(!page.contains("Sandbox preview"), "{page}");
    // It makes none of words alone: nothing is held.
    let asked = json!({"prompt": "snow"});
    let refused = ann
        .post_json("/api/video/generate", asked)
        .await
        .expect(422);
    assert!(refused.json()["errors"]["image"].is_string());
    assert_eq!(remaining(&ann).await, 60);

    let form = Multipart::default()
        .file("image", "p.jpg", pictures::person())
        .text("prompt", "she smiles")
        .text("seconds", "10");
    let job = ann
        .upload("/api/video/generate", form)
        .await
        .expect(202)
        .json();
    let (asked, callback) = fashn.asked(1).await;
    assert_eq!(asked["model_name"], "image-to-video");
    let inputs = &asked["inputs"];
    assert_eq!(
        (&inputs["duration"], &inputs["resolution"]),
        (&json!(10), &json!("720p"))
    );
    assert_eq!(inputs["prompt"], "she smiles");
    // It is asked nothing that its documentation does not know.
    assert_eq!(inputs.get("aspect_ratio"), None);
    assert!(
        inputs["image"]
            .as_str()
            .expect("a picture")
            .starts_with("data:image/jpeg;base64,")
    );
    assert!(callback.contains("/api/video/callback/"), "{callback}");

    fashn.answers(
        "completed",
        json!([format!("{}outputs/film.mp4", fashn.base)]),
        Value::Null,
    );
    let heard = app
        .anonymous()
        .post_json(&callback, json!({"id": "x", "status": "completed"}))
        .await;
    heard.expect(204);
    let ended = ann.job_ends(id(&job)).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!(remaining(&ann).await, 50);
    let cost = "SELECT provider_cost FROM jobs ORDER BY id DESC LIMIT 1";
    assert_eq!(app.number(cost).await, 4_500);

    // Where it says nothing, its price list counts.
    fashn.book().cost = "";
    let form = Multipart::default()
        .file("image", "p.jpg", pictures::person())
        .text("seconds", "10");
    let job = ann.upload("/api/video/generate", form).await;
    ann.job_ends(id(&job.expect(202).json())).await;
    assert_eq!(app.number(cost).await, 6_000);
    app.stop().await;
}

/// What FASHN says of a run that went wrong (docs.fashn.ai, "Runtime errors").
async fn every_runtime_error_costs_nothing(kind: Kind) {
    let (app, fashn, ann) = start(kind).await;
    for (number, (status, name, code)) in [
        ("failed", "ImageLoadError", "bad_image"),
        ("failed", "ContentModerationError", "moderation"),
        ("failed", "PoseError", "no_pose"),
        ("failed", "InputValidationError", "invalid_input"),
        ("failed", "PipelineError", "provider_internal"),
        ("failed", "ThirdPartyError", "provider_internal"),
        ("failed", "3rdPartyProviderError", "provider_internal"),
        ("failed", "InternalServerError", "provider_internal"),
        ("time_out", "", "timeout"),
        ("canceled", "", "provider_internal"),
    ]
    .into_iter()
    .enumerate()
    {
        fashn.answers(
            status,
            Value::Null,
            json!({"name": name, "message": "as the test says"}),
        );
        let job = ann.start_job().await;
        fashn.asked(number + 1).await;
        let ended = ann.job_ends(&job).await;
        assert_eq!(ended["error"]["code"], code, "{status} {name}");
        assert_eq!(remaining(&ann).await, 60, "{status} {name}");
        // Each has words of its own.
        let page = ann.get(&format!("/jobs/{job}")).await.expect(200).text();
        assert!(page.contains("It cost you nothing."), "{page}");
    }
    app.stop().await;
}

/// What FASHN says of a request (docs.fashn.ai, "API-level errors"): for now, or for good.
async fn a_refusal_is_tried_again_or_ends_the_job(kind: Kind) {
    let (app, fashn, ann) = start(kind).await;
    fashn.book().refusals = vec![
        (429, "RateLimitExceeded"),
        (429, "ConcurrencyLimitExceeded"),
        (500, "InternalServerError"),
    ];
    fashn.answers(
        "failed",
        Value::Null,
        json!({"name": "PoseError", "message": ""}),
    );
    let job = ann.start_job().await;
    let ended = ann.job_ends(&job).await;
    assert_eq!(ended["error"]["code"], "no_pose", "{ended}");
    assert_eq!(app.number("SELECT attempts FROM jobs").await, 4);
    fashn.book().refusals = vec![(400, "BadRequest")];
    let job = ann.start_job().await;
    let ended = ann.job_ends(&job).await;
    assert_eq!(ended["error"]["code"], "invalid_input", "{ended}");
    assert_eq!(remaining(&ann).await, 60);

    // A used-up account takes nothing more, and says so before anything is held.
    fashn.book().refusals = vec![(429, "OutOfCredits"); 3];
    let job = ann.start_job().await;
    until("it counts as down", async || {
        let refused = ann.try_on_usual().await;
        (refused.status == 503).then_some(())
    })
    .await;
    ann.post(&format!("/api/jobs/{job}/cancel"))
        .await
        .expect(200);
    until("all have ended", async || {
        let open = "SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL";
        (app.number(open).await == 0).then_some(())
    })
    .await;
    assert_eq!(remaining(&ann).await, 60);
    app.stop().await;
}

macro_rules! on_both {
    ($($name:ident)+) => {$(
        mod $name {
            use crate::support::Kind;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(Kind::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(Kind::Postgres).await;
            }
        }
    )+};
}

on_both! {
    a_film_begins_with_a_picture every_runtime_error_costs_nothing
    a_refusal_is_tried_again_or_ends_the_job
}
