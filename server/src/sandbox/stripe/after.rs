//! What happens by itself: sessions expire, delayed payments come in or not, refunds arrive or come
//! back, holders of certain test cards dispute, subscriptions renew.
//!
//! Each such thing is a due time in the database. It is done by whoever looks first: the delivering
//! task of any node, or a reader who must not see yesterday's state.

use std::time::Duration;

use serde_json::Value;
use sqlx::AnyConnection;

use super::checkout::cards::Decline;
use super::checkout::payment;
use super::events::{Act, Origin, WebhookMode};
use super::store::{self, Kind, Next, Object};
use super::{StripeSandbox, billing, book, charging, disputes, refunds};

/// How long after the payment the dispute cards are disputed.
pub const DISPUTED_AFTER: Duration = Duration::from_secs(1);
/// How long refunds take that do not arrive at once.
pub const REFUNDED_AFTER: Duration = Duration::from_secs(2);

const AT_ONCE: i64 = 100;
/// What is due may make more due: a year of daily periods that nobody looked at. No look goes on
/// for ever.
const MOST_ROUNDS: usize = 400;

impl StripeSandbox {
    /// Does everything that is due. A thing that fails is logged and tried again at the next look.
    pub(super) async fn catch_up(&self) -> sqlx::Result<()> {
        for _ in 0..MOST_ROUNDS {
            let now = self.0.clock.now();
            let due = {
                let mut reader = self.0.db.reader().acquire().await?;
                store::due(&mut reader, now, AT_ONCE).await?
            };
            let mut failed = false;
            for id in &due {
                if let Err(error) = self.happen(id).await {
                    failed = true;
                    tracing::error!(%id, %error, "what is due in the sandbox Stripe failed");
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
        let Some(mut object) = store::lock(&mut tx, id).await? else {
            return Ok(());
        };
        if !object.is_due(now) {
            return Ok(());
        }
        object.due_at = None;
        let mut act = self.act(now, Origin::default(), later(object.notes.webhook));
        match object.notes.next.take() {
            Some(Next::Expire) => expire(&mut tx, &mut act, &mut object).await?,
            Some(Next::Settle { succeeds }) => {
                settle(&mut tx, &mut act, &mut object, succeeds).await?;
            }
            Some(Next::Dispute { reason, inquiry }) => {
                disputes::open(&mut tx, &mut act, &mut object, &reason, inquiry).await?;
            }
            Some(Next::Refund { succeeds }) => {
                refunds::conclude(&mut tx, &mut act, &mut object, succeeds).await?;
            }
            Some(Next::Bill) => billing::bill(&mut tx, &mut act, &mut object).await?,
            None => store::put(&mut tx, &object).await?,
        }
        tx.commit().await?;
        self.wake();
        Ok(())
    }
}

/// Nobody waits on a page any more when something happens by itself.
fn later(mode: WebhookMode) -> WebhookMode {
    match mode {
        WebhookMode::BeforeRedirect => WebhookMode::AsSet,
        other => other,
    }
}

/// The locked open session is over, unpaid.
pub async fn expire(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
) -> sqlx::Result<()> {
    session.set("status", "expired");
    session.set("url", Value::Null);
    session.due_at = None;
    session.notes.next = None;
    store::put(connection, session).await?;
    act.tell(connection, "checkout.session.expired", session)
        .await
}

/// The delayed payment of the locked session is decided.
async fn settle(
    connection: &mut AnyConnection,
    act: &mut Act,
    session: &mut Object,
    succeeds: bool,
) -> sqlx::Result<()> {
    let id = session
        .text("payment_intent")
        .unwrap_or_default()
        .to_owned();
    let intent = store::lock_kind(connection, Kind::PaymentIntent, &id).await?;
    let charge = match intent
        .as_ref()
        .and_then(|intent| intent.text("latest_charge"))
    {
        Some(charge) => store::lock_kind(connection, Kind::Charge, charge).await?,
        None => None,
    };
    if let (Some(mut intent), Some(mut charge)) = (intent, charge) {
        if succeeds {
            charging::succeed(connection, act, &mut intent, &mut charge).await?;
            book::mark_paid(connection, &intent.id).await?;
            payment::be_paid(connection, act, session, &intent).await?;
        } else {
            let why = Decline::BankRefused;
            charging::decline(connection, act, &mut intent, &mut charge, why).await?;
        }
        let outcome = if succeeds { "succeeded" } else { "failed" };
        let event = format!("checkout.session.async_payment_{outcome}");
        act.tell(connection, &event, session).await?;
    }
    store::put(connection, session).await
}
