//! What mends each kind.

use sqlx::FromRow;

use super::{Item, Kind, Mend, Mended, ReconcileError, Reconciliation};
use crate::credits::{self, Actor, CreditsError, HoldRequest, PaidBy, Price, WrongGrant};
use crate::db::{Tx, is_duplicate};
use crate::ids::{JobId, PeriodId, RechargeId, UserId};
use crate::oversight::{self, Deed, Operator, WrongDay};
use crate::payments::ComparedCredits;
use crate::studio::{self, Tool};
use crate::time::Timestamp;
use crate::verify::{self, Finding};

const ACTION: Deed = Deed::Mend;

/// More than any wallet has, so that something else pays.
const NOBODY_HAS: i64 = i64::MAX;

impl Reconciliation {
    /// Looks for the finding anew and mends it, once, however often this is called.
    ///
    /// # Errors
    /// [`ReconcileError::ByHand`] where nothing tells what would be right; the provider's, when it did not answer: nothing, or a
    /// part that a further click goes on with, is done then.
    pub async fn mend(
        &self,
        kind: Kind,
        id: &str,
        by: &Operator,
    ) -> Result<Mended, ReconcileError> {
        let mended = match self.find(kind, id).await? {
            None => Mended::NothingWrong,
            Some(item) => {
                self.mend_item(&item, by).await?;
                match self.find(kind, id).await? {
                    None => Mended::Done,
                    Some(_) => Mended::Remains,
                }
            }
        };
        if mended != Mended::Remains {
            self.note_mended(kind, id).await?;
        }
        Ok(mended)
    }

    async fn mend_item(&self, item: &Item, by: &Operator) -> Result<(), ReconcileError> {
        let payments = &self.payments;
        let recharge = RechargeId::parse(&item.id);
        match (item.mend, &recharge) {
            (Mend::Adopt, _) => Ok(payments.adopt(&item.id, by).await?),
            (Mend::Fulfil, Some(id)) => Ok(payments.grant_paid(id, by).await?),
            (Mend::TakeBack, Some(id)) if item.kind == Kind::GrantedTwice => {
                Ok(payments.take_back_double(id, by).await?)
            }
            (Mend::TakeBack, Some(id)) => self.take_back(item, id, by).await,
            (Mend::GiveBack, Some(id)) => Ok(payments.give_back_held(id, by).await?),
            (Mend::Correct, Some(id)) if item.kind == Kind::WrongCredits => {
                self.correct_credits(item, id, by).await
            }
            (Mend::Correct, Some(id)) => Ok(payments.correct_record(id, by).await?),
            (Mend::ReadAgain, Some(id)) => {
                if let Some(record) = payments.recharge(id).await? {
                    payments.read_record_for(&record, by).await?;
                }
                Ok(())
            }
            (Mend::ReadAgain, None) => {
                let subscription = item.id.split_once('#').map_or("", |(id, _)| id);
                Ok(payments.read_plan_for(subscription, by).await?)
            }
            (Mend::Withdraw, _) => self.withdraw(item, by).await,
            (Mend::EndPlan, _) => Ok(payments.end_second_plan(&item.id, by).await?),
            (Mend::Hold, _) => self.hold(item, by).await,
            (Mend::Settle, _) => self.settle(item, by).await,
            (Mend::MakeUp, _) => self.make_up(item, by).await,
            (Mend::Rebuild, _) if item.kind == Kind::DayOff => self.recount(item, by).await,
            (Mend::Rebuild, _) => self.rebuild(item, by).await,
            _ => Err(ReconcileError::ByHand),
        }
    }

