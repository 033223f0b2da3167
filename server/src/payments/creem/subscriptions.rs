use std::time::Duration;

use serde_json::{Value, json};

use super::objects::{Page, Product, Subscription, Transaction, own};
use super::{Creem, GatewayError, lacks, refused};
use crate::payments::gateway::{
    InvoiceState, PlanChange, PlanPrice, SubscriptionProgress, SubscriptionState,
};
use crate::time::Timestamp;

const PAGE_SIZE: &str = "50";
/// Of one customer's transactions: more than two thousand are not read.
const MOST_PAGES: u32 = 40;

impl Creem {
    pub(super) async fn read_subscription(
        &self,
        id: &str,
    ) -> Result<Option<SubscriptionState>, GatewayError> {
        let Some(subscription) = self.find_subscription(id).await? else {
            return Ok(None);
        };
        let product = self.product(subscription.product.clone()).await?;
        let transactions = self.transactions_of(&subscription).await?;
        let invoices = invoices(&transactions, &subscription, &product);
        state_of(subscription, &product, invoices).map(Some)
    }

    async fn find_subscription(&self, id: &str) -> Result<Option<Subscription>, GatewayError> {
        let query = [("subscription_id", id)];
        self.find(&["subscriptions"], &query).await
    }

    async fn known_subscription(&self, id: &str) -> Result<Subscription, GatewayError> {
        let found = self.find_subscription(id).await?;
        found.ok_or_else(|| refused("it knows no such subscription"))
    }

    /// The subscription's transactions, oldest first. Creem lists those of a customer.
    async fn transactions_of(
        &self,
        subscription: &Subscription,
    ) -> Result<Vec<Transaction>, GatewayError> {
        let mut found = Vec::new();
        let mut next = subscription.customer.is_some().then_some(1);
        for _ in 0..MOST_PAGES {
            let (Some(number), Some(customer)) = (next, &subscription.customer) else {
                break;
            };
            let number = number.to_string();
            let query = [
                ("customer_id", customer.id()),
                ("page_number", &number),
                ("page_size", PAGE_SIZE),
            ];
            let page: Option<Page<Transaction>> =
                self.find(&["transactions", "search"], &query).await?;
            let Some(page) = page else { break };
            found.extend(page.items);
            next = page.pagination.next_page;
        }
        found.retain(|one| one.subscription.as_ref() == Some(&subscription.id));
        // The list may be a moment behind.
        if let Some(last) = &subscription.last_transaction
            && !found.iter().any(|one| one.id == last.id)
        {
            found.push(last.clone());
        }
        found.sort_by(|one, other| {
            let key = |one: &Transaction| (one.created_at(), one.id.clone());
            key(one).cmp(&key(other))
        });
        Ok(found)
    }

    pub(super) async fn update_renewing(&self, id: &str, renews: bool) -> Result<(), GatewayError> {
        let subscription = self.known_subscription(id).await?;
        match (renews, subscription.status.as_str()) {
            (true, "canceled") => Err(refused("the subscription has ended")),
            (true, "scheduled_cancel" | "paused") => self.change(id, "resume", &json!({})).await,
            (true, _) | (false, "canceled" | "scheduled_cancel") => Ok(()),
            (false, _) => {
                let body = json!({ "mode": "scheduled", "onExecute": "cancel" });
                self.change(id, "cancel", &body).await
            }
        }
    }

    /// Creem names the new product at once in either case. With the next period, nothing is billed
    /// or given back before that.
    pub(super) async fn update_plan(
        &self,
        id: &str,
        to: PlanPrice<'_>,
        change: PlanChange,
    ) -> Result<(), GatewayError> {
        let product = to.product.ok_or(GatewayError::Setting(
            "the catalogue names no product at Creem for this plan",
        ))?;
        if self.known_subscription(id).await?.product.id() == product {
            return Ok(());
        }
        let behavior = match change {
            PlanChange::Now => "proration-charge-immediately",
            PlanChange::WithNextPeriod => "proration-none",
        };
        let body = json!({ "product_id": product, "update_behavior": behavior });
        self.change(id, "upgrade", &body).await
    }

    pub(super) async fn cancel_subscription(&self, id: &str) -> Result<(), GatewayError> {
        match self.find_subscription(id).await? {
            Some(subscription) if subscription.status != "canceled" => {
                self.change(id, "cancel", &json!({ "mode": "immediate" }))
                    .await
            }
            _ => Ok(()),
        }
    }

    async fn change(&self, id: &str, what: &str, body: &Value) -> Result<(), GatewayError> {
        let _: Value = self.act(&["subscriptions", id, what], body).await?;
        Ok(())
    }
}

