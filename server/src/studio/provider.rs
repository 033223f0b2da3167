//! What the studio asks of an AI provider, in our words. A provider is a type that implements
//! [`JobProvider`]; nothing else of the studio knows which there are.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;
use url::Url;

use super::work::{Aspect, Wish, Work};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// Who makes a job's result.
    ProviderId { Fashn = "fashn", Replicate = "replicate" }
}

words! {
    /// What a garment covers.
    Category { Auto = "auto", Tops = "tops", Bottoms = "bottoms", OnePiece = "one-piece" }
}

words! {
    /// Why a job failed, as it is stored and worded for people. Whatever it is, it costs nothing.
    Failure {
        Moderation = "moderation", BadImage = "bad_image", NoPose = "no_pose",
        InvalidInput = "invalid_input", ProviderInternal = "provider_internal",
        ProviderRefused = "provider_refused", Timeout = "timeout", NoVerdict = "no_verdict",
        ResultUnavailable = "result_unavailable",
    }
}

/// What an AI provider can be asked. All of it may take long and fail; nothing of it is called inside a
/// transaction.
#[async_trait]
pub trait JobProvider: Send + Sync {
    fn id(&self) -> ProviderId;

    /// Whether it can make this at all.
    fn makes(&self, wish: Wish) -> bool;

    /// Whether it refused everything just now: nothing new is accepted then.
    fn is_down(&self) -> bool;

    /// How many jobs it works on at once for us; more wait in our own queue.
    fn most_running(&self) -> i64;

    /// What it will take for a job, where that is known before it is made. Nothing is decided by it: it
    /// stands in for what the provider does not say afterwards.
    fn quote(&self, work: &Work) -> Option<Cost>;

    /// Submits a job, and answers the provider's id of it. `callback` is where it may say that the job
    /// has ended.
    ///
    /// # Errors
    /// [`ProviderError::Transport`] when nobody knows whether it was taken.
    async fn submit(&self, order: &Order, callback: &Url) -> Result<String, ProviderError>;

    /// Asks how a job goes.
    async fn poll(&self, id: &str) -> Result<Verdict, ProviderError>;

    /// Asks to stop a job. It ends as a later [`JobProvider::poll`] says, whatever is answered here.
    async fn cancel(&self, id: &str) -> Result<Cancelling, ProviderError>;

    /// Fetches a result, bounded in size.
    async fn fetch(&self, output: &str) -> Result<Bytes, ProviderError>;

    /// Whether a callback comes from the provider, as far as it signs them. `None` where it does not:
    /// then only the address proves anything, and what is said is never believed.
    fn is_signed(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Option<bool>;
}

/// What a provider says about a job when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Queued,
    Running,
    /// Where the result can be fetched, and what the provider says it cost us.
    Succeeded {
        output: String,
        cost: Option<Cost>,
    },
    Failed(Failure),
    /// It stopped because we asked it to.
    Cancelled,
    /// The provider does not know the job (any more).
    Unknown,
}

/// What a job cost the operator, as its provider counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub thousandths: i64,
    pub unit: CostUnit,
}

words! {
    /// What providers count in.
    CostUnit { Credits = "credits", Seconds = "seconds" }
}

/// What becomes of the wish to cancel a job that the provider has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelling {
    /// It will stop, if it can still.
    Asked,
    /// The provider knows no way: the job ends by itself.
    Impossible,
}

/// Why a provider did not answer as it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    #[error("the provider refuses our key")]
    Auth,
    #[error("our account at the provider is used up")]
    OutOfCredits,
    /// For so long, if it said so.
    #[error("the provider asks us to wait")]
    Busy(Option<Duration>),
    #[error("the provider refuses the input")]
    InvalidInput,
    #[error("the provider knows no such job or model")]
    NotFound,
    /// Whether the request was taken is not known.
    #[error("the provider's answer got lost: {0}")]
    Transport(String),
    #[error("the provider is not available")]
    Unavailable,
}

impl ProviderError {
    /// Whether the provider surely did not take the request.
    pub fn surely_not_taken(&self) -> bool {
        !matches!(self, Self::Transport(_))
    }
}

/// What is asked of the provider. Pictures are data URIs, so that it need not reach us.
#[derive(Clone, Debug)]
pub enum Order {
    TryOn(TryOn),
    Video(VideoOrder),
}

impl Order {
    /// As far as it decides who can take it.
    pub fn wish(&self) -> Wish {
        match self {
            Self::TryOn(_) => Wish::TryOn,
            Self::Video(video) => Wish::Video {
                picture: video.picture.is_some(),
                prompt: !video.prompt.is_empty(),
            },
        }
    }
}

#[derive(Clone, Debug)]
pub struct TryOn {
    pub person: String,
    pub garment: String,
    pub category: Category,
}

#[derive(Clone, Debug)]
pub struct VideoOrder {
    /// May be empty where there is a picture.
    pub prompt: String,
    /// The first frame, of the video's own shape.
    pub picture: Option<String>,
    pub aspect: Aspect,
    pub seconds: i64,
}
