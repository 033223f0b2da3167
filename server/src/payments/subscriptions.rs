//! A subscription's life: what its provider says of it, brought into the books.

use std::time::Duration;

use sqlx::FromRow;

use super::closing::DELETED;
use super::fulfil::{FulfilError, SURPLUS};
use super::gateway::{InvoiceState, SubscriptionProgress, SubscriptionState};
use super::records::{self, NewRecord, RechargeRow, RechargeStatus};
use super::{Payments, Provider, letters};
use crate::catalog::{Money, Name, Offer, Plan, PlanTerms};
use crate::credits::{self, NewPeriod, PaidPeriod, PeriodChange};
use crate::db::Tx;
use crate::failpoint;
use crate::ids::{RechargeId, UserId};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// How a subscription stands.
    SubscriptionStatus {
        Incomplete = "incomplete", Active = "active", PastDue = "past_due", Ended = "ended",
    }
}

/// A subscription as we last read it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Subscription {
    pub id: String,
    pub user_id: UserId,
    #[sqlx(try_from = "String")]
    pub provider: Provider,
    /// What its next period will be, if there is one.
    pub plan: String,
    #[sqlx(try_from = "String")]
    pub status: SubscriptionStatus,
    renews: i64,
    surplus: i64,
    pub(super) errand: Option<String>,
    /// It was ended because its money went back, not by its owner.
    ended_by_us: i64,
    pub period_end: Timestamp,
    pub(super) ended_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Subscription {
    /// Whether another period follows by itself.
    pub fn renews(&self) -> bool {
        self.renews != 0
    }

    /// Whether it was begun while another one lived: it gives nothing, is ended and paid back.
    pub fn is_surplus(&self) -> bool {
        self.surplus != 0
    }

    /// Whether it is what its account has.
    pub fn lives(&self) -> bool {
        let begun = matches!(
            self.status,
            SubscriptionStatus::Active | SubscriptionStatus::PastDue
        );
        begun && self.surplus == 0
    }
}

/// How long an unpaid renewal leaves the old period serving.
pub const GRACE: Duration = Duration::from_secs(3 * 24 * 3_600);
/// A living subscription is read again so long after its period should have been followed by
/// another, and then so often.
const LATE: Duration = Duration::from_secs(2 * 3_600);
const LATE_AGAIN: Duration = Duration::from_secs(24 * 3_600);

impl Payments {
    /// Brings the books in line with what the provider says of a subscription: opens each period
    /// that is paid, once, and lets the one that runs end when it should. Then tells the provider
    /// what follows from that. Says whether it is a subscription of ours.
    ///
    /// # Errors
    /// The provider's, when it did not answer; the caller comes again later.
    pub async fn read_subscription_again(
        &self,
        provider: Provider,
        id: &str,
    ) -> Result<bool, FulfilError> {
        let buyer = self.bring_subscription_in_line(provider, id).await?;
        if let Some(buyer) = &buyer {
            self.run_errands_of(buyer).await;
        }
        Ok(buyer.is_some())
    }

    /// The books only. Gives the account the subscription is of.
    pub(super) async fn bring_subscription_in_line(
        &self,
        provider: Provider,
        id: &str,
    ) -> Result<Option<UserId>, FulfilError> {
        let gateway = self.gateway(provider)?;
        let reading = self.begin_reading(id).await?;
        let Some(state) = gateway.subscription(id).await? else {
            return Ok(None);
        };
        let Some(user) = self.buyer_of(&state).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if reading.apply(&mut tx).await? {
            let is_deleted = lock_buyer(&mut tx, &user).await?;
            let work = Work {
                payments: self,
                provider,
                user: &user,
                is_deleted,
                state: &state,
                now,
            };
            work.bring_in_line(&mut tx).await?;
            failpoint::reach(failpoint::STRIPE_ANSWERED).await;
            tx.commit().await?;
        }
        Ok(Some(user))
    }

