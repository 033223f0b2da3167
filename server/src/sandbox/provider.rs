//! What the sandboxes of payment providers have in common: a database, a clock, webhooks that are
//! sent, and things that happen by themselves.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use sqlx::AnyConnection;
use tokio::sync::Notify;

use super::deliveries::SendError;
use super::store::{self, Kind, Object};
use crate::db::{Database, Tx};
use crate::time::{Clock, Timestamp};

/// A payment provider that is played.
pub trait Provider: Default + Send + Sync + 'static {
    /// For people.
    const NAME: &'static str;
    /// Pauses after each failed attempt to deliver; after the last one the delivery is given up.
    const PAUSES: &'static [Duration];
    type Kind: Kind;
    type Settings: Clone + fmt::Debug + Send + Sync;

    /// Whether a webhook that is answered with `status` has arrived.
    fn has_arrived(status: u16) -> bool;

    /// The signed webhook that tells `event` to the endpoint, or with none named to the site's own;
    /// `None` when nobody there asked for events of its kind.
    fn webhook(
        sandbox: &Sandbox<Self>,
        connection: &mut AnyConnection,
        event: &Object<Self::Kind>,
        endpoint: Option<&str>,
    ) -> impl Future<Output = Result<Option<RequestBuilder>, SendError>> + Send;

    /// Does to the locked object what was due for it at `due_at`. It is no longer due, which has to be
    /// written as well.
    fn happen(
        sandbox: &Sandbox<Self>,
        tx: &mut Tx,
        object: &mut Object<Self::Kind>,
        due_at: Timestamp,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// The sandbox of a payment provider, cheap to clone.
pub struct Sandbox<P: Provider>(pub(super) Arc<Inner<P>>);

pub struct Inner<P: Provider> {
    pub db: Database,
    pub clock: Clock,
    pub settings: P::Settings,
    /// Told when something may have become due.
    pub due: Notify,
    pub http: OnceLock<Client>,
    /// What the provider keeps besides.
    pub own: P,
}

const AT_ONCE: i64 = 100;
/// What is due may make more due: a year of daily periods that nobody looked at. No look goes on
/// for ever.
const MOST_ROUNDS: usize = 400;

impl<P: Provider> Sandbox<P> {
    pub fn new(db: Database, clock: Clock, settings: P::Settings) -> Self {
        Self(Arc::new(Inner {
            db,
            clock,
            settings,
            due: Notify::new(),
            http: OnceLock::new(),
            own: P::default(),
        }))
    }

    /// Makes the delivering task look now: something was written, or the clock was moved by hand.
    pub fn wake(&self) {
        self.0.due.notify_one();
    }

    /// Does everything that is due. Each such thing is a due time in the database; it is done by
    /// whoever looks first: the delivering task of any node, or a reader who must not see
    /// yesterday's state. A thing that fails is logged and tried again at the next look.
    pub(super) async fn catch_up(&self) -> sqlx::Result<()> {
        for _ in 0..MOST_ROUNDS {
            let now = self.0.clock.now();
            let due = {
                let mut reader = self.0.db.reader().acquire().await?;
                store::due::<P::Kind>(&mut reader, now, AT_ONCE).await?
            };
            let mut failed = false;
            for id in &due {
                if let Err(error) = self.happen(id).await {
                    failed = true;
                    tracing::error!(%id, %error, "what is due in the sandbox {} failed", P::NAME);
                }
            }
            if failed || due.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Does what is due for one object, unless somebody else just did.
    async fn happen(&self, id: &str) -> sqlx::Result<()> {
        let now = self.0.clock.now();
        let mut tx = self.0.db.begin().await?;
        let Some(mut object) = store::lock_any::<P::Kind>(&mut tx, id).await? else {
            return Ok(());
        };
        let Some(due_at) = object.due_at.take_if(|due| *due <= now) else {
            return Ok(());
        };
        P::happen(self, &mut tx, &mut object, due_at).await?;
        tx.commit().await?;
        self.wake();
        Ok(())
    }
}

impl<P: Provider> Clone for Sandbox<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: Provider> fmt::Debug for Sandbox<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(P::NAME)
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
