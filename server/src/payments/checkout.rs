use serde::{Deserialize, Serialize};

use super::{Payments, Provider, records, stripe};
use crate::catalog::Offer;
use crate::failpoint;
use crate::idempotency::{self, Answer, Claim, KeyRefused, Patience, Scope};
use crate::ids::{RechargeId, UserId};
use crate::time::Timestamp;

/// Somebody wants to buy something.
#[derive(Clone, Debug)]
pub struct CheckoutRequest {
    pub user: UserId,
    pub email: String,
    pub offer: Offer,
    /// The name of the item in the buyer's language, shown on the provider's page.
    pub item_name: String,
    /// The language of the provider's page.
    pub language: &'static str,
    pub key: Option<Scope>,
}

/// A checkout that waits for the buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub recharge_id: String,
    pub session_id: String,
    pub url: String,
}

#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// The provider did not answer or refused; nothing was charged.
    #[error("the payment provider is not available")]
    Provider(#[from] stripe::GatewayError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
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

    /// First transaction: the key and the record, together.
    async fn claim_record(
        &self,
        request: &CheckoutRequest,
        now: Timestamp,
    ) -> Result<Claimed, CheckoutError> {
        let mut tx = self.db.begin().await?;
        if let Some(scope) = &request.key {
            match idempotency::claim(&mut tx, scope, now).await? {
                Claim::New => {}
                Claim::Done(answer) => return Ok(Claimed::Done(answer)),
                Claim::Refused(refused) => return Err(refused.into()),
                Claim::Resume(subject) => {
                    if let Some(recharge) = subject.as_deref().and_then(RechargeId::parse) {
                        tx.commit().await?;
                        return Ok(Claimed::Work(recharge));
                    }
                }
            }
        }
        let recharge = RechargeId::new(now);
        records::insert(
            &mut tx,
            &recharge,
            &request.user,
            Provider::Stripe,
            &request.offer,
            now,
        )
        .await?;
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
        let session = stripe::NewSession {
            recharge: &record,
            email: &request.email,
            item_name: &request.item_name,
            success_url: self.page("payments/success?session_id={CHECKOUT_SESSION_ID}"),
            cancel_url: self.page(&format!("payments/cancelled?recharge_id={recharge}")),
            expires_at: record.created_at.plus(stripe::SESSION_LIFE),
        };
        let made = self.stripe.create_session(session).await?;
        failpoint::reach(failpoint::SESSION_CREATED).await;
        Ok(Started {
            recharge_id: recharge.to_string(),
            session_id: made.id,
            url: made.url,
        })
    }

    fn page(&self, path: &str) -> String {
        format!("{}{path}", self.site)
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
