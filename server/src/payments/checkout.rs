use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::gateway::{GatewayError, NewCheckout, PlanPrice};
use super::records::{self, NewRecord};
use super::{Interruption, Payments, Provider, stripe};
use crate::catalog::{Money, Offer};
use crate::credits::{self, CreditsError};
use crate::failpoint;
use crate::idempotency::{self, Answer, Claim, KeyRefused, Patience, Scope};
use crate::ids::{RechargeId, UserId};
use crate::time::Timestamp;

/// Somebody wants to buy something.
#[derive(Clone, Debug)]
pub struct CheckoutRequest {
    pub user: UserId,
    pub email: String,
    /// Whether the address is known to be the buyer's own.
    pub verified: bool,
    pub offer: Offer,
    pub provider: Provider,
    /// The name of the item in the buyer's language, shown on the provider's page.
    pub item_name: String,
    /// The language of the provider's page.
    pub language: &'static str,
    pub key: Option<Scope>,
}

/// A checkout that waits for the buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Started {
    pub recharge_id: String,
    pub session_id: String,
    pub url: String,
}

#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// The account has a plan already; it is changed where its provider's portal is.
    #[error("there is a plan already")]
    HasPlan { portal_url: Option<String> },
    #[error("an operator has stopped the spending of this account")]
    Stopped,
    /// The provider did not answer or refused; nothing was charged.
    #[error("the payment provider is not available")]
    Provider(#[from] GatewayError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<CreditsError> for CheckoutError {
    fn from(error: CreditsError) -> Self {
        match error {
            CreditsError::Stopped => Self::Stopped,
            CreditsError::Database(error) => Self::Database(error),
            _ => Self::Database(sqlx::Error::RowNotFound),
        }
    }
}

impl From<Interruption> for CheckoutError {
    fn from(error: Interruption) -> Self {
        match error {
            Interruption::Provider(error) => error.into(),
            Interruption::Database(error) => error.into(),
        }
    }
}

impl Payments {
    /// Makes the recharge record, then the session at the provider, and answers where to pay.
    ///
    /// The provider is asked between two transactions, under a key made of the record's id: a
    /// repeat after a crash finds the same record and gets the same session.
    ///
    /// The work goes on when the caller goes away, as a browser does with the first of two clicks:
    /// the second finds its answer.
    pub async fn checkout(&self, request: CheckoutRequest) -> Result<Answer, CheckoutError> {
        let payments = self.clone();
        let working = tokio::spawn(async move {
            let patience = Patience::default();
            loop {
                match payments.checkout_once(&request).await {
                    Err(CheckoutError::Key(KeyRefused::InFlight)) if patience.wait().await => {}
                    done => return done,
                }
            }
        });
        let crashed = || CheckoutError::Database(sqlx::Error::WorkerCrashed);
        working.await.unwrap_or_else(|_| Err(crashed()))
    }

    async fn checkout_once(&self, request: &CheckoutRequest) -> Result<Answer, CheckoutError> {
        let claimed_at = self.clock.now();
        if request.offer.plan.is_some() && self.has_plan(&request.user).await? {
            return self.refuse_second_plan(request).await;
        }
        let recharge = match self.claim_record(request, claimed_at).await? {
            Claimed::Work(recharge) => recharge,
            Claimed::Done(answer) => return Ok(answer),
        };
        let done = match self.open_session(request, &recharge).await {
            Ok(started) => self.keep(request, &recharge, started, claimed_at).await,
            Err(error) => Err(error),
        };
        if let (Err(error), Some(scope)) = (&done, &request.key) {
            match error {
                // The session may be made, and the answer may even be kept: a repeat goes on with this record.
                CheckoutError::Database(_) => {
                    idempotency::hand_over(&self.db, scope, claimed_at).await;
                }
                _ => idempotency::give_up(&self.db, scope, claimed_at).await?,
            }
        }
        done
    }

    /// A second plan is not sold. A known key is answered as it was all the same.
    async fn refuse_second_plan(&self, request: &CheckoutRequest) -> Result<Answer, CheckoutError> {
        let mut tx = self.db.begin().await?;
        if let Some(scope) = &request.key
            && let Claim::Done(answer) =
                idempotency::claim(&mut tx, scope, self.clock.now()).await?
        {
            return Ok(answer);
        }
        credits::refuse_stopped(&mut tx, &request.user).await?;
        drop(tx);
        let portal_url = self
            .portal(&request.user, &request.email, request.verified)
            .await
            .ok();
        Err(CheckoutError::HasPlan { portal_url })
    }

