//! Multipart bodies, read as they arrive and limited field by field.

use std::collections::HashMap;
use std::time::Duration;

use atelier_server::studio::MOST_BYTES;
use axum::body::{Body, Bytes};
use axum::extract::Multipart;
use axum::extract::multipart::Field;
use futures::StreamExt;
use tokio::sync::{Semaphore, SemaphorePermit};

/// A text field is short.
const MOST_TEXT: usize = 8 * 1024;
const MOST_FIELDS: usize = 20;
/// The fields that carry files; others are read and dropped.
const FILES: [&str; 3] = ["person", "garment", "image"];
/// Uploads in memory at once, from the first byte read until they are done with: each holds up to two
/// pictures, and some wait to be decoded.
static PLACES: Semaphore = Semaphore::const_new(MOST_UPLOADS);
const MOST_UPLOADS: usize = 16;
/// Longer than a slow line takes for two pictures.
pub const PATIENCE: Duration = Duration::from_secs(180);
/// What is read and dropped of a body that is refused, so that a browser sees the answer.
const MOST_DRAINED: usize = 24 * 1024 * 1024;

/// Where an upload may be in memory, until this is dropped.
#[derive(Debug)]
pub struct Place {
    _permit: SemaphorePermit<'static>,
}

impl Place {
    /// Waits until there is one.
    pub async fn take() -> Self {
        let Ok(permit) = PLACES.acquire().await else {
            unreachable!("the semaphore is never closed");
        };
        Self { _permit: permit }
    }
}

/// The fields of a form with files.
#[derive(Debug)]
pub struct Upload {
    files: HashMap<String, Bytes>,
    texts: HashMap<String, String>,
    place: Place,
}

#[derive(Debug, PartialEq, Eq)]
pub enum UploadError {
    /// The file in this field.
    FileTooLarge(String),
    TooLarge,
    Broken,
}

impl Upload {
    /// Reads a whole form. A file that is too large is read on and dropped, within bounds.
    pub async fn read(multipart: Multipart) -> Result<Self, UploadError> {
        let place = Place::take().await;
        let read = tokio::time::timeout(PATIENCE, Self::read_all(multipart, place));
        read.await.unwrap_or(Err(UploadError::Broken))
    }

    async fn read_all(mut multipart: Multipart, place: Place) -> Result<Self, UploadError> {
        let mut upload = Self {
            files: HashMap::new(),
            texts: HashMap::new(),
            place,
        };
        let mut too_large = None;
        let mut dropped = 0;
        for _ in 0..MOST_FIELDS {
            let Some(field) = multipart
                .next_field()
                .await
                .map_err(|_| UploadError::Broken)?
            else {
                return too_large.map_or(Ok(upload), |field| Err(UploadError::FileTooLarge(field)));
            };
            let name = field.name().unwrap_or_default().to_owned();
            let is_file = field.file_name().is_some();
            let most = if is_file { MOST_BYTES } else { MOST_TEXT };
            match read_field(field, most, &mut dropped).await? {
                Some(_) if is_file && !FILES.contains(&name.as_str()) => {}
                Some(bytes) if is_file => {
                    // A file input that was left alone sends an empty file.
                    if !bytes.is_empty() || !upload.files.contains_key(&name) {
                        upload.files.insert(name, bytes);
                    }
                }
                Some(bytes) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    upload.texts.insert(name, text);
                }
                None => too_large = Some(name),
            }
        }
        Err(UploadError::TooLarge)
    }

    /// The file of a field; an empty one with no name counts as none for forms.
    pub fn file(&self, name: &str) -> Option<Bytes> {
        self.files.get(name).cloned()
    }

    /// For what keeps only files of it.
    pub fn into_place(self) -> Place {
        self.place
    }

    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }
}

/// The bytes of a field, or `None` when there are more than `most`: these are read on and dropped, within bounds, so that
/// a browser sees the answer.
pub async fn read_field(
    mut field: Field<'_>,
    most: usize,
    dropped: &mut usize,
) -> Result<Option<Bytes>, UploadError> {
    let mut bytes = Vec::new();
    let mut fits = true;
    while let Some(part) = field.chunk().await.map_err(|_| UploadError::Broken)? {
        fits = fits && bytes.len() + part.len() <= most;
        if fits {
            bytes.extend_from_slice(&part);
        } else {
            bytes.clear();
            *dropped += part.len();
            if *dropped > MOST_DRAINED {
                return Err(UploadError::TooLarge);
            }
        }
    }
    Ok(fits.then(|| bytes.into()))
}

/// Reads a body that is refused and drops it, up to a bound.
pub async fn drain(body: Body) {
    let mut parts = body.into_data_stream();
    let mut read = 0;
    while let Some(Ok(part)) = parts.next().await {
        read += part.len();
        if read > MOST_DRAINED {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::FromRequest;
    use axum::http::Request;
    use futures::FutureExt;

    async fn form() -> Multipart {
        let request = Request::builder()
            .header("content-type", "multipart/form-data; boundary=b")
            .body(Body::from("--b--\r\n"))
            .unwrap();
        Multipart::from_request(request, &()).await.unwrap()
    }

    #[tokio::test]
    async fn an_upload_keeps_its_place_until_it_is_done_with() {
        let mut uploads = Vec::new();
        for _ in 0..MOST_UPLOADS {
            uploads.push(Upload::read(form().await).await.unwrap());
        }
        let mut next = Box::pin(Upload::read(form().await));
        assert!((&mut next).now_or_never().is_none());
        uploads.pop();
        assert!(next.await.is_ok());
    }
}
