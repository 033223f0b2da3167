//! Where each kind is found.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::time::Duration;

use sqlx::FromRow;

use super::{Item, Kind, Mend, ReconcileError, Reconciliation, Report};
use crate::ids::{RechargeId, UserId};
use crate::payments::gateway::GatewayError;
use crate::payments::{Provider, Recharge, RechargeStatus};
use crate::time::Timestamp;
use crate::verify::{self, Finding, Told, Totals};

/// Findings that one check keeps. There are that many only where something is wrong with all of them.
const MOST: usize = 2_000;

impl Reconciliation {
    /// Checks everything, at the payment providers too. What is kept in memory is a batch of accounts and what was found.
    ///
    /// # Errors
    /// The database's own. That a provider did not answer is told in the report.
    pub async fn check(&self) -> sqlx::Result<Report> {
        let checked_at = self.clock.now();
        let mut findings = Vec::new();
        let mut keep = |told: Told<'_>| {
            if let Told::Finding(finding) = told
                && is_listed(finding)
                && findings.len() < MOST
            {
                findings.push(finding.clone());
            }
        };
        let mut totals = Totals::default();
        let asked = verify::ask_providers(&self.payments, &self.db, &mut totals, &mut keep).await;
        let problem = match asked {
            Ok(()) => None,
            Err(verify::DeepError::Provider(error)) => Some(error.to_string()),
            Err(verify::DeepError::Database(error)) => return Err(error),
        };
        verify::run(&self.db, &mut keep).await?;
        findings.extend(self.of_records().await?);
        Ok(Report {
            checked_at,
            items: self.place(findings).await?,
            problem,
        })
    }

    /// One finding, looked for anew.
    pub(super) async fn find(&self, kind: Kind, id: &str) -> Result<Option<Item>, ReconcileError> {
        let mut findings = match self.account_of(kind, id).await? {
            Some(user) => verify::findings_of(&self.db, &user).await?,
            None => Vec::new(),
        };
        findings.retain(is_listed);
        match kind {
            Kind::PaymentWithoutRecord => {
                findings.extend(verify::ask_about_checkout(&self.payments, id).await?);
            }
            Kind::PlanInvoiceWithoutPeriod | Kind::PeriodWithoutInvoice => {
                findings.extend(self.of_plan(kind, id).await?);
            }
            Kind::DayOff => findings.extend(verify::of_days(&self.db, Timestamp::parse(id)).await?),
            _ => {}
        }
        if let Some(recharge) = RechargeId::parse(id)
            && let Some(record) = self.payments.recharge(&recharge).await?
            && self.payments.has(record.provider)
        {
            findings.extend(verify::ask_about(&self.payments, &self.db, &record).await?);
        }
        let of_records = self.of_records().await?;
        findings.extend(of_records.into_iter().filter(|finding| finding.id == id));
        let items = self.place(findings).await?;
        let is_it = |item: &Item| item.kind == kind && item.id == id;
        Ok(items.into_iter().find(is_it))
    }

    /// Whether the account's own books still show it. No provider is asked.
    pub(super) async fn is_found_in_books(&self, item: &Item, user: &UserId) -> sqlx::Result<bool> {
        let mut findings = verify::findings_of(&self.db, user).await?;
        findings.retain(is_listed);
        let items = self.place(findings).await?;
        let is_it = |found: &Item| found.kind == item.kind && found.id == item.id;
        Ok(items.iter().any(is_it))
    }

    async fn of_plan(&self, kind: Kind, id: &str) -> Result<Vec<Finding>, ReconcileError> {
        let subscription = match kind {
            Kind::PlanInvoiceWithoutPeriod => id.split_once('#').map(|(id, _)| id.to_owned()),
            _ => {
                sqlx::query_scalar("SELECT subscription_id FROM plan_periods WHERE id = $1")
                    .bind(id)
                    .fetch_optional(self.db.reader())
                    .await?
            }
        };
        let Some(subscription) = subscription else {
            return Ok(Vec::new());
        };
        let provider: Option<String> =
            sqlx::query_scalar("SELECT provider FROM subscriptions WHERE id = $1")
                .bind(&subscription)
                .fetch_optional(self.db.reader())
                .await?;
        let provider = provider.as_deref().and_then(Provider::parse);
        let Some(provider) = provider.filter(|provider| self.payments.has(*provider)) else {
            return Ok(Vec::new());
        };
        let gateway = self
            .payments
            .gateway(provider)
            .map_err(verify::DeepError::from)?;
        Ok(verify::ask_about_subscription(gateway, &self.db, &subscription).await?)
    }

    /// What does not agree about one purchase, by its own record and by what the provider says of it. `None` when the
    /// provider took longer than `patience`.
    ///
    /// # Errors
    /// The provider's and the database's own.
    pub async fn about_within(
        &self,
        record: &Recharge,
        patience: Duration,
    ) -> Option<Result<Vec<Item>, ReconcileError>> {
        let asked = tokio::time::timeout(patience, self.about(record)).await;
        asked.ok()
    }

    async fn about(&self, record: &Recharge) -> Result<Vec<Item>, ReconcileError> {
        let mut findings = Vec::new();
        let is_open = matches!(
            record.status,
            RechargeStatus::Pending | RechargeStatus::Failed
        );
        if let Some(reason) = record.held_back.as_ref().filter(|_| is_open)
            && !record.is_surplus()
        {
            findings.push(held_back(&record.id, &record.user_id, reason));
        }
        if self.payments.has(record.provider) {
            findings.extend(verify::ask_about(&self.payments, &self.db, record).await?);
        }
        let mut items = self.place(findings).await?;
        items.retain(|item| item.id == record.id.as_str());
        Ok(items)
    }

    /// What two records say against each other, which neither an account's own books nor the provider shows.
    async fn of_records(&self) -> sqlx::Result<Vec<Finding>> {
        let mut findings = self.granted_twice().await?;
        let held: Vec<(RechargeId, UserId, String)> = sqlx::query_as(
            "SELECT id, user_id, held_back FROM recharge_records \
             WHERE status IN ('pending', 'failed') AND held_back IS NOT NULL \
             AND held_back <> 'second_plan' ORDER BY id LIMIT 1000",
        )
        .fetch_all(self.db.reader())
        .await?;
        for (id, user, reason) in held {
            findings.push(held_back(&id, &user, reason));
        }
        let second: Vec<(String, UserId, String)> = sqlx::query_as(
            "SELECT s.id, s.user_id, o.id FROM subscriptions s JOIN subscriptions o \
             ON o.user_id = s.user_id AND (o.created_at < s.created_at \
             OR (o.created_at = s.created_at AND o.id < s.id)) \
             WHERE s.surplus = 0 AND s.status IN ('active', 'past_due') \
             AND o.surplus = 0 AND o.status IN ('active', 'past_due') ORDER BY s.id, o.id LIMIT 1000",
        )
        .fetch_all(self.db.reader())
        .await?;
        for (id, user, older) in second {
            let expected = format!("one living plan, {older}");
            findings.push(Finding::new(
                "plan.second",
                &id,
                Some(&user),
                expected,
                "a second one",
            ));
        }
        Ok(findings)
    }

    /// Completed records that name one payment. The one that the provider names is right, else the one whose checkout was paid by
    /// it, else the one that was there first. Where the provider cannot be asked, nothing is said: the wrong one might lose its
    /// credits.
    async fn granted_twice(&self) -> sqlx::Result<Vec<Finding>> {
        let rows: Vec<Doubled> = sqlx::query_as(
            "SELECT id, user_id, provider, transaction_id, session_id FROM recharge_records r \
             WHERE status = 'completed' AND transaction_id IN (SELECT transaction_id \
             FROM recharge_records WHERE status = 'completed' AND transaction_id IS NOT NULL \
             GROUP BY provider, transaction_id HAVING COUNT(*) > 1) \
             ORDER BY created_at, id LIMIT 1000",
        )
        .fetch_all(self.db.reader())
        .await?;
        let mut groups: BTreeMap<(String, String), Vec<Doubled>> = BTreeMap::new();
        for row in rows {
            let key = (row.provider.clone(), row.transaction_id.clone());
            groups.entry(key).or_default().push(row);
        }
        let mut findings = Vec::new();
        for ((provider, transaction), group) in groups {
            let right = match self.right_of(&provider, &transaction, &group).await {
                Ok(right) => right.unwrap_or(0),
                Err(error) => {
                    tracing::warn!(%error, transaction, "it cannot be told whose payment it is");
                    continue;
                }
            };
            let expected = format!("one record of {transaction}, {}", group[right].id);
            for (index, row) in group.iter().enumerate() {
                if index != right {
                    let user = Some(&row.user_id);
                    findings.push(Finding::new(
                        "payment.twice",
                        &row.id,
                        user,
                        &expected,
                        "this one too",
                    ));
                }
            }
        }
        Ok(findings)
    }

    /// Which of the records of one payment is its own, by what the provider says; `None` where it names none of them.
    async fn right_of(
        &self,
        provider: &str,
        transaction: &str,
        records: &[Doubled],
    ) -> Result<Option<usize>, GatewayError> {
        let provider = Provider::parse(provider).filter(|one| self.payments.has(*one));
        let Some(provider) = provider else {
            return Ok(None);
        };
        let gateway = self.payments.gateway(provider)?;
        let payment = gateway.payment(transaction).await?;
        if let Some(named) = payment.and_then(|payment| payment.recharge_id) {
            return Ok(records.iter().position(|row| row.id.as_str() == named));
        }
        // Payments of this provider name no record: their checkouts name them.
        let mut unknown = None;
        for (index, row) in records.iter().enumerate() {
            let Some(session) = &row.session_id else {
                continue;
            };
            match gateway.checkout(session).await {
                Ok(Some(state)) if state.transaction_id.as_deref() == Some(transaction) => {
                    return Ok(Some(index));
                }
                Ok(_) => {}
                Err(error) => unknown = Some(error),
            }
        }
        unknown.map_or(Ok(None), Err)
    }

    /// The account that a finding is about.
    async fn account_of(&self, kind: Kind, id: &str) -> sqlx::Result<Option<UserId>> {
        let select = match kind {
            Kind::WalletSum | Kind::VersionOff | Kind::TrialsOff => {
                return Ok(UserId::parse(id));
            }
            Kind::LotOff => {
                "SELECT user_id FROM lots WHERE id = $1 UNION ALL SELECT e.user_id FROM entry_lots p \
                 JOIN entries e ON e.id = p.entry_id WHERE p.lot_id = $1 LIMIT 1"
            }
            Kind::PeriodOff | Kind::PeriodWithoutInvoice => {
                "SELECT user_id FROM plan_periods WHERE id = $1"
            }
            Kind::EntryOff => "SELECT user_id FROM entries WHERE id = $1",
            Kind::JobWithoutHold
            | Kind::HoldWithoutJob
            | Kind::HeldAfterEnd
            | Kind::CapturedOfFailed
            | Kind::ReleasedOfSucceeded
            | Kind::DoubleRelease
            | Kind::RecordAgainstJob => {
                "SELECT user_id FROM consumption_records WHERE job_id = $1 \
                 UNION ALL SELECT user_id FROM entries WHERE job_id = $1 \
                 UNION ALL SELECT user_id FROM jobs WHERE id = $1 LIMIT 1"
            }
            _ => {
                "SELECT user_id FROM recharge_records WHERE id = $1 \
                 UNION ALL SELECT user_id FROM lots WHERE recharge_id = $1 LIMIT 1"
            }
        };
        sqlx::query_scalar(select)
            .bind(id)
            .fetch_optional(self.db.reader())
            .await
    }

    /// What the findings mean. Several that show one fault are one.
    async fn place(&self, findings: Vec<Finding>) -> sqlx::Result<Vec<Item>> {
        let mut items = Items::default();
        let mut records: HashMap<String, Vec<Finding>> = HashMap::new();
        let mut twice: Vec<String> = Vec::new();
        for finding in findings {
            if finding.kind == "job.ended_twice" {
                twice.push(finding.id.clone());
            }
            if finding.kind.starts_with("recharge.") || finding.kind == "payment.twice" {
                records.entry(finding.id.clone()).or_default().push(finding);
                continue;
            }
            let (kind, id) = match finding.kind {
                "use.missing" => self.of_missing_use(&finding).await?,
                "entry.lots" => match self.job_of(&finding.id).await? {
                    Some(job) => (Kind::DoubleRelease, job),
                    None => (Kind::EntryOff, finding.id.clone()),
                },
                kind if kind.starts_with("use.") => {
                    (Kind::RecordAgainstJob, self.job_of_use(&finding.id).await?)
                }
                _ => match kind_of(&finding) {
                    Some(kind) => (kind, id_of(&finding)),
                    None => continue,
                },
            };
            items.add(kind, id, finding);
        }
        // Parts of another size without a second end are a flaw of the entry.
        for item in &mut items.0 {
            if item.kind == Kind::DoubleRelease && !twice.contains(&item.id) {
                item.kind = Kind::EntryOff;
                item.id = item
                    .of
                    .first()
                    .map_or(String::new(), |finding| finding.id.clone());
            }
        }
        let mut records: Vec<(String, Vec<Finding>)> = records.into_iter().collect();
        records.sort_by(|a, b| a.0.cmp(&b.0));
        for (id, findings) in records {
            self.place_record(&id, findings, &mut items).await?;
        }
        let mut items = items.0;
        for item in &mut items {
            item.mend = mend_of(item);
        }
        items.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
        Ok(items)
    }

    /// One record: the fault that explains the others comes first.
    async fn place_record(
        &self,
        id: &str,
        findings: Vec<Finding>,
        items: &mut Items,
    ) -> sqlx::Result<()> {
        let has = |kind: &str| findings.iter().any(|finding| finding.kind == kind);
        let whole = if has("payment.twice") {
            Some(Kind::GrantedTwice)
        } else if has("recharge.unpaid") {
            let has_grant = self.has_grant(id).await?;
            Some(if has_grant {
                Kind::GrantedNotPaid
            } else {
                Kind::RecordWithoutPayment
            })
        } else if has("recharge.user_id") {
            Some(Kind::WrongOwner)
        } else if has("recharge.currency") {
            Some(Kind::WrongCurrency)
        } else if has("recharge.amount_minor") || has("recharge.payment_id") {
            Some(Kind::WrongPayment)
        } else if has("recharge.paid") {
            Some(Kind::PaidNotGranted)
        } else if has("recharge.missing") {
            Some(Kind::GrantedNotPaid)
        } else {
            None
        };
        for finding in findings {
            let more = finding.expected.parse::<i64>().unwrap_or(0)
                > finding.found.parse::<i64>().unwrap_or(0);
            let kind = match finding.kind {
                "recharge.granted" | "recharge.bonus" => match whole {
                    Some(kind) => kind,
                    None if finding.kind == "recharge.granted" && finding.found == "0" => {
                        Kind::PaidNotGranted
                    }
                    None if finding.kind == "recharge.granted" && finding.expected == "0" => {
                        Kind::GrantedNotPaid
                    }
                    None => Kind::WrongCredits,
                },
                "recharge.returned" | "recharge.returned_minor" | "recharge.taken" if more => {
                    Kind::RefundNotTakenBack
                }
                "recharge.returned" | "recharge.returned_minor" | "recharge.taken" => {
                    Kind::TakenBackWithoutRefund
                }
                "recharge.disputed" | "recharge.frozen" if more => Kind::DisputeNotFrozen,
                "recharge.disputed" | "recharge.frozen" => Kind::FrozenWithoutDispute,
                "recharge.held_back" => match finding.found.as_str() {
                    "owner" => Kind::WrongOwner,
                    "currency" => Kind::WrongCurrency,
                    _ => Kind::PaidNotGranted,
                },
                _ => match whole {
                    Some(kind) => kind,
                    None => continue,
                },
            };
            items.add(kind, id.to_owned(), finding);
        }
        // A bonus alone that is not there is part of what was not granted.
        if whole.is_none() {
            items.join(
                id,
                Kind::WrongCredits,
                &[Kind::PaidNotGranted, Kind::GrantedNotPaid],
            );
        }
        Ok(())
    }

    /// Whether a purchase brought anything that stands.
    async fn has_grant(&self, id: &str) -> sqlx::Result<bool> {
        let standing: i64 = sqlx::query_scalar(
            "SELECT (SELECT CAST(COALESCE(SUM(granted), 0) AS BIGINT) FROM lots WHERE recharge_id = $1) \
             - (SELECT CAST(COALESCE(SUM(-amount), 0) AS BIGINT) FROM entries \
                WHERE recharge_id = $1 AND kind = 'take_back') \
             + (SELECT COUNT(*) FROM plan_periods WHERE recharge_id = $1 AND withdrawn = 0)",
        )
        .bind(id)
        .fetch_one(self.db.reader())
        .await?;
        Ok(standing > 0)
    }

    async fn job_of(&self, entry: &str) -> sqlx::Result<Option<String>> {
        let job: Option<Option<String>> =
            sqlx::query_scalar("SELECT job_id FROM entries WHERE id = $1")
                .bind(entry)
                .fetch_optional(self.db.reader())
                .await?;
        Ok(job.flatten())
    }

    async fn job_of_use(&self, record: &str) -> sqlx::Result<String> {
        let job: Option<String> =
            sqlx::query_scalar("SELECT job_id FROM consumption_records WHERE id = $1")
                .bind(record)
                .fetch_optional(self.db.reader())
                .await?;
        Ok(job.unwrap_or_else(|| record.to_owned()))
    }

    /// A job that nothing was held for, or a hold whose record is gone.
    async fn of_missing_use(&self, finding: &Finding) -> sqlx::Result<(Kind, String)> {
        if let Some(job) = self.job_of(&finding.id).await? {
            return Ok((Kind::RecordAgainstJob, job));
        }
        let holds: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM entries WHERE job_id = $1 AND kind = 'hold'")
                .bind(&finding.id)
                .fetch_one(self.db.reader())
                .await?;
        let kind = if holds > 0 {
            Kind::RecordAgainstJob
        } else {
            Kind::JobWithoutHold
        };
        Ok((kind, finding.id.clone()))
    }
}

