//! Everything we know of an account, as one archive (ZIP) made while it is sent: what is kept in memory is a part of one
//! file or a page of one list, and a line for each file until the end, whatever the history.
//!
//! Pictures and films are packed as they are, since they are compressed already, in a folder a job. A part that cannot
//! be read breaks the archive off, so that it is never taken for the whole.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::poll_fn;
use futures::{FutureExt, Stream};
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

use crate::accounts::User;
use crate::credits::{self, ArchivedLot, ArchivedUse, Entry, EntryFilter};
use crate::ids::FileId;
use crate::oversight::{self, ArchivedDeed};
use crate::payments::{ArchivedPurchase, Subscriber, SubscriberFilter};
use crate::services::Services;
use crate::studio::{Job, JobFilter, StoreError, StoredFile, Tool};

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
        let export = Export {
            services,
            user,
            archive: Archive::new(parts.clone()),
        };
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

/// Writes the archive of one account.
struct Export {
    services: Services,
    user: User,
    archive: Archive,
}

impl Export {
    async fn run(mut self) -> Result<(), ExportError> {
        self.account().await?;
        self.credits().await?;
        self.purchases().await?;
        self.deeds().await?;
        self.jobs().await?;
        self.drafts().await?;
        self.files().await?;
        self.archive.finish().await
    }

    async fn account(&mut self) -> Result<(), ExportError> {
        let (services, id) = (&self.services, &self.user.id);
        let archive = &mut self.archive;
        let account = json!({
            "user": self.user,
            "more": services.accounts.archived(id).await?,
            "agreed_to_sending_pictures_at": services.studio.consented_at(id).await?,
            "known_to_payment_providers_as": services.payments.archived_customers(id).await?,
            "links": services.accounts.archived_links(id).await?,
        });
        archive.whole("account.json", &account).await?;
        let sessions = services.accounts.sessions(id).await?;
        archive.whole("sessions.json", &sessions).await?;
        let tokens = services.accounts.tokens(id).await?;
        archive.whole("tokens.json", &tokens).await
    }

    async fn credits(&mut self) -> Result<(), ExportError> {
        let (services, db, id) = (&self.services, &self.services.db, &self.user.id);
        let archive = &mut self.archive;
        let wallet = services.wallet(id).await?.view(&services.prices());
        archive.whole("wallet.json", &wallet).await?;
        let statement = |last: Option<Entry>| {
            async move {
                let filter = EntryFilter {
                    before: last.map(|last| last.seq),
                    limit: PAGE,
                    ..EntryFilter::default()
                };
                credits::statement(db, id, &filter).await
            }
            .boxed()
        };
        archive.list("statement.json", statement).await?;
        let lots = |last: Option<ArchivedLot>| {
            async move {
                let last = last.map(|last| last.id);
                credits::archived_lots(db, id, last.as_ref(), PAGE).await
            }
            .boxed()
        };
        archive.list("lots.json", lots).await?;
        let uses = |last: Option<ArchivedUse>| {
            async move {
                let last = last.as_ref().map(|last| (last.created_at, &last.id));
                credits::archived_uses(db, id, last, PAGE).await
            }
            .boxed()
        };
        archive.list("uses.json", uses).await
    }

    async fn purchases(&mut self) -> Result<(), ExportError> {
        let (services, id) = (&self.services, &self.user.id);
        let archive = &mut self.archive;
        let recharges = |last: Option<ArchivedPurchase>| {
            async move {
                let last = last.map(|last| last.recharge.id);
                let payments = &services.payments;
                payments.archived_purchases(id, last.as_ref(), PAGE).await
            }
            .boxed()
        };
        archive.list("recharges.json", recharges).await?;
        let subscriptions = |last: Option<Subscriber>| {
            async move {
                let wanted = SubscriberFilter {
                    user: Some(id.clone()),
                    after: last.map(|last| last.id),
                    limit: PAGE,
                    ..SubscriberFilter::default()
                };
                services.payments.subscribers(&wanted).await
            }
            .boxed()
        };
        archive.list("subscriptions.json", subscriptions).await?;
        let periods = credits::archived_periods(&services.db, id).await?;
        archive.whole("periods.json", &periods).await
    }

