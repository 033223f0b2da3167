use std::collections::HashSet;

use futures::{StreamExt, stream};
use sqlx::FromRow;

use super::{Finding, Told, Totals, accepted, plans};
use crate::db::Database;
use crate::ids::{RechargeId, UserId, first_of};
use crate::payments::gateway::{
    CheckoutProgress, CheckoutState, Gateway, GatewayError, PaymentState,
};
use crate::payments::{Payments, Recharge, RechargeStatus};

/// What is read of a completed record, up to which.
macro_rules! completed {
    () => {
        "SELECT id, user_id, session_id, subscription_id, transaction_id, payment_id, \
         returned_minor, disputed FROM recharge_records WHERE "
    };
}

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
    let accepted = accepted(db).await?;
    let mut found = |finding: Finding| {
        let key = (
            finding.kind.to_owned(),
            finding.id.clone(),
            finding.found.clone(),
        );
        if accepted.contains(&key) {
            totals.accepted += 1;
        } else {
            totals.findings += 1;
            tell(Told::Finding(&finding));
        }
    };
    let mut aside = Aside::default();
    for gateway in payments.gateways() {
        match ask_one(payments, db, &**gateway, &mut aside, &mut found).await {
            Err(DeepError::Provider(error)) => aside.0 = Some(error),
            asked => asked?,
        }
    }
    aside
        .0
        .map_or(Ok(()), |error| Err(DeepError::Provider(error)))
}

async fn ask_one(
    payments: &Payments,
    db: &Database,
    gateway: &dyn Gateway,
    aside: &mut Aside,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<(), DeepError> {
    let finished = if gateway.lists_checkouts() {
        read_finished(payments, gateway, found).await?
    } else {
        read_known(payments, gateway, db, aside, found).await?
    };
    check_completed(gateway, db, &finished, aside, found).await?;
    plans::check_all(gateway, db, aside, found).await
}

/// What a provider would not tell, so that everything else is asked all the same: of one thing, or of all where it does not answer.
#[derive(Default)]
pub(super) struct Aside(Option<GatewayError>);

impl Aside {
    /// `None` where the provider will not tell of this one thing.
    ///
    /// # Errors
    /// The database's own, and that the provider does not answer.
    pub(super) fn of<T>(&mut self, asked: Result<T, DeepError>) -> Result<Option<T>, DeepError> {
        use GatewayError::{Incomplete, Refused};
        match asked {
            Err(DeepError::Provider(error @ (Refused { .. } | Incomplete { .. }))) => {
                self.0 = Some(error);
                Ok(None)
            }
            asked => asked.map(Some),
        }
    }
}

/// The same of one record.
///
/// # Errors
/// The provider's and the database's own.
pub async fn ask_about(
    payments: &Payments,
    db: &Database,
    record: &Recharge,
) -> Result<Vec<Finding>, DeepError> {
    let mut findings = Vec::new();
    let gateway = payments.gateway(record.provider)?;
    let session = record.session_id.as_ref();
    if let Some(session) = session
        && let Some(state) = gateway.checkout(session).await?
        && state.progress != CheckoutProgress::Open
    {
        compare(gateway, Some(record), &state, &mut |finding| {
            findings.push(finding);
        });
    }
    let completed: Option<Completed> =
        sqlx::query_as(concat!(completed!(), "status = 'completed' AND id = $1"))
            .bind(&record.id)
            .fetch_optional(db.reader())
            .await?;
    if let Some(record) = &completed {
        findings.extend(check_record(gateway, record, None).await?);
    }
    Ok(findings)
}

/// The same of one checkout, whether or not there is a record of it.
///
/// # Errors
/// The provider's and the database's own.
pub async fn ask_about_checkout(
    payments: &Payments,
    session_id: &str,
) -> Result<Vec<Finding>, DeepError> {
    let mut findings = Vec::new();
    if let Some(gateway) = payments.gateway_of_session(session_id)
        && let Some(state) = gateway.checkout(session_id).await?
    {
        let record = payments.recharge_of_session(session_id).await?;
        compare(gateway, record.as_ref(), &state, &mut |finding| {
            findings.push(finding);
        });
    }
    Ok(findings)
}

/// Questions that a provider is asked at once, so that a check of thousands of purchases takes minutes and no hour. An answer takes
/// some tenths of a second, and Stripe allows 25 questions a second (<https://docs.stripe.com/rate-limits>).
pub(super) const AT_ONCE: usize = 3;

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
            compare(gateway, record.as_ref(), state, found);
            finished.insert(state.session_id.clone());
        }
        after = page.checkouts.last().map(|state| state.session_id.clone());
        if !page.has_more || after.is_none() {
            return Ok(finished);
        }
    }
}

/// How long somebody may have paid for a checkout that its record gave up, as it is asked about one by one.
const ASKED_FOR: i64 = 35;