    /// The account a subscription is of: its own metadata says it, or we have read it before.
    async fn buyer_of(&self, state: &SubscriptionState) -> sqlx::Result<Option<UserId>> {
        let named = state.user_id.as_deref().and_then(UserId::parse);
        sqlx::query_scalar(
            "SELECT id FROM users WHERE id = $1 \
             OR id = (SELECT user_id FROM subscriptions WHERE id = $2)",
        )
        .bind(named.as_ref().map(UserId::as_str))
        .bind(&state.id)
        .fetch_optional(self.db.reader())
        .await
    }

    /// The plan of an account, if it has one.
    pub async fn plan_of(&self, user: &UserId) -> sqlx::Result<Option<Subscription>> {
        let subscriptions: Vec<Subscription> = sqlx::query_as(
            "SELECT * FROM subscriptions WHERE user_id = $1 ORDER BY created_at, id",
        )
        .bind(user)
        .fetch_all(self.db.reader())
        .await?;
        Ok(subscriptions.into_iter().find(Subscription::lives))
    }

    pub(super) async fn has_plan(&self, user: &UserId) -> sqlx::Result<bool> {
        Ok(self.plan_of(user).await?.is_some())
    }
}

async fn find(tx: &mut Tx, id: &str) -> sqlx::Result<Option<Subscription>> {
    let select = sqlx::query_as("SELECT * FROM subscriptions WHERE id = $1");
    select.bind(id).fetch_optional(&mut **tx).await
}

/// Plans of one account change one after the other. Says whether the account was deleted.
pub(super) async fn lock_buyer(tx: &mut Tx, user: &UserId) -> sqlx::Result<bool> {
    let select = tx.locking("SELECT deleted_at FROM users WHERE id = $1");
    let row: Option<(Option<i64>,)> = sqlx::query_as(select)
        .bind(user.clone())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some_and(|(deleted_at,)| deleted_at.is_some()))
}

/// One reading, on its way into the books.
struct Work<'a> {
    payments: &'a Payments,
    provider: Provider,
    user: &'a UserId,
    /// Then its plans end, and what they are paid gives nothing.
    is_deleted: bool,
    state: &'a SubscriptionState,
    now: Timestamp,
}