#[derive(FromRow)]
struct Doubled {
    id: RechargeId,
    user_id: UserId,
    provider: String,
    transaction_id: String,
    session_id: Option<String>,
}

/// In the order in which they were found, each once.
#[derive(Default)]
struct Items(Vec<Item>);

impl Items {
    fn add(&mut self, kind: Kind, id: String, finding: Finding) {
        let known = self
            .0
            .iter_mut()
            .find(|item| item.kind == kind && item.id == id);
        let Some(item) = known else {
            self.0.push(Item {
                kind,
                id,
                user_id: finding.user_id.clone(),
                expected: said(&finding, &finding.expected),
                found: said(&finding, &finding.found),
                mend: Mend::ByHand,
                mended_at: None,
                position: 0,
                of: vec![finding],
            });
            return;
        };
        // What is found here and at the provider alike is said once.
        let (expected, found) = (
            said(&finding, &finding.expected),
            said(&finding, &finding.found),
        );
        if item.of.len() < MOST_TOLD && (item.expected != expected || item.found != found) {
            item.expected = format!("{}; {expected}", item.expected);
            item.found = format!("{}; {found}", item.found);
        }
        item.of.push(finding);
    }

    /// Counts findings of one kind as part of another one about the same row.
    fn join(&mut self, id: &str, part: Kind, wholes: &[Kind]) {
        let at = |items: &[Item], kind| {
            items
                .iter()
                .position(|item| item.kind == kind && item.id == id)
        };
        let Some(from) = at(&self.0, part) else {
            return;
        };
        let Some(_) = wholes.iter().find_map(|kind| at(&self.0, *kind)) else {
            return;
        };
        let part = self.0.remove(from);
        if let Some(to) = wholes.iter().find_map(|kind| at(&self.0, *kind)) {
            self.0[to].of.extend(part.of);
        }
    }
}

