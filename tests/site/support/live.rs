//! An open live stream.

use std::time::Duration;

use futures::{Stream, StreamExt};
use serde_json::Value;

use super::Client;

type Parts = std::pin::Pin<Box<dyn Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>;

/// What an open page hears.
pub struct Live {
    parts: Parts,
    heard: String,
}

/// One event: its name and its data.
#[derive(Debug)]
pub struct Event {
    pub name: String,
    pub data: Value,
}

impl Live {
    pub async fn open(client: &Client) -> Self {
        let request = client.request(reqwest::Method::GET, "/live");
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        Self {
            parts: Box::pin(response.bytes_stream()),
            heard: String::new(),
        }
    }

    /// The next event; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.heard.split_once("\n\n") {
                let event = read(block);
                self.heard = rest.to_owned();
                match event {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let part = self.parts.next().await?.ok()?;
            self.heard.push_str(&String::from_utf8_lossy(&part));
        }
    }

    /// Waits until the balance is `remaining`.
    pub async fn shows(&mut self, remaining: i64, limit: Duration) {
        let what = format!("a balance of {remaining}");
        self.hears(&what, limit, |event| {
            event.name == "credits" && event.data["credits"]["remaining"] == remaining
        })
        .await;
    }

    /// Waits for an event like this.
    pub async fn hears(&mut self, what: &str, limit: Duration, fits: impl Fn(&Event) -> bool) {
        let waiting = async {
            while let Some(event) = self.next().await {
                if fits(&event) {
                    return;
                }
            }
            panic!("the stream ended");
        };
        let heard = tokio::time::timeout(limit, waiting).await;
        assert!(heard.is_ok(), "no push of {what} within {limit:?}");
    }

    /// Waits until the program ends the stream.
    pub async fn ends(&mut self, limit: Duration) {
        let waiting = async { while self.next().await.is_some() {} };
        let ended = tokio::time::timeout(limit, waiting).await;
        assert!(ended.is_ok(), "the stream goes on for {limit:?}");
    }
}

/// A block of lines; comments are no events.
fn read(block: &str) -> Option<Event> {
    let line = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    Some(Event {
        name: line("event")?.to_owned(),
        data: serde_json::from_str(line("data")?).ok()?,
    })
}
