//! The same steps on a real wallet in a database.

use std::time::Duration;

use atelier_server::credits::{
    self, Action, Actor, Adjustment, CreditsError, Grant, HoldRequest, NewPeriod, PeriodChange,
    Prices, Returned, Wallet,
};
use atelier_server::db::{Database, is_duplicate};
use atelier_server::idempotency::{self, Answer, BodyHash, Claim, Key, Scope};
use atelier_server::ids::{JobId, RechargeId, UserId};
use atelier_server::time::Timestamp;

use super::steps::{Step, Tool};
use super::wallet::{DAY, Model};

pub const INITIAL: i64 = 8;
pub const TRIALS: i64 = 3;

/// Whether an operation took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Accepted,
    Refused,
}

pub struct Real {
    pub db: Database,
    pub user: UserId,
    prices: Prices,
    jobs: Vec<JobId>,
    purchases: Vec<RechargeId>,
    periods: Vec<Timestamp>,
    by_hand: Vec<(Adjustment, Scope, String)>,
}

impl Real {
    pub async fn new(db: &Database, prices: Prices, now: Timestamp) -> Self {
        let user = UserId::new(now);
        let mut tx = db.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO users (id, email, name, role, created_at) VALUES ($1, $1, '', 'user', $2)",
        )
        .bind(&user)
        .bind(now)
        .execute(&mut *tx)
        .await
        .unwrap();
        credits::open(&mut tx, &user, 0, now).await.unwrap();
        credits::welcome(&mut tx, &user, INITIAL, TRIALS, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        Self {
            db: db.clone(),
            user,
            prices,
            jobs: Vec::new(),
            purchases: Vec::new(),
            periods: Vec::new(),
            by_hand: Vec::new(),
        }
    }

    /// Does the step. `model` has done it already, and says what money stands where.
    pub async fn step(&mut self, step: &Step, model: &Model, now: Timestamp) -> Done {
        let nothing = match step {
            Step::BuyAgain(_)
            | Step::Refund(..)
            | Step::DisputeOpens(_)
            | Step::DisputeWon(_)
            | Step::DisputeLost(_) => self.purchases.is_empty(),
            Step::HoldAgain(..) | Step::Capture(_) | Step::Release(_) => self.jobs.is_empty(),
            Step::Repeat(_) => self.by_hand.is_empty(),
            Step::OpenPeriodAgain(_) | Step::EndPeriod => self.periods.is_empty(),
            _ => false,
        };
        if nothing {
            return Done::Accepted;
        }
        match self.attempt(step, model, now).await {
            Ok(true) => Done::Accepted,
            Ok(false) | Err(CreditsError::Insufficient(_)) => Done::Refused,
            Err(CreditsError::Database(error)) if is_duplicate(&error) => Done::Refused,
            Err(error) => panic!("{error}"),
        }
    }

    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    pub async fn wallet(&self, now: Timestamp) -> Wallet {
        credits::read(&self.db, &self.user, now).await.unwrap()
    }

