//! What a provider still has to be told about a subscription: written with what made it necessary,
//! done after the commit, and tried again until it is confirmed.

use super::fulfil::FulfilError;
use super::subscriptions::Subscription;
use super::{Payments, Provider, Recharge, RechargeRow};
use crate::failpoint;
use crate::ids::UserId;

impl Payments {
    /// Runs the errands of one account. What fails is tried again by the catch-up.
    pub(super) async fn run_errands_of(&self, user: &UserId) {
        let open: sqlx::Result<Vec<Subscription>> =
            sqlx::query_as("SELECT * FROM subscriptions WHERE user_id = $1 AND errand IS NOT NULL")
                .bind(user)
                .fetch_all(self.db.reader())
                .await;
        match open {
            Ok(open) => self.run(open).await,
            Err(error) => tracing::error!(%error, "errands could not be read"),
        }
    }

    /// Runs whatever was left undone.
    pub(super) async fn run_errands(&self, provider: Provider) -> sqlx::Result<()> {
        let open: Vec<Subscription> = sqlx::query_as(
            "SELECT * FROM subscriptions WHERE errand IS NOT NULL AND provider = $1 \
             ORDER BY id LIMIT 20",
        )
        .bind(provider.as_str())
        .fetch_all(self.db.reader())
        .await?;
        self.run(open).await;
        Ok(())
    }

    async fn run(&self, open: Vec<Subscription>) {
        for subscription in open {
            if let Err(error) = self.run_errand(&subscription).await {
                tracing::warn!(subscription = subscription.id, %error, "an errand waits");
            }
        }
    }

    async fn run_errand(&self, subscription: &Subscription) -> Result<(), FulfilError> {
        let gateway = self.gateway(subscription.provider)?;
        gateway.end_subscription(&subscription.id).await?;
        failpoint::reach(failpoint::PLAN_CHANGED).await;
        if subscription.errand.as_deref() == Some("end_and_refund") {
            for recharge in self.recharges_of_subscription(&subscription.id).await? {
                self.give_all_back(&recharge).await?;
            }
        }
        let mut tx = self.db.begin().await?;
        sqlx::query("UPDATE subscriptions SET errand = NULL, ended_by_us = 1 WHERE id = $1")
            .bind(&subscription.id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.bring_subscription_in_line(subscription.provider, &subscription.id)
            .await?;
        Ok(())
    }

    async fn give_all_back(&self, recharge: &Recharge) -> Result<(), FulfilError> {
        let Some(transaction) = &recharge.transaction_id else {
            return Ok(());
        };
        let paid = recharge.paid_minor.unwrap_or(0);
        if recharge.returned_minor < paid {
            let key = format!("surplus:{}", recharge.id);
            let gateway = self.gateway(recharge.provider)?;
            gateway.refund(transaction, None, &key).await?;
            failpoint::reach(failpoint::MONEY_RETURNED).await;
            self.bring_payment_in_line(recharge.provider, transaction)
                .await?;
        }
        Ok(())
    }

    async fn recharges_of_subscription(&self, id: &str) -> sqlx::Result<Vec<Recharge>> {
        let rows: Vec<RechargeRow> = sqlx::query_as(
            "SELECT * FROM recharge_records WHERE subscription_id = $1 AND status = 'completed'",
        )
        .bind(id)
        .fetch_all(self.db.reader())
        .await?;
        Ok(rows.into_iter().map(Recharge::from).collect())
    }
}