fn state_of(
    subscription: Subscription,
    product: &Product,
    invoices: Vec<InvoiceState>,
) -> Result<SubscriptionState, GatewayError> {
    let metadata = subscription.metadata.as_ref();
    let (period_start, period_end) = the_same_period(current_period(&subscription), &invoices)
        .ok_or(lacks("the period of a subscription"))?;
    let created_at = Timestamp::parse(&subscription.created_at);
    let ended_at = subscription
        .canceled_at
        .as_deref()
        .and_then(Timestamp::parse);
    let progress = progress_of(&subscription.status);
    Ok(SubscriptionState {
        user_id: own(metadata, "user_id"),
        recharge_id: own(metadata, "recharge_id"),
        customer_id: subscription
            .customer
            .as_ref()
            .map(|customer| customer.id().to_owned()),
        plan: Some(product.id.clone()),
        progress,
        renews: !matches!(
            subscription.status.as_str(),
            "scheduled_cancel" | "paused" | "canceled"
        ),
        created_at: created_at.ok_or(lacks("the beginning of a subscription"))?,
        period_start,
        period_end,
        // Of one that is still to end, it is when that was wished.
        ended_at: ended_at.filter(|_| progress == SubscriptionProgress::Ended),
        invoices,
        id: subscription.id,
    })
}

/// The period that runs, as the bill that paid for it has it: subscription and transaction may differ
/// by some moments, and a period is known by its start. They are the same where they end together.
fn the_same_period(
    current: Option<(Timestamp, Timestamp)>,
    invoices: &[InvoiceState],
) -> Option<(Timestamp, Timestamp)> {
    let mut opened = invoices.iter().rev().filter(|invoice| invoice.paid);
    let paid = opened.find_map(|invoice| invoice.opens);
    let (Some((_, end)), Some((_, paid_until))) = (current, paid) else {
        return current.or_else(|| invoices.iter().rev().find_map(|invoice| invoice.opens));
    };
    let apart = end.since(paid_until).max(paid_until.since(end));
    if apart < TOGETHER { paid } else { current }
}

/// Periods that end within this are one; the shortest lasts a month.
const TOGETHER: Duration = Duration::from_secs(24 * 3_600);

/// In whole milliseconds, as a transaction counts: a period is known by its start.
fn current_period(subscription: &Subscription) -> Option<(Timestamp, Timestamp)> {
    let start = subscription.current_period_start_date.as_deref()?;
    let end = subscription.current_period_end_date.as_deref()?;
    Some((to_the_millisecond(start)?, to_the_millisecond(end)?))
}

fn to_the_millisecond(text: &str) -> Option<Timestamp> {
    let at = Timestamp::parse(text)?;
    Some(Timestamp::from_micros(at.millis() * 1_000))
}

fn progress_of(status: &str) -> SubscriptionProgress {
    match status {
        "canceled" => SubscriptionProgress::Ended,
        "past_due" | "unpaid" => SubscriptionProgress::PastDue,
        // There is none before its first payment came.
        _ => SubscriptionProgress::Active,
    }
}

