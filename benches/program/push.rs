//! From a commit to the figure in an open page: through the live stream, beside a stream that echoes
//! what it is told without any database. One change at a time, and the same reader for both.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use atelier_server::credits::{self, Action, Actor, Adjustment};
use atelier_server::ids::UserId;
use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures::StreamExt;
use futures::stream;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;

use crate::ground::{Site, sign_up};

const CHANGES: usize = 1_000;

pub async fn bench() {
    let site = Site::start().await;
    let ann = sign_up(&site.address, "ann").await;
    let mut page = Reader::open(&site.address, "/live", &ann.cookie).await;
    page.until("\"remaining\":8,").await;
    let (echo, _) = broadcast::channel(16);
    let address = serve_echo(echo.clone()).await;
    let mut bare = Reader::open(&address, "/", "").await;
    bare.until("ready").await;
    let user = UserId::parse(&ann.id).unwrap();
    let (mut live, mut echoed) = (Vec::new(), Vec::new());
    for number in 1..=CHANGES {
        change(&site, &user).await;
        let committed = Instant::now();
        page.until(&format!("\"remaining\":{},", 8 + number)).await;
        live.push(committed.elapsed());
        let told = Instant::now();
        echo.send(number.to_string()).unwrap();
        bare.until(&format!("data: {number}")).await;
        echoed.push(told.elapsed());
    }
    let [live, echoed] = [live, echoed].map(figures);
    println!(
        "\n{:<18}{:>12}{:>12}{:>12}",
        format!("{CHANGES} changes"),
        "p50 ms",
        "p99 ms",
        "max ms"
    );
    for (name, [p50, p99, max]) in [("live stream", live), ("bare echo", echoed)] {
        println!("{name:<18}{p50:>12.2}{p99:>12.2}{max:>12.2}");
    }
    let times = live[1] / echoed[1];
    println!("\na change is shown after {times:.1} times the bare echo's p99 (bar: 3, and 1 s)");
    drop(page);
    site.stop().await;
}

fn figures(mut took: Vec<Duration>) -> [f64; 3] {
    took.sort_unstable();
    [took.len() / 2, took.len() * 99 / 100, took.len() - 1].map(|i| took[i].as_secs_f64() * 1_000.0)
}

/// One credit more; returns as soon as it is committed.
async fn change(site: &Site, user: &UserId) {
    let services = &site.services;
    let adjustment = Adjustment {
        user: user.clone(),
        action: Action::Add,
        amount: 1,
        reason: "a bench".to_owned(),
        actor: Actor::CommandLine,
        address: None,
    };
    let now = services.clock.now();
    let mut tx = services.db.begin().await.unwrap();
    credits::adjust(&mut tx, &adjustment, &services.prices(), now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn serve_echo(echo: broadcast::Sender<String>) -> String {
    let answer = move || async move {
        let first = stream::iter([Ok::<_, Infallible>(Event::default().data("ready"))]);
        let rest = stream::unfold(echo.subscribe(), |mut told| async move {
            let line = told.recv().await.ok()?;
            Some((Ok(Event::default().data(line)), told))
        });
        Sse::new(first.chain(rest))
    };
    let router = Router::new().route("/", get(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// An open stream, read line by line.
pub struct Reader(BufReader<TcpStream>);

impl Reader {
    pub async fn open(address: &str, path: &str, cookie: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Self(BufReader::new(stream))
    }

    /// Reads on until a line has this in it.
    pub async fn until(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(
                self.0.read_line(&mut line).await.unwrap() > 0,
                "the stream ended before {text}"
            );
        }
    }
}