impl Work<'_> {
    async fn bring_in_line(&self, tx: &mut Tx) -> Result<(), FulfilError> {
        let before = find(tx, &self.state.id).await?;
        let others = self.others(tx).await?;
        let surplus = self.is_begun() && others.iter().any(|other| self.began_under(other));
        self.put(tx, surplus).await?;
        if surplus {
            self.withdraw(tx, &self.state.id).await?;
        } else if self.is_begun() {
            for other in others.iter().filter(|other| self.kept_out(other)) {
                self.withdraw(tx, &other.id).await?;
                mark_surplus(tx, &other.id).await?;
            }
        }
        for invoice in self.state.invoices.iter().filter(|invoice| invoice.paid) {
            self.record(tx, invoice, surplus).await?;
        }
        if !surplus {
            self.follow(tx).await?;
        }
        let after = find(tx, &self.state.id).await?;
        if before != after {
            credits::touch(tx, self.user, self.now).await?;
        }
        let fell_due = |plan: &Option<Subscription>| {
            let unpaid = |plan: &&Subscription| plan.status == SubscriptionStatus::PastDue;
            plan.as_ref().filter(unpaid).cloned()
        };
        if let (None, Some(plan), false) = (fell_due(&before), fell_due(&after), surplus) {
            letters::renewal_failed(tx, &plan, self.now).await?;
        }
        Ok(())
    }

    fn is_alive(&self) -> bool {
        matches!(
            self.state.progress,
            SubscriptionProgress::Active | SubscriptionProgress::PastDue
        )
    }

    /// Whether a period of it was ever paid.
    fn is_begun(&self) -> bool {
        let mut invoices = self.state.invoices.iter();
        invoices.any(|invoice| invoice.paid && invoice.opens.is_some())
    }

    fn is_younger_than(&self, other: &Subscription) -> bool {
        (other.created_at, other.id.as_str()) < (self.state.created_at, self.state.id.as_str())
    }

    /// Whether the other one lived when this one began.
    fn began_under(&self, other: &Subscription) -> bool {
        let lived = other.ended_at.is_none_or(|end| end > self.state.created_at);
        lived && self.is_younger_than(other)
    }

    /// Whether this one lived when the other one began.
    fn kept_out(&self, other: &Subscription) -> bool {
        let lived = self.state.ended_at.is_none_or(|end| end > other.created_at);
        lived && !self.is_younger_than(other)
    }

    /// The other subscriptions of the account of which a period was ever paid.
    async fn others(&self, tx: &mut Tx) -> sqlx::Result<Vec<Subscription>> {
        let others = sqlx::query_as(
            "SELECT * FROM subscriptions s WHERE user_id = $1 AND id <> $2 AND surplus = 0 \
             AND EXISTS (SELECT 1 FROM recharge_records r \
             WHERE r.subscription_id = s.id AND r.status = 'completed')",
        );
        others
            .bind(self.user)
            .bind(&self.state.id)
            .fetch_all(&mut **tx)
            .await
    }

    /// Writes the subscription as it was read.
    async fn put(&self, tx: &mut Tx, surplus: bool) -> sqlx::Result<()> {
        let state = self.state;
        let plan = self.plan().map(|plan| plan.id.as_str());
        let errand = match (self.is_alive(), surplus, self.is_deleted) {
            (true, true, _) => Some("end_and_refund"),
            (true, false, true) => Some("end"),
            _ => None,
        };
        sqlx::query(
            "INSERT INTO subscriptions (id, user_id, provider, customer_id, plan, status, renews, \
             surplus, errand, period_start, period_end, ended_at, next_check_at, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             ON CONFLICT (id) DO UPDATE SET customer_id = excluded.customer_id, \
             plan = excluded.plan, status = excluded.status, renews = excluded.renews, \
             surplus = excluded.surplus, \
             errand = COALESCE(subscriptions.errand, excluded.errand), \
             period_start = excluded.period_start, period_end = excluded.period_end, \
             ended_at = excluded.ended_at, next_check_at = excluded.next_check_at",
        )
        .bind(&state.id)
        .bind(self.user)
        .bind(self.provider.as_str())
        .bind(&state.customer_id)
        .bind(plan.or(state.plan.as_deref()).unwrap_or("unknown"))
        .bind(status_of(state.progress).as_str())
        .bind(i64::from(state.renews && self.is_alive()))
        .bind(i64::from(surplus))
        .bind(errand)
        .bind(state.period_start)
        .bind(state.period_end)
        .bind(state.ended_at)
        .bind(self.next_check())
        .bind(state.created_at)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// When to look whether it renewed, should nobody tell.
    fn next_check(&self) -> Option<Timestamp> {
        let after_period = self.state.period_end.plus(LATE);
        match self.state.progress {
            SubscriptionProgress::Ended => None,
            SubscriptionProgress::Active if after_period > self.now => Some(after_period),
            _ => Some(self.now.plus(LATE_AGAIN)),
        }
    }

    async fn withdraw(&self, tx: &mut Tx, subscription: &str) -> Result<(), FulfilError> {
        let provider = self.provider.as_str();
        credits::withdraw_periods(tx, self.user, subscription, provider, self.now).await?;
        Ok(())
    }

    /// The plan it stands on now.
    fn plan(&self) -> Option<&Plan> {
        let name = self.state.plan.as_deref()?;
        self.payments.catalog.plan_named(name)
    }

    /// A paid invoice is a purchase; one that begins a period opens it. Both once.
    async fn record(
        &self,
        tx: &mut Tx,
        invoice: &InvoiceState,
        surplus: bool,
    ) -> Result<(), FulfilError> {
        if invoice.opens.is_none() && invoice.amount_minor == 0 {
            return Ok(());
        }
        let known = recorded(tx, invoice).await?;
        // One that lost its word is completed again.
        let is_lost = |record: &RechargeRow| {
            record.status != RechargeStatus::Completed && record.held_back.is_none()
        };
        let first = match known {
            Some(record) if is_lost(&record) => Some(record),
            Some(record) => {
                // A period that got lost is opened again.
                if record.held_back.is_none() && !surplus {
                    self.open(tx, &record, invoice).await?;
                }
                return Ok(());
            }
            None => self.first_record(tx, invoice).await?,
        };
        if self.is_deleted {
            return self.hold_back_late(tx, invoice, first).await;
        }
        if let Some(record) = &first
            && let Some(reason) = self.misfit(record, invoice)
        {
            tracing::error!(recharge = %record.id, reason, "an invoice does not fit its record");
            hold_back(tx, &record.id, reason).await?;
            return Ok(());
        }
        let record = match first {
            Some(record) => record,
            None => self.new_record(tx, invoice).await?,
        };
        // An invoice need not say how it was paid; its payment does, and is read next.
        let next_check_at = match (&invoice.transaction_id, &invoice.payment_method) {
            (Some(_), None) => Some(self.now),
            _ => self.payments.first_look_after(self.provider, self.now),
        };
        records::change(tx, &record.id, |row| {
            row.status = RechargeStatus::Completed;
            row.completed_at = Some(invoice.created_at.max(row.created_at));
            row.payment_id = Some(invoice.id.clone());
            row.transaction_id = invoice.transaction_id.clone();
            row.payment_method = invoice.payment_method.clone();
            row.receipt_url = invoice.receipt_url.clone();
            row.subscription_id = Some(self.state.id.clone());
            row.paid_minor = Some(invoice.amount_minor);
            row.held_back = surplus.then(|| SURPLUS.to_owned());
            row.next_check_at = next_check_at;
            true
        })
        .await?;
        if !surplus {
            self.open(tx, &record, invoice).await?;
        }
        tracing::info!(recharge = %record.id, user = %self.user, "invoice of a plan paid");
        Ok(())
    }

    /// Money for an account that was deleted: kept as a purchase that gives nothing, for the operator.
    async fn hold_back_late(
        &self,
        tx: &mut Tx,
        invoice: &InvoiceState,
        first: Option<RechargeRow>,
    ) -> Result<(), FulfilError> {
        // A record is of one invoice.
        let is_its_own = |first: &RechargeRow| {
            let paid_by = first.payment_id.as_deref();
            paid_by.is_none_or(|known| known == invoice.id)
        };
        let record = match first.filter(is_its_own) {
            Some(record) => record,
            None => self.new_record(tx, invoice).await?,
        };
        records::change(tx, &record.id, |row| {
            row.payment_id = Some(invoice.id.clone());
            row.transaction_id.clone_from(&invoice.transaction_id);
            row.subscription_id = Some(self.state.id.clone());
            row.held_back = Some(DELETED.to_owned());
            row.next_check_at = None;
            true
        })
        .await?;
        tracing::error!(recharge = %record.id, "a plan of a deleted account was paid");
        Ok(())
    }

    /// The record of the checkout that began it, if this is the invoice it waits for.
    async fn first_record(
        &self,
        tx: &mut Tx,
        invoice: &InvoiceState,
    ) -> sqlx::Result<Option<RechargeRow>> {
        let id = self
            .state
            .recharge_id
            .as_deref()
            .and_then(RechargeId::parse);
        let Some(id) = id.filter(|_| invoice.opens.is_some()) else {
            return Ok(None);
        };
        let row: Option<RechargeRow> = sqlx::query_as(
            "SELECT * FROM recharge_records WHERE id = $1 AND status <> 'completed' \
             AND plan_interval IS NOT NULL",
        )
        .bind(&id)
        .fetch_optional(&mut **tx)
        .await?;
        Ok(row)
    }

    fn misfit(&self, record: &RechargeRow, invoice: &InvoiceState) -> Option<&'static str> {
        let before_tax = invoice.amount_minor - invoice.tax_minor + invoice.discount_minor;
        if record.user_id != *self.user {
            Some("owner")
        } else if invoice.currency != record.currency {
            Some("currency")
        } else if before_tax < record.amount_minor {
            Some("amount")
        } else {
            None
        }
    }

    /// A renewal, or what was billed for a change: nobody set out to buy it here.
    async fn new_record(&self, tx: &mut Tx, invoice: &InvoiceState) -> sqlx::Result<RechargeRow> {
        let before = credits::newest_period(tx, &self.state.id).await?;
        let plan = self.plan_paid_by(invoice, before.as_ref());
        let amount_minor = invoice.amount_minor - invoice.tax_minor + invoice.discount_minor;
        let offer = Offer {
            item: plan.id.clone(),
            name: plan.name.clone(),
            price: Money {
                // Of an invoice that a balance has paid.
                amount_minor: amount_minor.max(1),
                currency: invoice.currency.clone(),
            },
            credits: 0,
            bonus: 0,
            expires_days: None,
            plan: Some(PlanTerms {
                quota: plan.quota,
                interval: plan.interval,
                stripe_price: None,
            }),
            creem_product: None,
        };
        let id = RechargeId::new(invoice.created_at);
        let record = NewRecord {
            id: &id,
            user: self.user,
            provider: self.provider,
            offer: &offer,
            terms_version: None,
            immediate: false,
        };
        let row = record.row(invoice.created_at);
        records::insert(tx, &row).await?;
        Ok(row)
    }

    /// What an invoice pays for. A plan that is no longer in the catalogue goes on as it was.
    fn plan_paid_by(&self, invoice: &InvoiceState, before: Option<&PaidPeriod>) -> Plan {
        let named = invoice.plan.as_deref().or(self.state.plan.as_deref());
        let known = named.and_then(|name| self.payments.catalog.plan_named(name));
        let id = before.map(|period| period.plan.clone());
        let id = id.or_else(|| named.map(str::to_owned)).unwrap_or_default();
        known.cloned().unwrap_or_else(|| Plan {
            name: Name {
                en: id.clone(),
                zh: id.clone(),
            },
            id,
            price: Money {
                amount_minor: invoice.amount_minor,
                currency: invoice.currency.clone(),
            },
            interval: crate::catalog::Interval::Month,
            quota: before.map_or(Some(1), |period| period.quota),
            stripe_price: None,
            creem_product: None,
        })
    }

    async fn open(
        &self,
        tx: &mut Tx,
        record: &RechargeRow,
        invoice: &InvoiceState,
    ) -> Result<(), FulfilError> {
        let Some((starts_at, ends_at)) = invoice.opens else {
            return Ok(());
        };
        if credits::has_period(tx, &self.state.id, starts_at).await? {
            return Ok(());
        }
        let period = NewPeriod {
            subscription_id: &self.state.id,
            recharge: Some(&record.id),
            plan: &record.item,
            quota: record.plan_quota,
            starts_at,
            ends_at,
            serves_until: ends_at.plus(GRACE),
            renews: true,
            provider: self.provider.as_str(),
        };
        credits::open_period(tx, self.user, &period, self.now).await?;
        Ok(())
    }

    /// Lets the newest period be and end as the subscription now says.
    async fn follow(&self, tx: &mut Tx) -> Result<(), FulfilError> {
        let Some(period) = credits::newest_period(tx, &self.state.id).await? else {
            return Ok(());
        };
        let revoked = match &period.recharge {
            Some(recharge) => is_returned(tx, recharge).await?,
            None => false,
        };
        let known = self.payments.catalog.plan(&period.plan);
        let upgrade = self.plan().filter(|now| {
            let same_period = self.state.period_start <= period.starts_at;
            same_period && known.is_some_and(|before| now.is_above(before))
        });
        let (plan, quota) = match upgrade {
            Some(plan) => (plan.id.as_str(), plan.quota),
            None => (period.plan.as_str(), period.quota),
        };
        let ended_by_us = is_ended_by_us(tx, &self.state.id).await?;
        let fate = Fate {
            revoked,
            ended_by_us,
        };
        let end = end_of(self.state, &period, fate, self.now);
        let change = PeriodChange {
            plan,
            quota,
            ends_at: end.ends_at,
            serves_until: end.serves_until,
            renews: end.renews,
            unpaid: self.state.progress == SubscriptionProgress::PastDue,
            provider: self.provider.as_str(),
        };
        credits::change_period(tx, self.user, &self.state.id, &change, self.now).await?;
        Ok(())
    }
}

