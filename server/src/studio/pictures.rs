//! Pictures people send, checked a bounded number at once: see [`atelier_pictures`].

use bytes::Bytes;

use super::{DECODED_AT_ONCE, Studio};

pub use atelier_pictures::{
    LONGEST_SIDE, MOST_BYTES, MOST_MEMORY, MOST_PIXELS, Picture, PictureError, SHORTEST_SIDE, Seen,
};

impl Studio {
    /// Looks at a picture somebody sent, decodes it whole and makes it plain.
    pub async fn check_picture(&self, bytes: Bytes) -> Result<Picture, PictureError> {
        if bytes.len() > MOST_BYTES {
            return Err(PictureError::TooLarge);
        }
        let seen = look(bytes).await?;
        let made = self.decoded(seen.memory(), || seen.into_picture()).await;
        made.unwrap_or(Err(PictureError::Broken))
    }

    /// A picture a provider made, kept as it came; `None` when it is none.
    pub(super) async fn check_result(&self, bytes: Bytes) -> Option<Picture> {
        let seen = look(bytes).await.ok()?;
        let made = self.decoded(seen.memory(), || seen.as_it_came()).await;
        made?.ok()
    }

    /// Does what decodes pictures and takes so much memory; `None` when it broke down. All that is done
    /// at one time takes no more than [`MOST_MEMORY`] together: what takes more than its share waits
    /// until it has all of it.
    pub(super) async fn decoded<T: Send + 'static>(
        &self,
        memory: u64,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let share = MOST_MEMORY / u64::from(DECODED_AT_ONCE);
        let places = if memory > share { DECODED_AT_ONCE } else { 1 };
        let decoding = self.decoding.clone();
        let place = decoding.acquire_many_owned(places).await.ok()?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.ok()
    }
}

/// On a thread that may take its time.
async fn look(bytes: Bytes) -> Result<Seen, PictureError> {
    let looked = tokio::task::spawn_blocking(|| atelier_pictures::look(bytes));
    looked.await.unwrap_or(Err(PictureError::Broken))
}
