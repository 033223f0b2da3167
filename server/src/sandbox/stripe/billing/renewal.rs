//! The wish to end a period now.

use serde_json::Value;
use sqlx::AnyConnection;

use super::cycle::{self, Verdict};
use super::is_over;
use crate::sandbox::stripe::api::Operation;
use crate::sandbox::stripe::errors::{Failure, Refusal};
use crate::sandbox::stripe::events::Act;
use crate::sandbox::stripe::params::Params;
use crate::sandbox::stripe::store::{self, Kind};

/// Ends the period and bills the next; of a subscription whose latest invoice is unpaid, tries that
/// again instead.
pub struct Renewal {
    subscription: String,
    verdict: Verdict,
}

impl Renewal {
    pub fn parse(params: &Params<'_>) -> Result<Self, Refusal> {
        params.only(&["subscription", "outcome"])?;
        let outcome = params.one_of("outcome", &["paid", "failed"])?;
        Ok(Self {
            subscription: params.required("subscription")?,
            verdict: match outcome.as_deref() {
                Some("paid") => Verdict::Paid,
                Some(_) => Verdict::Failed,
                None => Verdict::Card,
            },
        })
    }
}

impl Operation for Renewal {
    async fn run(&self, tx: &mut AnyConnection, act: &mut Act) -> Result<Value, Failure> {
        let id = &self.subscription;
        let subscription = store::lock(tx, Kind::Subscription, id).await?;
        let mut subscription =
            subscription.ok_or_else(|| Kind::Subscription.missing(id, "subscription"))?;
        if is_over(&subscription) {
            let message = format!("The subscription {id} has ended.");
            return Err(Refusal::invalid(message).param("subscription").into());
        }
        if cycle::is_unpaid(&subscription) {
            cycle::retry(tx, act, &mut subscription, self.verdict).await?;
        } else {
            cycle::cut_period(&mut subscription, act.at.seconds());
            cycle::end_period(tx, act, &mut subscription, self.verdict).await?;
        }
        Ok(subscription.shape)
    }
}
