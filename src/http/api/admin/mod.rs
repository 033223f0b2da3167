//! `/api/admin`: what the operator sees and does. Every list is also a CSV.

pub mod anomalies;
pub mod audit;
pub mod batches;
pub mod bulk;
pub mod jobs;
pub mod recharges;
pub mod reconciliation;
pub mod stats;
pub mod subscriptions;
pub mod users;
pub mod webhook_events;

use atelier_server::oversight::Operator;

use crate::http::body::Fields;
use crate::http::caller::Caller;
use crate::http::problem::too_long;

const LONGEST_REASON: usize = 500;

/// The caller as the audit log names them, with the reason they give.
pub(super) fn operator(caller: &Caller, fields: &mut Fields) -> Operator {
    let reason = fields.optional_text("reason").unwrap_or_default();
    if reason.chars().count() > LONGEST_REASON {
        fields.refuse("reason", too_long(LONGEST_REASON));
    }
    Operator {
        actor: caller.as_operator().to_string(),
        address: caller.address.clone(),
        reason,
    }
}

/// A value of a filter, if it is set.
fn set(value: Option<&String>) -> Option<String> {
    value.filter(|text| !text.is_empty()).cloned()
}
