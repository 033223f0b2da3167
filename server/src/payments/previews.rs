//! What a refund would do, before anybody asks the provider for it.

use super::fulfil::FulfilError;
use super::records::{RechargeRow, RechargeStatus};
use super::returns::{RefundError, beyond, newest_period_of};
use super::reversals::REFUNDS;
use super::{Payments, Recharge};
use crate::credits::{self, Effect};
use crate::ids::RechargeId;

/// What a refund would do by the books as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundPreview {
    /// The money that would go back, in minor units, and what would be left of the payment.
    pub amount_minor: i64,
    pub left_minor: i64,
    pub effect: Effect,
    /// The period of a plan that it paid for would end, and the plan with it.
    pub ends_plan: bool,
    returned_minor: i64,
    /// Refunds that were asked for before, whatever became of them.
    refunds: i64,
}

impl RefundPreview {
    /// Under what the provider is asked: whoever confirms a refund of the same books, twice or elsewhere, wishes the same one.
    pub fn key_of(mark: &str) -> String {
        let books: Vec<&str> = mark.split('-').take(2).collect();
        format!("confirmed:{}", books.join(":"))
    }

    /// Tells this preview from one with other figures: whoever confirms it sends it along.
    pub fn mark(&self) -> String {
        let Effect { taken, owed } = self.effect;
        let plan = i64::from(self.ends_plan);
        let figures = [
            self.returned_minor,
            self.refunds,
            self.amount_minor,
            self.left_minor,
            taken,
            owed,
            plan,
        ];
        figures.map(|figure| figure.to_string()).join("-")
    }
}

impl Payments {
    /// What [`Payments::refund`] of so much would do now; without an amount, of all that is left. Nothing is changed.
    ///
    /// # Errors
    /// What `refund` would refuse.
    pub async fn preview_refund(
        &self,
        id: &RechargeId,
        amount_minor: Option<i64>,
    ) -> Result<RefundPreview, RefundError> {
        let mut tx = self.db.begin().await?;
        let row: Option<RechargeRow> =
            sqlx::query_as("SELECT * FROM recharge_records WHERE id = $1")
                .bind(id)
                .fetch_optional(&mut *tx)
                .await?;
        let row = row.filter(|row| row.status == RechargeStatus::Completed);
        let mut row = row.ok_or(RefundError::NotPaid)?;
        if row.transaction_id.is_none() && row.payment_id.is_none() {
            return Err(RefundError::NotPaid);
        }
        let paid_minor = row.paid();
        let before = row.returned_minor;
        let left = paid_minor - before;
        if let Some(refused) = beyond(left, amount_minor) {
            return Err(refused);
        }
        let amount = amount_minor.unwrap_or(left);
        row.returned_minor += amount;
        let ends_plan = row.is_returned() && newest_period_of(&mut tx, &row).await?.is_some();
        // What a plan gives are uses, which end with its period.
        let effect = match Recharge::from(row.clone()).plan {
            Some(_) => Effect::default(),
            None => {
                let now = self.clock.now();
                let user = &row.user_id;
                let previewed = credits::preview_returned(&mut tx, user, row.returned(), now);
                previewed.await.map_err(FulfilError::from)?
            }
        };
        Ok(RefundPreview {
            amount_minor: amount,
            left_minor: left - amount,
            effect,
            ends_plan,
            returned_minor: before,
            refunds: REFUNDS.count(&mut *tx, id).await?,
        })
    }
}