/// Figures of one row that are told; the rest follows the same way.
const MOST_TOLD: usize = 4;

/// A figure is told by its name.
fn said(finding: &Finding, value: &str) -> String {
    let figure = finding
        .kind
        .split_once('.')
        .map_or("", |(_, figure)| figure);
    if value.parse::<i64>().is_ok() && figure != "ended_twice" {
        format!("{figure} {value}")
    } else {
        value.to_owned()
    }
}

/// Seals are the business of `verify`: they say that a row was changed, not what would be right.
fn is_listed(finding: &Finding) -> bool {
    !finding.kind.ends_with(".seal")
}

/// What a finding is by itself.
fn kind_of(finding: &Finding) -> Option<Kind> {
    let kind = match finding.kind {
        "payment.unknown" => Kind::PaymentWithoutRecord,
        "plan.second" => Kind::TwoLivePlans,
        "invoice.period" => Kind::PlanInvoiceWithoutPeriod,
        "period.invoice" | "period.payment" | "period.subscription" => Kind::PeriodWithoutInvoice,
        "period.used" | "period.held" => Kind::PeriodOff,
        "job.missing" => Kind::HoldWithoutJob,
        "job.ended_twice" => Kind::DoubleRelease,
        "job.hold" => match (finding.expected.as_str(), finding.found.as_str()) {
            (_, "held") => Kind::HeldAfterEnd,
            ("refunded", "completed") => Kind::CapturedOfFailed,
            ("completed", "refunded") => Kind::ReleasedOfSucceeded,
            _ => Kind::RecordAgainstJob,
        },
        "wallet.version" => Kind::VersionOff,
        "wallet.trials_used" | "wallet.trials_held" => Kind::TrialsOff,
        other => match other.split_once('.')?.0 {
            "job" | "use" => Kind::RecordAgainstJob,
            "lot" => Kind::LotOff,
            "wallet" | "day" => Kind::WalletSum,
            "entry" => Kind::EntryOff,
            "site" => Kind::DayOff,
            _ => return None,
        },
    };
    Some(kind)
}

