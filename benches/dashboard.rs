//! `cargo xtask bench`: the signed-in dashboard beside a bare axum handler that executes the same
//! three statements (session with account, jobs, wallet) on the same database, in the same process
//! and the same run. What the dashboard is slower by is the price of the page.
//!
//! Requests go over loopback through keep-alive connections; load and program share the cores of
//! this machine, for both alike. Memory is that of the program in a process of its own.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench speaks on standard output and has nobody to report an error to"
)]

use std::collections::HashMap;
use std::io::BufRead;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use atelier::settings::Settings;
use atelier::start;
use atelier_server::credits::PaidBy;
use atelier_server::ids::JobId;
use atelier_server::services::Services;
use atelier_server::testing::Scratch;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower_sessions::SessionStore;
use tower_sessions::session::Id;

const CONNECTIONS: usize = 16;
const ROUNDS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(5);
const ROUND: Duration = Duration::from_secs(10);
/// Jobs the dashboard has to show.
const JOBS: usize = 8;
const SESSION: &str = "atelier_session";

fn main() {
    start::cryptography();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(bench());
}

/// One of the two that are compared.
struct Side {
    name: &'static str,
    address: String,
    path: &'static str,
    rounds: Vec<Round>,
}

/// What one round measured.
struct Round {
    requests_per_second: f64,
    p50: Duration,
    p99: Duration,
}

async fn bench() {
    let folder = Scratch::new().unwrap();
    let settings = settings(&folder);
    let listener = TcpListener::bind(settings.listen).await.unwrap();
    let address = listener.local_addr().unwrap();
    let program = start::build(&settings, address).await.unwrap();
    let services = program.services.clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(program.serve(listener, async move {
        let _ = stopped.await;
    }));
    let bare = serve_bare(services.clone()).await;

    let cookie = sign_up(&address.to_string()).await;
    put_jobs(&services).await;
    let mut sides = [
        Side::new("dashboard", address.to_string(), "/dashboard"),
        Side::new("bare handler", bare, "/"),
    ];
    for side in &sides {
        side.measure(&cookie, WARM_UP).await;
    }
    for _ in 0..ROUNDS {
        for side in &mut sides {
            let round = side.measure(&cookie, ROUND).await;
            side.rounds.push(round);
        }
    }
    report(&sides);
    drop(stop);
    drop(services);
    serving.await.unwrap().unwrap();
    report_memory().await;
}

fn settings(folder: &Scratch) -> Settings {
    let data = folder.path().display().to_string();
    let variables = [
        ("ATELIER_LISTEN", "127.0.0.1:0"),
        ("ATELIER_DATA_DIR", &data),
        ("ATELIER_RATE_LIMITS", "off"),
    ];
    let variables: HashMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Settings::from_variables(variables).unwrap()
}