    async fn take_back(
        &self,
        item: &Item,
        id: &RechargeId,
        by: &Operator,
    ) -> Result<(), ReconcileError> {
        self.payments.take_back_unpaid(id, by).await?;
        // Of what was never recorded there is nothing to set right but the credits.
        let missing: Vec<&Finding> = of_kind(item, "recharge.missing").collect();
        if !missing.is_empty() {
            let mut tx = self.db.begin().await?;
            accept(&mut tx, missing, by, self.clock.now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Either the record or the grant is as it was written: the one whose seal is good. A record that was changed gets what was
    /// granted; a wallet that got something else gets the difference.
    async fn correct_credits(
        &self,
        item: &Item,
        id: &RechargeId,
        by: &Operator,
    ) -> Result<(), ReconcileError> {
        let now = self.clock.now();
        let user = account(item)?;
        let mut tx = self.db.begin().await?;
        match self.payments.compare_credits(&mut tx, id, now).await? {
            ComparedCredits::Agree => return Ok(()),
            ComparedCredits::Corrected => {}
            ComparedCredits::Missing(amount, expires_at) => {
                // What came as a bonus stays what it is.
                let bonus = of_kind(item, "recharge.bonus");
                if !accept(&mut tx, bonus, by, now).await? && amount == 0 {
                    return Ok(());
                }
                let wrong = WrongGrant {
                    recharge: id,
                    amount,
                    expires_at,
                };
                let (note, actor) = (&by.reason, actor(by));
                credits::correct_purchase(&mut tx, &user, wrong, note, actor, now).await?;
                self.payments.keep_in_line(&mut tx, id, now).await?;
            }
        }
        by.records(
            &mut tx,
            ACTION,
            id.as_str(),
            &item.found,
            &item.expected,
            now,
        )
        .await?;
        Ok(tx.commit().await?)
    }

    async fn withdraw(&self, item: &Item, by: &Operator) -> Result<(), ReconcileError> {
        let now = self.clock.now();
        let user = account(item)?;
        let period = PeriodId::parse(&item.id).ok_or(ReconcileError::ByHand)?;
        let mut tx = self.db.begin().await?;
        if credits::withdraw_period(&mut tx, &user, &period, actor(by), now).await? {
            by.records(&mut tx, ACTION, &item.id, "nobody paid", "withdrawn", now)
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Holds for a job what should have been held when it was accepted, and settles that if it has ended. Where nothing pays for it
    /// by now, a job that goes on is stopped, and one that has ended stays as it is, given for nothing.
    async fn hold(&self, item: &Item, by: &Operator) -> Result<(), ReconcileError> {
        let now = self.clock.now();
        let job = JobId::parse(&item.id).ok_or(ReconcileError::ByHand)?;
        let mut tx = self.db.begin().await?;
        let row = job_row(&mut tx, &job)
            .await?
            .ok_or(ReconcileError::ByHand)?;
        let price = Price {
            credits: if row.paid_by == PaidBy::Credits {
                row.cost
            } else {
                NOBODY_HAS
            },
            trial: row.paid_by == PaidBy::Trial,
            plan: row.paid_by == PaidBy::Plan,
        };
        let request = HoldRequest {
            job: &job,
            tool: row.tool.as_str(),
            price,
        };
        match credits::hold(&mut tx, &row.user_id, request, now).await {
            Ok(_) => {
                settle_as(&mut tx, &job, &row.state, now).await?;
                by.records(&mut tx, ACTION, &item.id, "nothing held", "held", now)
                    .await?;
                return Ok(tx.commit().await?);
            }
            Err(CreditsError::Insufficient(_)) => drop(tx),
            // Somebody else held for it meanwhile.
            Err(CreditsError::Database(error)) if is_duplicate(&error) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let mut tx = self.db.begin().await?;
        let stopped = studio::stop(&mut tx, &job, now).await?;
        if accept(&mut tx, &item.of, by, now).await? {
            let after = if stopped {
                "stopped, nothing pays for it"
            } else {
                "left unpaid"
            };
            by.records(&mut tx, ACTION, &item.id, "nothing held", after, now)
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Ends a hold as its job ended; that of a job which does not exist goes back.
    async fn settle(&self, item: &Item, by: &Operator) -> Result<(), ReconcileError> {
        let now = self.clock.now();
        let job = JobId::parse(&item.id).ok_or(ReconcileError::ByHand)?;
        let mut tx = self.db.begin().await?;
        let row = job_row(&mut tx, &job).await?;
        let state = row.map_or_else(|| "failed".to_owned(), |row| row.state);
        let settled = settle_as(&mut tx, &job, &state, now).await?;
        let missing: Vec<&Finding> = of_kind(item, "job.missing").collect();
        let news = match missing.is_empty() {
            true => settled,
            false => accept(&mut tx, missing, by, now).await?,
        };
        if news {
            let after = if state == "succeeded" {
                "captured"
            } else {
                "released"
            };
            by.records(&mut tx, ACTION, &item.id, "held", after, now)
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// What was settled wrongly stays in the history; another entry makes up for it.
    async fn make_up(&self, item: &Item, by: &Operator) -> Result<(), ReconcileError> {
        let now = self.clock.now();
        let user = account(item)?;
        let job = JobId::parse(&item.id).ok_or(ReconcileError::ByHand)?;
        let mut tx = self.db.begin().await?;
        // Whoever writes this first does the rest.
        if !accept(&mut tx, &item.of, by, now).await? {
            return Ok(());
        }
        match item.kind {
            Kind::CapturedOfFailed => {
                let worth = self.worth(&mut tx, &job).await?;
                credits::correct(&mut tx, &user, worth, &by.reason, actor(by), now).await?;
            }
            Kind::ReleasedOfSucceeded => {
                let cost = job_row(&mut tx, &job).await?.map_or(0, |row| row.cost);
                credits::correct(&mut tx, &user, -cost, &by.reason, actor(by), now).await?;
            }
            _ => self.hold_again(&mut tx, &user, &job, by, now).await?,
        }
        by.records(&mut tx, ACTION, &item.id, &item.found, &item.expected, now)
            .await?;
        Ok(tx.commit().await?)
    }

    /// What a second end let go of is set aside again; what it spent a second time comes back too.
    async fn hold_again(
        &self,
        tx: &mut Tx,
        user: &UserId,
        job: &JobId,
        by: &Operator,
        now: Timestamp,
    ) -> Result<(), ReconcileError> {
        for (entry, captured, moved) in credits::extra_ends(tx, job).await? {
            if moved == 0 {
                continue;
            }
            let held = credits::hold_again(tx, user, &entry, actor(by), now).await?;
            // What is no longer free there cannot be set aside: who has spent it, spent what was not theirs.
            let held = held.ok_or(ReconcileError::ByHand)?;
            let made = "a consumption record of its job";
            let finding = Finding::new("use.missing", &held, Some(user), made, "none");
            accept(tx, [&finding], by, now).await?;
            if captured {
                credits::correct(tx, user, moved, &by.reason, actor(by), now).await?;
            }
        }
        Ok(())
    }

    /// What the use of a job was worth in credits: what was held for it, or the tool's price where a trial or a plan paid.
    async fn worth(&self, tx: &mut Tx, job: &JobId) -> Result<i64, ReconcileError> {
        let Some(row) = job_row(tx, job).await? else {
            return Ok(0);
        };
        Ok(match row.paid_by {
            PaidBy::Credits => row.cost,
            _ => row.tool.price(self.prices).credits,
        })
    }

    async fn recount(&self, item: &Item, by: &Operator) -> Result<(), ReconcileError> {
        let wrong = WrongDay {
            date: item.id.clone(),
            expected: item.expected.clone(),
            found: item.found.clone(),
        };
        Ok(oversight::recount(&self.db, &wrong, by, self.clock.now()).await?)
    }

    /// Writes anew what follows from the entries, settles the holds of ended jobs, and lets a job be paid as its record says.
    async fn rebuild(&self, item: &Item, by: &Operator) -> Result<(), ReconcileError> {
        let now = self.clock.now();
        let user = account(item)?;
        let job = JobId::parse(&item.id).filter(|_| item.kind == Kind::RecordAgainstJob);
        let mut tx = self.db.begin().await?;
        if let Some(job) = &job {
            // The job before its use and its wallet, as with its end.
            let select = tx.locking("SELECT id FROM jobs WHERE id = $1");
            sqlx::query(select).bind(job).execute(&mut *tx).await?;
        }
        credits::lock_books(&mut tx, &user).await?;
        // What is committed shows whether somebody else did it meanwhile; nobody changes these books any more.
        if !self.is_found_in_books(item, &user).await? {
            return Ok(());
        }
        credits::rebuild_in(&mut tx, &user, now).await?;
        if let Some(job) = &job {
            self.follow_record(&mut tx, &user, job, by, now).await?;
        }
        by.records(&mut tx, ACTION, &item.id, &item.found, &item.expected, now)
            .await?;
        tx.commit().await?;
        credits::settle_ended(&self.db, &user, now).await?;
        Ok(())
    }

    /// A job costs what its record says. One that goes on after its hold has ended is stopped; what it had cost by then comes back.
    async fn follow_record(
        &self,
        tx: &mut Tx,
        user: &UserId,
        job: &JobId,
        by: &Operator,
        now: Timestamp,
    ) -> Result<(), ReconcileError> {
        sqlx::query(
            "UPDATE jobs SET cost = c.credits, paid_by = c.paid_by, user_id = c.user_id \
             FROM consumption_records c WHERE c.job_id = jobs.id AND jobs.id = $1 AND c.user_id = $2",
        )
        .bind(job)
        .bind(user)
        .execute(&mut **tx)
        .await?;
        let status: Option<String> =
            sqlx::query_scalar("SELECT status FROM consumption_records WHERE job_id = $1")
                .bind(job)
                .fetch_optional(&mut **tx)
                .await?;
        let status = status.unwrap_or_default();
        if status != "completed" && status != "refunded" || !studio::stop(tx, job, now).await? {
            return Ok(());
        }
        if status == "completed" {
            let worth = self.worth(tx, job).await?;
            let finding = Finding::new("job.hold", job, Some(user), "refunded", "completed");
            if accept(tx, [&finding], by, now).await? {
                credits::correct(tx, user, worth, &by.reason, actor(by), now).await?;
            }
        }
        Ok(())
    }
}

#[derive(FromRow)]
struct JobOf {
    user_id: UserId,
    #[sqlx(try_from = "String")]
    tool: Tool,
    state: String,
    #[sqlx(try_from = "String")]
    paid_by: PaidBy,
    cost: i64,
}

/// Locked until the transaction ends.
async fn job_row(tx: &mut Tx, job: &JobId) -> sqlx::Result<Option<JobOf>> {
    let select = tx.locking("SELECT user_id, tool, state, paid_by, cost FROM jobs WHERE id = $1");
    sqlx::query_as(select)
        .bind(job)
        .fetch_optional(&mut **tx)
        .await
}

/// Says whether it was this call that ended the hold.
async fn settle_as(
    tx: &mut Tx,
    job: &JobId,
    state: &str,
    now: Timestamp,
) -> Result<bool, CreditsError> {
    match state {
        "succeeded" => credits::capture(tx, job, now).await,
        "failed" | "cancelled" => credits::release(tx, job, now).await,
        _ => Ok(false),
    }
}

fn of_kind<'a>(item: &'a Item, kind: &'static str) -> impl Iterator<Item = &'a Finding> {
    item.of.iter().filter(move |finding| finding.kind == kind)
}

/// Takes the findings as they are, because something makes up for them. Says whether nobody had done so before.
async fn accept<'a>(
    tx: &mut Tx,
    findings: impl IntoIterator<Item = &'a Finding>,
    by: &Operator,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let mut first = false;
    for finding in findings {
        let why = format!("made up for by {}: {}", by.actor, by.reason);
        first |= verify::accept_in(tx, finding, &why, now).await?;
    }
    Ok(first)
}

fn account(item: &Item) -> Result<UserId, ReconcileError> {
    let user = item.user_id.as_deref().and_then(UserId::parse);
    user.ok_or(ReconcileError::ByHand)
}

/// Who stands in the ledger's entry.
fn actor(by: &Operator) -> Actor {
    let admin = by.actor.strip_prefix("admin:").and_then(UserId::parse);
    admin.map_or(Actor::CommandLine, Actor::Admin)
}
