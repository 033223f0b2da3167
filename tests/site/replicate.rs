//! Replicate as the AI provider, played on loopback in the shapes its API has: what it is asked, what
//! becomes of each of its answers, and that nobody else can speak for it.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

use crate::support::multipart::Multipart;
use crate::support::{Answer, App, Client, Kind, pictures, until};

const TOKEN: &str = "r8_fake";
/// `whsec_` and the base64 of these.
const KEY: &[u8] = b"a key of replicate";
const MODEL: &str = "cuuupid/idm-vton:0513734a";
const VIDEO_MODEL: &str = "wan-video/wan-2.2:9f2a";

/// What Replicate knows.
#[derive(Default)]
struct Book {
    /// In the order in which they were made, with `webhook` and `input` as they came.
    predictions: Vec<Value>,
    /// Answers to the next attempts to make one.
    refusals: Vec<(u16, &'static str)>,
    asked_to_cancel: usize,
}

#[derive(Clone)]
struct Replicate {
    base: String,
    book: Arc<Mutex<Book>>,
}

impl Replicate {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let replicate = Self {
            base: format!("http://{}/", listener.local_addr().expect("an address")),
            book: Arc::default(),
        };
        let router = Router::new()
            .route("/v1/predictions", post(create))
            .route("/v1/predictions/{id}", get(show))
            .route("/v1/predictions/{id}/cancel", post(cancel))
            .route("/files/result.png", get(result))
            .route("/files/result.mp4", get(film))
            .with_state(replicate.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        replicate
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no panic")
    }

    /// The only prediction there is, once it was made.
    async fn prediction(&self) -> Value {
        until("a prediction is made", async || {
            let book = self.book();
            assert!(book.predictions.len() < 2, "made twice");
            book.predictions.first().cloned()
        })
        .await
    }

    /// Ends the only prediction.
    fn ends(&self, status: &str, output: Value, error: Value) {
        let mut book = self.book();
        let prediction = &mut book.predictions[0];
        prediction["status"] = json!(status);
        prediction["output"] = output;
        prediction["error"] = error;
    }

