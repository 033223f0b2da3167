//! What somebody wants made before it is a job: its pictures, checked and kept privately for a day. One that
//! only lacks credits is kept to go on with after buying, one a tool.

use std::time::Duration;

use super::files::{self, FileKind, StoredFile};
use super::work::{Work, WorkRow};
use super::{Job, Picture, Studio, SubmitError, Tool};
use crate::db::Tx;
use crate::ids::{FileId, UserId};
use crate::time::Timestamp;

const DRAFT_LIFE: Duration = Duration::from_secs(24 * 3_600);

/// What is wanted, and the checked pictures it is to be made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub work: Work,
    pub files: Vec<FileId>,
    /// It waited for what pays for it.
    pub is_kept: bool,
}

impl Tool {
    /// What pictures a draft or job of this tool may have.
    pub(super) const fn originals(self) -> &'static [FileKind] {
        match self {
            Self::TryOn => &[FileKind::Person, FileKind::Garment],
            Self::Video => &[FileKind::Picture],
        }
    }

    /// The same as a list in SQL.
    const fn originals_in_sql(self) -> &'static str {
        match self {
            Self::TryOn => "('person', 'garment')",
            Self::Video => "('picture')",
        }
    }
}

impl Studio {
    /// Keeps checked pictures for a day.
    pub async fn keep_draft(
        &self,
        user: &UserId,
        work: Work,
        pictures: &[(FileKind, &Picture)],
    ) -> Result<Draft, SubmitError> {
        let mut stored = Vec::new();
        for (kind, picture) in pictures {
            stored.push(self.store_picture(user, *kind, picture).await?);
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        for file in &stored {
            files::insert(&mut tx, file, None, Some(now.plus(DRAFT_LIFE)), now).await?;
        }
        if !stored.is_empty() {
            note_consent(&mut tx, user, now).await?;
        }
        tx.commit().await?;
        Ok(Draft {
            work,
            files: stored.into_iter().map(|file| file.id).collect(),
            is_kept: false,
        })
    }

    /// The pictures of a job once more, for another one: `None` when they are no longer kept.
    pub async fn draft_again(&self, job: &Job) -> Result<Option<Draft>, SubmitError> {
        let now = self.clock.now();
        // Looked at first, so that no copy is left in the store without a row.
        if !job.is_made_from(&self.originals_of(&job.id).await?) {
            return Ok(None);
        }
        let mut copies = Vec::new();
        for kind in job.tool().originals() {
            if let Some(file) = self.file_of(&job.id, *kind).await? {
                copies.push(self.copy(&file).await?);
            }
        }
        let mut tx = self.db.begin().await?;
        for file in &copies {
            files::insert(&mut tx, file, None, Some(now.plus(DRAFT_LIFE)), now).await?;
        }
        tx.commit().await?;
        Ok(Some(Draft {
            work: job.work.clone(),
            files: copies.into_iter().map(|file| file.id).collect(),
            is_kept: false,
        }))
    }

    /// Whether an account has sent pictures before, and so has agreed to what that means.
    pub async fn has_consented(&self, user: &UserId) -> sqlx::Result<bool> {
        Ok(self.consented_at(user).await?.is_some())
    }

    /// When an account agreed that its pictures are sent to providers, if it did.
    ///
    /// # Errors
    /// The database's own.
    pub async fn consented_at(&self, user: &UserId) -> sqlx::Result<Option<Timestamp>> {
        sqlx::query_scalar("SELECT given_at FROM consents WHERE user_id = $1")
            .bind(user)
            .fetch_optional(self.db.reader())
            .await
    }

    /// The draft of an account that is kept to go on with, if it is whole.
    pub async fn find_draft(&self, user: &UserId, tool: Tool) -> sqlx::Result<Option<Draft>> {
        let now = self.clock.now();
        let kept: Option<WorkRow> = sqlx::query_as(
            "SELECT tool, category, prompt, aspect, seconds FROM drafts \
             WHERE user_id = $1 AND tool = $2 AND expires_at > $3",
        )
        .bind(user)
        .bind(tool.as_str())
        .bind(now)
        .fetch_optional(self.db.reader())
        .await?;
        let Some(kept) = kept else { return Ok(None) };
        let waiting: Vec<StoredFile> = sqlx::query_as(
            "SELECT id, user_id, job_id, kind, location, media_type, bytes, width, height \
             FROM files WHERE user_id = $1 AND job_id IS NULL AND kind <> 'result' \
               AND expires_at > $2 ORDER BY created_at DESC, id DESC LIMIT 20",
        )
        .bind(user)
        .bind(now)
        .fetch_all(self.db.reader())
        .await?;
        let newest = |kind: &FileKind| {
            let file = waiting.iter().find(|file| file.kind == *kind);
            file.map(|file| file.id.clone())
        };
        let files: Vec<FileId> = tool.originals().iter().filter_map(newest).collect();
        let work = Work::from(kept);
        let is_whole = match &work {
            Work::TryOn { .. } => files.len() == tool.originals().len(),
            Work::Video(video) => !files.is_empty() || !video.prompt.is_empty(),
        };
        Ok(is_whole.then_some(Draft {
            work,
            files,
            is_kept: true,
        }))
    }

    /// Keeps a draft to go on with, and lets go every other of its tool.
    pub async fn keep_only(&self, user: &UserId, draft: &Draft) -> sqlx::Result<()> {
        let tool = draft.work.tool();
        let mut tx = self.db.begin().await?;
        let others = format!(
            "UPDATE files SET expires_at = 0 WHERE user_id = $1 AND job_id IS NULL \
             AND kind IN {} AND id <> $2 AND id <> $3",
            tool.originals_in_sql(),
        );
        let mut kept = draft.files.iter().map(FileId::as_str);
        sqlx::query(sqlx::AssertSqlSafe(others))
            .bind(user)
            .bind(kept.next().unwrap_or_default())
            .bind(kept.next().unwrap_or_default())
            .execute(&mut *tx)
            .await?;
        let row = WorkRow::from(&draft.work);
        sqlx::query(
            "INSERT INTO drafts (user_id, tool, category, prompt, aspect, seconds, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_id, tool) DO UPDATE SET \
             category = $3, prompt = $4, aspect = $5, seconds = $6, expires_at = $7",
        )
        .bind(user)
        .bind(tool.as_str())
        .bind(row.category.as_str())
        .bind(row.prompt)
        .bind(row.aspect)
        .bind(row.seconds)
        .bind(self.clock.now().plus(DRAFT_LIFE))
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Lets the pictures of a draft that became no job go at the next sweep.
    pub async fn drop_draft(&self, draft: &Draft) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        for file in &draft.files {
            sqlx::query("UPDATE files SET expires_at = 0 WHERE id = $1 AND job_id IS NULL")
                .bind(file)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }

    /// Lets go the draft that was kept to go on with.
    pub async fn discard_draft(&self, user: &UserId, tool: Tool) -> sqlx::Result<()> {
        if let Some(draft) = self.find_draft(user, tool).await? {
            self.drop_draft(&draft).await?;
        }
        let mut tx = self.db.begin().await?;
        forget(&mut tx, user, tool).await?;
        tx.commit().await
    }

    pub(super) async fn forget_old_drafts(&self, now: Timestamp) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        sqlx::query("DELETE FROM drafts WHERE expires_at <= $1")
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}

/// Written once: when somebody first sends pictures, below the words that say what it means.
async fn note_consent(tx: &mut Tx, user: &UserId, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO consents (user_id, given_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(user)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The draft that was kept has become a job, or is let go.
pub(super) async fn forget(tx: &mut Tx, user: &UserId, tool: Tool) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM drafts WHERE user_id = $1 AND tool = $2")
        .bind(user)
        .bind(tool.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