    /// First transaction: the key and the record, together.
    async fn claim_record(
        &self,
        request: &CheckoutRequest,
        now: Timestamp,
    ) -> Result<Claimed, CheckoutError> {
        let mut tx = self.db.begin().await?;
        let mut begun = None;
        if let Some(scope) = &request.key {
            match idempotency::claim(&mut tx, scope, now).await? {
                Claim::New => {}
                Claim::Done(answer) => return Ok(Claimed::Done(answer)),
                Claim::Refused(refused) => return Err(refused.into()),
                Claim::Resume(subject) => begun = subject.as_deref().and_then(RechargeId::parse),
            }
        }
        // Locked, as by a deletion: whatever is begun before it, it finds.
        let select = tx.locking("SELECT id FROM users WHERE id = $1 AND deleted_at IS NULL");
        let buyer = sqlx::query(select).bind(request.user.clone());
        if buyer.fetch_optional(&mut *tx).await?.is_none() {
            return Err(sqlx::Error::RowNotFound.into());
        }
        credits::refuse_stopped(&mut tx, &request.user).await?;
        if let Some(recharge) = begun {
            tx.commit().await?;
            return Ok(Claimed::Work(recharge));
        }
        let recharge = RechargeId::new(now);
        let seller = self.catalog.seller.as_ref();
        let record = NewRecord {
            id: &recharge,
            user: &request.user,
            provider: request.provider,
            offer: &request.offer,
            terms_version: seller.map(|seller| seller.terms_version.as_str()),
            immediate: true,
        };
        let mut row = record.row(now);
        row.next_check_at = Some(self.first_check(request.provider, now));
        records::insert(&mut tx, &row).await?;
        if let Some(scope) = &request.key {
            idempotency::set_subject(&mut tx, scope, recharge.as_str()).await?;
        }
        tx.commit().await?;
        Ok(Claimed::Work(recharge))
    }

    async fn open_session(
        &self,
        request: &CheckoutRequest,
        recharge: &RechargeId,
    ) -> Result<Started, CheckoutError> {
        let record = self
            .recharge(recharge)
            .await?
            .ok_or(sqlx::Error::RowNotFound)?;
        let gateway = self.gateway(record.provider)?;
        let plan = request.offer.plan.as_ref();
        // Creem knows its customers by their address.
        let customer = match (plan, record.provider) {
            (Some(_), Provider::Stripe) => {
                let made = self.customer(record.provider, &request.user, &request.email);
                Some(made.await?)
            }
            _ => None,
        };
        let tax = self.catalog.tax;
        // What the record froze, whatever the catalogue says by now.
        let price = Money {
            amount_minor: record.amount_minor,
            currency: record.currency.clone(),
        };
        let plan = plan.map(|terms| PlanPrice {
            plan: &request.offer.item,
            name: &request.offer.name.en,
            price: &price,
            interval: terms.interval,
            tax,
            product: terms.stripe_price.as_deref(),
        });
        let (success_url, cancel_url) = (
            self.page("payments/success?session_id="),
            self.page(&format!("payments/cancelled?recharge_id={recharge}")),
        );
        let made = gateway
            .open_checkout(NewCheckout {
                recharge: &record.id,
                user: &record.user_id,
                email: &request.email,
                item_name: &request.item_name,
                language: request.language,
                price: &price,
                plan,
                product: request.offer.creem_product.as_deref(),
                tax,
                invoice: self.catalog.invoices,
                customer_id: customer.as_deref(),
                success_url: &success_url,
                cancel_url: &cancel_url,
                expires_at: record.created_at.plus(stripe::SESSION_LIFE),
            })
            .await?;
        failpoint::reach(failpoint::SESSION_CREATED).await;
        Ok(Started {
            recharge_id: recharge.to_string(),
            session_id: made.session_id,
            url: made.url,
        })
    }

    /// Second transaction: the session and the answer, together.
    async fn keep(
        &self,
        request: &CheckoutRequest,
        recharge: &RechargeId,
        started: Started,
        claimed_at: Timestamp,
    ) -> Result<Answer, CheckoutError> {
        let body = serde_json::to_string(&started).unwrap_or_default();
        let answer = Answer {
            status: 201,
            body,
            replayed: false,
        };
        let mut tx = self.db.begin().await?;
        records::attach(&mut tx, recharge, &started.session_id, Some(&started.url)).await?;
        if let Some(scope) = &request.key {
            idempotency::keep(&mut tx, scope, claimed_at, &answer).await?;
        }
        tx.commit().await?;
        Ok(answer)
    }
}

enum Claimed {
    Work(RechargeId),
    Done(Answer),
}
