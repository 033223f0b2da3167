//! What happens by itself: checkouts expire, periods end, refunds arrive, holders of certain test
//! cards dispute.
//!
//! Each such thing is a due time in the database. It is done by whoever looks first: the delivering
//! task of any node, or a reader who must not see yesterday's state.

use std::time::Duration;

use super::CreemSandbox;
use super::events::Act;
use super::store::{self, Next};

/// How long a checkout stays open.
pub const OPEN_FOR: Duration = Duration::from_secs(24 * 3_600);
/// How long after the payment the dispute card is disputed.
pub const DISPUTED_AFTER: Duration = Duration::from_secs(1);
/// How long refunds take that do not arrive at once.
pub const REFUNDED_AFTER: Duration = Duration::from_secs(2);

const AT_ONCE: i64 = 100;

impl CreemSandbox {
    /// Does everything that is due. A thing that fails is logged and tried again at the next look.
    pub(super) async fn catch_up(&self) -> sqlx::Result<()> {
        loop {
            let now = self.0.clock.now();
            let due = {
                let mut reader = self.0.db.reader().acquire().await?;
                store::due(&mut reader, now, AT_ONCE).await?
            };
            let mut failed = false;
            for id in &due {
                if let Err(error) = self.happen(id).await {
                    failed = true;
                    tracing::error!(%id, %error, "what is due in the sandbox Creem failed");
                }
            }
            if failed || due.is_empty() {
                return Ok(());
            }
        }
    }

    /// Does what is due for one object, unless somebody else just did.
    async fn happen(&self, id: &str) -> sqlx::Result<()> {
        let now = self.0.clock.now();
        let mut tx = self.0.db.begin().await?;
        let Some(mut object) = store::lock_any(&mut tx, id).await? else {
            return Ok(());
        };
        let Some(due_at) = object.due_at.filter(|due| *due <= now) else {
            return Ok(());
        };
        object.due_at = None;
        let mut act = Act::new(due_at, object.notes.webhook);
        match object.notes.next.take() {
            Some(Next::Expire) => {
                object.set("status", "expired");
                store::put(&mut tx, &object).await?;
            }
            Some(Next::Renew) => {
                let paid = !object.notes.card_refuses;
                self.end_period(&mut tx, &mut act, &mut object, paid)
                    .await?;
            }
            Some(Next::Dispute) if object.text("status") == Some("paid") => {
                self.open_dispute(&mut tx, &mut act, &mut object).await?;
            }
            Some(Next::Refund) => {
                self.conclude_refund(&mut tx, &mut act, &mut object).await?;
            }
            Some(Next::Dispute) | None => store::put(&mut tx, &object).await?,
        }
        tx.commit().await?;
        self.wake();
        Ok(())
    }
}
