//! Requests over keep-alive connections, as fast as they are answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub const CONNECTIONS: usize = 16;

/// One of those that are compared.
pub struct Side {
    pub name: String,
    address: String,
    path: String,
    cookie: String,
    rounds: Vec<Round>,
}

/// What one round measured.
struct Round {
    requests_per_second: f64,
    p50: Duration,
    p99: Duration,
}

/// Measures all sides, rounds interleaved.
pub async fn interleaved(sides: &mut [Side], warm_up: Duration, rounds: usize, round: Duration) {
    for side in sides.iter() {
        side.measure(warm_up).await;
    }
    for _ in 0..rounds {
        for side in sides.iter_mut() {
            let measured = side.measure(round).await;
            side.rounds.push(measured);
        }
    }
}

impl Side {
    pub fn new(name: &str, address: &str, path: &str, cookie: &str) -> Self {
        Self {
            name: name.to_owned(),
            address: address.to_owned(),
            path: path.to_owned(),
            cookie: cookie.to_owned(),
            rounds: Vec::new(),
        }
    }

    /// Requests a second, and the middle and slowest answers, in milliseconds: medians of the rounds.
    pub fn figures(&self) -> [f64; 3] {
        let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
        [
            median(self.rounds.iter().map(|round| round.requests_per_second)),
            median(self.rounds.iter().map(|round| ms(round.p50))),
            median(self.rounds.iter().map(|round| ms(round.p99))),
        ]
    }

    pub async fn load(&self, how_long: Duration) {
        self.measure(how_long).await;
    }

    async fn measure(&self, how_long: Duration) -> Round {
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
            self.path, self.address, self.cookie
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

/// The middle one.
pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
