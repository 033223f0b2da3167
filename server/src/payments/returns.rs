//! Money that goes back: refunds and disputes, as the provider says of them.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::{AnyConnection, FromRow};

use super::fulfil::FulfilError;
use super::gateway::{GatewayError, PaymentState};
use super::records::{self, Recharge, RechargeRow, RechargeStatus};
use super::reversals::{DISPUTES, REFUNDS, Reversal};
use super::subscriptions::lock_buyer;
use super::{Payments, Provider, letters};
use crate::catalog::in_units;
use crate::credits::{self, CreditsError, PaidPeriod, PeriodChange};
use crate::db::Tx;
use crate::failpoint;
use crate::idempotency::{self, Answer, Claim, KeyRefused, Scope};
use crate::ids::{RechargeId, UserId};
use crate::oversight::{Deed, Operator};
use crate::secret;
use crate::time::Timestamp;

/// Money that went back, or is on its way.
#[derive(Clone, Debug, PartialEq, Eq, FromRow, Serialize)]
pub struct Refund {
    pub id: String,
    #[serde(skip)]
    pub recharge_id: RechargeId,
    pub amount_minor: i64,
    /// `pending`, `succeeded` or `failed`.
    pub status: String,
    pub created_at: Timestamp,
}

/// A payment that its payer disputes, or did.
#[derive(Clone, Debug, PartialEq, Eq, FromRow, Serialize)]
pub struct Dispute {
    pub id: String,
    #[serde(skip)]
    pub recharge_id: RechargeId,
    pub amount_minor: i64,
    /// `open`, `won` or `lost`.
    pub status: String,
    pub created_at: Timestamp,
}

/// All that became of an account's money after it came. Oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Returns {
    pub refunds: Vec<Refund>,
    pub disputes: Vec<Dispute>,
}

/// Purchases of an account and what became of their money, as they were at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Newest first.
    pub recharges: Vec<Recharge>,
    pub returns: Returns,
    /// The periods of plans that purchases paid for.
    pub periods: HashMap<RechargeId, (Timestamp, Timestamp)>,
}