    fn succeeds(&self) {
        let output = json!(format!("{}files/result.png", self.base));
        self.ends("succeeded", output, Value::Null);
    }
}

async fn create(
    State(replicate): State<Replicate>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .map(|value| value.as_bytes());
    if bearer != Some(format!("Bearer {TOKEN}").as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut book = replicate.book();
    if !book.refusals.is_empty() {
        let (status, wait) = book.refusals.remove(0);
        let status = StatusCode::from_u16(status).expect("a status");
        let said =
            Json(json!({"title": "refused", "detail": "by the test", "status": status.as_u16()}));
        return (status, [(header::RETRY_AFTER, wait)], said).into_response();
    }
    let id = format!("prediction{}", book.predictions.len());
    let prediction = json!({
        "id": id, "model": "cuuupid/idm-vton", "version": body["version"], "status": "starting",
        "input": body["input"], "output": null, "error": null, "logs": "", "metrics": {},
        "created_at": "2026-11-28T12:00:00.000Z", "started_at": null, "completed_at": null,
        "webhook": body["webhook"], "webhook_events_filter": body["webhook_events_filter"],
        "urls": {
            "get": format!("{}v1/predictions/{id}", replicate.base),
            "cancel": format!("{}v1/predictions/{id}/cancel", replicate.base),
        },
    });
    book.predictions.push(prediction.clone());
    (StatusCode::CREATED, Json(prediction)).into_response()
}

async fn show(State(replicate): State<Replicate>, Path(id): Path<String>) -> Response {
    let book = replicate.book();
    let found = book.predictions.iter().find(|one| one["id"] == id);
    match found {
        Some(prediction) => Json(prediction.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn cancel(State(replicate): State<Replicate>, Path(id): Path<String>) -> Response {
    let mut book = replicate.book();
    book.asked_to_cancel += 1;
    let found = book.predictions.iter_mut().find(|one| one["id"] == id);
    let Some(prediction) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if prediction["status"] == "starting" || prediction["status"] == "processing" {
        prediction["status"] = json!("canceled");
    }
    Json(prediction.clone()).into_response()
}

async fn result() -> Bytes {
    Bytes::from_static(pictures::garment())
}

async fn film() -> Bytes {
    pictures::film().into()
}

/// An app that has no other AI provider, and its owner's first customer.
async fn start(kind: Kind) -> (App, Replicate, Client) {
    let replicate = Replicate::start().await;
    let secret = format!("whsec_{}", STANDARD.encode(KEY));
    let settings = [
        ("REPLICATE_API_TOKEN", TOKEN),
        ("REPLICATE_API_BASE", &replicate.base),
        ("REPLICATE_WEBHOOK_SECRET", &secret),
        ("REPLICATE_TRYON_MODEL", MODEL),
        ("REPLICATE_VIDEO_MODEL", VIDEO_MODEL),
    ];
    let app = App::start_with(kind, &settings).await;
    let ann = app.sign_up("ann").await;
    (app, replicate, ann)
}

/// Calls back as Replicate does, at this path; `key` is what it signs with.
async fn calls_back(app: &App, path: &str, body: &Value, key: &[u8]) -> Answer {
    let (id, at, body) = ("msg_1", app.now().to_string(), body.to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let client = app.anonymous();
    let request = client
        .request(Method::POST, path)
        .header("webhook-id", id)
        .header("webhook-timestamp", at)
        .header("webhook-signature", signature)
        .body(body);
    client.send(request).await
}

/// What the account has after a job: remaining, held, used.
async fn money(client: &Client) -> (i64, i64, i64) {
    let credits = &client.wallet().await["credits"];
    let figure = |name: &str| credits[name].as_i64().expect("a figure");
    (figure("remaining"), figure("held"), figure("used"))
}

async fn a_job_succeeds(kind: Kind) {
    let (app, replicate, ann) = start(kind).await;
    let job = ann.start_job().await;
    let prediction = replicate.prediction().await;
    assert_eq!(prediction["version"], "0513734a");
    assert_eq!(prediction["webhook_events_filter"], json!(["completed"]));
    let input = &prediction["input"];
    assert!(
        input["human_img"]
            .as_str()
            .expect("a picture")
            .starts_with("data:image/")
    );
    assert!(
        input["garm_img"]
            .as_str()
            .expect("a picture")
            .starts_with("data:image/")
    );
    assert_eq!(input["category"], "upper_body");
    let callback = prediction["webhook"].as_str().expect("an address");
    assert!(
        callback.starts_with(&format!("{}/api/try-on/callback/", app.base)),
        "{callback}"
    );
    ann.job_becomes(&job, "running").await;

    // Nobody else can say that it has ended, and what is said is not believed.
    replicate.succeeds();
    let told = json!({"id": prediction["id"], "status": "failed"});
    for (path, key) in [
        (callback, &b"another key"[..]),
        ("/api/webhooks/replicate", b""),
    ] {
        let refused = calls_back(&app, path, &told, key).await.expect(400);
        assert_eq!(refused.code(), "bad_signature");
    }
    calls_back(&app, "/api/webhooks/replicate", &told, KEY)
        .await
        .expect(204);
    calls_back(&app, callback, &told, KEY).await.expect(204);
    let ended = ann.job_ends(&job).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!(money(&ann).await, (7, 0, 1));
    let url = ended["result_url"].as_str().expect("a result");
    assert!(
        ann.get(url)
            .await
            .expect(200)
            .header("content-type")
            .starts_with("image/")
    );
    let unknown = json!({"id": "prediction9"});
    calls_back(&app, "/api/webhooks/replicate", &unknown, KEY)
        .await
        .expect(404);
    app.stop().await;
}

async fn a_film_is_made_of_words(kind: Kind) {
    let (app, replicate, ann) = start(kind).await;
    app.set_credits(&ann, 30).await;
    // Its models are told what happens: a picture alone is not enough.
    let page = ann.get("/video").await.expect(200).text();
    assert!(
        page.contains("with or without a picture to begin with"),
        "{page}"
    );
    let form = Multipart::default().file("image", "p.jpg", pictures::person());
    let refused = ann.upload("/api/video/generate", form).await.expect(422);
    assert!(refused.json()["errors"]["prompt"].is_string());

    let form = Multipart::default()
        .file("image", "p.jpg", pictures::person())
        .text("prompt", "snow")
        .text("aspect", "16:9")
        .text("seconds", "10");
    let job = ann
        .upload("/api/video/generate", form)
        .await
        .expect(202)
        .json();
    let prediction = replicate.prediction().await;
    assert_eq!(prediction["version"], "9f2a");
    let input = &prediction["input"];
    let said = (&input["prompt"], &input["aspect_ratio"], &input["duration"]);
    assert_eq!(said, (&json!("snow"), &json!("16:9"), &json!(10)));
    let picture = input["image"].as_str().expect("a picture");
    let (_, data) = picture.split_once("base64,").expect("a data URI");
    let frame = image::load_from_memory(&STANDARD.decode(data).expect("base64"));
    let frame = frame.expect("a picture");
    let shape = f64::from(frame.width()) / f64::from(frame.height());
    assert!((shape - 16.0 / 9.0).abs() < 0.02, "{shape}");
    let callback = prediction["webhook"].as_str().expect("an address");
    assert!(callback.contains("/api/video/callback/"), "{callback}");

    let output = json!(format!("{}files/result.mp4", replicate.base));
    replicate.ends("succeeded", output, Value::Null);
    let metrics = json!({"predict_time": 41.5});
    replicate.book().predictions[0]["metrics"] = metrics;
    let told = json!({"id": prediction["id"]});
    calls_back(&app, callback, &told, KEY).await.expect(204);
    let ended = ann.job_ends(job["id"].as_str().expect("an id")).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!(money(&ann).await, (20, 0, 10));
    let url = ended["result_url"].as_str().expect("a result");
    assert_eq!(
        ann.get(url).await.expect(200).header("content-type"),
        "video/mp4"
    );
    let cost = "SELECT provider_cost FROM jobs WHERE provider_cost_unit = 'seconds'";
    assert_eq!(app.number(cost).await, 41_500);
    app.stop().await;
}

async fn what_is_no_film_is_no_result(kind: Kind) {
    let (app, replicate, ann) = start(kind).await;
    app.set_credits(&ann, 30).await;
    let asked = json!({"prompt": "snow"});
    let job = ann
        .post_json("/api/video/generate", asked)
        .await
        .expect(202)
        .json();
    replicate.prediction().await;
    replicate.succeeds();
    let ended = ann.job_ends(job["id"].as_str().expect("an id")).await;
    assert_eq!(ended["error"]["code"], "result_unavailable", "{ended}");
    assert_eq!(money(&ann).await, (30, 0, 0));
    app.stop().await;
}

async fn a_job_is_cancelled_by_its_provider(kind: Kind) {
    let (app, replicate, ann) = start(kind).await;
    let job = ann.start_job().await;
    ann.job_becomes(&job, "running").await;
    assert_eq!(money(&ann).await, (7, 1, 0));
    ann.post(&format!("/api/jobs/{job}/cancel"))
        .await
        .expect(200);
    let ended = ann.job_ends(&job).await;
    assert_eq!(
        (&ended["state"], &ended["error"]),
        (&json!("cancelled"), &Value::Null)
    );
    assert_eq!(money(&ann).await, (8, 0, 0));
    assert!(replicate.book().asked_to_cancel >= 1);
    app.stop().await;
}

async fn what_fails_costs_nothing(kind: Kind) {
    let (app, replicate, ann) = start(kind).await;
    for (status, error, code) in [
        (
            "failed",
            json!("NSFW content detected. Try running it again."),
            "moderation",
        ),
        ("failed", json!("cannot identify image file"), "bad_image"),
        ("failed", json!("CUDA error"), "provider_internal"),
        // Nobody here asked for it.
        ("canceled", Value::Null, "provider_internal"),
        ("succeeded", Value::Null, "result_unavailable"),
    ] {
        let job = ann.start_job().await;
        replicate.prediction().await;
        replicate.ends(status, Value::Null, error);
        let ended = ann.job_ends(&job).await;
        assert_eq!(
            (&ended["state"], &ended["error"]["code"]),
            (&json!("failed"), &json!(code))
        );
        assert_eq!(money(&ann).await, (8, 0, 0), "{code}");
        replicate.book().predictions.clear();
    }
    app.stop().await;
}

async fn a_refusal_for_now_is_tried_again(kind: Kind) {
    let (app, replicate, ann) = start(kind).await;
    replicate.book().refusals = vec![(429, "1"), (503, "1"), (402, "1")];
    let job = ann.start_job().await;
    let prediction = replicate.prediction().await;
    replicate.succeeds();
    let ended = ann.job_ends(&job).await;
    assert_eq!(ended["state"], "succeeded", "{prediction}");
    assert_eq!(money(&ann).await, (7, 0, 1));
    assert_eq!(app.number("SELECT attempts FROM jobs").await, 4);
    app.stop().await;
}

async fn no_more_run_at_once_than_are_allowed(kind: Kind) {
    const MOST: usize = 10;
    let (app, replicate, ann) = start(kind).await;
    app.set_credits(&ann, 20).await;
    for _ in 0..MOST + 2 {
        ann.start_job().await;
    }
    until(
        "ten are at it, and were looked at several times",
        async || {
            for prediction in &mut replicate.book().predictions {
                prediction["status"] = json!("processing");
            }
            let at_it = "SELECT COUNT(*) FROM jobs WHERE state = 'running' AND progress >= 60";
            (app.number(at_it).await == MOST as i64).then_some(())
        },
    )
    .await;
    assert_eq!(replicate.book().predictions.len(), MOST);
    assert_eq!(
        app.number("SELECT COUNT(*) FROM jobs WHERE state = 'queued'")
            .await,
        2
    );
    replicate.succeeds();
    until("another one has its turn", async || {
        (replicate.book().predictions.len() > MOST).then_some(())
    })
    .await;
    let output = json!(format!("{}files/result.png", replicate.base));
    until("all have ended", async || {
        for prediction in &mut replicate.book().predictions {
            prediction["status"] = json!("succeeded");
            prediction["output"] = output.clone();
        }
        let open = "SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL";
        (app.number(open).await == 0).then_some(())
    })
    .await;
    assert_eq!(money(&ann).await, (8, 0, 12));
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
    a_job_succeeds a_job_is_cancelled_by_its_provider what_fails_costs_nothing
    a_film_is_made_of_words what_is_no_film_is_no_result
    a_refusal_for_now_is_tried_again no_more_run_at_once_than_are_allowed
}