/// When a period ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    ends_at: Timestamp,
    serves_until: Timestamp,
    renews: bool,
}

/// What became of the money of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fate {
    /// All of it is back with the buyer.
    revoked: bool,
    /// The subscription was ended because of that.
    ended_by_us: bool,
}

/// When the newest paid period of a subscription ends, and until when it serves.
///
/// An unpaid renewal leaves it serving three days more. A subscription that ended by itself ends it
/// with its time; one that was ended before, then. Whose money all went back, ends at once; if that
/// money came again (a refund failed), what was paid for is served to its end.
fn end_of(state: &SubscriptionState, period: &PaidPeriod, fate: Fate, now: Timestamp) -> End {
    // The provider may begin the next period early; then the old one was shorter.
    let cut = state.period_start > period.starts_at;
    let ends_at = if cut {
        period.ends_at.min(state.period_start)
    } else {
        state.period_end
    };
    if fate.revoked {
        return End {
            ends_at,
            serves_until: period.serves_until.min(now),
            renews: false,
        };
    }
    let with_grace = ends_at.plus(GRACE);
    let (serves_until, renews) = match state.progress {
        SubscriptionProgress::Ended if fate.ended_by_us => (ends_at, false),
        SubscriptionProgress::Ended => {
            let ended = state.ended_at.unwrap_or(ends_at);
            (ended.min(with_grace), false)
        }
        SubscriptionProgress::PastDue => (with_grace, state.renews),
        _ if state.renews => (with_grace, true),
        _ => (ends_at, false),
    };
    End {
        ends_at,
        serves_until,
        renews,
    }
}