/// A payment that came and does not fit its record.
fn held_back(id: &RechargeId, user: &UserId, reason: impl Display) -> Finding {
    let fits = "a payment that fits the record";
    Finding::new("recharge.held_back", id, Some(user), fits, reason)
}

/// The row it is about: a day is its wallet's.
fn id_of(finding: &Finding) -> String {
    match finding.id.split_once('@') {
        Some((user, _)) if finding.kind.starts_with("day.") => user.to_owned(),
        _ => finding.id.clone(),
    }
}

fn mend_of(item: &Item) -> Mend {
    let is = |kind: &str| item.of.iter().any(|finding| finding.kind == kind);
    if is("recharge.held_back") {
        return Mend::GiveBack;
    }
    match item.kind {
        Kind::PaymentWithoutRecord => Mend::Adopt,
        Kind::RecordWithoutPayment | Kind::GrantedNotPaid | Kind::GrantedTwice => Mend::TakeBack,
        Kind::PaidNotGranted => Mend::Fulfil,
        Kind::WrongCredits | Kind::WrongOwner | Kind::WrongCurrency | Kind::WrongPayment => {
            Mend::Correct
        }
        Kind::RefundNotTakenBack
        | Kind::TakenBackWithoutRefund
        | Kind::DisputeNotFrozen
        | Kind::FrozenWithoutDispute
        | Kind::PlanInvoiceWithoutPeriod => Mend::ReadAgain,
        Kind::PeriodWithoutInvoice => Mend::Withdraw,
        Kind::TwoLivePlans => Mend::EndPlan,
        Kind::JobWithoutHold => Mend::Hold,
        Kind::HoldWithoutJob | Kind::HeldAfterEnd => Mend::Settle,
        Kind::CapturedOfFailed | Kind::ReleasedOfSucceeded | Kind::DoubleRelease => Mend::MakeUp,
        Kind::RecordAgainstJob
        | Kind::WalletSum
        | Kind::LotOff
        | Kind::VersionOff
        | Kind::TrialsOff
        | Kind::PeriodOff
        | Kind::DayOff => Mend::Rebuild,
        Kind::EntryOff => Mend::ByHand,
    }
}
