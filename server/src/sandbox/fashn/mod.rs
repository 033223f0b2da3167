//! The sandbox studio: FASHN's API on loopback. It really composes pictures and renders clips (see [`atelier_compose`]),
//! keeps its runs in the database and its pictures in a folder, so it survives restarts, and plays
//! scripted outcomes for tests.

mod making;
mod order;
mod outcome;
mod routes;
mod runs;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use url::Url;

use crate::db::Database;
use crate::time::Clock;

pub use outcome::Outcome;

/// The AI provider of the sandbox. Cheap to clone.
#[derive(Clone)]
pub struct FashnSandbox {
    db: Database,
    clock: Clock,
    folder: PathBuf,
    /// Where this server is reached; ends in a slash.
    base: Url,
    http: reqwest::Client,
    /// Pictures composed at once.
    places: Arc<Semaphore>,
    /// Runs that wait or are worked on in this process.
    in_hand: Arc<Mutex<HashSet<String>>>,
}

/// One composing takes a core for about a second.
const AT_ONCE: usize = 2;

impl FashnSandbox {
    /// `folder` keeps inputs and results; `base` is where [`FashnSandbox::router`] is mounted.
    pub fn new(db: Database, clock: Clock, folder: PathBuf, base: Url) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(10))
            .no_proxy()
            .build()?;
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Ok(Self {
            db,
            clock,
            folder,
            base,
            http,
            places,
            in_hand: Arc::default(),
        })
    }
}
