use std::collections::HashSet;

use sqlx::FromRow;

use super::{Finding, Told, Totals};
use crate::db::Database;
use crate::ids::{RechargeId, UserId};
use crate::payments::gateway::{CheckoutProgress, CheckoutState, Gateway, GatewayError};
use crate::payments::{Payments, Recharge, RechargeStatus};

#[derive(Debug, thiserror::Error)]
pub enum DeepError {
    #[error(transparent)]
    Provider(#[from] GatewayError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Compares the recharge records with what the payment providers say, both ways: every checkout that
/// somebody finished there, as far as the provider lists them, every record that is completed here, and
/// what of its money went back. Lists are read page by page; what is kept is the id of each finished
/// checkout.
pub async fn ask_providers(
    payments: &Payments,
    db: &Database,
    totals: &mut Totals,
    tell: &mut (dyn FnMut(Told<'_>) + Send),
) -> Result<(), DeepError> {
    let mut found = |finding: Finding| {
        totals.findings += 1;
        tell(Told::Finding(&finding));
    };
    for gateway in payments.gateways() {
        let finished = if gateway.lists_checkouts() {
            Some(read_finished(payments, &**gateway, &mut found).await?)
        } else {
            None
        };
        check_completed(&**gateway, db, finished.as_ref(), &mut found).await?;
    }
    Ok(())
}

/// Compares every finished checkout, and gives their ids.
async fn read_finished(
    payments: &Payments,
    gateway: &dyn Gateway,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<HashSet<String>, DeepError> {
    let mut finished = HashSet::new();
    let mut after: Option<String> = None;
    loop {
        let page = gateway.finished_checkouts(after.as_deref()).await?;
        for state in &page.checkouts {
            let record = payments.recharge_of_session(&state.session_id).await?;
            compare(record.as_ref(), state, found);
            finished.insert(state.session_id.clone());
        }
        after = page.checkouts.last().map(|state| state.session_id.clone());
        if !page.has_more || after.is_none() {
            return Ok(finished);
        }
    }
}

#[derive(FromRow)]
struct Completed {
    id: RechargeId,
    user_id: UserId,
    session_id: Option<String>,
    subscription_id: Option<String>,
    transaction_id: Option<String>,
    payment_id: Option<String>,
    returned_minor: i64,
}

/// Every completed record has a checkout that was finished, or an invoice of a subscription; and what
/// went back is what the provider says.
async fn check_completed(
    gateway: &dyn Gateway,
    db: &Database,
    finished: Option<&HashSet<String>>,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<(), DeepError> {
    let mut after = String::new();
    loop {
        let completed: Vec<Completed> = sqlx::query_as(
            "SELECT id, user_id, session_id, subscription_id, transaction_id, payment_id, \
             returned_minor FROM recharge_records \
             WHERE status = 'completed' AND provider = $1 AND id > $2 ORDER BY id LIMIT 200",
        )
        .bind(gateway.provider().as_str())
        .bind(&after)
        .fetch_all(db.reader())
        .await?;
        let Some(last) = completed.last() else {
            return Ok(());
        };
        after = last.id.to_string();
        for record in &completed {
            let user = Some(&record.user_id);
            let known = match (&record.session_id, &record.subscription_id) {
                (Some(session), _) => is_finished(gateway, finished, session).await?,
                (None, subscription) => subscription.is_some(),
            };
            if !known {
                let (id, paid) = (&record.id, "a finished checkout");
                found(Finding::new("recharge.unpaid", id, user, paid, "none"));
                continue;
            }
            let transaction = record
                .transaction_id
                .as_ref()
                .or(record.payment_id.as_ref());
            let Some(transaction) = transaction else {
                continue;
            };
            let returned = gateway.payment(transaction).await?;
            let returned = returned.map_or(0, |payment| payment.returned_minor());
            if returned != record.returned_minor {
                let (id, here) = (&record.id, record.returned_minor);
                found(Finding::new("recharge.returned", id, user, returned, here));
            }
        }
    }
}

async fn is_finished(
    gateway: &dyn Gateway,
    finished: Option<&HashSet<String>>,
    session_id: &str,
) -> Result<bool, GatewayError> {
    match finished {
        Some(finished) => Ok(finished.contains(session_id)),
        None => {
            let state = gateway.checkout(session_id).await?;
            Ok(state.is_some_and(|state| state.progress == CheckoutProgress::Paid))
        }
    }
}

/// One finished checkout against its record.
fn compare(
    record: Option<&Recharge>,
    state: &CheckoutState,
    found: &mut (dyn FnMut(Finding) + Send),
) {
    let paid = state.progress == CheckoutProgress::Paid;
    let Some(record) = record else {
        if paid {
            found(Finding::new(
                "payment.unknown",
                &state.session_id,
                None,
                "a record",
                "none",
            ));
        }
        return;
    };
    let user = Some(&record.user_id);
    let status = record.status.as_str();
    if paid && record.status != RechargeStatus::Completed && record.held_back.is_none() {
        found(Finding::new(
            "recharge.paid",
            &record.id,
            user,
            "completed",
            status,
        ));
    }
    if !paid && record.status == RechargeStatus::Completed {
        found(Finding::new(
            "recharge.unpaid",
            &record.id,
            user,
            "a payment",
            "none",
        ));
    }
    if record.status != RechargeStatus::Completed {
        return;
    }
    let owner = state.user_id.as_deref().unwrap_or("none");
    // A plan is paid by its invoice, which the checkout does not name.
    let payment = match record.plan {
        Some(_) => record.payment_id.as_deref(),
        None => state.transaction_id.as_deref(),
    };
    let payment = payment.unwrap_or("none");
    let amount = (state.amount_minor - state.tax_minor + state.discount_minor).to_string();
    for (kind, expected, found_here) in [
        ("recharge.user_id", owner, record.user_id.as_str()),
        (
            "recharge.currency",
            state.currency.as_str(),
            record.currency.as_str(),
        ),
        (
            "recharge.payment_id",
            payment,
            record.payment_id.as_deref().unwrap_or("none"),
        ),
        (
            "recharge.amount_minor",
            amount.as_str(),
            &record.amount_minor.to_string(),
        ),
    ] {
        if expected != found_here {
            found(Finding::new(kind, &record.id, user, expected, found_here));
        }
    }
}