/// The same where a provider lists no checkouts: those of completed records and of recent others are asked about. One that it
/// will not tell of keeps no other from being asked about.
async fn read_known(
    payments: &Payments,
    gateway: &dyn Gateway,
    db: &Database,
    aside: &mut Aside,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<HashSet<String>, DeepError> {
    let mut finished = HashSet::new();
    let since = first_of(payments.clock.now().plus_days(-ASKED_FOR));
    let mut after = String::new();
    loop {
        let known: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, session_id FROM recharge_records WHERE provider = $1 AND id > $2 \
             AND session_id IS NOT NULL AND (status = 'completed' OR id >= $3) \
             ORDER BY id LIMIT 200",
        )
        .bind(gateway.provider().as_str())
        .bind(&after)
        .bind(&since)
        .fetch_all(db.reader())
        .await?;
        let Some((last, _)) = known.last() else {
            return Ok(finished);
        };
        after.clone_from(last);
        let sessions = known.iter().map(|(_, session)| session);
        let questions: Vec<_> = sessions
            .clone()
            .map(|session| gateway.checkout(session))
            .collect();
        let mut asked = stream::iter(questions).buffered(AT_ONCE);
        for session in sessions {
            let Some(asked) = asked.next().await else {
                break;
            };
            let state = aside.of(asked.map_err(DeepError::from))?.flatten();
            let paid = |state: &CheckoutState| state.progress == CheckoutProgress::Paid;
            if let Some(state) = state.filter(paid) {
                // As it is by now.
                let record = payments.recharge_of_session(session).await?;
                compare(gateway, record.as_ref(), &state, found);
                finished.insert(session.clone());
            }
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
    disputed: i64,
}

/// Every completed record has a checkout that was finished, or an invoice of a subscription; and what
/// went back is what the provider says.
async fn check_completed(
    gateway: &dyn Gateway,
    db: &Database,
    finished: &HashSet<String>,
    aside: &mut Aside,
    found: &mut (dyn FnMut(Finding) + Send),
) -> Result<(), DeepError> {
    let mut after = String::new();
    loop {
        let completed: Vec<Completed> = sqlx::query_as(concat!(
            completed!(),
            "status = 'completed' AND provider = $1 AND id > $2 ORDER BY id LIMIT 200"
        ))
        .bind(gateway.provider().as_str())
        .bind(&after)
        .fetch_all(db.reader())
        .await?;
        let Some(last) = completed.last() else {
            return Ok(());
        };
        after = last.id.to_string();
        let questions: Vec<_> = completed
            .iter()
            .map(|record| check_record(gateway, record, Some(finished)))
            .collect();
        let mut asked = stream::iter(questions).buffered(AT_ONCE);
        while let Some(asked) = asked.next().await {
            aside.of(asked)?.into_iter().flatten().for_each(&mut *found);
        }
    }
}

async fn check_record(
    gateway: &dyn Gateway,
    record: &Completed,
    finished: Option<&HashSet<String>>,
) -> Result<Vec<Finding>, DeepError> {
    let mut findings = Vec::new();
    let (id, user) = (&record.id, Some(&record.user_id));
    let known = match (&record.session_id, &record.subscription_id) {
        (Some(session), _) => is_finished(gateway, finished, session).await?,
        (None, subscription) => subscription.is_some(),
    };
    if !known {
        let paid = "a finished checkout";
        return Ok(vec![Finding::new(
            "recharge.unpaid",
            id,
            user,
            paid,
            "none",
        )]);
    }
    let transaction = record
        .transaction_id
        .as_ref()
        .or(record.payment_id.as_ref());
    let Some(transaction) = transaction else {
        return Ok(findings);
    };
    let payment = gateway.payment(transaction).await?;
    let returned = payment.as_ref().map_or(0, PaymentState::returned_minor);
    if returned != record.returned_minor {
        let here = record.returned_minor;
        findings.push(Finding::new("recharge.returned", id, user, returned, here));
    }
    let disputed = payment.as_ref().is_some_and(PaymentState::is_disputed);
    let (expected, here) = (i64::from(disputed), record.disputed);
    if expected != here {
        findings.push(Finding::new("recharge.disputed", id, user, expected, here));
    }
    Ok(findings)
}

async fn is_finished(
    gateway: &dyn Gateway,
    finished: Option<&HashSet<String>>,
    session_id: &str,
) -> Result<bool, GatewayError> {
    if finished.is_some_and(|finished| finished.contains(session_id)) {
        return Ok(true);
    }
    // It may have been finished after the list was read.
    let state = gateway.checkout(session_id).await?;
    Ok(state.is_some_and(|state| state.progress == CheckoutProgress::Paid))
}

/// One finished checkout against its record.
fn compare(
    gateway: &dyn Gateway,
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
    let amount = state.amount_minor - state.tax_minor + state.discount_minor;
    // Without a list the tax is told by the product, which may ask for it otherwise by now.
    let is_vouched = !gateway.lists_checkouts() && record.paid_minor == Some(state.amount_minor);
    let amount = match is_vouched {
        true => record.amount_minor,
        false => amount,
    };
    let amount = amount.to_string();
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
