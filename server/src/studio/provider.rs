//! What the studio asks of an AI provider, in our words.

use crate::words::words;

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

/// What a provider says about a job when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Queued,
    Running,
    /// Where the result can be fetched.
    Succeeded {
        output: String,
    },
    Failed(Failure),
    /// The provider does not know the job (any more).
    Unknown,
}

/// Why a provider did not answer as it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    #[error("the provider refuses our key")]
    Auth,
    #[error("our account at the provider is used up")]
    OutOfCredits,
    #[error("the provider asks us to wait")]
    Busy,
    #[error("the provider refuses the input")]
    InvalidInput,
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

/// What is asked of the provider.
#[derive(Clone, Debug)]
pub struct TryOn {
    /// Pictures as data URIs, so that the provider need not reach us.
    pub person: String,
    pub garment: String,
    pub category: Category,
    /// Where it may call when the job has ended.
    pub callback: String,
}