const fn status_of(progress: SubscriptionProgress) -> SubscriptionStatus {
    match progress {
        SubscriptionProgress::Incomplete => SubscriptionStatus::Incomplete,
        SubscriptionProgress::Active => SubscriptionStatus::Active,
        SubscriptionProgress::PastDue => SubscriptionStatus::PastDue,
        SubscriptionProgress::Ended => SubscriptionStatus::Ended,
    }
}

pub(super) async fn mark_surplus(tx: &mut Tx, id: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE subscriptions SET surplus = 1, errand = 'end_and_refund' WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    let records: Vec<RechargeId> =
        sqlx::query_scalar("SELECT id FROM recharge_records WHERE subscription_id = $1")
            .bind(id)
            .fetch_all(&mut **tx)
            .await?;
    for record in records {
        hold_back(tx, &record, SURPLUS).await?;
    }
    Ok(())
}

async fn hold_back(tx: &mut Tx, id: &RechargeId, reason: &'static str) -> sqlx::Result<()> {
    records::change(tx, id, |row| {
        row.held_back = Some(reason.to_owned());
        true
    })
    .await?;
    Ok(())
}

/// The record of an invoice, if it has one.
async fn recorded(tx: &mut Tx, invoice: &InvoiceState) -> sqlx::Result<Option<RechargeRow>> {
    let select = sqlx::query_as(
        "SELECT * FROM recharge_records WHERE payment_id = $1 AND plan_interval IS NOT NULL",
    );
    select.bind(&invoice.id).fetch_optional(&mut **tx).await
}

