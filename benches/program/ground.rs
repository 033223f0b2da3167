//! The program in this process, and the program as it is installed.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use atelier::settings::Settings;
use atelier::start::{self, StartError};
use atelier_server::db::Kind;
use atelier_server::services::Services;
use atelier_server::testing::{Scratch, fresh_database};
use axum::http::header;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const SESSION: &str = "atelier_session";

/// The program, served from this process.
pub struct Site {
    pub address: String,
    pub services: Services,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), StartError>>,
    /// Deleted with it, unless it is to stay.
    _folder: Option<Scratch>,
}

impl Site {
    pub async fn start() -> Self {
        Self::on(Kind::Sqlite).await
    }

    /// On an empty database of this kind.
    pub async fn on(kind: Kind) -> Self {
        let folder = Scratch::new().unwrap();
        let database = fresh_database(kind, &folder).await;
        let settings = settings(folder.path(), &database);
        Self::with(&settings, Some(folder)).await
    }

    /// In a folder that stays, or over a database that does.
    pub async fn stay_in(folder: &Path, database: Option<&str>) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let here = || format!("sqlite://{}/atelier.db", folder.display());
        let database = database.map_or_else(here, str::to_owned);
        Self::with(&settings(folder, &database), None).await
    }

    async fn with(settings: &Settings, folder: Option<Scratch>) -> Self {
        let listener = TcpListener::bind(settings.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let program = start::build(settings, address).await.unwrap();
        let services = program.services.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(program.serve(listener, async move {
            let _ = stopped.await;
        }));
        Self {
            address: address.to_string(),
            services,
            stop,
            serving,
            _folder: folder,
        }
    }

    pub async fn stop(self) {
        drop(self.stop);
        drop(self.services);
        self.serving.await.unwrap().unwrap();
    }
}

fn settings(folder: &Path, database: &str) -> Settings {
    let data = folder.display().to_string();
    let variables = [
        ("ATELIER_LISTEN", "127.0.0.1:0"),
        ("ATELIER_DATA_DIR", &data),
        ("DATABASE_URL", database),
        ("ATELIER_RATE_LIMITS", "off"),
    ];
    let variables: HashMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Settings::from_variables(variables).unwrap()
}

/// Somebody who is signed in.
pub struct Person {
    pub id: String,
    pub cookie: String,
}

/// Signs up.
pub async fn sign_up(address: &str, name: &str) -> Person {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = json!({"email": format!("{name}@example.com"), "password": "a long password"});
    let answer = client
        .post(format!("http://{address}/api/auth/sign-up"))
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    person_of(answer).await
}

/// Signs in as the administrator that a sandbox begins with.
pub async fn sign_in_as_admin(address: &str) -> Person {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = json!({"email": "admin@example.com", "password": "atelier-demo"});
    let answer = client
        .post(format!("http://{address}/api/auth/sign-in"))
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    person_of(answer).await
}

async fn person_of(answer: reqwest::Response) -> Person {
    let cookies = answer.headers().get_all(header::SET_COOKIE);
    let mut texts = cookies.iter().map(|cookie| cookie.to_str().unwrap());
    let cookie = texts.find(|cookie| cookie.starts_with(SESSION)).unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let user: Value = answer.json().await.unwrap();
    let id = user["id"].as_str().unwrap().to_owned();
    Person { id, cookie }
}

/// The program, as it is installed.
pub struct Process {
    child: Child,
    pub address: String,
    /// From its start until it accepted requests.
    pub started_in: Duration,
}

impl Process {
    pub fn start(folder: &Scratch) -> Self {
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_atelier"))
            .env("ATELIER_LISTEN", "127.0.0.1:0")
            .env("ATELIER_DATA_DIR", folder.path())
            .env("ATELIER_RATE_LIMITS", "off")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| Some(line.strip_prefix("listening on http://")?.to_owned()))
            .unwrap();
        Self {
            child,
            address,
            started_in: started.elapsed(),
        }
    }

    /// Memory in use, in kB.
    pub fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
