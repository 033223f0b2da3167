//! The AI providers, and which of them makes what.

mod fashn;
mod health;
mod replicate;
mod requests;

use std::sync::Arc;

pub use fashn::Fashn;
pub use replicate::{Model, Replicate, ReplicateModels};

use super::provider::{JobProvider, ProviderId};
use super::work::{VideoWays, Wish};

/// The providers switched on, in the order in which they are asked.
#[derive(Clone)]
pub struct Providers(Arc<[Arc<dyn JobProvider>]>);

impl Providers {
    pub fn new(providers: Vec<Arc<dyn JobProvider>>) -> Self {
        Self(providers.into())
    }

    pub fn all(&self) -> impl Iterator<Item = ProviderId> {
        self.0.iter().map(|provider| provider.id())
    }

    /// The provider of a job. `None` when it has been switched off since.
    pub fn named(&self, id: ProviderId) -> Option<&dyn JobProvider> {
        let mut all = self.0.iter().map(|provider| &**provider);
        all.find(|provider| provider.id() == id)
    }

    /// Who makes this: the first that can and is not down.
    pub fn that_makes(&self, wish: Wish) -> Option<&dyn JobProvider> {
        let mut able = self.0.iter().filter(|provider| provider.makes(wish));
        able.find(|provider| !provider.is_down())
            .map(|provider| &**provider)
    }

    /// From what videos can be made just now.
    pub fn video_ways(&self) -> VideoWays {
        let can = |picture, prompt| self.that_makes(Wish::Video { picture, prompt }).is_some();
        VideoWays {
            picture_alone: can(true, false),
            prompt_alone: can(false, true),
            both: can(true, true),
        }
    }
}