/// The transactions as bills, oldest first. One begins a period if it pays for longer than those
/// before it: what is charged for a change ends with the period it falls into.
fn invoices(
    transactions: &[Transaction],
    subscription: &Subscription,
    product: &Product,
) -> Vec<InvoiceState> {
    let mut paid_until: Option<Timestamp> = None;
    let mut invoices = Vec::with_capacity(transactions.len());
    for transaction in transactions {
        let last = subscription.last_transaction_id.as_ref() == Some(&transaction.id);
        let period = transaction
            .period()
            .or_else(|| current_period(subscription).filter(|_| last));
        let opens = period.filter(|(_, end)| paid_until.is_none_or(|until| *end > until));
        if let Some((_, end)) = opens.filter(|_| transaction.is_paid()) {
            paid_until = Some(end);
        }
        invoices.push(InvoiceState {
            id: transaction.id.clone(),
            opens,
            // A transaction does not name its product.
            plan: None,
            paid: transaction.is_paid(),
            amount_minor: transaction.paid(),
            discount_minor: transaction.discount_amount.unwrap_or(0),
            tax_minor: product.tax_on_top(transaction.tax_amount),
            currency: transaction.currency.to_ascii_lowercase(),
            transaction_id: Some(transaction.id.clone()),
            payment_method: None,
            receipt_url: None,
            created_at: transaction.created_at(),
        });
    }
    invoices
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3_600 * 1_000;

    fn transaction(id: &str, status: &str, start: i64, end: i64) -> Transaction {
        let transaction = json!({
            "id": id, "amount": 1000, "amount_paid": 1210, "tax_amount": 210, "currency": "EUR",
            "status": status, "subscription": "sub_1",
            "period_start": start * DAY, "period_end": end * DAY, "created_at": start * DAY,
        });
        serde_json::from_value(transaction).unwrap()
    }

    fn subscription(status: &str) -> Subscription {
        let subscription = json!({
            "id": "sub_1", "status": status, "product": "prod_1", "customer": "cust_1",
            "created_at": "2026-11-20T12:00:00.000Z", "canceled_at": "2026-11-21T12:00:00.000Z",
            "current_period_start_date": "2026-11-20T12:00:00.000Z",
            "current_period_end_date": "2026-12-20T12:00:00.000Z",
        });
        serde_json::from_value(subscription).unwrap()
    }

    fn product() -> Product {
        let product = json!({"id": "prod_1", "price": 1000, "tax_mode": "exclusive"});
        serde_json::from_value(product).unwrap()
    }

    #[test]
    fn a_period_is_one_though_its_two_clocks_differ_a_little() {
        let at = |days: i64, seconds: i64| Timestamp::from_seconds(days * 86_400 + seconds);
        let invoices = invoices(
            &[transaction("first", "paid", 0, 30)],
            &subscription("active"),
            &product(),
        );
        let paid = Some((at(0, 0), at(30, 0)));
        assert_eq!(
            the_same_period(Some((at(0, 9), at(30, 9))), &invoices),
            paid
        );
        assert_eq!(
            the_same_period(Some((at(0, -9), at(30, -9))), &invoices),
            paid
        );
        assert_eq!(the_same_period(None, &invoices), paid);
        // The next one, unpaid so far.
        let next = Some((at(30, 0), at(60, 0)));
        assert_eq!(the_same_period(next, &invoices), next);
    }

    #[test]
    fn what_is_charged_for_a_change_begins_no_period() {
        let transactions = [
            transaction("first", "paid", 0, 30),
            transaction("change", "paid", 10, 30),
            transaction("refused", "declined", 30, 60),
            transaction("renewal", "refunded", 30, 60),
        ];
        let invoices = invoices(&transactions, &subscription("active"), &product());
        let opening: Vec<(&str, bool)> = invoices
            .iter()
            .filter(|invoice| invoice.opens.is_some())
            .map(|invoice| (invoice.id.as_str(), invoice.paid))
            .collect();
        let wanted = [("first", true), ("refused", false), ("renewal", true)];
        assert_eq!(opening, wanted);
        assert_eq!(
            (invoices[0].amount_minor, invoices[0].tax_minor),
            (1210, 210)
        );
    }

    #[test]
    fn a_transaction_without_a_period_pays_for_the_current_one() {
        let mut transaction = transaction("first", "paid", 0, 30);
        transaction.period_start = None;
        let mut subscription = subscription("active");
        let transactions = [transaction];
        assert_eq!(
            invoices(&transactions, &subscription, &product())[0].opens,
            None
        );
        subscription.last_transaction_id = Some("first".to_owned());
        let invoices = invoices(&transactions, &subscription, &product());
        assert_eq!(invoices[0].opens, current_period(&subscription));
    }

    #[test]
    fn a_period_has_one_start_however_finely_it_is_told() {
        let mut subscription = subscription("active");
        let told = "1970-01-01T00:00:00.818759Z";
        subscription.current_period_start_date = Some(told.to_owned());
        let mut transaction = transaction("first", "paid", 0, 30);
        transaction.period_start = Some(818);
        let invoices = invoices(&[transaction], &subscription, &product());
        let opened = invoices[0].opens.map(|(start, _)| start);
        let state = state_of(subscription, &product(), invoices).unwrap();
        assert_eq!(opened, Some(state.period_start));
    }

    #[test]
    fn every_status_has_its_meaning() {
        for (status, progress, renews, ended) in [
            ("active", SubscriptionProgress::Active, true, false),
            ("trialing", SubscriptionProgress::Active, true, false),
            (
                "scheduled_cancel",
                SubscriptionProgress::Active,
                false,
                false,
            ),
            ("paused", SubscriptionProgress::Active, false, false),
            ("past_due", SubscriptionProgress::PastDue, true, false),
            ("unpaid", SubscriptionProgress::PastDue, true, false),
            ("canceled", SubscriptionProgress::Ended, false, true),
        ] {
            let state = state_of(subscription(status), &product(), Vec::new()).unwrap();
            let got = (state.progress, state.renews, state.ended_at.is_some());
            assert_eq!(got, (progress, renews, ended), "{status}");
        }
    }
}
