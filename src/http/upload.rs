//! Multipart bodies, read as they arrive and limited field by field.

use std::collections::HashMap;
use std::time::Duration;

use atelier_server::studio::MOST_BYTES;
use axum::body::{Body, Bytes};
use axum::extract::Multipart;
use axum::extract::multipart::Field;
use futures::StreamExt;
use tokio::sync::Semaphore;

/// A text field is short.
const MOST_TEXT: usize = 8 * 1024;
const MOST_FIELDS: usize = 20;
/// The fields that carry files; others are read and dropped.
const FILES: [&str; 3] = ["person", "garment", "image"];
/// Bodies read at once: each holds up to two pictures in memory.
static READING: Semaphore = Semaphore::const_new(16);
/// Longer than a slow line takes for two pictures.
const PATIENCE: Duration = Duration::from_secs(180);
/// What is read and dropped of a body that is refused, so that a browser sees the answer.
const MOST_DRAINED: usize = 24 * 1024 * 1024;

/// The fields of a form with files.
#[derive(Debug, Default)]
pub struct Upload {
    files: HashMap<String, Bytes>,
    texts: HashMap<String, String>,
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
        let Ok(_place) = READING.acquire().await else {
            unreachable!("the semaphore is never closed");
        };
        let read = tokio::time::timeout(PATIENCE, Self::read_all(multipart));
        read.await.unwrap_or(Err(UploadError::Broken))
    }

    async fn read_all(mut multipart: Multipart) -> Result<Self, UploadError> {
        let mut upload = Self::default();
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

    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }
}

/// The bytes of a field, or `None` when there are more than `most`.
async fn read_field(
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