impl History {
    /// Whether a purchase paid the difference between two plans: it opened no period.
    pub fn is_difference(&self, recharge: &Recharge) -> bool {
        let paid = recharge.plan.is_some() && recharge.status == RechargeStatus::Completed;
        paid && !recharge.is_surplus() && !self.periods.contains_key(&recharge.id)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    #[error("this purchase was not paid through a provider")]
    NotPaid,
    #[error("no more than {0} can go back")]
    TooMuch(i64),
    #[error("all of it went back")]
    NothingLeft,
    #[error(transparent)]
    Provider(#[from] GatewayError),
    #[error(transparent)]
    Fulfil(#[from] FulfilError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Why a refund under a one-time key was not made, or is not known to be.
#[derive(Debug, thiserror::Error)]
pub enum RefundOnceError {
    #[error("the one-time key was refused: {0:?}")]
    Key(KeyRefused),
    #[error(transparent)]
    Refund(#[from] RefundError),
}

impl From<sqlx::Error> for RefundOnceError {
    fn from(error: sqlx::Error) -> Self {
        Self::Refund(error.into())
    }
}

impl RefundError {
    /// The database's own error, if it was one.
    pub fn database(self) -> Result<sqlx::Error, Self> {
        match self {
            Self::Database(error)
            | Self::Fulfil(
                FulfilError::Database(error) | FulfilError::Credits(CreditsError::Database(error)),
            ) => Ok(error),
            other => Err(other),
        }
    }

    /// Whether nobody knows if the money went back: the provider was asked, and did not answer.
    pub fn is_unknown(&self) -> bool {
        let unknown = |error: &GatewayError| {
            use GatewayError::{Incomplete, Unreachable};
            matches!(error, Unreachable { .. } | Incomplete { .. })
        };
        match self {
            Self::Provider(error) => unknown(error),
            // It was made, and could not be read.
            Self::Database(_) | Self::Fulfil(_) => true,
            Self::NotPaid | Self::TooMuch(_) | Self::NothingLeft => false,
        }
    }
}

impl Payments {
    /// Brings the books in line with what the provider says of a payment: how much of it went back,
    /// and whether it is in dispute. What was paid is granted before it is taken back, whichever was
    /// heard of first. Says whether it is a payment of ours.
    ///
    /// # Errors
    /// The provider's, when it did not answer; the caller comes again later.
    pub async fn read_payment_again(
        &self,
        provider: Provider,
        transaction_id: &str,
    ) -> Result<bool, FulfilError> {
        let recharge = self.bring_payment_in_line(provider, transaction_id).await?;
        if let Some(subscription) = recharge.as_ref().and_then(|r| r.subscription_id.as_ref()) {
            self.read_subscription_again(provider, subscription).await?;
        }
        // One that was held back brought nothing that could be taken.
        let known = self.recharge_of_transaction(transaction_id).await?;
        Ok(recharge.is_some() || known.is_some())
    }

    /// Reads everything about a purchase again, wherever it stands.
    pub async fn read_recharge_again(&self, recharge: &Recharge) -> Result<(), FulfilError> {
        let provider = recharge.provider;
        let transaction = recharge
            .transaction_id
            .as_ref()
            .or(recharge.payment_id.as_ref());
        match (transaction, &recharge.session_id, &recharge.subscription_id) {
            (Some(transaction), _, _) if recharge.status == RechargeStatus::Completed => {
                self.read_payment_again(provider, transaction).await?;
            }
            (_, Some(session), _) => {
                self.fulfil(session).await?;
            }
            (_, None, Some(subscription)) => {
                self.read_subscription_again(provider, subscription).await?;
            }
            (_, None, None) => {}
        }
        Ok(())
    }

    /// The books of the payment only. Gives its record as it was before.
    pub(super) async fn bring_payment_in_line(
        &self,
        provider: Provider,
        transaction_id: &str,
    ) -> Result<Option<Recharge>, FulfilError> {
        let gateway = self.gateway(provider)?;
        let reading = self.begin_reading(transaction_id).await?;
        let Some(state) = gateway.payment(transaction_id).await? else {
            return Ok(None);
        };
        let Some(recharge) = self.granted_before(provider, &state).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if reading.apply(&mut tx).await? {
            lock_buyer(&mut tx, &recharge.user_id).await?;
            if self.note(&mut tx, &recharge, &state, now).await? {
                credits::touch(&mut tx, &recharge.user_id, now).await?;
            }
            failpoint::reach(failpoint::STRIPE_ANSWERED).await;
            tx.commit().await?;
        }
        Ok(Some(recharge))
    }

    /// The completed record of a payment: what was paid and not granted yet is granted now.
    async fn granted_before(
        &self,
        provider: Provider,
        state: &PaymentState,
    ) -> Result<Option<Recharge>, FulfilError> {
        let known = self.recharge_of_transaction(&state.transaction_id).await?;
        if let Some(recharge) = known.filter(|r| r.status == RechargeStatus::Completed) {
            return Ok(Some(recharge));
        }
        if let Some(subscription) = &state.subscription_id {
            self.bring_subscription_in_line(provider, subscription)
                .await?;
        }
        let named = state.recharge_id.as_deref().and_then(RechargeId::parse);
        if let Some(id) = named
            && let Some(recharge) = self.recharge(&id).await?
            && let Some(session) = &recharge.session_id
        {
            self.fulfil(session).await?;
        }
        let known = self.recharge_of_transaction(&state.transaction_id).await?;
        Ok(known.filter(|recharge| recharge.status == RechargeStatus::Completed))
    }

    /// Says whether anything was new.
    async fn note(
        &self,
        tx: &mut Tx,
        recharge: &Recharge,
        state: &PaymentState,
        now: Timestamp,
    ) -> Result<bool, FulfilError> {
        let refunds: Vec<Reversal<'_>> = state.refunds.iter().map(Reversal::from).collect();
        let disputes: Vec<Reversal<'_>> = state.disputes.iter().map(Reversal::from).collect();
        letters::refunds(tx, recharge, &refunds, now).await?;
        let mut news = REFUNDS.keep(tx, &recharge.id, &refunds, now).await?;
        news += DISPUTES.keep(tx, &recharge.id, &disputes, now).await?;
        let (returned_minor, disputed) = (state.returned_minor(), state.is_disputed());
        let next_check_at = self.next_look(recharge, state, now);
        let changed = records::change(tx, &recharge.id, |row| {
            if row.payment_method.is_none() && state.payment_method.is_some() {
                row.payment_method = state.payment_method.clone();
                news += 1;
            }
            row.paid_minor = Some(state.paid_minor);
            row.returned_minor = returned_minor;
            row.disputed = i64::from(disputed);
            row.next_check_at = next_check_at;
            true
        });
        let Some(row) = changed.await? else {
            return Ok(news > 0);
        };
        if recharge.plan.is_some() {
            end_returned_plan(tx, &row, now).await?;
            return Ok(news > 0);
        }
        credits::returned(tx, &recharge.user_id, row.returned(), now).await?;
        Ok(news > 0)
    }

    /// The records of one account, older than `before` if given, and what became of their money.
    pub async fn history_of(
        &self,
        user: &UserId,
        before: Option<&RechargeId>,
        limit: i64,
    ) -> sqlx::Result<History> {
        let mut snapshot = self.db.snapshot().await?;
        let recharges = records::read_recharges(&mut snapshot, user, before, limit).await?;
        let history = with_what_became(&mut snapshot, user, recharges).await?;
        snapshot.rollback().await?;
        Ok(history)
    }

    /// The history of one record.
    pub async fn history_with(&self, id: &RechargeId) -> sqlx::Result<Option<History>> {
        let mut snapshot = self.db.snapshot().await?;
        let row: Option<RechargeRow> =
            sqlx::query_as("SELECT * FROM recharge_records WHERE id = $1")
                .bind(id)
                .fetch_optional(&mut *snapshot)
                .await?;
        let Some(recharge) = row.map(Recharge::from) else {
            return Ok(None);
        };
        let user = recharge.user_id.clone();
        let mut history = with_what_became(&mut snapshot, &user, vec![recharge]).await?;
        let Returns { refunds, disputes } = &mut history.returns;
        refunds.retain(|refund| refund.recharge_id == *id);
        disputes.retain(|dispute| dispute.recharge_id == *id);
        snapshot.rollback().await?;
        Ok(Some(history))
    }

    /// [`refund`](Self::refund) under a one-time key: it is claimed, then the provider is asked under `key`, then `answer` is
    /// kept and given. Whoever comes again after a crash in between goes on with it, and the provider gives back once.
    ///
    /// # Errors
    /// The key's refusal, or the refund's, which is not kept. Where nobody knows what became of it, the next one with the
    /// same key goes on.
    pub async fn refund_once(
        &self,
        scope: &Scope,
        (id, amount_minor): (&RechargeId, Option<i64>),
        key: &str,
        by: &Operator,
        answer: impl AsyncFnOnce() -> Result<Answer, RefundError>,
    ) -> Result<Answer, RefundOnceError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        match idempotency::claim(&mut tx, scope, now).await? {
            Claim::New | Claim::Resume(_) => tx.commit().await?,
            Claim::Done(answer) => return Ok(answer),
            Claim::Refused(refused) => return Err(RefundOnceError::Key(refused)),
        }
        if let Err(error) = self.refund(id, amount_minor, Some(key), by).await {
            match error.is_unknown() {
                true => idempotency::hand_over(&self.db, scope, now).await,
                false => idempotency::give_up(&self.db, scope, now).await?,
            }
            return Err(error.into());
        }
        let answer = answer().await?;
        let mut tx = self.db.begin().await?;
        idempotency::keep(&mut tx, scope, now, &answer).await?;
        tx.commit().await?;
        Ok(answer)
    }

    /// Gives money back through the provider: all that is left of a purchase, or a part of it. The
    /// credits follow as with any refund. The same wish again is made once: it is known by `key`, or without
    /// one by what became of those before. That it was asked for is in the audit log before the provider is.
    pub async fn refund(
        &self,
        id: &RechargeId,
        amount_minor: Option<i64>,
        key: Option<&str>,
        by: &Operator,
    ) -> Result<(), RefundError> {
        let recharge = self.recharge(id).await?.ok_or(RefundError::NotPaid)?;
        let paid = recharge.status == RechargeStatus::Completed;
        let transaction = recharge.transaction_id.or(recharge.payment_id);
        let Some(transaction) = transaction.filter(|_| paid) else {
            return Err(RefundError::NotPaid);
        };
        let left = recharge.paid_minor.unwrap_or(recharge.amount_minor) - recharge.returned_minor;
        let beyond = beyond(left, amount_minor);
        // Whether a wish with a key was granted before, only the provider knows.
        let may_be_again = key.is_some() && recharge.returned_minor > 0;
        let beyond = match beyond {
            Some(error) if !may_be_again => return Err(error),
            beyond => beyond,
        };
        let wish = match key {
            Some(key) => secret::hash(key),
            // One that failed has given nothing back, and may be made again.
            None => format!(
                "{}:{}",
                recharge.returned_minor,
                REFUNDS.count(self.db.reader(), id).await?
            ),
        };
        let gateway = self.gateway(recharge.provider)?;
        let now = self.clock.now();
        let currency = &recharge.currency;
        let before = format!("{} back", in_units(recharge.returned_minor, currency));
        let asked = in_units(amount_minor.unwrap_or(left), currency);
        let after = format!("asked for {asked} more");
        let mut tx = self.db.begin().await?;
        by.records(&mut tx, Deed::Refund, id.as_str(), &before, &after, now)
            .await?;
        tx.commit().await?;
        let refunded = gateway
            .refund(&transaction, amount_minor, &format!("refund:{id}:{wish}"))
            .await;
        if let Err(error @ GatewayError::Unreachable { .. }) = refunded {
            return Err(error.into());
        }
        failpoint::reach(failpoint::MONEY_RETURNED).await;
        // Who refuses knows more than the record, mostly that the money went back already.
        self.read_payment_again(recharge.provider, &transaction)
            .await?;
        match (refunded, beyond) {
            (Err(_), Some(beyond)) => Err(beyond),
            (refunded, _) => Ok(refunded?),
        }
    }
}

/// Why so much cannot go back of a payment of which this is left.
pub(super) fn beyond(left: i64, amount_minor: Option<i64>) -> Option<RefundError> {
    match amount_minor {
        _ if left < 1 => Some(RefundError::NothingLeft),
        Some(amount) if amount > left => Some(RefundError::TooMuch(left)),
        _ => None,
    }
}

async fn with_what_became(
    snapshot: &mut AnyConnection,
    user: &UserId,
    recharges: Vec<Recharge>,
) -> sqlx::Result<History> {
    // Only what was paid can go back.
    let paid = |recharge: &&Recharge| recharge.status == RechargeStatus::Completed;
    let any_paid = recharges.iter().any(|recharge| paid(&recharge));
    let any_plan = recharges.iter().filter(paid).any(|r| r.plan.is_some());
    let mut history = History {
        recharges,
        ..History::default()
    };
    if any_paid {
        history.returns = Returns {
            refunds: REFUNDS.of(snapshot, user).await?,
            disputes: DISPUTES.of(snapshot, user).await?,
        };
    }
    if any_plan {
        let periods = credits::periods_paid(snapshot, user).await?;
        let by_recharge = periods.into_iter().map(|(id, from, to)| (id, (from, to)));
        history.periods = by_recharge.collect();
    }
    Ok(history)
}

/// When all the money of the newest period went back, the period ends, and the plan with it.
async fn end_returned_plan(
    tx: &mut Tx,
    row: &RechargeRow,
    now: Timestamp,
) -> Result<(), FulfilError> {
    if !row.is_returned() {
        return Ok(());
    }
    let Some((subscription, period)) = newest_period_of(tx, row).await? else {
        return Ok(());
    };
    let end = PeriodChange {
        plan: &period.plan,
        quota: period.quota,
        ends_at: period.ends_at,
        serves_until: period.serves_until.min(now),
        renews: false,
        unpaid: false,
        provider: row.provider.as_str(),
    };
    credits::change_period(tx, &row.user_id, &subscription, &end, now).await?;
    sqlx::query(
        "UPDATE subscriptions SET errand = COALESCE(errand, 'end') \
         WHERE id = $1 AND status <> 'ended'",
    )
    .bind(&subscription)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The subscription of a record and its newest period, if this record paid for that: it is the one that ends when all
/// its money goes back.
pub(super) async fn newest_period_of(
    tx: &mut Tx,
    row: &RechargeRow,
) -> sqlx::Result<Option<(String, PaidPeriod)>> {
    let Some(subscription) = row.subscription_id.clone() else {
        return Ok(None);
    };
    let newest = credits::newest_period(tx, &subscription).await?;
    let own = newest.filter(|period| period.recharge.as_ref() == Some(&row.id));
    Ok(own.map(|period| (subscription, period)))
}