/// The same statements, through the same functions, and nothing around them.
async fn serve_bare(services: Services) -> String {
    let router = Router::new().route("/", get(bare)).with_state(services);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn bare(
    State(services): State<Services>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    const BROKEN: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
    let id: Id = headers
        .get(header::COOKIE)
        .and_then(|cookie| cookie.to_str().ok()?.split_once('='))
        .and_then(|(_, id)| id.parse().ok())
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let session = services.sessions.load(&id).await.map_err(|_| BROKEN)?;
    let session = session.ok_or(StatusCode::UNAUTHORIZED)?;
    let user = session
        .data
        .get(atelier_server::accounts::ACCOUNT_KEY)
        .cloned()
        .and_then(atelier_server::accounts::account_of)
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let jobs = services.studio.jobs_of(&user.id, None, 8).await;
    let jobs = jobs.map_err(|_| BROKEN)?;
    let wallet = services.wallet(&user.id).await.map_err(|_| BROKEN)?;
    let wallet = wallet.view(&services.prices());
    Ok(Json(json!({"jobs": jobs, "wallet": wallet})))
}

/// Signs up; the cookie that is sent from then on.
async fn sign_up(address: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = json!({"email": "ann@example.com", "password": "a long password"});
    let answer = client
        .post(format!("http://{address}/api/auth/sign-up"))
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    let cookies = answer.headers().get_all(header::SET_COOKIE);
    let mut texts = cookies.iter().map(|cookie| cookie.to_str().unwrap());
    let cookie = texts.find(|cookie| cookie.starts_with(SESSION)).unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Ended jobs, as somebody who uses the studio has.
async fn put_jobs(services: &Services) {
    let now = services.clock.now();
    let mut tx = services.db.begin().await.unwrap();
    for number in 0..JOBS {
        sqlx::query(
            "INSERT INTO jobs (id, user_id, tool, state, progress, cancel_requested, paid_by, cost, \
             category, provider, callback_hash, deadline_at, created_at, finished_at) \
             SELECT $1, id, 'try_on', 'failed', 100, 0, $2, 1, 'auto', 'fashn', $3, $4, $4, $4 \
             FROM users WHERE email = 'ann@example.com'",
        )
        .bind(JobId::new(now))
        .bind(PaidBy::Credits.as_str())
        .bind(number.to_string())
        .bind(now)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
}

impl Side {
    fn new(name: &'static str, address: String, path: &'static str) -> Self {
        Self {
            name,
            address,
            path,
            rounds: Vec::new(),
        }
    }

    async fn measure(&self, cookie: &str, how_long: Duration) -> Round {
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n\r\n",
            self.path, self.address
        );
        let request: Arc<str> = request.into();
        let started = Instant::now();
        let end = started + how_long;
        let running: Vec<_> = (0..CONNECTIONS)
            .map(|_| tokio::spawn(ask_until(end, self.address.clone(), request.clone())))
            .collect();
        let mut took = Vec::new();
        for one in running {
            took.extend(one.await.unwrap());
        }
        let elapsed = started.elapsed().as_secs_f64();
        took.sort_unstable();
        Round {
            requests_per_second: took.len() as f64 / elapsed,
            p50: took[took.len() / 2],
            p99: took[took.len() * 99 / 100],
        }
    }
}

/// One connection that asks again as soon as it was answered; how long each answer took.
async fn ask_until(end: Instant, address: String, request: Arc<str>) -> Vec<Duration> {
    let stream = TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    let mut took = Vec::new();
    while Instant::now() < end {
        let asked = Instant::now();
        stream
            .get_mut()
            .write_all(request.as_bytes())
            .await
            .unwrap();
        read_answer(&mut stream).await;
        took.push(asked.elapsed());
    }
    took
}

/// Reads one whole answer, which has to be a success of known length.
async fn read_answer(stream: &mut BufReader<TcpStream>) {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("HTTP/1.1 200"), "{line}");
    let mut length = None;
    loop {
        line.clear();
        stream.read_line(&mut line).await.unwrap();
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let mut body = vec![0; length.unwrap()];
    stream.read_exact(&mut body).await.unwrap();
}

/// The program, as it is installed.
struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(folder: &Scratch) -> Self {
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
        Self { child, address }
    }

    fn resident_megabytes(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.unwrap() / 1_024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn report_memory() {
    let folder = Scratch::new().unwrap();
    let process = Process::start(&folder);
    let idle = process.resident_megabytes();
    let cookie = sign_up(&process.address).await;
    let side = Side::new("dashboard", process.address.clone(), "/dashboard");
    side.measure(&cookie, ROUND).await;
    let loaded = process.resident_megabytes();
    println!("memory of the program: {idle} MB idle, {loaded} MB after {ROUND:?} of that load");
}

fn median<T: PartialOrd + Copy>(rounds: &[Round], figure: impl Fn(&Round) -> T) -> T {
    let mut figures: Vec<T> = rounds.iter().map(figure).collect();
    figures.sort_by(|a, b| a.partial_cmp(b).unwrap());
    figures[figures.len() / 2]
}

fn report(sides: &[Side]) {
    println!(
        "\n{CONNECTIONS} connections, {WARM_UP:?} warm-up, median of {ROUNDS} interleaved rounds of {ROUND:?}, SQLite\n"
    );
    println!(
        "{:<14}{:>12}{:>12}{:>12}",
        "", "requests/s", "p50 ms", "p99 ms"
    );
    for side in sides {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1_000.0;
        println!(
            "{:<14}{:>12.0}{:>12.2}{:>12.2}",
            side.name,
            median(&side.rounds, |round| round.requests_per_second),
            milliseconds(median(&side.rounds, |round| round.p50)),
            milliseconds(median(&side.rounds, |round| round.p99)),
        );
    }
    let [rate, baseline] =
        [0, 1].map(|side: usize| median(&sides[side].rounds, |round| round.requests_per_second));
    println!(
        "\nthe dashboard makes {:.0} % of the bare handler's rate",
        100.0 * rate / baseline
    );
}
