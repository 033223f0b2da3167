//! Everything we know of an account, as one archive (ZIP) made while it is sent: what is kept in memory is a part of one
//! file or a page of one list, and a line for each file until the end, whatever the history.
//!
//! Pictures and films are packed as they are, since they are compressed already, in a folder a job. A part that cannot
//! be read breaks the archive off, so that it is never taken for the whole.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::Stream;
use futures::stream::poll_fn;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

use crate::accounts::User;
use crate::credits::{self, EntryFilter};
use crate::ids::{ConsumptionId, FileId, JobId, RechargeId};
use crate::payments::{Recharge, SubscriberFilter};
use crate::services::Services;
use crate::studio::{JobFilter, StoreError, StoredFile, Tool};
use crate::time::Timestamp;

/// Rows of a list read at once.
const PAGE: i64 = 200;
/// Bytes of a file read at once.
const PART: u64 = 1024 * 1024;
/// Parts that wait for a slow reader.
const WAITING: usize = 2;

/// Why an archive breaks off.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    /// Whoever asked has gone away.
    #[error("nobody reads the archive any more")]
    Gone,
    #[error("the archive cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("the archive cannot be written: {0}")]
    Write(#[from] io::Error),
    #[error("a row cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The archive of `user`, in parts. It goes on only as fast as it is read, and ends when nobody does.
pub fn archive(services: Services, user: User) -> impl Stream<Item = io::Result<Bytes>> {
    let (parts, mut received) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let export = Export::new(services, user, parts.clone());
        match export.run().await {
            Ok(()) | Err(ExportError::Gone) => {}
            Err(error) => {
                tracing::error!(%error, "an export broke off");
                let broken = io::Error::other("the archive broke off");
                // Whoever has gone away does not miss it.
                let _ = parts.send(Err(broken)).await;
            }
        }
    });
    poll_fn(move |context| received.poll_recv(context))
}

/// What is written and not sent yet.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Export {
    services: Services,
    user: User,
    parts: mpsc::Sender<io::Result<Bytes>>,
    written: Written,
    zip: ZipWriter<StreamWriter<Written>>,
}

impl Export {
    fn new(services: Services, user: User, parts: mpsc::Sender<io::Result<Bytes>>) -> Self {
        let written = Written::default();
        Self {
            services,
            user,
            parts,
            zip: ZipWriter::new_stream(written.clone()),
            written,
        }
    }

    async fn run(mut self) -> Result<(), ExportError> {
        self.account().await?;
        self.statement().await?;
        self.uses().await?;
        self.recharges().await?;
        self.plans().await?;
        self.jobs().await?;
        self.drafts().await?;
        self.files().await?;
        let Self {
            zip,
            written,
            parts,
            ..
        } = self;
        zip.finish()?;
        send(&written, &parts).await
    }

    async fn account(&mut self) -> Result<(), ExportError> {
        let (services, user) = (self.services.clone(), self.user.clone());
        let wallet = services.wallet(&user.id).await?.view(&services.prices());
        let account = json!({
            "user": user,
            "agreed_to_sending_pictures_at": services.studio.consented_at(&user.id).await?,
        });
        self.whole("account.json", &account).await?;
        self.whole("wallet.json", &wallet).await?;
        let sessions = services.accounts.sessions(&user.id).await?;
        self.whole("sessions.json", &sessions).await?;
        let tokens = services.accounts.tokens(&user.id).await?;
        self.whole("tokens.json", &tokens).await
    }

    /// Every entry, newest first.
    async fn statement(&mut self) -> Result<(), ExportError> {
        let db = self.services.db.clone();
        let mut list = self.begin("statement.json")?;
        let mut before = None;
        loop {
            let filter = EntryFilter {
                before,
                limit: PAGE,
                ..EntryFilter::default()
            };
            let entries = credits::statement(&db, &self.user.id, &filter).await?;
            self.rows(&mut list, &entries).await?;
            match entries.last() {
                Some(last) => before = Some(last.seq),
                None => return self.end(list).await,
            }
        }
    }

    /// What each use of a tool came to, newest first.
    async fn uses(&mut self) -> Result<(), ExportError> {
        let db = self.services.db.clone();
        let mut list = self.begin("uses.json")?;
        let mut before: Option<(Timestamp, ConsumptionId)> = None;
        loop {
            let place = before.as_ref().map(|(at, id)| (*at, id));
            let uses = credits::archived_uses(&db, &self.user.id, place, PAGE).await?;
            self.rows(&mut list, &uses).await?;
            match uses.last() {
                Some(last) => before = Some((last.created_at, last.id.clone())),
                None => return self.end(list).await,
            }
        }
    }

    async fn plans(&mut self) -> Result<(), ExportError> {
        let services = self.services.clone();
        let wanted = SubscriberFilter {
            user: Some(self.user.id.clone()),
            limit: PAGE,
            ..SubscriberFilter::default()
        };
        let subscriptions = services.payments.subscribers(&wanted).await?;
        self.whole("subscriptions.json", &subscriptions).await?;
        let periods = credits::archived_periods(&services.db, &self.user.id).await?;
        self.whole("periods.json", &periods).await
    }

