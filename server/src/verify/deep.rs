use std::collections::HashSet;

use super::{Finding, Told, Totals};
use crate::db::Database;
use crate::ids::{RechargeId, UserId};
use crate::payments::{
    CheckoutProgress, CheckoutState, Payments, Recharge, RechargeStatus, stripe::GatewayError,
};

#[derive(Debug, thiserror::Error)]
pub enum DeepError {
    #[error(transparent)]
    Provider(#[from] GatewayError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Compares the recharge records with what the payment provider says, both ways: every checkout that
/// somebody finished there, and every record that is completed here. Lists are read page by page;
/// what is kept is the id of each finished checkout.
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
    let mut finished = HashSet::new();
    let mut after: Option<String> = None;
    loop {
        let page = payments.stripe.list_finished(after.as_deref()).await?;
        for state in &page.sessions {
            let record = payments.recharge_of_session(&state.session_id).await?;
            compare(record.as_ref(), state, &mut found);
            finished.insert(state.session_id.clone());
        }
        after = page.sessions.last().map(|state| state.session_id.clone());
        if !page.has_more || after.is_none() {
            break;
        }
    }
    let completed: Vec<(RechargeId, UserId, Option<String>)> = sqlx::query_as(
        "SELECT id, user_id, session_id FROM recharge_records \
         WHERE status = 'completed' AND provider = 'stripe'",
    )
    .fetch_all(db.reader())
    .await?;
    for (id, user, session) in completed {
        if session.is_none_or(|session| !finished.contains(&session)) {
            let user = Some(&user);
            found(Finding::new(
                "recharge.unpaid",
                id,
                user,
                "a finished checkout",
                "none",
            ));
        }
    }
    Ok(())
}

/// One finished checkout against its record.
fn compare(record: Option<&Recharge>, state: &CheckoutState, found: &mut dyn FnMut(Finding)) {
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
    let payment = state.payment_id.as_deref().unwrap_or("none");
    let amount = (state.amount_minor + state.discount_minor).to_string();
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
