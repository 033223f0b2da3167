//! Files in a bucket: a real S3 server on loopback, which checks each signature.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use atelier_server::testing::Scratch;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::Method;
use reqwest::header::RANGE;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use serde_json::json;
use tower::ServiceExt;

use crate::support::process::Place;
use crate::support::{App, Client, Kind};

const BUCKET: &str = "atelier-files";
const KEY_ID: &str = "FAKEKEYID";
const SECRET: &str = "fake-secret";

/// The server, its bucket in a folder.
struct Bucket {
    endpoint: String,
    folder: Arc<Scratch>,
    is_away: Arc<AtomicBool>,
}

impl Bucket {
    async fn start() -> Self {
        let folder = Arc::new(Scratch::new().expect("a scratch folder"));
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
        let store = FileSystem::new(folder.path()).expect("a store");
        let mut builder = S3ServiceBuilder::new(store);
        builder.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let service = builder.build();
        let is_away = Arc::new(AtomicBool::new(false));
        let away = is_away.clone();
        let router = Router::new().fallback(move |request: Request| {
            let (service, away) = (service.clone(), away.clone());
            async move {
                if away.load(Ordering::Relaxed) {
                    return StatusCode::SERVICE_UNAVAILABLE.into_response();
                }
                answer(service, request).await
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            endpoint,
            folder,
            is_away,
        }
    }

    fn settings<'a>(&'a self, bucket: &'a str, secret: &'a str) -> [(&'static str, &'a str); 4] {
        [
            ("S3_ENDPOINT", &self.endpoint),
            ("S3_BUCKET", bucket),
            ("S3_ACCESS_KEY_ID", KEY_ID),
            ("S3_SECRET_ACCESS_KEY", secret),
        ]
    }

    /// Every object, as a path below the bucket.
    fn objects(&self) -> Vec<PathBuf> {
        let bucket = self.folder.path().join(BUCKET);
        let mut found = Vec::new();
        let mut folders = vec![bucket.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(&bucket).expect("below it").to_owned());
                }
            }
        }
        found
    }
}

async fn answer(service: S3Service, request: Request) -> Response {
    match service.oneshot(request).await {
        Ok(answer) => answer.map(Body::new),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn films_and_pictures(app: &App, bucket: &Bucket) {
    let ann = app.sign_up("ann").await;
    app.set_credits(&ann, 30).await;
    let worn = ann.start_job().await;
    let done = ann.job_ends(&worn).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    // Two originals and a result, below their owner's id, and nothing in the folder of the node.
    let objects = bucket.objects();
    assert_eq!(objects.len(), 3, "{objects:?}");
    assert!(
        objects
            .iter()
            .all(|object| object.starts_with(ann.id.as_str())),
        "{objects:?}"
    );
    assert!(!app.folder.path().join("files").exists());
    let result = format!("/api/jobs/{worn}/result");
    let picture = ann.get(&result).await.expect(200);
    assert!(image::load_from_memory(&picture.body).is_ok());
    // Nobody gets at it past us.
    let straight = format!("{}/{BUCKET}/{}", bucket.endpoint, objects[0].display());
    let stranger = app.anonymous();
    assert_eq!(stranger.get(&straight).await.status, 403);
    stranger.get(&result).await.expect(401);

    let film = ann
        .post_json("/api/video/generate", json!({"prompt": "snow"}))
        .await;
    let film = film.expect(202).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    ann.job_ends(&film).await;
    let film = format!("/api/jobs/{film}/result");
    let whole = ann.get(&film).await.expect(200);
    let part = ann
        .request(Method::GET, &film)
        .header(RANGE, "bytes=50-149");
    assert_eq!(ann.send(part).await.expect(206).body, whole.body[50..150]);

    // The same pictures once more are copied where they are.
    again(&ann, &worn).await;
    assert_eq!(bucket.objects().len(), 3 + 1 + 3);

    // What is deleted is gone from the bucket.
    ann.delete(&format!("/api/jobs/{worn}")).await.expect(204);
    app.services.studio.tidy().await.expect("the sweep");
    assert_eq!(bucket.objects().len(), 1 + 3);
}

async fn again(ann: &Client, job: &str) {
    let before = ann.get("/api/jobs").await.expect(200).json()["items"]
        .as_array()
        .map(Vec::len);
    ann.form("/do/rerun-job", &[("id", job), ("key", "again")])
        .await;
    let jobs = ann.get("/api/jobs").await.expect(200).json();
    let jobs = jobs["items"].as_array().expect("items");
    assert_eq!(Some(jobs.len()), before.map(|before| before + 1));
    ann.job_ends(jobs[0]["id"].as_str().expect("an id")).await;
}

/// A store that is away takes nothing, and nothing is charged.
async fn away(app: &App, bucket: &Bucket) {
    let bob = app.sign_up("bob").await;
    let wallet = bob.wallet().await;
    bucket.is_away.store(true, Ordering::Relaxed);
    let refused = bob.try_on_usual().await.expect(503);
    assert_eq!(refused.code(), "unavailable");
    bucket.is_away.store(false, Ordering::Relaxed);
    assert_eq!(bob.wallet().await, wallet);
    let job = bob.start_job().await;
    assert_eq!(bob.job_ends(&job).await["state"], "succeeded");
}

async fn keeps_files(kind: Kind) {
    let bucket = Bucket::start().await;
    let app = App::start_with(kind, &bucket.settings(BUCKET, SECRET)).await;
    films_and_pictures(&app, &bucket).await;
    away(&app, &bucket).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_kept_in_a_bucket_on_sqlite() {
    keeps_files(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_kept_in_a_bucket_on_postgres() {
    keeps_files(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_cannot_be_written_stops_the_start_with_one_line() {
    let bucket = Bucket::start().await;
    let place = Place::new(Kind::Sqlite).await;
    let nobody = ("S3_ENDPOINT", "http://127.0.0.1:9");
    for settings in [
        bucket.settings(BUCKET, "wrong").to_vec(),
        [&bucket.settings(BUCKET, SECRET)[1..], &[nobody]].concat(),
    ] {
        let mut command = place.command(&["serve"]);
        command.envs(settings);
        let started = tokio::task::spawn_blocking(move || command.output()).await;
        let ended = started.expect("it runs").expect("it ends");
        assert!(!ended.status.success());
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        assert!(said.contains(&format!("S3_BUCKET {BUCKET}")), "{said}");
        assert!(!said.contains(SECRET), "{said}");
    }
    assert!(bucket.objects().is_empty());
}
