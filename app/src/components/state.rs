use atelier_server::payments::Standing;
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

/// How a purchase stands, in a word.
pub fn recharge_status(w: Words, standing: Standing) -> AnyView {
    said_status(standing, "state", w.say(standing_key(standing)))
}

pub(crate) const fn standing_key(standing: Standing) -> &'static str {
    match standing {
        Standing::Pending => "pay-status-pending",
        Standing::Completed => "pay-status-completed",
        Standing::Failed => "pay-status-failed",
        Standing::Cancelled => "pay-status-cancelled",
        Standing::PartiallyRefunded => "pay-status-partially-refunded",
        Standing::Refunded => "pay-status-refunded",
        Standing::Disputed => "pay-status-disputed",
    }
}

/// The same in other words than usual.
pub fn said_status(standing: Standing, class: &'static str, said: String) -> AnyView {
    view! {
        <span class=class data-testid="recharge-status" data-value=standing.as_str()>{said}</span>
    }
    .into_any()
}
