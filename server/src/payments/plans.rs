//! What an account does with its plan: ends it, takes it up again, moves to another.

use std::time::Duration;

use super::fulfil::FulfilError;
use super::gateway::{GatewayError, PlanChange, PlanPrice};
use super::subscriptions::Subscription;
use super::{Interruption, Payments, Provider};
use crate::catalog::Plan;
use crate::credits::{self, CreditsError};
use crate::failpoint;
use crate::ids::UserId;

#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("there is no plan")]
    NoPlan,
    #[error("this plan is not sold")]
    Unknown,
    #[error("this is the plan already")]
    Same,
    /// The provider finds its customers by their address, which anybody may have typed.
    #[error("the e-mail address is not verified")]
    Unverified,
    #[error("an operator has stopped the spending of this account")]
    Stopped,
    /// Nothing was changed or charged.
    #[error(transparent)]
    Provider(#[from] GatewayError),
    #[error(transparent)]
    Fulfil(#[from] FulfilError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<CreditsError> for PlanError {
    fn from(error: CreditsError) -> Self {
        match error {
            CreditsError::Stopped => Self::Stopped,
            CreditsError::Database(error) => Self::Database(error),
            _ => Self::Database(sqlx::Error::RowNotFound),
        }
    }
}

impl From<Interruption> for PlanError {
    fn from(error: Interruption) -> Self {
        match error {
            Interruption::Provider(error) => error.into(),
            Interruption::Database(error) => error.into(),
        }
    }
}

impl Payments {
    /// Lets the plan end with its period, or go on after all.
    pub async fn set_plan_renewing(&self, user: &UserId, renews: bool) -> Result<(), PlanError> {
        let subscription = self.plan_of(user).await?.ok_or(PlanError::NoPlan)?;
        if renews {
            self.refuse_stopped(user).await?;
        }
        let gateway = self.gateway(subscription.provider)?;
        gateway.set_renewing(&subscription.id, renews).await?;
        failpoint::reach(failpoint::PLAN_CHANGED).await;
        self.read_plan_again(&subscription).await
    }

    /// Moves to another plan: up at once, with a bill for the difference; down with the next period.
    pub async fn change_plan(&self, user: &UserId, to: &str) -> Result<(), PlanError> {
        let subscription = self.plan_of(user).await?.ok_or(PlanError::NoPlan)?;
        let to = self.catalog.plan(to).ok_or(PlanError::Unknown)?;
        if to.id == subscription.plan {
            return Err(PlanError::Same);
        }
        self.refuse_stopped(user).await?;
        let change = match self.catalog.plan(&subscription.plan) {
            // Paid for already: only a move down that was to come is taken back.
            _ if self.serving(&subscription).await?.as_deref() == Some(to.id.as_str()) => {
                PlanChange::WithNextPeriod
            }
            Some(now) if to.is_above(now) => PlanChange::Now,
            _ => PlanChange::WithNextPeriod,
        };
        let gateway = self.gateway(subscription.provider)?;
        let price = self.price_of(to, subscription.provider);
        gateway.change_plan(&subscription.id, price, change).await?;
        failpoint::reach(failpoint::PLAN_CHANGED).await;
        self.read_plan_again(&subscription).await
    }

    /// Before the provider is asked for anything that costs.
    async fn refuse_stopped(&self, user: &UserId) -> Result<(), PlanError> {
        let mut tx = self.db.begin().await?;
        Ok(credits::refuse_stopped(&mut tx, user).await?)
    }

    /// The plan of the period that runs, whatever the next one will be.
    async fn serving(&self, subscription: &Subscription) -> sqlx::Result<Option<String>> {
        let mut reader = self.db.reader().acquire().await?;
        let period = credits::newest_period(&mut reader, &subscription.id).await?;
        Ok(period.map(|period| period.plan))
    }

    fn price_of<'a>(&self, plan: &'a Plan, provider: Provider) -> PlanPrice<'a> {
        PlanPrice {
            plan: &plan.id,
            name: &plan.name.en,
            price: &plan.price,
            interval: plan.interval,
            tax: self.catalog.tax,
            product: match provider {
                Provider::Stripe => plan.stripe_price.as_deref(),
                Provider::Creem => plan.creem_product.as_deref(),
            },
        }
    }

    /// Makes what the plans are sold by at each provider, `pace` apart. What fails is made when the plan
    /// is first sold.
    pub(super) async fn prepare_plans(&self, pace: Duration) {
        for gateway in self.gateways() {
            for plan in &self.catalog.plans {
                let price = self.price_of(plan, gateway.provider());
                if let Err(error) = gateway.prepare_plan(price).await {
                    tracing::warn!(plan = plan.id, %error, "a plan could not be prepared");
                }
                tokio::time::sleep(pace).await;
            }
        }
    }

    async fn read_plan_again(&self, subscription: &Subscription) -> Result<(), PlanError> {
        self.read_subscription_again(subscription.provider, &subscription.id)
            .await?;
        Ok(())
    }

    /// Where an account manages cards, plan and invoices: at the provider of its plan, else at the
    /// first one. `verified` says whether the address is known to be the account's own.
    pub async fn portal(
        &self,
        user: &UserId,
        email: &str,
        verified: bool,
    ) -> Result<String, PlanError> {
        // Plans can be changed there.
        self.refuse_stopped(user).await?;
        let provider = match self.plan_of(user).await? {
            Some(subscription) => subscription.provider,
            None => Provider::Stripe,
        };
        if provider == Provider::Creem && !verified {
            return Err(PlanError::Unverified);
        }
        let customer = self.customer(provider, user, email).await?;
        let gateway = self.gateway(provider)?;
        Ok(gateway.portal(&customer, &self.page("payments")).await?)
    }

    /// The provider's id of an account, made if there is none.
    pub(super) async fn customer(
        &self,
        provider: Provider,
        user: &UserId,
        email: &str,
    ) -> Result<String, Interruption> {
        let known: Option<String> = sqlx::query_scalar(
            "SELECT customer_id FROM payment_customers WHERE provider = $1 AND user_id = $2",
        )
        .bind(provider.as_str())
        .bind(user)
        .fetch_optional(self.db.reader())
        .await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let made = self.gateway(provider)?.customer(user, email).await?;
        let mut tx = self.db.begin().await?;
        // Whoever came first is right.
        sqlx::query(
            "INSERT INTO payment_customers (provider, user_id, customer_id) VALUES ($1, $2, $3) \
             ON CONFLICT (provider, user_id) DO NOTHING",
        )
        .bind(provider.as_str())
        .bind(user)
        .bind(&made)
        .execute(&mut *tx)
        .await?;
        let kept = sqlx::query_scalar(
            "SELECT customer_id FROM payment_customers WHERE provider = $1 AND user_id = $2",
        )
        .bind(provider.as_str())
        .bind(user)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(kept)
    }
}
