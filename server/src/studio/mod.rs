//! The studio: jobs that make pictures and videos, from acceptance to a stored result.
//!
//! A job is a row. Accepting it holds what pays for it, in one transaction ([`Studio::submit`]).
//! Workers on any node lease due jobs and take one step at a time: submit to the provider, ask how
//! it goes, fetch the result. Each job ends by one terminal transition, a compare-and-set on its
//! row, in the transaction that captures or releases its hold. Callbacks only make a worker look
//! earlier: what counts is what the provider says when asked.

mod by_hand;
mod callbacks;
mod clips;
mod closing;
mod drafts;
mod files;
mod jobs;
mod links;
mod overseen;
mod pictures;
mod provider;
mod providers;
mod queue;
mod settle;
mod submit;
mod upkeep;
mod work;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore};
use url::Url;

use crate::catalog::Catalog;
use crate::db::Database;
use crate::time::Clock;
use crate::words::words;

pub use by_hand::{JobAct, JobActError};
pub use callbacks::Heard;
pub use closing::ClosingError;
pub use drafts::Draft;
pub use files::{FileKind, Files, S3Settings, StoreError, StoredFile};
pub use jobs::{Job, JobCounts, JobError, JobFilter, JobState};
pub use links::Link;
pub use overseen::{OverseenFilter, OverseenJob};
pub use pictures::{LONGEST_SIDE, MOST_BYTES, MOST_PIXELS, Picture, PictureError, SHORTEST_SIDE};
pub use provider::{Category, Failure, JobProvider, ProviderError, ProviderId};
pub use providers::{Fashn, Model, Providers, Replicate, ReplicateModels};
pub use settle::{CancelError, Deletion, stop};
pub use submit::{SubmitError, SubmitRequest};
pub use work::{Aspect, Video, VideoWays, Wish, Work};

words! {
    /// What the studio makes.
    Tool { TryOn = "try_on", Video = "video" }
}

/// What the operator may set.
#[derive(Clone, Debug)]
pub struct StudioSettings {
    /// Unfinished jobs one account may have.
    pub most_unfinished: i64,
    /// Where the providers can reach us; ends in a slash.
    pub callback_base: Url,
    /// What the tokens of callbacks are made with; the same on every node.
    pub callback_key: SecretString,
    /// How long the pictures somebody sent are kept after the job ended.
    pub originals_kept: Duration,
    /// How long after its deadline a submitted job still waits for a verdict.
    pub no_verdict_after: Duration,
    /// How soon the provider is asked again.
    pub poll_every: Duration,
    /// Whether the provider is our own sandbox, whose pictures only show the way.
    pub previews: bool,
}

/// The studio with everything it needs. Cheap to clone.
#[derive(Clone)]
pub struct Studio {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) files: Files,
    pub(crate) providers: Providers,
    pub(crate) settings: Arc<StudioSettings>,
    pub(crate) node: String,
    /// Wakes the worker when there is something to do.
    pub(crate) wake: Arc<Notify>,
    /// Places where pictures are decoded; one may take hundreds of megabytes.
    pub(crate) decoding: Arc<Semaphore>,
}

const DECODED_AT_ONCE: u32 = 2;

impl Studio {
    pub fn new(
        db: Database,
        clock: Clock,
        catalog: Arc<Catalog>,
        files: Files,
        providers: Providers,
        settings: StudioSettings,
        node: String,
    ) -> Self {
        Self {
            db,
            clock,
            catalog,
            files,
            providers,
            settings: Arc::new(settings),
            node,
            wake: Arc::default(),
            decoding: Arc::new(Semaphore::new(DECODED_AT_ONCE as usize)),
        }
    }
}
