use std::time::Duration;

use super::closing::DELETED;
use super::gateway::{CheckoutProgress, CheckoutState, GatewayError};
use super::records::{self, Recharge, RechargeRow, RechargeStatus};
use super::{Payments, Provider};
use crate::credits::{self, CreditsError};
use crate::failpoint;
use crate::ids::RechargeId;

/// What `fulfil` found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fulfilment {
    /// Paid and granted, by this call or before.
    Granted(Recharge),
    /// Nothing has been paid; the checkout is still open.
    Unpaid(Recharge),
    /// The payer did their part; the money is on its way.
    Waiting(Recharge),
    /// Paid, but something does not fit the record: an operator has to look.
    HeldBack(Recharge),
    /// Paid for a second plan beside a living one: its money goes back.
    Surplus(Recharge),
    Failed(Recharge),
    Expired(Recharge),
    /// No record of ours belongs to this session.
    Unknown,
}

impl Fulfilment {
    pub fn recharge(&self) -> Option<&Recharge> {
        match self {
            Self::Granted(recharge)
            | Self::Unpaid(recharge)
            | Self::Waiting(recharge)
            | Self::HeldBack(recharge)
            | Self::Surplus(recharge)
            | Self::Failed(recharge)
            | Self::Expired(recharge) => Some(recharge),
            Self::Unknown => None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FulfilError {
    #[error(transparent)]
    Provider(#[from] GatewayError),
    #[error("granting failed: {0}")]
    Credits(#[from] CreditsError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Payments {
    /// Brings the books in line with what the provider says about a checkout session, and grants
    /// what was paid, exactly once.
    ///
    /// Stripe: "your fulfill_checkout function might be called multiple times, possibly
    /// concurrently, for the same Checkout Session" (docs.stripe.com/checkout/fulfillment).
    ///
    /// # Errors
    /// The provider's, when it did not answer; the caller comes again later.
    pub async fn fulfil(&self, session_id: &str) -> Result<Fulfilment, FulfilError> {
        let Some(gateway) = self.gateway_of_session(session_id) else {
            return Ok(Fulfilment::Unknown);
        };
        let known = self.recharge_of_session(session_id).await?;
        if let Some(recharge) = known.filter(|r| r.status == RechargeStatus::Completed) {
            return Ok(granted(recharge));
        }
        let Some(state) = gateway.checkout(session_id).await? else {
            return Ok(Fulfilment::Unknown);
        };
        let Some(recharge) = self.record_for(&state).await? else {
            return Ok(Fulfilment::Unknown);
        };
        self.apply(gateway.provider(), recharge, &state).await
    }

    /// The same, for at most `patience`; `None` when the provider took longer.
    pub async fn fulfil_within(
        &self,
        session_id: &str,
        patience: Duration,
    ) -> Option<Result<Fulfilment, FulfilError>> {
        // Dropping the future half way is safe: a transaction that is not committed leaves no trace.
        tokio::time::timeout(patience, self.fulfil(session_id))
            .await
            .ok()
    }

    /// The record of a session; one whose session was made just before a crash is found by the id
    /// in the session's metadata.
    pub(super) async fn record_for(&self, state: &CheckoutState) -> sqlx::Result<Option<Recharge>> {
        if let Some(recharge) = self.recharge_of_session(&state.session_id).await? {
            return Ok(Some(recharge));
        }
        let Some(id) = state.recharge_id.as_deref().and_then(RechargeId::parse) else {
            return Ok(None);
        };
        let mut tx = self.db.begin().await?;
        records::attach(&mut tx, &id, &state.session_id, None).await?;
        tx.commit().await?;
        self.recharge_of_session(&state.session_id).await
    }

    async fn apply(
        &self,
        provider: Provider,
        recharge: Recharge,
        state: &CheckoutState,
    ) -> Result<Fulfilment, FulfilError> {
        let closed = match state.progress {
            CheckoutProgress::Paid if recharge.plan.is_some() => {
                return self.begin_plan(provider, recharge, state).await;
            }
            CheckoutProgress::Paid => return self.settle(recharge, state).await,
            CheckoutProgress::Open => return Ok(Fulfilment::Unpaid(recharge)),
            CheckoutProgress::Processing => return Ok(Fulfilment::Waiting(recharge)),
            CheckoutProgress::Failed => RechargeStatus::Failed,
            CheckoutProgress::Expired => RechargeStatus::Cancelled,
        };
        self.close(&recharge, closed).await?;
        let recharge = self.as_it_is_now(&recharge).await?;
        Ok(match recharge.status {
            RechargeStatus::Completed => granted(recharge),
            RechargeStatus::Failed => Fulfilment::Failed(recharge),
            RechargeStatus::Cancelled => Fulfilment::Expired(recharge),
            RechargeStatus::Pending => Fulfilment::Waiting(recharge),
        })
    }

    pub(super) async fn as_it_is_now(&self, recharge: &Recharge) -> sqlx::Result<Recharge> {
        let now = self.recharge(&recharge.id).await?;
        now.ok_or(sqlx::Error::RowNotFound)
    }

    /// A plan is paid by its first invoice, which is read with its subscription.
    async fn begin_plan(
        &self,
        provider: Provider,
        recharge: Recharge,
        state: &CheckoutState,
    ) -> Result<Fulfilment, FulfilError> {
        let Some(subscription) = &state.subscription_id else {
            return Ok(Fulfilment::Waiting(recharge));
        };
        self.bring_subscription_in_line(provider, subscription)
            .await?;
        let recharge = self.as_it_is_now(&recharge).await?;
        Ok(if recharge.status == RechargeStatus::Completed {
            granted(recharge)
        } else if recharge.held_back.is_some() {
            Fulfilment::HeldBack(recharge)
        } else {
            Fulfilment::Waiting(recharge)
        })
    }

    /// Paid: granted when owner, currency and amount fit the record, held back when not.
    async fn settle(
        &self,
        recharge: Recharge,
        state: &CheckoutState,
    ) -> Result<Fulfilment, FulfilError> {
        let deleted = self.is_deleted(&recharge.user_id).await?;
        let reason = deleted.then_some(DELETED);
        if let Some(reason) = reason.or_else(|| misfit(&recharge, state)) {
            tracing::error!(recharge = %recharge.id, reason, "a payment does not fit its record");
            self.hold_back(&recharge.id, reason, state).await?;
            let recharge = self.as_it_is_now(&recharge).await?;
            return Ok(Fulfilment::HeldBack(recharge));
        }
        self.grant(&recharge, state).await?;
        let recharge = self.as_it_is_now(&recharge).await?;
        Ok(Fulfilment::Granted(recharge))
    }

    /// One transaction: the record completes and the wallet gets its lots. Whoever comes second
    /// finds the record completed and changes nothing; the unique lot stands behind that.
    pub(super) async fn grant(
        &self,
        recharge: &Recharge,
        state: &CheckoutState,
    ) -> Result<(), FulfilError> {
        let now = self.clock.now();
        let after_completion = self.first_look_after(recharge.provider, now);
        let mut tx = self.db.begin().await?;
        let completed = records::change(&mut tx, &recharge.id, |row| {
            let open = row.status != RechargeStatus::Completed;
            row.status = RechargeStatus::Completed;
            row.completed_at = Some(now);
            row.payment_id = state.transaction_id.clone();
            row.transaction_id = state.transaction_id.clone();
            row.paid_minor = Some(state.amount_minor);
            row.payment_method = state.payment_method.clone();
            row.receipt_url = state.receipt_url.clone();
            row.held_back = None;
            row.next_check_at = after_completion;
            open
        });
        let Some(row) = completed.await? else {
            return Ok(());
        };
        // A record that lost its word is completed again without a second grant; what was taken back
        // because nobody had paid comes again.
        if credits::is_granted(&mut tx, &recharge.id).await? {
            credits::returned(&mut tx, &recharge.user_id, row.returned(), now).await?;
        } else {
            credits::grant(&mut tx, &recharge.user_id, recharge.grant(now), now).await?;
        }
        failpoint::reach(failpoint::STRIPE_ANSWERED).await;
        tx.commit().await?;
        tracing::info!(recharge = %recharge.id, user = %recharge.user_id, "purchase granted");
        Ok(())
    }

    /// Failed or expired; a completed record stays what it is.
    async fn close(&self, recharge: &Recharge, status: RechargeStatus) -> Result<(), FulfilError> {
        self.change_open(&recharge.id, |row| row.status = status)
            .await
    }

    /// The record knows its payment all the same: what becomes of that money is told by the payment's name.
    async fn hold_back(
        &self,
        id: &RechargeId,
        reason: &'static str,
        state: &CheckoutState,
    ) -> Result<(), FulfilError> {
        self.change_open(id, |row| {
            row.held_back = Some(reason.to_owned());
            row.transaction_id.clone_from(&state.transaction_id);
        })
        .await
    }

    /// Changes a record that was not completed; it is not looked at again by itself.
    async fn change_open(
        &self,
        id: &RechargeId,
        change: impl FnOnce(&mut RechargeRow),
    ) -> Result<(), FulfilError> {
        let mut tx = self.db.begin().await?;
        let mut news = false;
        let changed = records::change(&mut tx, id, |row| {
            let open = row.status != RechargeStatus::Completed;
            if open {
                let before = (row.status, row.held_back.clone());
                change(row);
                row.next_check_at = None;
                news = before != (row.status, row.held_back.clone());
            }
            open
        });
        if let Some(row) = changed.await?.filter(|_| news) {
            credits::touch(&mut tx, &row.user_id, self.clock.now()).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// A completed record whose plan another one kept out is no grant.
fn granted(recharge: Recharge) -> Fulfilment {
    if recharge.held_back.as_deref() == Some(SURPLUS) {
        Fulfilment::Surplus(recharge)
    } else {
        Fulfilment::Granted(recharge)
    }
}

/// Why a paid plan gives nothing: another one lives.
pub(super) const SURPLUS: &str = "second_plan";

/// Why a paid session must not be granted as this record, if anything speaks against it.
fn misfit(recharge: &Recharge, state: &CheckoutState) -> Option<&'static str> {
    if state.user_id.as_deref() != Some(recharge.user_id.as_str()) {
        Some("owner")
    } else if state.recharge_id.as_deref() != Some(recharge.id.as_str()) {
        Some("record")
    } else if state.currency != recharge.currency {
        Some("currency")
    } else if state.amount_minor - state.tax_minor + state.discount_minor < recharge.amount_minor {
        Some("amount")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::payments::Standing;
    use crate::time::Timestamp;

    fn recharge() -> Recharge {
        let at = Timestamp::from_seconds(1);
        Recharge {
            id: RechargeId::new(at),
            user_id: UserId::new(at),
            provider: Provider::Stripe,
            item: "credits-10".to_owned(),
            amount_minor: 190,
            currency: "usd".to_owned(),
            credits: 10,
            bonus: 0,
            status: RechargeStatus::Pending,
            payment_method: None,
            payment_id: None,
            session_id: Some("cs_test_1".to_owned()),
            receipt_url: None,
            created_at: at,
            completed_at: None,
            checkout_url: None,
            expires_days: None,
            held_back: None,
            standing: Standing::Pending,
            paid_minor: None,
            returned_minor: 0,
            plan: None,
            subscription_id: None,
            transaction_id: None,
            terms_version: None,
            immediate_at: None,
        }
    }

    fn paid(recharge: &Recharge) -> CheckoutState {
        CheckoutState {
            session_id: "cs_test_1".to_owned(),
            progress: CheckoutProgress::Paid,
            user_id: Some(recharge.user_id.to_string()),
            recharge_id: Some(recharge.id.to_string()),
            amount_minor: 190,
            discount_minor: 0,
            tax_minor: 0,
            currency: "usd".to_owned(),
            transaction_id: None,
            subscription_id: None,
            payment_method: None,
            receipt_url: None,
        }
    }

    #[test]
    fn what_does_not_fit_the_record_is_not_granted() {
        let record = recharge();
        let fits = paid(&record);
        let someone = Some(UserId::new(Timestamp::from_seconds(2)).to_string());
        let table: [(Option<&str>, CheckoutState); 10] = [
            (None, fits.clone()),
            (
                None,
                CheckoutState {
                    amount_minor: 228,
                    tax_minor: 38,
                    ..fits.clone()
                },
            ),
            (
                Some("amount"),
                CheckoutState {
                    amount_minor: 200,
                    tax_minor: 38,
                    ..fits.clone()
                },
            ),
            (
                None,
                CheckoutState {
                    amount_minor: 200,
                    ..fits.clone()
                },
            ),
            (
                None,
                CheckoutState {
                    amount_minor: 90,
                    discount_minor: 100,
                    ..fits.clone()
                },
            ),
            (
                Some("amount"),
                CheckoutState {
                    amount_minor: 189,
                    ..fits.clone()
                },
            ),
            (
                Some("currency"),
                CheckoutState {
                    currency: "jpy".to_owned(),
                    ..fits.clone()
                },
            ),
            (
                Some("owner"),
                CheckoutState {
                    user_id: someone,
                    ..fits.clone()
                },
            ),
            (
                Some("owner"),
                CheckoutState {
                    user_id: None,
                    ..fits.clone()
                },
            ),
            (
                Some("record"),
                CheckoutState {
                    recharge_id: None,
                    ..fits
                },
            ),
        ];
        for (expected, state) in table {
            assert_eq!(misfit(&record, &state), expected, "{state:?}");
        }
    }
}
