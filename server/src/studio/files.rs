//! Where files are kept: a folder, or a bucket of a store that speaks S3's API, by the object_store crate.
//! Names are made here (owner and random id); nothing a person typed is part of a path.

use std::ops::Range;
use std::path::Path as FolderPath;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use secrecy::{ExposeSecret, SecretString};
use sqlx::FromRow;
use url::Url;

use super::{Job, Picture, Studio, Tool};
use crate::db::Tx;
use crate::ids::{FileId, JobId, UserId};
use crate::time::Timestamp;
use crate::words::words;

/// For one request, repetitions included: nobody waits longer for a picture.
const TIMEOUT: Duration = Duration::from_secs(30);
const RETRIES: usize = 3;

words! {
    /// What a file is to a job: a picture it is made from, or what was made.
    FileKind { Person = "person", Garment = "garment", Picture = "picture", Result = "result" }
}

/// A bucket of a store that speaks S3's API.
#[derive(Clone, Debug)]
pub struct S3Settings {
    pub endpoint: Url,
    pub bucket: String,
    pub key_id: String,
    pub secret: SecretString,
    pub region: String,
}

/// The store of pictures. Cheap to clone.
#[derive(Clone)]
pub struct Files(Arc<dyn ObjectStore>);

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the folder of files cannot be used: {0}")]
    Folder(#[from] std::io::Error),
    #[error("the file store failed: {0}")]
    Store(#[from] object_store::Error),
}

impl StoreError {
    /// Whether the same may go well a little later: the disk is full, or the store is away.
    pub fn is_unavailable(&self) -> bool {
        !matches!(self, Self::Store(object_store::Error::NotFound { .. }))
    }
}

/// A picture as it is kept.
#[derive(Clone, Debug, FromRow)]
pub struct StoredFile {
    pub id: FileId,
    pub user_id: UserId,
    pub job_id: Option<JobId>,
    #[sqlx(try_from = "String")]
    pub kind: FileKind,
    pub location: String,
    pub media_type: String,
    pub bytes: i64,
    pub width: i64,
    pub height: i64,
}

impl StoredFile {
    /// How its name ends, by what it is.
    pub fn extension(&self) -> &'static str {
        match self.media_type.as_str() {
            "image/jpeg" => "jpg",
            "image/webp" => "webp",
            "video/mp4" => "mp4",
            _ => "png",
        }
    }
}

