//! `GET /live`: Server-Sent Events that keep open pages true. What is sent is read from the
//! database after the commit that caused it; the feed only says that it is time to read.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atelier_server::accounts::Scope;
use atelier_server::db::Change;
use atelier_server::ids::{JobId, UserId};
use atelier_server::services::Services;
use axum::extract::State as Extract;
use axum::http::request::Parts;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tower_sessions::Session;
use tower_sessions::session::Id;
use utoipa::{IntoParams, ToSchema};

use super::State;
use super::body::Queried;
use super::caller::{Caller, bearer};
use super::problem::Problem;

/// A comment keeps proxies from closing a quiet stream.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

/// A browser needs one stream, however many tabs it has.
const MOST_OF_ONE_ACCOUNT: usize = 200;

/// How many streams each account has open in this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<UserId, usize>>>);

impl Streams {
    fn open(&self, user: &UserId) -> Result<Open, Problem> {
        let mut counts = self.counts();
        let count = counts.entry(user.clone()).or_default();
        if *count >= MOST_OF_ONE_ACCOUNT {
            return Err(Problem::rate_limited(COMMENT_EVERY));
        }
        *count += 1;
        Ok(Open(self.clone(), user.clone()))
    }

    /// All of them.
    pub fn count(&self) -> i64 {
        self.counts().values().map(|count| *count as i64).sum()
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open stream in the count, until it is dropped.
struct Open(Streams, UserId);

impl Drop for Open {
    fn drop(&mut self) {
        let mut counts = self.0.counts();
        match counts.get_mut(&self.1) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                counts.remove(&self.1);
            }
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Ends the stream once the present state is told.
    #[serde(default)]
    once: bool,
}

/// An event of the stream.
#[derive(ToSchema)]
pub struct LiveEvent {
    /// `credits` or `job`.
    pub event: String,
    /// Of `credits`: the wallet's version.
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// A wallet or a job, as JSON.
    pub data: String,
}

/// Listen to a wallet and its jobs
///
/// Server-Sent Events: `credits` (the id is the wallet's version, the data a wallet) and `job` (the data is a job).
/// The present wallet and the open jobs come first; a comment comes every 15 seconds.
#[utoipa::path(
    get,
    path = "/live",
    tag = "credits",
    params(Asked),
    responses((status = 200, description = "The events", body = LiveEvent, content_type = "text/event-stream")),
    security(("session" = []), ("token" = ["credits:read"]), ("token" = ["jobs"])),
)]
pub async fn stream(
    Extract(state): Extract<State>,
    Queried(asked): Queried<Asked>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Problem> {
    let (sees_wallet, sees_jobs) = (caller.may(Scope::CreditsRead), caller.may(Scope::Jobs));
    if !sees_wallet && !sees_jobs {
        return Err(Problem::forbidden());
    }
    let open = state.streams.open(&caller.user.id)?;
    let proof = match bearer(&parts) {
        Some(token) => Proof::Token(token.to_owned()),
        None => Proof::Session(parts.extensions.get::<Session>().and_then(Session::id)),
    };
    // Listening begins before the first reading, so nothing falls between the two.
    let changes = state.services.db.changes();
    let mut live = Live {
        services: state.services.clone(),
        user: caller.user.id,
        sees_wallet,
        sees_jobs,
        _open: open,
        proof,
        changes,
        version: -1,
        ready: VecDeque::new(),
        once: false,
        tick: ticks(),
        stop: state.stop.clone(),
    };
    live.read_all().await?;
    live.once = asked.once;
    let events = stream::unfold(live, async |mut live| {
        live.next()
            .await
            .map(|event| (Ok::<_, Infallible>(event), live))
    });
    let mut response = Sse::new(events).into_response();
    let headers = response.headers_mut();
    headers.insert(
        axum::http::header::CACHE_CONTROL,
        axum::http::HeaderValue::from_static("no-store"),
    );
    headers.insert(
        "x-accel-buffering",
        axum::http::HeaderValue::from_static("no"),
    );
    Ok(response)
}

fn ticks() -> Interval {
    let mut tick = interval_at(Instant::now() + COMMENT_EVERY, COMMENT_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}

/// What let somebody open the stream, asked again now and then.
enum Proof {
    Session(Option<Id>),
    Token(String),
}

/// One open stream.
struct Live {
    services: Services,
    user: UserId,
    /// By the scopes of a token; a session may see both.
    sees_wallet: bool,
    sees_jobs: bool,
    _open: Open,
    proof: Proof,
    changes: Receiver<Change>,
    /// Of the wallet sent last.
    version: i64,
    ready: VecDeque<Event>,
    /// Whether it ends when what is ready is sent.
    once: bool,
    tick: Interval,
    stop: CancellationToken,
}

impl Live {
    /// The next event, or the end of the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.once {
                return None;
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                _ = self.tick.tick() => {
                    if !self.still_allowed().await {
                        return None;
                    }
                    self.read_wallet().await.ok()?;
                    self.ready.push_back(Event::default().comment("still here"));
                }
                change = self.changes.recv() => match change {
                    Ok(change) if *change.user() == self.user => self.on(change).await?,
                    Ok(_) => {}
                    // Too slow to hear everything: ask for everything again.
                    Err(RecvError::Lagged(_)) => {
                        if !self.still_allowed().await {
                            return None;
                        }
                        self.read_all().await.ok()?;
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    /// Reads what a change named; `None` ends the stream.
    async fn on(&mut self, change: Change) -> Option<()> {
        match change {
            Change::Wallet(_) => self.read_wallet().await.ok(),
            Change::Job(_, job) => self.read_job(&job).await.ok(),
            Change::SignedOut(_) => self.still_allowed().await.then_some(()),
        }
    }

    async fn read_all(&mut self) -> Result<(), Problem> {
        self.read_wallet().await?;
        if self.sees_jobs {
            for job in self.services.studio.open_jobs(&self.user).await? {
                self.ready.push_back(event("job", &job));
            }
        }
        Ok(())
    }

    /// Sends the wallet if it moved since it was sent last.
    async fn read_wallet(&mut self) -> Result<(), Problem> {
        if !self.sees_wallet {
            return Ok(());
        }
        let wallet = self.services.wallet(&self.user).await?;
        if wallet.version > self.version {
            self.version = wallet.version;
            let view = wallet.view(&self.services.prices());
            let id = wallet.version.to_string();
            self.ready.push_back(event("credits", &view).id(id));
        }
        Ok(())
    }

    async fn read_job(&mut self, id: &JobId) -> Result<(), Problem> {
        if self.sees_jobs
            && let Some(job) = self.services.studio.job(id).await?
        {
            self.ready.push_back(event("job", &job));
        }
        Ok(())
    }

    /// Whether the session or token that opened the stream is still good.
    async fn still_allowed(&self) -> bool {
        match &self.proof {
            Proof::Session(None) => false,
            Proof::Session(Some(id)) => self.services.sessions.lives(id).await.unwrap_or(false),
            Proof::Token(token) => {
                let accounts = &self.services.accounts;
                accounts.token_lives(token).await.unwrap_or(false)
            }
        }
    }
}

fn event(name: &'static str, data: &impl serde::Serialize) -> Event {
    let data = serde_json::to_string(data).unwrap_or_default();
    Event::default().event(name).data(data)
}
