use atelier_server::payments::RechargeStatus;
use atelier_server::studio::JobState;
use leptos::prelude::*;

use crate::i18n::Words;

/// The state of a job in a word.
pub fn job_state(w: Words, state: JobState) -> AnyView {
    view! {
        <span class="state" data-testid="job-state" data-value=state.as_str()>
            {w.say(job_state_key(state))}
        </span>
    }
    .into_any()
}

pub(crate) const fn job_state_key(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "job-state-queued",
        JobState::Running => "job-state-running",
        JobState::Succeeded => "job-state-succeeded",
        JobState::Failed => "job-state-failed",
        JobState::Cancelled => "job-state-cancelled",
    }
}

/// The status of a purchase in a word.
pub fn recharge_status(w: Words, status: RechargeStatus) -> AnyView {
    let said = w.say(match status {
        RechargeStatus::Pending => "pay-status-pending",
        RechargeStatus::Completed => "pay-status-completed",
        RechargeStatus::Failed => "pay-status-failed",
        RechargeStatus::Cancelled => "pay-status-cancelled",
    });
    said_status(status, said)
}

/// The status of a purchase in other words than usual.
pub fn said_status(status: RechargeStatus, said: String) -> AnyView {
    view! {
        <span class="state" data-testid="recharge-status" data-value=status.as_str()>{said}</span>
    }
    .into_any()
}
