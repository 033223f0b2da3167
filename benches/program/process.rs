//! The program as a process of its own: how soon it listens, what memory it takes, what a page weighs.

use std::time::Duration;

use atelier_server::testing::Scratch;
use reqwest::header::ACCEPT_ENCODING;

use crate::ground::{Process, sign_up};
use crate::load::{Side, median};
use crate::push::Reader;

const STARTS: usize = 5;
const LOAD: Duration = Duration::from_secs(5);
const PEOPLE: usize = 10;
const STREAMS_EACH: usize = 100;

pub async fn bench() {
    let mut fresh = Vec::new();
    let mut again = Vec::new();
    for _ in 0..STARTS {
        let folder = Scratch::new().unwrap();
        fresh.push(Process::start(&folder).started_in);
        again.push(Process::start(&folder).started_in);
    }
    let [fresh, again] =
        [fresh, again].map(|all| median(all.iter().map(|took| took.as_secs_f64() * 1_000.0)));
    println!(
        "\nstart to listening, median of {STARTS}: {fresh:.0} ms on a fresh database (bar: 1000), \
         {again:.0} ms on an existing one (bar: 200)"
    );
    let folder = Scratch::new().unwrap();
    let process = Process::start(&folder);
    let idle = process.resident();
    let ann = sign_up(&process.address, "ann").await;
    weigh(&process.address, &ann.cookie).await;
    Side::new("", &process.address, "/dashboard", &ann.cookie)
        .load(LOAD)
        .await;
    let loaded = process.resident();
    println!(
        "memory: {} MB idle (bar: 60), {} MB after load",
        idle / 1_024,
        loaded / 1_024
    );
    stream_memory(&process).await;
}

async fn stream_memory(process: &Process) {
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(sign_up(&process.address, &format!("person{number}")).await);
    }
    let before = process.resident();
    let mut open = Vec::new();
    for person in &people {
        for _ in 0..STREAMS_EACH {
            let mut stream = Reader::open(&process.address, "/live", &person.cookie).await;
            stream.until("\"remaining\"").await;
            open.push(stream);
        }
    }
    let more = process.resident().saturating_sub(before);
    let each = more as f64 / open.len() as f64;
    println!(
        "an open live stream takes {each:.1} kB ({} open; bar: 32)",
        open.len()
    );
}

/// The dashboard with its style and script, as a browser gets them.
async fn weigh(address: &str, cookie: &str) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = |path: String| {
        let request = client.get(format!("http://{address}{path}"));
        request
            .header("cookie", cookie)
            .header(ACCEPT_ENCODING, "br")
            .send()
    };
    let page = client
        .get(format!("http://{address}/dashboard"))
        .header("cookie", cookie);
    let html = page.send().await.unwrap().text().await.unwrap();
    let mut paths = vec!["/dashboard".to_owned()];
    paths.extend(
        html.split('"')
            .filter(|part| is_asset(part))
            .map(str::to_owned),
    );
    paths.sort();
    paths.dedup();
    let mut bytes = 0;
    for path in &paths {
        bytes += get(path.clone())
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap()
            .len();
    }
    let files = paths.len();
    println!(
        "the dashboard weighs {:.1} kB in {files} files (bar: 30)",
        bytes as f64 / 1_000.0
    );
}

fn is_asset(part: &str) -> bool {
    part.starts_with('/') && (part.ends_with(".css") || part.ends_with(".js"))
}