impl Files {
    /// A store in `folder`, which is made when it is missing.
    pub fn folder(folder: &FolderPath) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)?;
        Ok(Self(Arc::new(LocalFileSystem::new_with_prefix(folder)?)))
    }

    /// A store in a bucket, which must be there.
    pub fn bucket(settings: &S3Settings) -> Result<Self, StoreError> {
        let is_plain = settings.endpoint.scheme() == "http";
        let store = AmazonS3Builder::new()
            .with_endpoint(settings.endpoint.as_str().trim_end_matches('/'))
            .with_bucket_name(&settings.bucket)
            .with_access_key_id(&settings.key_id)
            .with_secret_access_key(settings.secret.expose_secret())
            .with_region(&settings.region)
            // What is not Amazon's knows buckets as paths.
            .with_virtual_hosted_style_request(false)
            .with_allow_http(is_plain)
            .with_client_options(
                ClientOptions::new()
                    .with_timeout(TIMEOUT)
                    .with_allow_http(is_plain),
            )
            .with_retry(RetryConfig {
                max_retries: RETRIES,
                retry_timeout: TIMEOUT,
                ..RetryConfig::default()
            })
            .build()?;
        Ok(Self(Arc::new(store)))
    }

    /// Writes something and deletes it again: whoever lets us do that knows us, and has the bucket.
    ///
    /// # Errors
    /// The store's own: it does not answer, refuses our key, or has no such bucket.
    pub async fn check(&self) -> Result<(), StoreError> {
        let path = Path::from("atelier-check");
        let put = self
            .0
            .put(&path, Bytes::from_static(b"atelier").into())
            .await;
        put?;
        self.delete(path.as_ref()).await
    }

    async fn put(&self, location: &str, bytes: Bytes) -> Result<(), StoreError> {
        self.0.put(&Path::from(location), bytes.into()).await?;
        Ok(())
    }

    pub async fn get(&self, location: &str) -> Result<Bytes, StoreError> {
        Ok(self.0.get(&Path::from(location)).await?.bytes().await?)
    }

    /// Deletes every file below the name of an account.
    pub(super) async fn delete_all_of(&self, user: &UserId) -> Result<(), StoreError> {
        let mut files = self.0.list(Some(&Path::from(user.as_str())));
        while let Some(file) = files.try_next().await? {
            self.delete(file.location.as_ref()).await?;
        }
        Ok(())
    }

    /// Deletes a file; one that is gone already is no error.
    pub(super) async fn delete(&self, location: &str) -> Result<(), StoreError> {
        match self.0.delete(&Path::from(location)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Studio {
    /// Stores the bytes of a picture and describes the row that is to be written.
    pub(super) async fn store_picture(
        &self,
        user: &UserId,
        kind: FileKind,
        picture: &Picture,
    ) -> Result<StoredFile, StoreError> {
        let id = FileId::new(self.clock.now());
        let location = location(user, &id);
        self.files.put(&location, picture.bytes.clone()).await?;
        Ok(StoredFile {
            id,
            user_id: user.clone(),
            job_id: None,
            kind,
            location,
            media_type: picture.media_type.to_owned(),
            bytes: i64::try_from(picture.bytes.len()).unwrap_or(i64::MAX),
            width: i64::from(picture.width),
            height: i64::from(picture.height),
        })
    }

    /// Stores the bytes of a file once more and describes the row that is to be written.
    pub(super) async fn copy(&self, file: &StoredFile) -> Result<StoredFile, StoreError> {
        let id = FileId::new(self.clock.now());
        let location = location(&file.user_id, &id);
        let (from, to) = (Path::from(&*file.location), Path::from(&*location));
        self.files.0.copy(&from, &to).await?;
        Ok(StoredFile {
            id,
            job_id: None,
            location,
            ..file.clone()
        })
    }

    /// Some of the bytes of a stored file, which has all of them.
    pub async fn part_of(&self, file: &StoredFile, part: Range<u64>) -> Result<Bytes, StoreError> {
        Ok(self
            .files
            .0
            .get_range(&Path::from(&*file.location), part)
            .await?)
    }

    /// The bytes of a stored file.
    pub async fn bytes_of(&self, file: &StoredFile) -> Result<Bytes, StoreError> {
        self.files.get(&file.location).await
    }

    /// A picture of a job.
    pub async fn file_of(&self, job: &JobId, kind: FileKind) -> sqlx::Result<Option<StoredFile>> {
        sqlx::query_as(
            "SELECT id, user_id, job_id, kind, location, media_type, bytes, width, height \
             FROM files WHERE job_id = $1 AND kind = $2",
        )
        .bind(job)
        .bind(kind.as_str())
        .fetch_optional(self.db.reader())
        .await
    }

    /// The files of an account that are kept, also those that wait to become a job: those behind `after`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn files_of(
        &self,
        user: &UserId,
        after: Option<&FileId>,
        limit: i64,
    ) -> sqlx::Result<Vec<StoredFile>> {
        sqlx::query_as(
            "SELECT id, user_id, job_id, kind, location, media_type, bytes, width, height \
             FROM files f WHERE user_id = $1 AND ($2 IS NULL OR id > $2) \
             AND (expires_at IS NULL OR expires_at > $3) AND NOT EXISTS \
             (SELECT 1 FROM jobs j WHERE j.id = f.job_id AND j.deleted_at IS NOT NULL) \
             ORDER BY id LIMIT $4",
        )
        .bind(user)
        .bind(after)
        .bind(self.clock.now())
        .bind(limit)
        .fetch_all(self.db.reader())
        .await
    }

    /// The picture a film can begin with: a film's own, or what a try-on made.
    pub async fn beginning_of(&self, job: &Job) -> sqlx::Result<Option<StoredFile>> {
        let kind = match job.tool() {
            Tool::TryOn => FileKind::Result,
            Tool::Video => FileKind::Picture,
        };
        self.file_of(&job.id, kind).await
    }

    /// Which of the pictures a job was made from are still kept.
    pub async fn originals_of(&self, job: &JobId) -> sqlx::Result<Vec<FileKind>> {
        let kinds: Vec<String> =
            sqlx::query_scalar("SELECT kind FROM files WHERE job_id = $1 AND kind <> 'result'")
                .bind(job)
                .fetch_all(self.db.reader())
                .await?;
        Ok(kinds
            .iter()
            .filter_map(|kind| FileKind::parse(kind))
            .collect())
    }

    /// Deletes files whose time is over: first the bytes, then the row.
    pub(super) async fn delete_expired_files(&self, now: Timestamp) -> sqlx::Result<()> {
        const BATCH: i64 = 200;
        let expired: Vec<StoredFile> = sqlx::query_as(
            "SELECT id, user_id, job_id, kind, location, media_type, bytes, width, height \
             FROM files WHERE expires_at IS NOT NULL AND expires_at <= $1 LIMIT $2",
        )
        .bind(now)
        .bind(BATCH)
        .fetch_all(self.db.reader())
        .await?;
        for file in expired {
            self.delete_file(&file).await?;
        }
        Ok(())
    }

    /// The same of one account; says whether any file of it is left.
    pub(super) async fn delete_files_of(&self, user: &UserId) -> sqlx::Result<bool> {
        let files: Vec<StoredFile> = sqlx::query_as(
            "SELECT id, user_id, job_id, kind, location, media_type, bytes, width, height \
             FROM files WHERE user_id = $1 AND expires_at = 0",
        )
        .bind(user)
        .fetch_all(self.db.reader())
        .await?;
        for file in files {
            self.delete_file(&file).await?;
        }
        let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM files WHERE user_id = $1")
            .bind(user)
            .fetch_one(self.db.reader())
            .await?;
        Ok(left > 0)
    }

    async fn delete_file(&self, file: &StoredFile) -> sqlx::Result<()> {
        if let Err(error) = self.files.delete(&file.location).await {
            tracing::warn!(file = %file.id, %error, "a file could not be deleted");
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        sqlx::query("DELETE FROM files WHERE id = $1")
            .bind(&file.id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}

/// Whose it is, and what nobody can guess.
fn location(user: &UserId, id: &FileId) -> String {
    format!("{user}/{id}-{}", crate::secret::token())
}

/// Writes the row of a stored file; with `expires_at` it is deleted from then on.
pub(super) async fn insert(
    tx: &mut Tx,
    file: &StoredFile,
    job: Option<&JobId>,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO files (id, user_id, job_id, kind, location, media_type, bytes, width, height, \
         expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&file.id)
    .bind(&file.user_id)
    .bind(job)
    .bind(file.kind.as_str())
    .bind(&file.location)
    .bind(&file.media_type)
    .bind(file.bytes)
    .bind(file.width)
    .bind(file.height)
    .bind(expires_at)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
