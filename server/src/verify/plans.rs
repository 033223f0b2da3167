//! The periods of plans against the invoices of their subscriptions, as the provider has them.

use std::collections::HashSet;

use futures::{StreamExt, stream};
use sqlx::FromRow;

use super::deep::{AT_ONCE, Aside};
use super::{DeepError, Finding};
use crate::db::Database;
use crate::ids::{PeriodId, UserId};
use crate::payments::gateway::{Gateway, InvoiceState};
use crate::time::Timestamp;

/// Invoices that a provider lists at once; there may be older ones beyond.
const LISTED: usize = 100;
/// Subscriptions read at once.
const BATCH: i64 = 200;

#[derive(FromRow)]
struct Plan {
    id: String,
    user_id: UserId,
    surplus: i64,
}

#[derive(FromRow)]
struct Period {
    id: PeriodId,
    user_id: UserId,
    starts_at: Timestamp,
    withdrawn: i64,
}

/// Every subscription of this provider that we know, or have opened a period for.
pub(super) async fn check_all(
    gateway: &dyn Gateway,
    db: &Database,
    aside: &mut Aside,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<(), DeepError> {
    let mut after = String::new();
    loop {
        let plans: Vec<Plan> = sqlx::query_as(
            "SELECT id, user_id, surplus FROM subscriptions \
             WHERE provider = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(gateway.provider().as_str())
        .bind(&after)
        .bind(BATCH)
        .fetch_all(db.reader())
        .await?;
        let Some(last) = plans.last() else {
            return Ok(());
        };
        after.clone_from(&last.id);
        let questions: Vec<_> = plans.iter().map(|plan| check(gateway, db, plan)).collect();
        let mut asked = stream::iter(questions).buffered(AT_ONCE);
        while let Some(asked) = asked.next().await {
            aside.of(asked)?.into_iter().flatten().for_each(&mut *found);
        }
    }
}

/// One of them; nothing is said of a subscription that is not known here.
///
/// # Errors
/// The provider's and the database's own.
pub async fn ask_about_subscription(
    gateway: &dyn Gateway,
    db: &Database,
    id: &str,
) -> Result<Vec<Finding>, DeepError> {
    let plan: Option<Plan> =
        sqlx::query_as("SELECT id, user_id, surplus FROM subscriptions WHERE id = $1")
            .bind(id)
            .fetch_optional(db.reader())
            .await?;
    match plan {
        Some(plan) => check(gateway, db, &plan).await,
        None => Ok(Vec::new()),
    }
}

/// Every paid invoice that begins a period has opened it, and every period was opened by such an invoice.
async fn check(
    gateway: &dyn Gateway,
    db: &Database,
    plan: &Plan,
) -> Result<Vec<Finding>, DeepError> {
    let mut findings = Vec::new();
    let state = gateway.subscription(&plan.id).await?;
    let invoices = state.map(|state| state.invoices).unwrap_or_default();
    let paid = |invoice: &&InvoiceState| invoice.paid && invoice.opens.is_some();
    let held_back: HashSet<String> = held_back(db, &plan.id).await?;
    let periods: Vec<Period> = sqlx::query_as(
        "SELECT id, user_id, starts_at, withdrawn FROM plan_periods WHERE subscription_id = $1",
    )
    .bind(&plan.id)
    .fetch_all(db.reader())
    .await?;
    let standing = periods.iter().filter(|period| period.withdrawn == 0);
    let opened: HashSet<Timestamp> = standing.map(|period| period.starts_at).collect();
    let mut begun = HashSet::new();
    for invoice in invoices.iter().filter(paid) {
        let Some((starts_at, _)) = invoice.opens else {
            continue;
        };
        begun.insert(starts_at);
        let gives_nothing = plan.surplus != 0 || held_back.contains(&invoice.id);
        if !gives_nothing && !opened.contains(&starts_at) {
            let id = format!("{}#{}", plan.id, invoice.id);
            let (user, from) = (Some(&plan.user_id), starts_at.to_rfc3339());
            let expected = format!("a period from {from}");
            findings.push(Finding::new("invoice.period", id, user, expected, "none"));
        }
    }
    let oldest = begun.iter().min().copied();
    let cut = oldest.filter(|_| invoices.len() >= LISTED);
    for period in periods {
        let in_list = cut.is_none_or(|oldest| period.starts_at >= oldest);
        if in_list && period.withdrawn == 0 && !begun.contains(&period.starts_at) {
            let user = Some(&period.user_id);
            let paid = "a paid invoice";
            findings.push(Finding::new(
                "period.invoice",
                &period.id,
                user,
                paid,
                "none",
            ));
        }
    }
    Ok(findings)
}

/// Invoices whose record gave nothing, with a reason.
async fn held_back(db: &Database, subscription: &str) -> sqlx::Result<HashSet<String>> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT payment_id FROM recharge_records WHERE subscription_id = $1 \
         AND payment_id IS NOT NULL AND held_back IS NOT NULL",
    )
    .bind(subscription)
    .fetch_all(db.reader())
    .await?;
    Ok(ids.into_iter().collect())
}