    /// What operators did to the account, and why.
    async fn deeds(&mut self) -> Result<(), ExportError> {
        let (db, id) = (&self.services.db, &self.user.id);
        let deeds = |last: Option<ArchivedDeed>| {
            async move {
                let last = last.map(|last| last.id);
                oversight::archived_deeds(db, id, last.as_deref(), PAGE).await
            }
            .boxed()
        };
        self.archive.list("operators.json", deeds).await
    }

    async fn jobs(&mut self) -> Result<(), ExportError> {
        let (studio, id) = (&self.services.studio, &self.user.id);
        let jobs = |last: Option<Job>| {
            async move {
                let last = last.map(|last| last.id);
                let all = JobFilter::default();
                studio.jobs_of(id, all, last.as_ref(), PAGE).await
            }
            .boxed()
        };
        self.archive.list("jobs.json", jobs).await
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
        self.archive.whole("drafts.json", &drafts).await
    }

    async fn files(&mut self) -> Result<(), ExportError> {
        let mut after: Option<FileId> = None;
        loop {
            let studio = &self.services.studio;
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
        let whole = u64::try_from(file.bytes).unwrap_or_default();
        let mut from = 0;
        while from < whole {
            let to = whole.min(from + PART);
            let part = match self.services.studio.part_of(file, from..to).await {
                Err(error) if from == 0 && !error.is_unavailable() => return Ok(()),
                read => read?,
            };
            if from == 0 {
                self.archive.begin(&name_of(file))?;
            }
            self.archive.write(&part).await?;
            from = to;
        }
        Ok(())
    }
}

/// The archive as it is written, and where it goes.
struct Archive {
    parts: mpsc::Sender<io::Result<Bytes>>,
    written: Written,
    zip: ZipWriter<StreamWriter<Written>>,
}

impl Archive {
    fn new(parts: mpsc::Sender<io::Result<Bytes>>) -> Self {
        let written = Written::default();
        Self {
            parts,
            zip: ZipWriter::new_stream(written.clone()),
            written,
        }
    }

    fn begin(&mut self, name: &str) -> Result<(), ExportError> {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.zip.start_file(name, stored)?;
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.zip.write_all(bytes)?;
        send(&self.written, &self.parts).await
    }

    async fn whole(&mut self, name: &str, value: &impl Serialize) -> Result<(), ExportError> {
        self.begin(name)?;
        self.write(&serde_json::to_vec_pretty(value)?).await
    }

    /// A list, read a page at a time, one row a line. `page` gives the rows behind one, or the first.
    async fn list<'p, T: Serialize>(
        &mut self,
        name: &str,
        page: impl Fn(Option<T>) -> BoxFuture<'p, sqlx::Result<Vec<T>>>,
    ) -> Result<(), ExportError> {
        self.begin(name)?;
        let mut lines = Vec::new();
        let mut last = None;
        loop {
            let is_first = last.is_none();
            let mut rows = page(last).await?;
            for (at, row) in rows.iter().enumerate() {
                lines.extend(if is_first && at == 0 { b"[\n" } else { b",\n" });
                serde_json::to_writer(&mut lines, row)?;
            }
            last = rows.pop();
            if last.is_none() {
                lines.extend(if is_first { &b"[]\n"[..] } else { b"\n]\n" });
                return self.write(&lines).await;
            }
            self.write(&std::mem::take(&mut lines)).await?;
        }
    }

    async fn finish(self) -> Result<(), ExportError> {
        self.zip.finish()?;
        send(&self.written, &self.parts).await
    }
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

/// In a folder a job; what waits to become one stands among the drafts.
fn name_of(file: &StoredFile) -> String {
    let (kind, extension) = (file.kind.as_str(), file.extension());
    match &file.job_id {
        Some(job) => format!("jobs/{job}/{kind}.{extension}"),
        None => format!("drafts/{}-{kind}.{extension}", file.id),
    }
}