    /// `false` when a hold had ended before.
    async fn attempt(
        &mut self,
        step: &Step,
        model: &Model,
        now: Timestamp,
    ) -> Result<bool, CreditsError> {
        // These begin a transaction of their own.
        match *step {
            Step::Add(n) => return self.by_hand(Action::Add, n, false, now).await,
            Step::Deduct(n) => return self.by_hand(Action::Deduct, n, false, now).await,
            Step::DeductOwn(n) => return self.by_hand(Action::Deduct, n, true, now).await,
            Step::Set(n) => return self.by_hand(Action::Set, n, false, now).await,
            Step::Repeat(i) => {
                let (adjustment, scope, answer) = self.by_hand[i % self.by_hand.len()].clone();
                let again = self.once(&adjustment, &scope, now).await?;
                assert_eq!(again, (answer, true), "the first answer is given again");
                return Ok(true);
            }
            Step::Wait(_) => return Ok(true),
            Step::Sweep => {
                credits::settle_lapsed(&self.db, &self.user, now).await?;
                return Ok(true);
            }
            _ => {}
        }
        let (db, user) = (self.db.clone(), self.user.clone());
        let mut tx = db.begin().await?;
        match *step {
            Step::Buy {
                credits,
                bonus,
                lapses_after,
                ..
            } => {
                let recharge = RechargeId::new(now);
                self.purchases.push(recharge.clone());
                let grant = Grant {
                    recharge: &recharge,
                    credits,
                    bonus,
                    expires_at: lapses_after.map(|days| now.plus_days(days)),
                    provider: "stripe",
                };
                credits::grant(&mut tx, &user, grant, now).await?;
            }
            Step::BuyAgain(i) => {
                let grant = Grant {
                    recharge: &self.purchases[i % self.purchases.len()],
                    credits: 5,
                    bonus: 0,
                    expires_at: None,
                    provider: "stripe",
                };
                credits::grant(&mut tx, &user, grant, now).await?;
            }
            Step::Hold(tool) => {
                let job = JobId::new(now);
                let request = self.request(&job, tool);
                credits::hold(&mut tx, &user, request, now).await?;
                self.jobs.push(job);
            }
            Step::HoldAgain(i, tool) => {
                let job = self.jobs[i % self.jobs.len()].clone();
                let request = self.request(&job, tool);
                credits::hold(&mut tx, &user, request, now).await?;
            }
            Step::Capture(i) => {
                let job = &self.jobs[i % self.jobs.len()];
                if !credits::capture(&mut tx, job, now).await? {
                    return Ok(false);
                }
            }
            Step::Release(i) => {
                let job = &self.jobs[i % self.jobs.len()];
                if !credits::release(&mut tx, job, now).await? {
                    return Ok(false);
                }
            }
            Step::Refund(i, _)
            | Step::DisputeOpens(i)
            | Step::DisputeWon(i)
            | Step::DisputeLost(i) => {
                let i = i % self.purchases.len();
                let purchase = model.purchases[i];
                let returned = Returned {
                    recharge: &self.purchases[i],
                    paid_minor: purchase.paid,
                    returned_minor: purchase.refunded + purchase.lost,
                    disputed: purchase.disputed,
                    provider: "stripe",
                };
                credits::returned(&mut tx, &user, returned, now).await?;
            }
            Step::OpenPeriod {
                quota,
                days,
                renews,
            } => {
                self.periods.push(now);
                let period = period(now, quota, days, renews);
                credits::open_period(&mut tx, &user, &self.named(&period), now).await?;
            }
            Step::OpenPeriodAgain(i) => {
                let starts_at = self.periods[i % self.periods.len()];
                let period = period(starts_at, Some(1), 5, true);
                credits::open_period(&mut tx, &user, &self.named(&period), now).await?;
            }
            Step::EndPeriod => {
                if self.wallet(now).await.period.is_none() {
                    return Ok(true);
                }
                let current = self.wallet(now).await.period.unwrap();
                let end = PeriodChange {
                    plan: &current.plan,
                    quota: current.quota,
                    ends_at: current.ends_at,
                    serves_until: now,
                    renews: false,
                    unpaid: false,
                    provider: "stripe",
                };
                credits::change_period(&mut tx, &user, self.user.as_str(), &end, now).await?;
            }
            Step::Add(_)
            | Step::Deduct(_)
            | Step::DeductOwn(_)
            | Step::Set(_)
            | Step::Repeat(_)
            | Step::Wait(_)
            | Step::Sweep => unreachable!("done above"),
        }
        tx.commit().await?;
        Ok(true)
    }

    fn request<'a>(&self, job: &'a JobId, tool: Tool) -> HoldRequest<'a> {
        let (tool, price) = match tool {
            Tool::TryOn => ("try_on", self.prices.try_on),
            Tool::Video => ("video", self.prices.video),
        };
        HoldRequest { job, tool, price }
    }

    fn named<'a>(&'a self, period: &NewPeriod<'a>) -> NewPeriod<'a> {
        NewPeriod {
            subscription_id: self.user.as_str(),
            ..period.clone()
        }
    }

    /// A change by hand with an idempotency key, kept to be repeated later.
    async fn by_hand(
        &mut self,
        action: Action,
        amount: i64,
        own: bool,
        now: Timestamp,
    ) -> Result<bool, CreditsError> {
        let actor = if own {
            Actor::User(self.user.clone())
        } else {
            Actor::CommandLine
        };
        let adjustment = Adjustment {
            user: self.user.clone(),
            action,
            amount,
            reason: "a test".to_owned(),
            actor,
            address: None,
        };
        let number = self.by_hand.len().to_string();
        let scope = Scope {
            user: self.user.clone(),
            endpoint: "POST /api/credits".into(),
            key: Key::parse(&format!("{now:?} {number}")).unwrap(),
            body: BodyHash::of(&[("amount", number.as_bytes())]),
        };
        let (answer, replayed) = self.once(&adjustment, &scope, now).await?;
        assert!(!replayed);
        self.by_hand.push((adjustment, scope, answer));
        Ok(true)
    }

    /// As the API does it: key, work and answer in one transaction.
    async fn once(
        &self,
        adjustment: &Adjustment,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<(String, bool), CreditsError> {
        let mut tx = self.db.begin().await?;
        // Keys are kept for a day; these histories are longer.
        let claimed_at = Timestamp::from_seconds(1_700_000_000);
        match idempotency::claim(&mut tx, scope, claimed_at).await? {
            Claim::New => {}
            Claim::Done(answer) => return Ok((answer.body, answer.replayed)),
            other => panic!("{other:?}"),
        }
        let view = credits::adjust(&mut tx, adjustment, &self.prices, now).await?;
        let answer = Answer {
            status: 200,
            body: serde_json::to_string(&view).unwrap(),
            replayed: false,
        };
        idempotency::keep(&mut tx, scope, claimed_at, &answer).await?;
        tx.commit().await?;
        Ok((answer.body, false))
    }
}

fn period(starts_at: Timestamp, quota: Option<i64>, days: i64, renews: bool) -> NewPeriod<'static> {
    let ends_at = starts_at.plus_days(days);
    let grace = if renews { 3 } else { 0 };
    NewPeriod {
        subscription_id: "",
        recharge: None,
        plan: "premium-monthly",
        quota,
        starts_at,
        ends_at,
        serves_until: ends_at.plus(Duration::from_micros((grace * DAY) as u64)),
        renews,
        provider: "stripe",
    }
}