    async fn recharges(&mut self) -> Result<(), ExportError> {
        let payments = self.services.payments.clone();
        let mut list = self.begin("recharges.json")?;
        let mut before: Option<RechargeId> = None;
        loop {
            let recharges = payments
                .recharges_of(&self.user.id, before.as_ref(), PAGE)
                .await?;
            let rows: Vec<_> = recharges.iter().map(ArchivedRecharge::of).collect();
            self.rows(&mut list, &rows).await?;
            match recharges.last() {
                Some(last) => before = Some(last.id.clone()),
                None => return self.end(list).await,
            }
        }
    }

    async fn jobs(&mut self) -> Result<(), ExportError> {
        let studio = self.services.studio.clone();
        let mut list = self.begin("jobs.json")?;
        let mut before: Option<JobId> = None;
        loop {
            let jobs = studio
                .jobs_of(&self.user.id, JobFilter::default(), before.as_ref(), PAGE)
                .await?;
            self.rows(&mut list, &jobs).await?;
            match jobs.last() {
                Some(last) => before = Some(last.id.clone()),
                None => return self.end(list).await,
            }
        }
    }

    async fn drafts(&mut self) -> Result<(), ExportError> {
        let mut drafts = Vec::new();
        for tool in Tool::ALL {
            let draft = self
                .services
                .studio
                .find_draft(&self.user.id, *tool)
                .await?;
            drafts.extend(draft.map(|draft| json!({ "work": draft.work, "files": draft.files })));
        }
        self.whole("drafts.json", &drafts).await
    }

    async fn files(&mut self) -> Result<(), ExportError> {
        let studio = self.services.studio.clone();
        let mut after: Option<FileId> = None;
        loop {
            let files = studio.files_of(&self.user.id, after.as_ref(), PAGE).await?;
            for file in &files {
                self.file(file).await?;
            }
            match files.last() {
                Some(last) => after = Some(last.id.clone()),
                None => return Ok(()),
            }
        }
    }

    /// One file, part by part. One that was deleted meanwhile is left out.
    async fn file(&mut self, file: &StoredFile) -> Result<(), ExportError> {
        let studio = self.services.studio.clone();
        let whole = u64::try_from(file.bytes).unwrap_or_default();
        let mut from = 0;
        while from < whole {
            let to = whole.min(from + PART);
            let part = match studio.part_of(file, from..to).await {
                Err(error) if from == 0 && !error.is_unavailable() => return Ok(()),
                read => read?,
            };
            if from == 0 {
                self.zip.start_file(name_of(file), options())?;
            }
            self.zip.write_all(&part)?;
            self.send().await?;
            from = to;
        }
        Ok(())
    }

    async fn whole(&mut self, name: &str, value: &impl Serialize) -> Result<(), ExportError> {
        self.zip.start_file(name, options())?;
        self.zip.write_all(&serde_json::to_vec_pretty(value)?)?;
        self.send().await
    }

    fn begin(&mut self, name: &str) -> Result<List, ExportError> {
        self.zip.start_file(name, options())?;
        Ok(List { is_empty: true })
    }

    /// One row a line.
    async fn rows<T: Serialize>(&mut self, list: &mut List, rows: &[T]) -> Result<(), ExportError> {
        for row in rows {
            self.zip
                .write_all(if list.is_empty { b"[\n" } else { b",\n" })?;
            self.zip.write_all(&serde_json::to_vec(row)?)?;
            list.is_empty = false;
        }
        self.send().await
    }

    async fn end(&mut self, list: List) -> Result<(), ExportError> {
        self.zip
            .write_all(if list.is_empty { b"[]\n" } else { b"\n]\n" })?;
        self.send().await
    }

    async fn send(&mut self) -> Result<(), ExportError> {
        send(&self.written, &self.parts).await
    }
}

/// A purchase with the terms that its buyer agreed to.
#[derive(Serialize)]
struct ArchivedRecharge<'a> {
    #[serde(flatten)]
    recharge: &'a Recharge,
    terms_version: Option<&'a str>,
}

impl<'a> ArchivedRecharge<'a> {
    fn of(recharge: &'a Recharge) -> Self {
        Self {
            recharge,
            terms_version: recharge.terms_version.as_deref(),
        }
    }
}

/// A JSON list that is being written.
struct List {
    is_empty: bool,
}

/// Hands on what is written, and waits until there is room for it.
async fn send(
    written: &Written,
    parts: &mpsc::Sender<io::Result<Bytes>>,
) -> Result<(), ExportError> {
    let bytes = std::mem::take(&mut *written.lock());
    if bytes.is_empty() {
        return Ok(());
    }
    let sent = parts.send(Ok(bytes.into())).await;
    sent.map_err(|_| ExportError::Gone)
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

/// In a folder a job; what waits to become one stands among the drafts.
fn name_of(file: &StoredFile) -> String {
    let (kind, extension) = (file.kind.as_str(), file.extension());
    match &file.job_id {
        Some(job) => format!("jobs/{job}/{kind}.{extension}"),
        None => format!("drafts/{}-{kind}.{extension}", file.id),
    }
}