async fn is_ended_by_us(tx: &mut Tx, id: &str) -> sqlx::Result<bool> {
    let flag: Option<i64> =
        sqlx::query_scalar("SELECT ended_by_us FROM subscriptions WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(flag == Some(1))
}

/// Whether all the money of a purchase went back.
async fn is_returned(tx: &mut Tx, recharge: &RechargeId) -> sqlx::Result<bool> {
    let row: Option<RechargeRow> = sqlx::query_as("SELECT * FROM recharge_records WHERE id = $1")
        .bind(recharge)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some_and(|row| row.is_returned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3_600;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_seconds(n * DAY)
    }

    fn period() -> PaidPeriod {
        PaidPeriod {
            plan: "premium-monthly".to_owned(),
            quota: Some(100),
            recharge: None,
            starts_at: day(0),
            ends_at: day(30),
            serves_until: day(33),
        }
    }

    fn state(progress: SubscriptionProgress) -> SubscriptionState {
        SubscriptionState {
            id: "sub_1".to_owned(),
            user_id: None,
            recharge_id: None,
            customer_id: None,
            plan: None,
            progress,
            renews: true,
            created_at: day(0),
            period_start: day(0),
            period_end: day(30),
            ended_at: None,
            invoices: Vec::new(),
        }
    }

    #[test]
    fn a_period_ends_as_its_subscription_says() {
        use SubscriptionProgress::{Active, Ended, PastDue};
        let with = |progress, change: fn(&mut SubscriptionState)| {
            let mut state = state(progress);
            change(&mut state);
            state
        };
        const PAID: Fate = Fate {
            revoked: false,
            ended_by_us: false,
        };
        const REVOKED: Fate = Fate {
            revoked: true,
            ..PAID
        };
        const PAID_AGAIN: Fate = Fate {
            ended_by_us: true,
            ..PAID
        };
        // What, the subscription, its money, ends, serves until, renews; seen on day 10.
        let table = [
            ("goes on", with(Active, |_| {}), PAID, 30, 33, true),
            (
                "ends with its period",
                with(Active, |s| s.renews = false),
                PAID,
                30,
                30,
                false,
            ),
            (
                "the next one is unpaid",
                with(PastDue, |s| {
                    (s.period_start, s.period_end) = (day(30), day(60))
                }),
                PAID,
                30,
                33,
                true,
            ),
            (
                "the next one began early and is unpaid",
                with(PastDue, |s| {
                    (s.period_start, s.period_end) = (day(9), day(39))
                }),
                PAID,
                9,
                12,
                true,
            ),
            (
                "never paid again, so it was ended",
                with(Ended, |s| {
                    (s.period_start, s.period_end) = (day(30), day(60));
                    s.ended_at = Some(day(45));
                }),
                PAID,
                30,
                33,
                false,
            ),
            (
                "ended with its period",
                with(Ended, |s| s.ended_at = Some(day(30))),
                PAID,
                30,
                30,
                false,
            ),
            (
                "ended at once",
                with(Ended, |s| s.ended_at = Some(day(5))),
                PAID,
                30,
                5,
                false,
            ),
            (
                "money went back",
                with(Active, |_| {}),
                REVOKED,
                30,
                10,
                false,
            ),
            (
                "money went back and came again",
                with(Ended, |s| s.ended_at = Some(day(10))),
                PAID_AGAIN,
                30,
                30,
                false,
            ),
        ];
        for (what, state, fate, ends_at, serves_until, renews) in table {
            let expected = End {
                ends_at: day(ends_at),
                serves_until: day(serves_until),
                renews,
            };
            assert_eq!(end_of(&state, &period(), fate, day(10)), expected, "{what}");
        }
    }

    #[test]
    fn what_ended_early_does_not_end_later() {
        let mut ended = period();
        ended.serves_until = day(4);
        let revoked = Fate {
            revoked: true,
            ended_by_us: true,
        };
        let end = end_of(
            &state(SubscriptionProgress::Ended),
            &ended,
            revoked,
            day(10),
        );
        assert_eq!(end.serves_until, day(4));
    }
}
