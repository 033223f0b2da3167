//! What the reconciliation mends of purchases, each by the path that is usual for it. The provider is asked before; what is
//! written of a wallet is one transaction, with its line in the audit log. Done twice, or by two at once, it is done once.

use super::fulfil::FulfilError;
use super::gateway::{CheckoutProgress, CheckoutState, Gateway, GatewayError, InvoiceState};
use super::records::{self, NewRecord, Recharge, RechargeRow, RechargeStatus};
use super::subscriptions::{Subscription, lock_buyer, mark_surplus};
use super::{Payments, Provider};
use crate::catalog::Offer;
use crate::credits::{self, Actor, CreditsError, Returned};
use crate::db::{Change, Tx, is_duplicate};
use crate::ids::{PeriodId, RechargeId, UserId};
use crate::oversight::{Deed, Operator};
use crate::time::Timestamp;

/// Why a purchase could not be mended.
#[derive(Debug, thiserror::Error)]
pub enum MendError {
    /// It names no account that exists here.
    #[error("the payment names no account of this installation")]
    NoOwner,
    #[error("nothing in the catalogue costs what was paid")]
    NoOffer,
    /// Something was paid, and the provider does not say by which payment.
    #[error("the provider knows of no payment that could go back")]
    NothingToReturn,
    #[error(transparent)]
    Provider(#[from] GatewayError),
    #[error(transparent)]
    Fulfil(#[from] FulfilError),
    #[error(transparent)]
    Credits(#[from] CreditsError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What a record and the lots of its grant say against each other.
pub(crate) enum ComparedCredits {
    Agree,
    /// The record was changed, and is set right now.
    Corrected,
    /// The record is as it was written; so many credits are missing, or too many below zero. What is missing lapses then.
    Missing(i64, Option<Timestamp>),
}

/// What the audit log says of it.
const ACTION: Deed = Deed::Mend;

impl Payments {
    /// Makes the record of a payment that has none from what the provider says of it, and grants it.
    ///
    /// # Errors
    /// [`MendError::NoOwner`] or [`MendError::NoOffer`] when that does not say whose it is or what was bought.
    pub async fn adopt(&self, session_id: &str, by: &Operator) -> Result<(), MendError> {
        let Some(gateway) = self.gateway_of_session(session_id) else {
            return Ok(());
        };
        let provider = gateway.provider();
        let state = gateway.checkout(session_id).await?;
        let paid = |state: &CheckoutState| state.progress == CheckoutProgress::Paid;
        let Some(state) = state.filter(paid) else {
            return Ok(());
        };
        // One that lost only its session is found by the id in the session's metadata.
        if self.record_for(&state).await?.is_some() {
            self.log(by, session_id, "no record", "fulfil").await?;
            self.fulfil(session_id).await?;
            return self
                .follow(self.recharge_of_session(session_id).await?)
                .await;
        }
        let user = self.owner_of(&state).await?.ok_or(MendError::NoOwner)?;
        if let Some(subscription) = &state.subscription_id {
            self.log(
                by,
                session_id,
                "no record",
                "the record of its subscription",
            )
            .await?;
            self.read_subscription_again(provider, subscription).await?;
            return Ok(self.attach_first(subscription, session_id).await?);
        }
        let offer = self.sold(&state).ok_or(MendError::NoOffer)?;
        self.record(provider, &user, &offer, &state, by).await?;
        self.follow(self.recharge_of_session(session_id).await?)
            .await
    }

    /// What became of the money before the record was there, told long ago and not again: in the usual way, after the grant.
    async fn follow(&self, recharge: Option<Recharge>) -> Result<(), MendError> {
        let complete = |recharge: &Recharge| recharge.status == RechargeStatus::Completed;
        let Some(recharge) = recharge.filter(complete) else {
            return Ok(());
        };
        // Due, should the provider not answer now.
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        records::change(&mut tx, &recharge.id, |row| {
            let complete = row.status == RechargeStatus::Completed;
            row.next_check_at = Some(now);
            complete
        })
        .await?;
        tx.commit().await?;
        Ok(self.read_recharge_again(&recharge).await?)
    }

    /// The account that a checkout names, if it exists.
    async fn owner_of(&self, state: &CheckoutState) -> sqlx::Result<Option<UserId>> {
        let Some(named) = state.user_id.as_deref().and_then(UserId::parse) else {
            return Ok(None);
        };
        sqlx::query_scalar("SELECT id FROM users WHERE id = $1")
            .bind(&named)
            .fetch_optional(self.db.reader())
            .await
    }

    /// What costs in the catalogue what was paid.
    fn sold(&self, state: &CheckoutState) -> Option<Offer> {
        let price = state.amount_minor - state.tax_minor + state.discount_minor;
        let fits = |offer: &Offer| {
            offer.price.amount_minor == price && offer.price.currency == state.currency
        };
        let packs = self.catalog.packs.iter();
        let mut packs = packs.filter_map(|pack| self.catalog.pack(&pack.id));
        packs
            .find(fits)
            .or_else(|| self.catalog.top_up(price / 100).filter(fits))
    }

    /// One transaction: the record of a checkout and its grant. One that somebody else wrote meanwhile is as good.
    async fn record(
        &self,
        provider: Provider,
        user: &UserId,
        offer: &Offer,
        state: &CheckoutState,
        by: &Operator,
    ) -> Result<(), MendError> {
        let now = self.clock.now();
        let named = state.recharge_id.as_deref().and_then(RechargeId::parse);
        let named = match named {
            Some(id) if self.recharge(&id).await?.is_none() => Some(id),
            _ => None,
        };
        let id = named.unwrap_or_else(|| RechargeId::new(now));
        let record = NewRecord {
            id: &id,
            user,
            provider,
            offer,
            terms_version: None,
            immediate: false,
        };
        let mut tx = self.db.begin().await?;
        let written = async {
            records::insert(&mut tx, &record.row(now)).await?;
            records::attach(&mut tx, &id, &state.session_id, None).await
        };
        match written.await {
            Ok(()) => {}
            Err(error) if is_duplicate(&error) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let completed = records::change(&mut tx, &id, |row| {
            set_payment(row, state, false);
            row.status = RechargeStatus::Completed;
            row.completed_at = Some(now);
            row.payment_method.clone_from(&state.payment_method);
            row.receipt_url.clone_from(&state.receipt_url);
            // Should nobody come to read it below.
            row.next_check_at = Some(now);
            true
        })
        .await?;
        // What was granted under this id, before the record got lost, is not granted again.
        if let Some(row) = completed
            && !credits::is_granted(&mut tx, &id).await?
        {
            grant_record(&mut tx, &Recharge::from(row), now).await?;
        }
        let (after, session) = (format!("record {id}, granted"), &state.session_id);
        by.records(&mut tx, ACTION, session, "no record", &after, now)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The first record of a subscription is that of its checkout.
    async fn attach_first(&self, subscription: &str, session_id: &str) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        let first: Option<RechargeId> = sqlx::query_scalar(
            "SELECT id FROM recharge_records WHERE subscription_id = $1 ORDER BY created_at, id LIMIT 1",
        )
        .bind(subscription)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(first) = first {
            records::attach(&mut tx, &first, session_id, None).await?;
        }
        tx.commit().await
    }

    /// Grants what was paid and never granted: by the usual path, and where the record says that it is complete already, for it.
    pub async fn grant_paid(&self, id: &RechargeId, by: &Operator) -> Result<(), MendError> {
        let Some(recharge) = self.recharge(id).await? else {
            return Ok(());
        };
        self.log(by, id.as_str(), "paid, not granted", "fulfil")
            .await?;
        self.read_recharge_again(&recharge).await?;
        let recharge = self.as_it_is_now(&recharge).await?;
        if recharge.status != RechargeStatus::Completed || recharge.credits == 0 {
            return Ok(());
        }
        let progress = self
            .checkout_of(&recharge)
            .await?
            .map(|state| state.progress);
        if progress != Some(CheckoutProgress::Paid) {
            return Ok(());
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        lock_record(&mut tx, id).await?;
        if !credits::is_granted(&mut tx, id).await? {
            grant_record(&mut tx, &recharge, now).await?;
            records::change(&mut tx, id, |row| {
                row.next_check_at = Some(now);
                true
            })
            .await?;
        }
        tx.commit().await?;
        self.follow(self.recharge(id).await?).await
    }

    async fn checkout_of(
        &self,
        recharge: &Recharge,
    ) -> Result<Option<CheckoutState>, GatewayError> {
        let gateway = self.gateway(recharge.provider)?;
        match &recharge.session_id {
            Some(session) => gateway.checkout(session).await,
            None => Ok(None),
        }
    }

    /// Takes back whatever a record brought that nobody paid for, and lets it stand as the provider says. Where the provider
    /// says by now that it was paid, that is granted instead.
    pub async fn take_back_unpaid(&self, id: &RechargeId, by: &Operator) -> Result<(), MendError> {
        let Some(recharge) = self.recharge(id).await? else {
            let unknown = RechargeStatus::Cancelled;
            return self.undo(id, unknown, "nobody paid", by).await;
        };
        let state = self.checkout_of(&recharge).await?;
        let status = match state.map(|state| state.progress) {
            Some(CheckoutProgress::Paid) => {
                self.log(by, id.as_str(), recharge.status.as_str(), "fulfil")
                    .await?;
                self.read_recharge_again(&recharge).await?;
                return self.follow(self.recharge(id).await?).await;
            }
            Some(CheckoutProgress::Open | CheckoutProgress::Processing) => RechargeStatus::Pending,
            Some(CheckoutProgress::Failed) => RechargeStatus::Failed,
            Some(CheckoutProgress::Expired) | None => RechargeStatus::Cancelled,
        };
        self.undo(id, status, "nobody paid", by).await
    }

    /// Takes back what a second record of one payment brought.
    pub async fn take_back_double(&self, id: &RechargeId, by: &Operator) -> Result<(), MendError> {
        self.undo(id, RechargeStatus::Cancelled, "granted twice", by)
            .await
    }

    /// One transaction: the record names no payment any more, its credits go, its period ends. Where that is so already,
    /// nothing is done.
    async fn undo(
        &self,
        id: &RechargeId,
        status: RechargeStatus,
        why: &str,
        by: &Operator,
    ) -> Result<(), MendError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let check = (status == RechargeStatus::Pending).then_some(now);
        let mut is_undone = true;
        let row = records::change(&mut tx, id, |row| {
            row.next_check_at = None;
            let was = row.seal();
            unpay(row, status);
            is_undone = was == row.seal();
            row.next_check_at = check;
            true
        })
        .await?;
        let owners: Vec<UserId> =
            sqlx::query_scalar("SELECT DISTINCT user_id FROM lots WHERE recharge_id = $1")
                .bind(id)
                .fetch_all(&mut *tx)
                .await?;
        let provider = row.as_ref().map_or("system", |row| row.provider.as_str());
        for owner in &owners {
            take_all_back(&mut tx, owner, id, provider, now).await?;
        }
        if let Some(row) = &row {
            let actor = Actor::Provider(provider);
            for period in periods_of(&mut tx, id).await? {
                credits::withdraw_period(&mut tx, &row.user_id, &period, actor.clone(), now)
                    .await?;
            }
        }
        let holders = owners.iter().chain(row.as_ref().map(|row| &row.user_id));
        let has_changed = |user: &UserId| tx.has_changed(&Change::Wallet(user.clone()));
        // Somebody else did it meanwhile.
        if is_undone && !holders.into_iter().any(has_changed) {
            return Ok(());
        }
        if let Some(row) = &row {
            credits::touch(&mut tx, &row.user_id, now).await?;
        }
        by.records(&mut tx, ACTION, id.as_str(), why, status.as_str(), now)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Sets a record right by what the provider says of its payment: whose it is, in which currency, how much, which.
    ///
    /// # Errors
    /// [`MendError::NoOwner`] when the provider names no account that exists.
    pub async fn correct_record(&self, id: &RechargeId, by: &Operator) -> Result<(), MendError> {
        let Some(recharge) = self.recharge(id).await? else {
            return Ok(());
        };
        let state = self.checkout_of(&recharge).await?;
        let paid = |state: &CheckoutState| state.progress == CheckoutProgress::Paid;
        let Some(state) = state.filter(paid) else {
            return Ok(());
        };
        let owner = self.owner_of(&state).await?.ok_or(MendError::NoOwner)?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        lock_buyers(&mut tx, [&owner, &recharge.user_id]).await?;
        // Somebody else may have set it right meanwhile.
        if lock_record(&mut tx, id).await?.as_ref() != Some(&state.session_id) {
            return Ok(());
        }
        let Some(recharge) = self.recharge(id).await? else {
            return Ok(());
        };
        let of_lots: Option<UserId> =
            sqlx::query_scalar("SELECT user_id FROM lots WHERE recharge_id = $1 LIMIT 1")
                .bind(id)
                .fetch_optional(&mut *tx)
                .await?;
        let by_invoice = recharge.plan.is_some();
        let is_payment = match by_invoice {
            true => &recharge.payment_id,
            false => &state.transaction_id,
        };
        let (was, is) = (recharge.amount_minor, amount_of(&state));
        let holder = of_lots.filter(|holder| *holder != owner);
        let whose = holder.as_ref().unwrap_or(&recharge.user_id);
        let before = said_of(whose, was, &recharge.currency, &recharge.payment_id);
        let after = said_of(&owner, is, &state.currency, is_payment);
        // Or have set it right before it was read here.
        if before == after {
            return Ok(());
        }
        match holder {
            Some(holder) => {
                self.give_to_owner(&mut tx, &recharge, &holder, &owner, &state, now)
                    .await?;
            }
            None => {
                records::correct(&mut tx, id, |row| {
                    row.user_id = owner.clone();
                    set_payment(row, &state, by_invoice);
                })
                .await?;
            }
        }
        by.records(&mut tx, ACTION, id.as_str(), &before, &after, now)
            .await?;
        credits::touch(&mut tx, &owner, now).await?;
        tx.commit().await?;
        let session = &state.session_id;
        self.follow(self.recharge_of_session(session).await?).await
    }

    /// Somebody else got what was bought: it is taken from them, and the owner gets it with a record of their own.
    async fn give_to_owner(
        &self,
        tx: &mut Tx,
        recharge: &Recharge,
        holder: &UserId,
        owner: &UserId,
        state: &CheckoutState,
        now: Timestamp,
    ) -> Result<(), MendError> {
        let provider = recharge.provider.as_str();
        take_all_back(tx, holder, &recharge.id, provider, now).await?;
        let mut old = None;
        records::correct(tx, &recharge.id, |row| {
            old = Some(row.clone());
            unpay(row, RechargeStatus::Cancelled);
            row.user_id = holder.clone();
            row.session_id = None;
        })
        .await?;
        let Some(old) = old else { return Ok(()) };
        let id = RechargeId::new(now);
        let mut row = RechargeRow {
            id: id.clone(),
            user_id: owner.clone(),
            session_id: None,
            status: RechargeStatus::Pending,
            ..old
        };
        set_payment(&mut row, state, false);
        records::insert(tx, &row).await?;
        records::attach(tx, &id, &state.session_id, None).await?;
        let completed = records::change(tx, &id, |row| {
            row.status = RechargeStatus::Completed;
            row.completed_at = Some(now);
            row.next_check_at = Some(now);
            true
        })
        .await?;
        if let Some(row) = completed {
            grant_record(tx, &Recharge::from(row), now).await?;
        }
        Ok(())
    }

    /// Compares a completed record with what was granted for it, under its lock. Where its seal says that it was changed behind the
    /// program's back, it gets the credits that were granted.
    pub(crate) async fn compare_credits(
        &self,
        tx: &mut Tx,
        id: &RechargeId,
        now: Timestamp,
    ) -> sqlx::Result<ComparedCredits> {
        let select = tx.locking("SELECT * FROM recharge_records WHERE id = $1");
        let row: Option<RechargeRow> = sqlx::query_as(select)
            .bind(id)
            .fetch_optional(&mut **tx)
            .await?;
        let (granted, given): (i64, i64) = sqlx::query_as(
            "SELECT CAST(COALESCE(SUM(granted), 0) AS BIGINT) \
             + (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM entries \
                WHERE recharge_id = $1 AND kind = 'take_back' AND reason = $2), \
             CAST(COALESCE(SUM(CASE WHEN source = 'bonus' THEN granted ELSE 0 END), 0) AS BIGINT) \
             FROM lots WHERE recharge_id = $1",
        )
        .bind(id)
        .bind(credits::BY_HAND)
        .fetch_one(&mut **tx)
        .await?;
        let Some(row) = row.filter(|row| (row.credits, row.bonus) != (granted, given)) else {
            return Ok(ComparedCredits::Agree);
        };
        if row.seal.is_empty() || row.seal == row.seal() {
            let expires_at = row.expires_days.map(|days| now.plus_days(days));
            return Ok(ComparedCredits::Missing(row.credits - granted, expires_at));
        }
        records::correct(tx, &row.id, |row| {
            row.credits = granted;
            row.bonus = given;
        })
        .await?;
        Ok(ComparedCredits::Corrected)
    }

    /// Lets the credits of a purchase be what is left of its money, as its record has that.
    pub(crate) async fn keep_in_line(
        &self,
        tx: &mut Tx,
        id: &RechargeId,
        now: Timestamp,
    ) -> Result<(), CreditsError> {
        let row: RechargeRow = sqlx::query_as("SELECT * FROM recharge_records WHERE id = $1")
            .bind(id)
            .fetch_one(&mut **tx)
            .await?;
        credits::returned(tx, &row.user_id, row.returned(), now).await?;
        Ok(())
    }

    /// Gives back, through the provider, a payment that fits no record: nobody knows what it was for. Nothing was granted for it.
    pub async fn give_back_held(&self, id: &RechargeId, by: &Operator) -> Result<(), MendError> {
        let Some(recharge) = self.recharge(id).await? else {
            return Ok(());
        };
        let open = recharge.status != RechargeStatus::Completed;
        let Some(reason) = recharge.held_back.clone().filter(|_| open) else {
            return Ok(());
        };
        let state = self.checkout_of(&recharge).await?;
        let was_free = state.as_ref().is_some_and(|state| state.amount_minor == 0);
        let (subscription, transaction) = match state {
            Some(state) => (state.subscription_id, state.transaction_id),
            // A renewal has no checkout.
            None => (None, None),
        };
        let subscription = subscription.or_else(|| recharge.subscription_id.clone());
        let gateway = self.gateway(recharge.provider)?;
        self.log(by, id.as_str(), &reason, "the money goes back")
            .await?;
        let invoice = match (&subscription, &transaction) {
            (Some(subscription), _) => self.end_unwanted(gateway, &recharge, subscription).await?,
            (None, Some(transaction)) => {
                let key = format!("held_back:{id}");
                gateway.refund(transaction, None, &key).await?;
                None
            }
            (None, None) if was_free => None,
            (None, None) => return Err(MendError::NothingToReturn),
        };
        let mut tx = self.db.begin().await?;
        records::change(&mut tx, id, |row| {
            let open = row.status != RechargeStatus::Completed;
            if open {
                row.status = RechargeStatus::Cancelled;
                row.next_check_at = None;
                row.checkout_url = None;
                row.payment_id = invoice.or(row.payment_id.take());
                row.subscription_id = subscription;
            }
            open
        })
        .await?;
        credits::touch(&mut tx, &recharge.user_id, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Ends a subscription and gives back the invoice that a record was held back for, or each of them where it fits none; gives
    /// the id of the first.
    async fn end_unwanted(
        &self,
        gateway: &dyn Gateway,
        recharge: &Recharge,
        subscription: &str,
    ) -> Result<Option<String>, MendError> {
        let id = &recharge.id;
        let state = gateway.subscription(subscription).await?;
        gateway.end_subscription(subscription).await?;
        let mut invoices = state.map(|state| state.invoices).unwrap_or_default();
        if let Some(own) = &recharge.payment_id {
            invoices.retain(|invoice| invoice.id == *own);
        }
        if invoices.is_empty() {
            return Err(MendError::NothingToReturn);
        }
        let paid = |invoice: &&InvoiceState| invoice.paid && invoice.amount_minor > 0;
        for invoice in invoices.iter().filter(paid) {
            let transaction = invoice.transaction_id.as_ref();
            let transaction = transaction.ok_or(MendError::NothingToReturn)?;
            let key = format!("held_back:{id}:{}", invoice.id);
            gateway.refund(transaction, None, &key).await?;
        }
        Ok(invoices.into_iter().next().map(|invoice| invoice.id))
    }

    /// Ends the younger of two living plans of one account and gives its money back, as with one that is bought beside another.
    pub async fn end_second_plan(&self, id: &str, by: &Operator) -> Result<(), MendError> {
        let select = "SELECT * FROM subscriptions WHERE id = $1";
        let plan: Option<Subscription> = sqlx::query_as(select)
            .bind(id)
            .fetch_optional(self.db.reader())
            .await?;
        let Some(plan) = plan else { return Ok(()) };
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        lock_buyer(&mut tx, &plan.user_id).await?;
        let plan: Option<Subscription> = sqlx::query_as(select)
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        let plans: Vec<Subscription> = sqlx::query_as(
            "SELECT * FROM subscriptions WHERE user_id = $1 ORDER BY created_at, id",
        )
        .bind(plan.as_ref().map(|plan| plan.user_id.as_str()))
        .fetch_all(&mut *tx)
        .await?;
        let first = plans.iter().find(|plan| plan.lives());
        let beside = first.is_some_and(|first| first.id != id);
        let Some(plan) = plan.filter(|plan| plan.lives() && beside) else {
            return Ok(());
        };
        let provider = plan.provider.as_str();
        credits::withdraw_periods(&mut tx, &plan.user_id, id, provider, now).await?;
        mark_surplus(&mut tx, id).await?;
        credits::touch(&mut tx, &plan.user_id, now).await?;
        by.records(
            &mut tx,
            ACTION,
            id,
            "a second living plan",
            "ends, money goes back",
            now,
        )
        .await?;
        tx.commit().await?;
        self.run_errands_of(&plan.user_id).await;
        Ok(())
    }

    /// Reads a payment or a subscription again, which opens, takes back and freezes what it should.
    pub async fn read_record_for(
        &self,
        recharge: &Recharge,
        by: &Operator,
    ) -> Result<(), MendError> {
        self.log(
            by,
            recharge.id.as_str(),
            recharge.standing.as_str(),
            "read again",
        )
        .await?;
        Ok(self.read_recharge_again(recharge).await?)
    }

    /// The same of a subscription by its id.
    pub async fn read_plan_for(&self, id: &str, by: &Operator) -> Result<(), MendError> {
        let provider: Option<String> =
            sqlx::query_scalar("SELECT provider FROM subscriptions WHERE id = $1")
                .bind(id)
                .fetch_optional(self.db.reader())
                .await?;
        if let Some(provider) = provider.as_deref().and_then(Provider::parse) {
            self.log(by, id, "an invoice without its period", "read again")
                .await?;
            self.read_subscription_again(provider, id).await?;
        }
        Ok(())
    }

    /// That something was asked for, before a provider is.
    async fn log(
        &self,
        by: &Operator,
        target: &str,
        before: &str,
        after: &str,
    ) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        by.records(&mut tx, ACTION, target, before, after, self.clock.now())
            .await?;
        tx.commit().await
    }
}

/// The record is of nothing paid.
fn unpay(row: &mut RechargeRow, status: RechargeStatus) {
    row.status = status;
    row.completed_at = None;
    row.payment_id = None;
    row.transaction_id = None;
    row.paid_minor = None;
    row.returned_minor = 0;
    row.disputed = 0;
    row.next_check_at = None;
}

/// What a purchase is, in a line of the audit log.
fn said_of(user: &UserId, minor: i64, currency: &str, payment: &Option<String>) -> String {
    let payment = payment.as_deref().unwrap_or("no payment");
    format!("{user} {minor} {currency} {payment}")
}

/// What was bought for, before tax and discounts.
fn amount_of(state: &CheckoutState) -> i64 {
    (state.amount_minor - state.tax_minor + state.discount_minor).max(1)
}

/// What the provider says was paid. A plan is paid by its invoice, which the checkout does not name.
fn set_payment(row: &mut RechargeRow, state: &CheckoutState, by_invoice: bool) {
    row.currency.clone_from(&state.currency);
    row.amount_minor = amount_of(state);
    if !by_invoice {
        row.payment_id.clone_from(&state.transaction_id);
        row.transaction_id.clone_from(&state.transaction_id);
        row.paid_minor = Some(state.amount_minor);
    }
}

async fn grant_record(
    tx: &mut Tx,
    recharge: &Recharge,
    now: Timestamp,
) -> Result<(), CreditsError> {
    credits::grant(tx, &recharge.user_id, recharge.grant(now), now).await?;
    Ok(())
}

/// As if all of the money had gone back.
async fn take_all_back(
    tx: &mut Tx,
    user: &UserId,
    recharge: &RechargeId,
    provider: &'static str,
    now: Timestamp,
) -> Result<(), CreditsError> {
    let all = Returned {
        recharge,
        paid_minor: 1,
        returned_minor: 1,
        disputed: false,
        provider,
    };
    credits::returned(tx, user, all, now).await?;
    Ok(())
}

/// Gives the session it is of.
async fn lock_record(tx: &mut Tx, id: &RechargeId) -> sqlx::Result<Option<String>> {
    let select = tx.locking("SELECT session_id FROM recharge_records WHERE id = $1");
    let session: Option<Option<String>> = sqlx::query_scalar(select)
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(session.flatten())
}

/// Always in one order.
async fn lock_buyers(tx: &mut Tx, mut users: [&UserId; 2]) -> sqlx::Result<()> {
    users.sort();
    for user in users {
        lock_buyer(tx, user).await?;
    }
    Ok(())
}

/// What a purchase opened.
async fn periods_of(tx: &mut Tx, recharge: &RechargeId) -> sqlx::Result<Vec<PeriodId>> {
    sqlx::query_scalar("SELECT id FROM plan_periods WHERE recharge_id = $1 AND withdrawn = 0")
        .bind(recharge)
        .fetch_all(&mut **tx)
        .await
}
