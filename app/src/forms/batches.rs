//! The operator's forms about many wallets at once.

use atelier_server::accounts::User;
use atelier_server::oversight::{
    BatchState, Bulk, BulkError, Operator, RowProblem, RowResult, RowState,
};
use atelier_server::services::Services;
use leptos::prelude::*;

use super::admin::{TYPED_AGAIN_ABOVE, operator_because};
use super::go_with;
use crate::flash::{Flash, Form, Outcome};
use crate::routes;

/// What `admin` changes wallets with.
pub fn bulk_of(services: &Services, admin: &User, operator: Operator) -> Bulk {
    Bulk {
        db: services.db.clone(),
        clock: services.clock.clone(),
        accounts: services.accounts.clone(),
        prices: services.prices(),
        admin: admin.id.clone(),
        operator,
    }
}

/// Applies a batch that was looked at, each of its rows once. `twin` is the batch of the same rows that its page warned of.
#[server(prefix = "/do", endpoint = "admin-batch-apply")]
pub async fn apply_batch(
    id: String,
    #[server(default)] again: String,
    #[server(default)] twin: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    let page = routes::batch(&routes::encode(&id));
    let Some((caller, admin, operator)) =
        operator_because(&page, &reason, Form::Batch, Outcome::CauseMissing).await?
    else {
        return Ok(());
    };
    let bulk = bulk_of(&caller.services, &admin, operator);
    let outcome = apply_once(&bulk, &id, again.trim(), &twin).await;
    let outcome = outcome.unwrap_or_else(of_refused);
    go_with(&page, &Flash::new(Form::Batch, outcome));
    Ok(())
}

async fn apply_once(
    bulk: &Bulk,
    id: &str,
    again: &str,
    warned_of: &str,
) -> Result<Outcome, BulkError> {
    let sheet = match id.contains('\0') {
        true => None,
        false => bulk.sheet(id).await?,
    };
    let sheet = sheet.ok_or(BulkError::Unknown)?;
    let batch = sheet.batch.as_ref().ok_or(BulkError::Unknown)?;
    if sheet.count(RowState::Waits) == 0 && sheet.state == BatchState::Kept {
        return Ok(Outcome::NothingToApply);
    }
    let twin = sheet
        .twin
        .as_ref()
        .map_or("", |twin| twin.batch_id.as_str());
    if sheet.state == BatchState::Kept && twin != warned_of {
        return Ok(Outcome::TwinApplied);
    }
    let total = sheet.total();
    if total > TYPED_AGAIN_ABOVE && again != total.to_string() {
        return Ok(Outcome::TypeTotal);
    }
    let results = bulk.apply(batch).await?;
    // What was done before tells nothing of before and after.
    let is_done_now = |result: &RowResult| result.ok && result.before.is_some();
    Ok(match results.iter().any(is_done_now) {
        true => Outcome::BatchApplied,
        // Each was refused meanwhile.
        false => Outcome::NothingToApply,
    })
}

/// Takes back what a batch did, as far as its credits are still free.
#[server(prefix = "/do", endpoint = "admin-batch-undo")]
pub async fn undo_batch(
    id: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    let page = routes::batch(&routes::encode(&id));
    let Some((caller, admin, operator)) =
        operator_because(&page, &reason, Form::Batch, Outcome::WhyMissing).await?
    else {
        return Ok(());
    };
    let answer = |outcome| go_with(&page, &Flash::new(Form::Batch, outcome));
    let bulk = bulk_of(&caller.services, &admin, operator);
    let undone = match id.contains('\0') {
        true => Err(BulkError::Unknown),
        false => bulk.undo(&id).await,
    };
    answer(match undone {
        Ok(results) => outcome_of_undoing(&results),
        Err(error) => of_refused(error),
    });
    Ok(())
}

fn outcome_of_undoing(results: &[RowResult]) -> Outcome {
    let is_left = |result: &RowResult| matches!(result.problem, Some(RowProblem::NotUndone(_)));
    if results.iter().any(|result| result.entry.is_some()) {
        Outcome::BatchUndone
    } else if results.iter().any(is_left) {
        Outcome::NothingToUndo
    } else {
        Outcome::BatchWasUndone
    }
}

fn of_refused(error: BulkError) -> Outcome {
    match error {
        BulkError::Undone => Outcome::BatchWasUndone,
        BulkError::OtherRows => Outcome::Conflict,
        BulkError::Unknown | BulkError::Forbidden => Outcome::Unexpected,
        BulkError::Database(error) => {
            tracing::error!(%error, "an operator's form failed");
            Outcome::of_broken(&error)
        }
    }
}
